"""Draw a heat map: a panel for each stage, with a row per source and a column per layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import ceil, nan
from typing import TYPE_CHECKING, Any

from archdsl.apps.heatmap.model import HeatMap, Panel
from archdsl.apps.plotting import Figure, plotted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

CREATOR = "archdsl heatmap"
FORMS: dict[str, dict[str, Any]] = {
    "svg": {"Creator": CREATOR, "Date": None},
    "pdf": {"Creator": CREATOR, "Producer": CREATOR, "CreationDate": None},
    "png": {"Software": CREATOR},
}
"""File formats with their metadata."""

STYLE: Any = {
    "axes.titlesize": 9.5,
    "figure.dpi": 200,
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": CREATOR,
}
Size = tuple[float, float]
"""Inches across and down."""

ACROSS = 3
"""Maximum number of panels in a row."""

MOST = 90
"""Maximum number of panels in a picture; JSON and CSV have all."""

SIDE = 2.7
"""Width and height of a panel, in inches."""

COLOURS = "viridis_r"
"""Perceptually uniform, dark is strong, and no colour is close to the white of missing links."""


def draw(heat: HeatMap, form: str) -> bytes:
    """Return the picture as the bytes of a file, the same bytes for the same numbers.

    Args:
        heat: the heat map.
        form: one of `FORMS`.
    """
    fill, size = layout(heat)
    return plotted(fill, form, size=size, style=STYLE, metadata=FORMS[form])


def layout(heat: HeatMap, most: int = MOST) -> tuple[Callable[[Figure], None], Size]:
    """Return a function that draws on an empty figure, and its size in inches.

    Args:
        heat: the heat map.
        most: the number of panels that are drawn; later ones are left out.
    """
    heat = replace(heat, panels=heat.panels[:most])
    across = min(ACROSS, len(heat.panels))
    down = ceil(len(heat.panels) / across)
    size = (across * SIDE + 0.9, down * (SIDE + 0.35) + 0.4)
    return lambda figure: _panels(figure, heat, down, across), size


def _panels(figure: Figure, heat: HeatMap, down: int, across: int) -> None:
    grid = figure.subplots(down, across, squeeze=False)
    for axes, panel in zip(grid.flat, heat.panels, strict=False):
        image = _panel(axes, panel)
    for axes in grid.flat[len(heat.panels) :]:
        axes.set_axis_off()
    bar = figure.colorbar(image, ax=grid, shrink=0.8, pad=0.02)
    bar.set_label("mean absolute weight or share, by the layer's largest")
    figure.suptitle(heat.name, fontsize=10)


def _panel(axes: Axes, panel: Panel) -> AxesImage:
    """Draw a stage: column l is layer l, or the layer after the stage; row s is output s."""
    values = [[nan] * (panel.depth + 1) for _ in range(panel.depth + 1)]
    for (source, layer), value in panel.rescaled.items():
        values[source][layer - 1] = value
    extent = (0.5, panel.depth + 1.5, panel.depth + 0.5, -0.5)
    image = axes.imshow(values, cmap=COLOURS, vmin=0, vmax=1, interpolation="none", extent=extent)
    exit = any(layer > panel.depth for _, layer in panel.means)
    axes.set(
        title=panel.title,
        xlabel=f"layer{f', last the exit ({panel.depth + 1})' if exit else ''}",
        ylabel="output it reads",
    )
    axes.spines[["top", "right"]].set_visible(False)
    from matplotlib.ticker import MaxNLocator

    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=7, integer=True))
    return image
