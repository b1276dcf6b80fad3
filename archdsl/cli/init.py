"""`archdsl init`: write a commented spec to start from."""

from __future__ import annotations

import difflib
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import typer

from archdsl.cli import options
from archdsl.cli.files import write
from archdsl.cli.render import visible
from archdsl.errors import Exit, fail

MODELINE = "# yaml-language-server: $schema=archdsl.schema.json\n"


def init(
    kind: Annotated[
        str, typer.Argument(help="A published network; `list` prints all.")
    ] = "sparsenet-bc-cifar",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Output file; KIND.yaml here if not given."),
    ] = None,
    force: options.Force = False,
) -> int:
    """Write the spec of a published network, to start from."""
    specs = {file.name.removesuffix(".yaml"): file for file in shipped()}
    if kind == "list":
        print("\n".join(sorted(specs)))
        return Exit.FINE
    if kind not in specs:
        near = difflib.get_close_matches(kind, specs, 1)
        hint = f"did you mean `{near[0]}`?" if near else "kinds: " + ", ".join(sorted(specs))
        raise fail("A414", f"there is no spec `{kind[:80]}` to start from", help=hint)
    path = output or Path(f"{kind}.yaml")
    if path.exists() and not force:
        raise fail("A411", f"{path} already exists", help="choose -o, or overwrite with --force")
    write(path, MODELINE + specs[kind].read_text("utf-8"), force=True)
    print(f"wrote  {visible(str(path))}")
    print(f"next   archdsl show {visible(str(path))}")
    print("       archdsl schema -o archdsl.schema.json    (completion in editors)")
    return Exit.FINE


def shipped() -> list[Traversable]:
    """Return the specs that come with archdsl, from the installed package or from a checkout."""
    inside = resources.files("archdsl").joinpath("specs")
    folder = inside if inside.is_dir() else Path(__file__).parents[2] / "specs"
    return sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
