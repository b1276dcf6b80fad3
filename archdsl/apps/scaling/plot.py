"""Plot Table 1: a panel for each quantity, a line for each spec, both axes logarithmic.

This is imported only for a plot. Equal counts and the same matplotlib give the same bytes: there
are no dates and no random names, and letters are outlines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

from archdsl.apps.plotting import Figure, plotted
from archdsl.apps.scaling.measured import Scaling
from archdsl.apps.scaling.table1 import Quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CREATOR = "archdsl scaling"
"""The creator in the metadata of every format."""

FORMS: dict[str, dict[str, Any]] = {
    "svg": {"Creator": CREATOR, "Date": None},
    "pdf": {"Creator": CREATOR, "Producer": CREATOR, "CreationDate": None},
    "png": {"Software": CREATOR},
}
"""File formats with their metadata."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""The palette of Okabe and Ito, which is safe for red-green colour blindness."""

MARKS = "osD^vph"
DASHES = ("-", (0, (3, 3)), (0, (1, 2)))
STYLE: Any = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 9.5,
    "figure.dpi": 200,
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.5,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": CREATOR,
}
PANELS: dict[Quantity, str] = {
    "parameters": "parameters",
    "links": "links",
    "shortest_gradient_path": "shortest gradient path (links)",
    "max_aggregated_outputs": "most outputs read by a layer",
}
SIZE = (7.2, 6.0)
"""Width and height in inches; the width is that of the text on a page."""


def draw(measured: Sequence[Scaling], form: str) -> bytes:
    """Return the plot as the bytes of a file.

    Args:
        measured: the counts of each spec.
        form: one of `FORMS`.
    """

    def fill(figure: Figure) -> None:
        for axes, (quantity, title) in zip(figure.subplots(2, 2).flat, PANELS.items(), strict=True):
            _panel(axes, measured, quantity, title)
        lines, names = figure.axes[0].get_legend_handles_labels()
        figure.legend(lines, names, loc="outside lower center", ncols=2, frameon=False)

    return plotted(fill, form, size=SIZE, style=STYLE, metadata=FORMS[form])


def _panel(axes: Axes, measured: Sequence[Scaling], quantity: Quantity, title: str) -> None:
    rows = " (rows of a fractal block)" * any(scaling.depth_is == "rows" for scaling in measured)
    axes.set(xscale="log", yscale="log", title=title, xlabel=f"N, layers of one stage{rows}")
    for scaling, look in zip(measured, _looks(measured), strict=True):
        values = scaling.values(quantity)
        label = f"{scaling.name} ({scaling.topology})"
        axes.plot(list(values), list(values.values()), label=label, **look)
    depths = sorted({row.depth for scaling in measured for row in scaling.counts})
    shown = depths[:: -(-len(depths) // 6)]
    axes.set_xticks(shown, [f"{depth:,}" for depth in shown])
    axes.minorticks_off()


def _looks(measured: Sequence[Scaling]) -> Iterator[dict[str, Any]]:
    """Yield the style of each line, so that lines on top of each other can be told apart.

    Specs with one rule often differ only in their parameters, so the second line is dashed. Other
    lines can coincide too, so each is narrower than the one below and has marks at other depths.
    """
    rules = Counter[object]()
    for index, (scaling, colour, mark) in enumerate(zip(measured, cycle(COLOURS), cycle(MARKS))):
        yield {
            "color": colour,
            "linestyle": DASHES[rules[scaling.rule.rule] % len(DASHES)],
            "linewidth": 2.8 - 1.6 * index / max(1, len(measured) - 1),
            "marker": mark,
            "markevery": (index % 3, 3),
            "markersize": 5,
            "markeredgecolor": "white",
            "markeredgewidth": 0.5,
        }
        rules[scaling.rule.rule] += 1
