"""Draw the growth curves and the scatter plot of Figure 2."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import TYPE_CHECKING

from archdsl.apps.plotting import Figure
from archdsl.apps.report.efficiency import Point
from archdsl.apps.report.growing import Curve
from archdsl.apps.report.svg import COLOURS, DASHES, INK, MARKS, drawn, in_numbers, legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KNOWN = {"DenseNet": ("#0072B2", "o"), "SparseNet": ("#D55E00", "D"), "others": ("#888888", "s")}


def growth(curves: Sequence[Curve]) -> str:
    """Return a plot of links and parameters of a stage by its layers, both axes logarithmic."""
    return drawn("growth", lambda figure: _growth(figure, curves))


def scatter(points: Sequence[Point]) -> str:
    """Return a plot of errors by parameters: CIFAR-100 on the left, ImageNet on the right."""
    return drawn("efficiency", lambda figure: _scatter(figure, points))


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
    legend(figure, left, columns=2)


def _scatter(figure: Figure, points: Sequence[Point]) -> None:
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
        in_numbers(axes, axes.xaxis)
    legend(figure, left, columns=4)


def _compared(axes: Axes, points: Sequence[Point]) -> None:
    """Draw a ring around each network of the comparison."""
    axes.scatter(
        [point.parameters / 1e6 for point in points], [point.error for point in points],
        s=110, facecolors="none", edgecolors=INK, linewidths=1.2, label="compared here",
    )  # fmt: skip
