"""`archdsl init`: write a commented spec to start from."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Annotated

import typer

from archdsl.cli import options, terminal
from archdsl.cli.files import write
from archdsl.cli.render import visible
from archdsl.errors import Exit, fail
from archdsl.frontend.shipped import networks, specs

SECTION = re.compile(r"^expect:.*\n(?:(?:[ \t#-].*)?(?:\n|\Z))*", re.MULTILINE)
"""The section `expect` of a spec: its key, and the lines up to the next key."""

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
    """Write the spec of a published network, to start from.

    Published figures are left out: they hold for the published settings, and the first edit would
    contradict them.
    """
    files = specs()
    if kind == "list":
        print("\n".join(files))
        return Exit.FINE
    named = networks().get(kind)
    spec = named.spec if named else kind
    if spec not in files:
        near = difflib.get_close_matches(kind, [*files, *networks()], 1)
        hint = f"did you mean `{near[0]}`?" if near else "kinds: " + ", ".join(files)
        raise fail("A414", f"there is no spec `{kind[:80]}` to start from", help=hint)
    path = output or Path(f"{spec}.yaml")
    if path.exists() and not force:
        raise fail("A411", f"{path} already exists", help="choose -o, or overwrite with --force")
    write(path, MODELINE + without_figures(files[spec].read_text("utf-8")), force=True)
    terminal.say(f"wrote  {visible(str(path))}")
    sets = [f"--set '{key}={value}'" for key, value in (named.settings if named else {}).items()]
    terminal.say(" ".join(["next   archdsl show", visible(str(path)), *sets]))
    terminal.say("       archdsl schema -o archdsl.schema.json    (completion in editors)")
    return Exit.FINE


def without_figures(text: str) -> str:
    r"""Return the text of a spec without the section `expect` and the comments in it.

    >>> without_figures("name: a\nexpect:\n  - depth: {value: 3, source: me}\n")
    'name: a\n'
    """
    return SECTION.sub("", text).rstrip("\n") + "\n"
