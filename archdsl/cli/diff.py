"""`archdsl diff`: what changed from one network to another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from archdsl import api
from archdsl.apps.diff.model import Difference, difference
from archdsl.apps.diff.text import text
from archdsl.apps.draw.paint import DEADLINE, FORMS, SlowError, paint
from archdsl.cli import files, inputs, options
from archdsl.cli.progress import working
from archdsl.cli.render import visible
from archdsl.errors import Exit, fail
from archdsl.extras import require
from archdsl.lowering.limits import Limits


@options.limited(*options.BUILT)
def diff(
    before: Annotated[
        Path, typer.Argument(metavar="BEFORE", help=options.SPEC_HELP, show_default=False)
    ],
    after: Annotated[
        Path | None,
        typer.Argument(
            metavar="[AFTER]", help="Another spec file; BEFORE if not given, with --to."
        ),
    ] = None,
    sets: options.Sets = None,
    to: Annotated[
        list[str] | None,
        typer.Option("--to", metavar="NAME=VALUE", help="Set a parameter of AFTER only."),
    ] = None,
    as_json: options.Json = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help=f"Draw the difference: {', '.join(FORMS)}."
        ),
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 1 if there is a difference.")
    ] = False,
    force: options.Force = False,
    *,
    limits: Limits = options.DEFAULT,
    extend: options.Extend = (),
) -> int:
    """Show what changed between two networks."""
    if after is None and not to:
        raise fail("A414", "there is nothing to compare", help="name a second spec, or use --to")
    paths = [before, after or before]
    if output is not None:
        files.allowed(output, paths, force)
        if files.form(output, FORMS) != "dot":
            require("pygraphviz")
    common = options.settings(sets)
    changed = {**common, **options.settings(to)}
    pairs = zip(paths, (common, changed), strict=True)
    specs = [inputs.load(path, some, extend=extend) for path, some in pairs]
    api.refuse_together(specs, limits)
    with working(f"{specs[0].name}: comparing"):
        one, other = (api.check(spec, limits) for spec in specs)
        changes = difference(labels(paths, one, other), one, other)
    shown = json.dumps(changes.as_dict(), indent=2) + "\n" if as_json else text(changes)
    print("\n".join(visible(line, 10_000) for line in shown.split("\n")), end="")
    if output is not None:
        picture(changes, output, paths, force=force)
    return Exit.WRONG_SPEC if exit_code and not changes.same else Exit.FINE


def labels(paths: list[Path], one: api.Checked, other: api.Checked) -> tuple[str, str]:
    """Return a name and the settings for each network, and its path if these are equal.

    Args:
        paths: the two spec files.
        one: the network before the change.
        other: the network after it.
    """
    names = [
        " ".join([net.spec.name, *(f"{k}={v}" for k, v in net.spec.settings.items())])
        for net in (one, other)
    ]
    if names[0] == names[1]:
        names = [f"{name} ({path})" for name, path in zip(names, paths, strict=True)]
    return names[0], names[1]


def picture(changes: Difference, path: Path, specs: list[Path], *, force: bool) -> None:
    """Draw the difference and write it.

    Args:
        changes: what differs between the networks.
        path: the file to write; its suffix is the format.
        specs: the spec files, which must not be overwritten.
        force: overwrite a file that archdsl did not generate.

    Raises:
        ArchdslError: A410 to A412 as `files.write` does, A422 or A501 if Graphviz is missing or
            fails, A506 if it takes too long.
    """
    from archdsl.apps.diff.picture import scene
    from archdsl.apps.draw.dot import dot

    try:
        with working(f"{path}: drawing"):
            content = paint(dot(scene(changes)), path.suffix[1:])
    except SlowError:
        raise fail("A506", f"the picture was not painted in {DEADLINE:g} s",
                   help="write a .dot file") from None  # fmt: skip
    files.deliver(path, content, spec=specs, force=force)
