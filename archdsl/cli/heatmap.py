"""`archdsl heatmap`: draw Figure 3 of the paper from the weights of a trained network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archdsl import api
from archdsl.apps.heatmap.model import HeatMap
from archdsl.cli import files, inputs, options
from archdsl.cli.progress import working
from archdsl.errors import Exit, fail
from archdsl.extras import require
from archdsl.frontend.load import Spec
from archdsl.lowering.limits import Limits

FORMS = ("svg", "png", "pdf")
NET = "net.py"
"""The network of a run, next to its checkpoints."""


@options.limited(*options.BUILT)
def heatmap(
    checkpoint: options.Checkpoint,
    spec: Annotated[
        Path | None,
        typer.Argument(
            metavar="SPEC", show_default=False,
            help=f"{options.SPEC_HELP} If not given: {NET} in the folder of the checkpoint.",
        ),
    ] = None,
    sets: options.Sets = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help=f"Draw the heat map: {', '.join(FORMS)}."
        ),
    ] = None,
    data: options.Data = None,
    as_json: options.Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the result as CSV.")] = False,
    force: options.Force = False,
    *,
    limits: Limits = options.DEFAULT,
    extend: options.Extend = (),
) -> int:  # fmt: skip
    """Show how strongly layers use each output that they read."""
    spec = beside(checkpoint) if spec is None else spec
    kind = options.one_of({"json": as_json, "csv": as_csv})
    sources = [spec, checkpoint, *([data] if data else [])]
    if output is None and kind == "text":
        raise fail("A414", "there is nothing to write", help="name a picture with -o, or --json")
    if output is not None:
        files.form(output, FORMS)
        files.allowed(output, sources, force)
        require("matplotlib")
    require("torch")
    spec_read = inputs.load(spec, options.settings(sets), extend=extend)
    with working(f"{checkpoint}: reading weights"):
        heat = _heat_map(spec_read, limits, checkpoint, data)
    if kind != "text":
        print(heat.as_json() if as_json else heat.as_csv(), end="")
    if output is not None:
        picture(heat, output, sources, force=force, quiet=kind != "text")
    return Exit.FINE


def beside(checkpoint: Path) -> Path:
    """Return the network in the folder of a checkpoint. Raise A414 if there is none."""
    path = checkpoint.parent / NET
    if not path.exists():
        raise fail(
            "A414", f"no spec is named, and there is no {path} to take it from",
            help="name it behind the checkpoint: archdsl heatmap CHECKPOINT SPEC",
        )  # fmt: skip
    return path


def _heat_map(spec: Spec, limits: Limits, checkpoint: Path, data: Path | None) -> HeatMap:
    """Return the heat map of a spec; if there are images, with shares measured for them."""
    from archdsl.apps.checkpoint.reading import load
    from archdsl.apps.heatmap.checkpoint import heat_map

    if data is None:
        return heat_map(api.lower(spec, limits), load(checkpoint))
    from archdsl.apps.checkpoint.images import load_images
    from archdsl.apps.heatmap.measured import measured_shares

    checked, loaded = api.check(spec, limits), load(checkpoint)
    return heat_map(checked.graph, loaded, measured_shares(checked, loaded, load_images(data)))


def picture(heat: HeatMap, path: Path, sources: list[Path], *, force: bool, quiet: bool) -> None:
    """Draw the heat map and write it.

    Args:
        heat: the heat map.
        path: the file to write; its suffix is the format.
        sources: the spec, the checkpoint and the images, which must not be overwritten.
        force: overwrite a file that archdsl did not generate.
        quiet: print nothing.

    Raises:
        ArchdslError: A410 to A412 as `files.write` does.
    """
    from archdsl.apps.heatmap.plot import draw

    with working(f"{path}: drawing"):
        content = draw(heat, path.suffix[1:])
    if quiet:
        files.write(path, content, spec=sources, force=force)
        return
    left = f"; outputs of stages {', '.join(map(str, heat.left))} are added" if heat.left else ""
    files.deliver(path, content, spec=sources, force=force, note=left)
