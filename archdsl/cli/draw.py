"""`archdsl draw`: draw a topology with Graphviz, or write its DOT text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from archdsl import api
from archdsl.api import Checked
from archdsl.apps.draw import picture
from archdsl.apps.draw.choices import STYLES, VIEWS
from archdsl.apps.draw.figure import Figure
from archdsl.apps.draw.paint import DEADLINE, FORMS
from archdsl.apps.draw.showing import subject
from archdsl.apps.draw.strengths import Strengths
from archdsl.cli import files, inputs, options
from archdsl.cli.figures import PLAIN, figured
from archdsl.cli.progress import working
from archdsl.cli.render import report
from archdsl.errors import Exit, fail
from archdsl.extras import require
from archdsl.lowering.limits import Limits

MOST = 8
"""Maximum number of networks in one figure."""

View = Annotated[
    str | None,
    typer.Option(metavar="VIEW", help=f"{', '.join(VIEWS)}; chosen by size if not given."),
]
Focus = Annotated[
    str | None, typer.Option(metavar="STAGE.LAYER", help="The layer to highlight, such as 1.6.")
]
Style = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(STYLES),
        help="How the view paper joins outputs; compact for running sums if not given.",
    ),
]
Opened = Annotated[
    str | None,
    typer.Option(
        "--open",
        metavar="PATH",
        help="The block inside a unit to draw instead, such as stages.0.layers.2.gate.",
    ),
]
Browse = Annotated[
    bool, typer.Option("--browse", help="Open the picture with the browser of the system.")
]
Weights = Annotated[
    Path | None,
    typer.Option(
        metavar="CHECKPOINT", help="Draw links by how strongly this trained network uses them."
    ),
]


@options.limited(*options.BUILT)
@figured
def draw(
    specs: options.SpecPaths,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="FILE", help=f"Output file: {', '.join(FORMS)}."),
    ],
    sets: options.Sets = None,
    view: View = None,
    focus: Focus = None,
    style: Style = None,
    opened: Opened = None,
    weights: Weights = None,
    data: options.Data = None,
    browse: Browse = False,
    deadline: Annotated[
        float, typer.Option(min=0.1, max=3_600, help="Seconds until a cheaper view is tried.")
    ] = DEADLINE,
    force: options.Force = False,
    form: options.Format = "text",
    *,
    limits: Limits = options.DEFAULT,
    extend: options.Extend = (),
    figure: Figure = PLAIN,
) -> int:
    """Draw one network or several as SVG, PNG, PDF or DOT text."""
    kind = files.form(output, FORMS)
    if data and not weights:
        raise fail("A414", "--data is for the shares of a trained network", help="name --weights")
    sources = [*specs, *filter(None, (weights, data))]
    files.allowed(output, sources, force)
    if kind != "dot":
        require("pygraphviz")
    networks = several(specs, sets, limits, extend)
    with working(f"{output}: drawing"):
        if len(networks) > 1:
            alone(focus, opened, weights, figure)
            subjects = [subject(checked) for checked in networks]
            drawing = picture.together(subjects, kind, view, style, deadline, figure)
        else:
            used = strengths(networks[0], weights, data) if weights else None
            shown = replace(subject(networks[0], focus), opened=opened, strengths=used)
            drawing = picture.draw(shown, kind, view, style, deadline, figure=figure)
    files.deliver(output, drawing.content, spec=sources, force=force, note=f"  {drawing.view}")
    report(drawing.notes, form)
    if browse:
        import webbrowser  # which few uses need

        webbrowser.open(output.resolve().as_uri())
    return Exit.FINE


def several(
    specs: Sequence[Path], sets: list[str] | None, limits: Limits, extend: options.Extend
) -> list[Checked]:
    """Return the networks of one figure.

    Args:
        specs: their files.
        sets: settings of all of them.
        limits: how large each may be, and all together.
        extend: custom rules, units, aggregations and layers.

    Raises:
        ArchdslError: A305 for more than `MOST` networks; the errors of `options.checked`.
    """
    if len(specs) > MOST:
        raise fail("A305", f"{len(specs)} networks in one figure, more than {MOST}")
    loaded = [inputs.load(path, options.settings(sets), extend=extend) for path in specs]
    api.refuse_together(loaded, limits)
    return [api.check(spec, limits) for spec in loaded]


def alone(focus: str | None, opened: str | None, weights: Path | None, figure: Figure) -> None:
    """Raise A414 if an option is set that is for a picture of one network.

    Args:
        focus: the layer of `--focus`.
        opened: the block of `--open`.
        weights: the checkpoint of `--weights`.
        figure: its title and caption.
    """
    single = {"focus": focus, "open": opened, "weights": weights, "title": figure.title}
    for name, value in {**single, "caption": figure.caption}.items():
        if value:
            raise fail("A414", f"--{name} is for a picture of one network")


def strengths(network: Checked, path: Path, data: Path | None = None) -> Strengths:
    """Return how strongly a checkpoint uses each link of a network.

    Args:
        network: the network.
        path: the checkpoint.
        data: a file of images for which shares are measured.

    Raises:
        ArchdslError: as `archdsl heatmap` does for a checkpoint that it cannot show.
    """
    require("torch")
    from archdsl.apps.checkpoint.images import load_images
    from archdsl.apps.checkpoint.reading import load
    from archdsl.apps.heatmap import strengths as heat

    return heat.strengths(network, load(path), load_images(data) if data else None)
