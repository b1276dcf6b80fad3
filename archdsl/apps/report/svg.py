"""Pictures of matplotlib as SVG that is part of a page, with its colours."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from archdsl.apps.plotting import Figure, plotted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

INK, LINES = "#010203", "#040506"
"""Placeholders for the page's colours of text and thin lines, which depend on the theme."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKS, DASHES = "osD^vph", ("-", "--", ":", "-.")
STYLE: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": INK,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 9.5,
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "grid.color": LINES,
    "grid.linewidth": 0.5,
    "legend.labelcolor": INK,
    "savefig.transparent": True,
    "svg.fonttype": "path",
    "svg.hashsalt": "archdsl report",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def drawn(
    name: str,
    fill: Callable[[Figure], None],
    size: tuple[float, float] = (8.4, 3.6),
    style: Mapping[str, Any] = STYLE,
) -> str:
    """Return a figure as markup for a page.

    Args:
        name: a name that no other figure of the page has, of letters and digits.
        fill: draws on the empty figure.
        size: inches across and down.
        style: matplotlib's parameters, over its defaults.
    """
    metadata = {"Creator": None, "Date": None}
    svg = plotted(fill, "svg", size=size, style=style, metadata=metadata)
    return _inline(svg.decode(), name)


def legend(figure: Figure, axes: Axes, columns: int) -> None:
    """Add a legend below all axes of a figure.

    Args:
        figure: the figure.
        axes: those with the labelled lines.
        columns: the number of entries next to each other.
    """
    lines, names = axes.get_legend_handles_labels()
    entries = figure.legend(lines, names, loc="outside lower center", ncols=columns, frameon=False)
    for text in entries.get_texts():
        text.set_parse_math(False)  # a label can contain a path, and a path can contain `$`


def in_numbers(axes: Axes, axis: Axis) -> None:
    """Label a logarithmic axis with plain numbers, such as 0.5, 1, 2 and 5.

    Args:
        axes: the plot.
        axis: its x axis or its y axis.
    """
    from matplotlib.ticker import LogLocator

    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.minorticks_off()


def _inline(svg: str, name: str) -> str:
    """Return an SVG for a page: with the page's colours, unique ids, and no fixed size."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'^(<svg[^>]*?) width="[^"]*"', r"\1", body, count=1)
    body = re.sub(r'^(<svg[^>]*?) height="[^"]*"', r'\1 role="img"', body, count=1)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'href="#', f'href="#{name}-', body)
    body = re.sub(r"url\(#", f"url(#{name}-", body)
    return body.replace(INK, "currentColor").replace(LINES, "var(--rule)")
