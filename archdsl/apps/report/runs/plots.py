"""Draw training curves, and errors by parameters as in Figure 2 of Zhu et al. 2018."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING

from archdsl.apps.plotting import Figure
from archdsl.apps.report.svg import COLOURS, DASHES, MARKS, drawn, in_numbers, legend
from archdsl.apps.runs.grouping import Group
from archdsl.apps.runs.model import Epoch

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = len(COLOURS) * 2
"""Maximum number of curves that can be told apart."""

POINTS = 400
"""Maximum number of epochs that are drawn of a curve; longer ones are thinned out."""

PANELS = 3
"""Maximum number of data sets with a panel."""

WIDE = 5.0
"""The ratio of the largest to the smallest loss from which its axis is logarithmic."""


@dataclass(frozen=True, slots=True)
class Band:
    """A quantity of a group by epochs: its mean over the runs, its minimum and its maximum."""

    epochs: Sequence[int]
    mean: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


def band(group: Group, value: Callable[[Epoch], float | None]) -> Band:
    """Return a quantity of a group after each epoch, over the runs that have it.

    Args:
        group: the runs.
        value: returns the quantity.
    """
    by_epoch: dict[int, list[float]] = {}
    for run in group.runs:
        for row in run.rows:
            if (number := value(row)) is not None:
                by_epoch.setdefault(row.epoch, []).append(number)
    epochs = sorted(by_epoch)
    step = -(-len(epochs) // POINTS) or 1
    epochs = epochs[::-step][::-1]  # the last epoch is always drawn
    values = [by_epoch[epoch] for epoch in epochs]
    return Band(epochs, [*map(mean, values)], [*map(min, values)], [*map(max, values)])


def curves(groups: Sequence[Group]) -> str:
    """Return a plot of training loss and error by epochs, for the first `MOST` groups."""
    return drawn("curves", lambda figure: _curves(figure, groups[:MOST]))


def trained(groups: Sequence[Group]) -> list[Group]:
    """Return the groups that have metrics of an epoch."""
    return [group for group in groups if any(run.rows for run in group.runs)]


def _curves(figure: Figure, groups: Sequence[Group]) -> None:
    left, right = figure.subplots(1, 2)
    losses = [band(group, lambda row: row.loss) for group in groups]
    errors = [band(group, lambda row: row.error) for group in groups]
    for axes, bands in ((left, losses), (right, errors)):
        for index, (group, each) in enumerate(zip(groups, bands, strict=True)):
            _line(axes, index, each, group.label)
    left.set(title="training loss", xlabel="epoch")
    right.set(title="error after the epoch, %", xlabel="epoch")
    if _wide(losses):
        left.set_yscale("log")
        in_numbers(left, left.yaxis)
    from matplotlib.ticker import MaxNLocator

    for axes in (left, right):
        axes.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True))
    legend(figure, left, columns=2)


def _line(axes: Axes, index: int, band: Band, label: str) -> None:
    """Draw a mean as a line, and the range as a band if there are several runs."""
    colour, dash = COLOURS[index % len(COLOURS)], DASHES[index // len(COLOURS)]
    mark = "o" if len(band.epochs) == 1 else ""
    axes.plot(
        band.epochs, band.mean, color=colour, linestyle=dash, marker=mark, linewidth=1.4,
        label=label,
    )  # fmt: skip
    if band.low != band.high:
        axes.fill_between(band.epochs, band.low, band.high, color=colour, alpha=0.2, linewidth=0)


def _wide(bands: Sequence[Band]) -> bool:
    """Return whether values are positive and span so much that a logarithmic axis shows more."""
    low = min((value for band in bands for value in band.low), default=0.0)
    high = max((value for band in bands for value in band.high), default=0.0)
    return low > 0 and high / low > WIDE


def measured(groups: Sequence[Group]) -> list[Group]:
    """Return the groups with a final error and parameters, for the first `PANELS` data sets."""
    complete = [group for group in groups if group.error and group.first.parameters]
    data = _data(complete)[:PANELS]
    return [group for group in complete if group.first.summary.data in data]


def _data(groups: Sequence[Group]) -> list[str]:
    return [*dict.fromkeys(group.first.summary.data for group in groups)]


def scatter(groups: Sequence[Group]) -> str:
    """Return a plot of errors by parameters with a panel for each data set."""
    data = _data(groups)
    size = (max(8.4, 4.4 * len(data)), 3.6)
    return drawn("errors", lambda figure: _scatter(figure, groups, data), size)


def _scatter(figure: Figure, groups: Sequence[Group], data: Sequence[str]) -> None:
    panels = figure.subplots(1, len(data), squeeze=False)[0]
    for axes, name in zip(panels, data, strict=True):
        here = [group for group in groups if group.first.summary.data == name]
        axes.set(xscale="log", xlabel="parameters, millions", ylabel="error, %")
        axes.set_title(name).set_parse_math(False)
        for index, group in enumerate(here):
            _point(axes, index, group)
        counts = [group.first.parameters or 0 for group in here]
        axes.set_xlim(min(counts) / 2e6, max(counts) * 2 / 1e6)
        in_numbers(axes, axes.xaxis)


def _point(axes: Axes, index: int, group: Group) -> None:
    """Draw the mean error with its standard deviation; hollow if a run is not finished."""
    assert group.error is not None
    colour, mark = COLOURS[index % len(COLOURS)], MARKS[index % len(MARKS)]
    x, y = (group.first.parameters or 0) / 1e6, group.error.mean
    axes.errorbar(
        x, y, yerr=group.error.deviation or 0.0, color=colour, marker=mark, markersize=5,
        capsize=3, markerfacecolor=colour if group.finished == len(group.runs) else "none",
    )  # fmt: skip
    label = axes.annotate(group.label[:40], (x, y), (6, 5), textcoords="offset points", fontsize=7)
    label.set_parse_math(False)
