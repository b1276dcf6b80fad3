"""The plot of Table 1: a panel for each quantity, a line for each spec, both axes logarithmic.

It is imported when a plot is asked for. The same counts and the same matplotlib make the same
bytes: no date, no random names, letters as outlines.
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
"""What the files say of their origin, in every format."""

FORMS: dict[str, dict[str, Any]] = {
    "svg": {"Creator": CREATOR, "Date": None},
    "pdf": {"Creator": CREATOR, "Producer": CREATOR, "CreationDate": None},
    "png": {"Software": CREATOR},
}
"""File formats with their metadata."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's, told apart without seeing red or green."""

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
"""Inches; the width of a page's text."""


def draw(found: Sequence[Scaling], form: str) -> bytes:
    """Return the plot as the bytes of a file.

    Args:
        found: the measured specs.
        form: one of `FORMS`.
    """

    def fill(figure: Figure) -> None:
        for axes, (quantity, title) in zip(figure.subplots(2, 2).flat, PANELS.items(), strict=True):
            _panel(axes, found, quantity, title)
        lines, names = figure.axes[0].get_legend_handles_labels()
        figure.legend(lines, names, loc="outside lower center", ncols=2, frameon=False)

    return plotted(fill, form, size=SIZE, style=STYLE, metadata=FORMS[form])


def _panel(axes: Axes, found: Sequence[Scaling], quantity: Quantity, title: str) -> None:
    rows = " (rows of a fractal block)" * any(scaling.depth_is == "rows" for scaling in found)
    axes.set(xscale="log", yscale="log", title=title, xlabel=f"N, layers of one stage{rows}")
    for scaling, look in zip(found, _looks(found), strict=True):
        values = scaling.values(quantity)
        label = f"{scaling.name} ({scaling.topology})"
        axes.plot(list(values), list(values.values()), label=label, **look)
    depths = sorted({row.depth for scaling in found for row in scaling.counts})
    shown = depths[:: -(-len(depths) // 6)]
    axes.set_xticks(shown, [f"{depth:,}" for depth in shown])
    axes.minorticks_off()


def _looks(found: Sequence[Scaling]) -> Iterator[dict[str, Any]]:
    """How each line is drawn, so that lines on each other can be told apart.

    Specs of one rule share all but their parameters: the second is dashed over the first. Others
    may meet too, so each line is narrower than the one below, and marks are at other depths.
    """
    rules = Counter[object]()
    for index, (scaling, colour, mark) in enumerate(zip(found, cycle(COLOURS), cycle(MARKS))):
        yield {
            "color": colour,
            "linestyle": DASHES[rules[scaling.rule.rule] % len(DASHES)],
            "linewidth": 2.8 - 1.6 * index / max(1, len(found) - 1),
            "marker": mark,
            "markevery": (index % 3, 3),
            "markersize": 5,
            "markeredgecolor": "white",
            "markeredgewidth": 0.5,
        }
        rules[scaling.rule.rule] += 1
