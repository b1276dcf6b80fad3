"""`archdsl draw`: draw a topology with Graphviz, or write its DOT text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from archdsl.api import Checked
from archdsl.apps.draw import picture
from archdsl.apps.draw.paint import DEADLINE, FORMS
from archdsl.apps.draw.picture import STYLES, VIEWS
from archdsl.apps.draw.showing import subject
from archdsl.apps.draw.strengths import Strengths
from archdsl.cli import files, options
from archdsl.cli.render import report
from archdsl.errors import Exit
from archdsl.extras import require
from archdsl.lowering.limits import Limits

Opened = Annotated[
    str | None,
    typer.Option(
        "--open",
        metavar="PATH",
        help="The block inside a unit to draw instead, such as stages.0.layers.2.gate.",
    ),
]
Weights = Annotated[
    Path | None,
    typer.Option(
        metavar="CHECKPOINT", help="Draw links by how strongly this trained network uses them."
    ),
]


@options.limited(*options.BUILT)
def draw(
    spec: options.SpecPath,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="FILE", help=f"Output file: {', '.join(FORMS)}."),
    ],
    sets: options.Sets = None,
    view: Annotated[
        str | None,
        typer.Option(metavar="VIEW", help=f"{', '.join(VIEWS)}; chosen by size if not given."),
    ] = None,
    focus: Annotated[
        str | None,
        typer.Option(metavar="STAGE.LAYER", help="The layer to highlight, such as 1.6."),
    ] = None,
    style: Annotated[
        str, typer.Option(metavar="|".join(STYLES), help="How the view paper joins outputs.")
    ] = STYLES[0],
    opened: Opened = None,
    weights: Weights = None,
    deadline: Annotated[
        float, typer.Option(min=0.1, max=3_600, help="Seconds until a cheaper view is tried.")
    ] = DEADLINE,
    force: options.Force = False,
    form: options.Format = "text",
    *,
    limits: Limits = options.DEFAULT,
    extend: options.Extend = (),
) -> int:
    """Draw a network as SVG, PNG, PDF or DOT text."""
    kind = files.form(output, FORMS)
    inputs = [spec, *([weights] if weights else [])]
    files.allowed(output, inputs, force)
    if kind != "dot":
        require("pygraphviz")
    checked = options.checked(spec, sets, limits, extend)
    used = strengths(checked, weights) if weights else None
    shown = replace(subject(checked, focus), opened=opened, strengths=used)
    drawing = picture.draw(shown, kind, view, style, deadline)
    files.deliver(output, drawing.content, spec=inputs, force=force, note=f"  {drawing.view}")
    report(drawing.notes, form)
    return Exit.FINE


def strengths(network: Checked, path: Path) -> Strengths:
    """Return how strongly a checkpoint uses each link of a network.

    Args:
        network: the network.
        path: the checkpoint.

    Raises:
        ArchdslError: as `archdsl heatmap` does for a checkpoint that it cannot show.
    """
    require("torch")
    from archdsl.apps.checkpoint.reading import load
    from archdsl.apps.heatmap import strengths as heat

    return heat.strengths(network, load(path))
