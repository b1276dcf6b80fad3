"""Draw the growth curves and the scatter plot of Figure 2 as SVG with the colours of the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

from archdsl.apps.plotting import Figure, plotted
from archdsl.apps.report.efficiency import Point
from archdsl.apps.report.growing import Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, LINES = "#010203", "#040506"
"""Placeholders for the page's colours of text and thin lines, which depend on the theme."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKS, DASHES = "osD^vph", ("-", "--", ":", "-.")
KNOWN = {"DenseNet": ("#0072B2", "o"), "SparseNet": ("#D55E00", "D"), "others": ("#888888", "s")}
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


def growth(curves: Sequence[Curve]) -> str:
    """Return a plot of links and parameters of a stage by its layers, both axes logarithmic."""
    return _drawn("growth", lambda figure: _growth(figure, curves))


def scatter(points: Sequence[Point]) -> str:
    """Return a plot of errors by parameters: CIFAR-100 on the left, ImageNet on the right."""
    return _drawn("efficiency", lambda figure: _scatter(figure, points))


def _drawn(name: str, fill: Callable[[Figure], None]) -> str:
    metadata = {"Creator": None, "Date": None}
    svg = plotted(fill, "svg", size=(8.4, 3.6), style=STYLE, metadata=metadata)
    return _inline(svg.decode(), name)


def _growth(figure: Figure, curves: Sequence[Curve]) -> None:
    left, right = figure.subplots(1, 2)
    for axes, title in ((left, "links"), (right, "parameters")):
        axes.set(xscale="log", yscale="log", title=title, xlabel="N, layers of one stage")
        for index, (curve, colour, mark) in enumerate(zip(curves, cycle(COLOURS), cycle(MARKS))):
            values = curve.links if title == "links" else curve.parameters
            width = 2.6 - 1.4 * index / max(1, len(curves) - 1)
            axes.plot(
                list(values), list(values.values()), color=colour, marker=mark, markersize=4,
                linestyle=DASHES[index % len(DASHES)], linewidth=width, label=curve.label,
            )  # fmt: skip
        depths = sorted({depth for curve in curves for depth in curve.links})
        shown = depths[:: -(-len(depths) // 6)]
        axes.set_xticks(shown, [f"{depth:,}" for depth in shown])
        axes.minorticks_off()
    lines, names = left.get_legend_handles_labels()
    legend = figure.legend(lines, names, loc="outside lower center", ncols=2, frameon=False)
    for text in legend.get_texts():
        text.set_parse_math(False)  # a label can contain a path, and a path can contain `$`


def _scatter(figure: Figure, points: Sequence[Point]) -> None:
    from matplotlib.ticker import LogLocator

    left, right = figure.subplots(1, 2)
    panels = ((left, "c100", "CIFAR-100"), (right, "imagenet", "ImageNet"))
    for axes, data, title in panels:
        axes.set(xscale="log", title=title, xlabel="parameters, millions", ylabel="top-1 error, %")
        here = [point for point in points if point.data == data]
        for family, (colour, mark) in KNOWN.items():
            some = [point for point in here if point.family == family and not point.ours]
            axes.scatter([], [], s=26, marker=mark, color=colour, label=family)
            axes.scatter(
                [point.parameters / 1e6 for point in some], [point.error for point in some],
                s=26, marker=mark, edgecolors=colour,
                facecolors=["none" if point.doubt else colour for point in some],
            )  # fmt: skip
        if any(point.ours for point in points):
            _compared(axes, [point for point in here if point.ours])
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.minorticks_off()
    lines, names = left.get_legend_handles_labels()
    figure.legend(lines, names, loc="outside lower center", ncols=4, frameon=False)


def _compared(axes: Axes, points: Sequence[Point]) -> None:
    """Draw a ring around each network of the comparison."""
    axes.scatter(
        [point.parameters / 1e6 for point in points], [point.error for point in points],
        s=110, facecolors="none", edgecolors=INK, linewidths=1.2, label="compared here",
    )  # fmt: skip


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
