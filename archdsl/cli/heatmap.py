"""`archdsl heatmap`: Figure 3, from the weights of a trained network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archdsl import api
from archdsl.apps.heatmap.model import HeatMap
from archdsl.cli import files, options
from archdsl.errors import Exit, fail
from archdsl.extras import require
from archdsl.lowering.limits import Limits

FORMS = ("svg", "png", "pdf")


@options.limited(*options.BUILT)
def heatmap(
    checkpoint: Annotated[
        Path,
        typer.Argument(metavar="CHECKPOINT", help="A file with a state dict.", show_default=False),
    ],
    spec: options.SpecPath,
    sets: options.Sets = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help=f"Draw the heat map: {', '.join(FORMS)}."
        ),
    ] = None,
    as_json: options.Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the result as CSV.")] = False,
    force: options.Force = False,
    *,
    limits: Limits = options.DEFAULT,
) -> int:
    """Show how strongly layers use each output that they read."""
    kind = options.one_of({"json": as_json, "csv": as_csv})
    if output is None and kind == "text":
        raise fail("A414", "there is nothing to write", help="name a picture with -o, or --json")
    if output is not None:
        files.form(output, FORMS)
        files.allowed(output, [spec, checkpoint], force)
        require("matplotlib")
    require("torch")
    graph = api.lower(api.load(spec, options.settings(sets)), limits)
    from archdsl.apps.checkpoint.reading import load
    from archdsl.apps.heatmap.checkpoint import heat_map

    found = heat_map(graph, load(checkpoint))
    if kind != "text":
        print(found.as_json() if as_json else found.as_csv(), end="")
    if output is not None:
        picture(found, output, [spec, checkpoint], force=force, quiet=kind != "text")
    return Exit.FINE


def picture(found: HeatMap, path: Path, given: list[Path], *, force: bool, quiet: bool) -> None:
    """Draw it."""
    from archdsl.apps.heatmap.plot import draw

    content = draw(found, path.suffix[1:])
    if quiet:
        files.write(path, content, spec=given, force=force)
        return
    left = f"; outputs of stages {', '.join(map(str, found.left))} are added" if found.left else ""
    files.deliver(path, content, spec=given, force=force, note=left)
