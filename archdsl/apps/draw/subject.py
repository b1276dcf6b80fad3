"""The network of a picture, with its counts, the layer in focus and the title."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from archdsl.analysis import Report
from archdsl.analysis.parameters import parameters
from archdsl.analysis.report import StageReport
from archdsl.analysis.shapes import shapes
from archdsl.apps.draw.focus import Focus, focus_in
from archdsl.apps.draw.looks import Look
from archdsl.apps.draw.strengths import THICKEST, Strengths, weighed
from archdsl.apps.draw.themes import COLOUR, Theme
from archdsl.counted import counted
from archdsl.errors import fail
from archdsl.ir.graph import Graph, Stage
from archdsl.ir.ops import Shape
from archdsl.ir.shapes import show

LISTED = 8
"""Maximum number of reads that a sentence names."""

LONGEST = 60
"""Maximum number of letters of a name or a setting in a title."""

ROWS = 8
"""Maximum number of stages that a picture shows."""


@dataclass(frozen=True)
class Subject:
    """A network to draw. `title` is plain text; each output format has to escape it.

    `opened` is the path of the block that is drawn instead of the stages, if one is. With
    `strengths`, links are drawn by how strongly the network uses them. `single` is the number of
    the only stage that is drawn, `caption` what is written instead of sentences on the picture, and
    `pointed` says that the layer in focus was asked for.
    """

    graph: Graph
    report: Report
    focus: Focus
    title: str
    opened: str | None = None
    strengths: Strengths | None = None
    single: int | None = None
    caption: str | None = None
    theme: Theme = COLOUR
    pointed: bool = False

    def only(self, stage: int | None) -> Subject:
        """Return the network with a single stage drawn; None for all. Raise A414 if it has none."""
        if stage is None:
            return self
        if not 0 <= stage < len(self.graph.stages):
            last = len(self.graph.stages) - 1
            raise fail("A414", f"there is no stage {stage}", help=f"stages: 0 to {last}")
        if self.pointed and self.focus.stage != stage:
            raise fail("A414", f"the layer in focus is not in stage {stage}")
        focus = self.focus if self.pointed else focus_in(self.graph.stages[stage])
        return replace(self, single=stage, focus=focus)

    def said(self, caption: str) -> str:
        """Return the caption of the figure, or this one with the colours that are drawn."""
        return self.theme.caption(caption) if self.caption is None else self.caption

    @property
    def counts(self) -> Report | StageReport:
        """Return the counts of what is drawn: of the network, or of the only stage."""
        return self.report if self.single is None else self.report.stages[self.single]

    @property
    def where(self) -> str:
        """Return ` of stage 1` for the stage of the focus, if several stages are drawn."""
        return f" of stage {self.focus.stage}" if len(self.shown) > 1 else ""

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """Return the shape of each node's result, by the node's name."""
        return shapes(self.graph)

    @cached_property
    def parameters(self) -> Mapping[str, int]:
        """Return the number of parameters of each node that can have some."""
        return parameters(self.graph)

    @property
    def stage(self) -> Stage:
        """Return the stage of the layer in focus."""
        return self.graph.stages[self.focus.stage]

    def stage_report(self, stage: Stage) -> StageReport:
        """Return the numbers of a stage."""
        return self.report.stages[stage.index]

    def focused(self, stage: Stage) -> int | None:
        """Return the layer in focus if it is in this stage, else None."""
        return self.focus.layer if stage.index == self.focus.stage else None

    @cached_property
    def shown(self) -> Sequence[Stage]:
        """Return the stages that a picture shows: all, or the first ones and that of the focus."""
        stages = self.graph.stages
        if self.single is not None:
            return [stages[self.single]]
        if len(stages) <= ROWS:
            return stages
        others = [stage for stage in stages if stage is not self.stage][: ROWS - 1]
        return sorted([*others, self.stage], key=lambda stage: stage.index)

    def missing(self) -> str:
        """Return a sentence on the stages that are not shown; empty if all are."""
        left = 0 if self.single is not None else len(self.graph.stages) - len(self.shown)
        verb = "is" if left == 1 else "are"
        return f"{counted(left, 'more stage')} {verb} not shown." if left else ""

    def strength(self, stage: Stage, source: int, layer: int) -> float | None:
        """Return the strength of a link; None if it has no weights of its own.

        Args:
            stage: a stage of the network.
            source: the output that is read.
            layer: the layer that reads it; N + 1 is the exit.
        """
        of_stages = self.strengths.stages if self.strengths else {}
        return of_stages.get(stage.index, {}).get((source, layer))

    def shown_strengths(self) -> list[float]:
        """Return the strengths of all links of the stages that a picture shows."""
        of_stages = self.strengths.stages if self.strengths else {}
        stages = [of_stages.get(stage.index, {}) for stage in self.shown]
        return [strength for links in stages for strength in links.values()]

    def weighed(
        self, stage: Stage, source: int, layer: int, look: Look, thickest: float = THICKEST
    ) -> Look:
        """Return the look of a link by its strength; the same look for a network without strengths.

        Args:
            stage: a stage of the network.
            source: the output that is read.
            layer: the layer that reads it; N + 1 is the exit.
            look: the look of the link in a picture without strengths.
            thickest: the width of a link of strength 1, in points.
        """
        if self.strengths is None:
            return look
        return weighed(look, self.strength(stage, source, layer), thickest)

    def tooltip(self, stage: Stage, layer: int) -> str:
        """Return one line on a layer: what it reads, its shapes and its parameters.

        Args:
            stage: a stage of the network.
            layer: 1 to N; 0 is the input of the stage, N + 1 its output.
        """
        if layer == 0:
            return f"input of stage {stage.index}: {show(self.shapes[stage.entry])}"
        if layer > stage.depth:
            return f"output of stage {stage.index}: {show(self.shapes[stage.exit])}"
        name, source = stage.layers[layer - 1], stage.reads[layer - 1]
        count = self.parameters.get(name, 0)
        change = f"{show(self.shapes[source])} to {show(self.shapes[name])}"
        return (
            f"F{layer} of stage {stage.index} reads {listed(stage.sources(layer))}; "
            f"{change}; {counted(count, 'parameter')}"
        )


def readers(stage: Stage, source: int) -> Iterator[int]:
    """Yield the layers that read an output, in ascending order; the exit is not one of them.

    Args:
        stage: the stage.
        source: the number of the output; 0 is the input of the stage.
    """
    for layer in range(source + 1, stage.depth + 1):
        if source in stage.sources(layer):
            yield layer


def fed(stage: Stage, source: int, *, layers: str = "", exit: str = "") -> str:
    """Return what reads an output, such as `9 layers and the exit`.

    Args:
        stage: the stage.
        source: the number of the output.
        layers: text after the word `layers`.
        exit: text after the word `exit`.
    """
    count = sum(1 for _ in readers(stage, source))
    words = [counted(count, "layer") + layers] if count else []
    words += [f"the exit{exit}"] if source in stage.exit_sources() else []
    return " and ".join(words) or "nothing"


def titled(name: str, settings: Mapping[str, object]) -> str:
    """Return a network's name and settings: `sparsenet-bc-cifar, depth = 1001`.

    Args:
        name: the name of the network.
        settings: values of its parameters; an item with more than `LONGEST` characters is cut.
    """
    texts = [name, *(f"{key} = {value}" for key, value in settings.items())]
    return ", ".join(text if len(text) <= LONGEST else f"{text[:LONGEST]}..." for text in texts)


def listed(layers: Sequence[int]) -> str:
    """Return layers as text; a long list is shortened.

    >>> listed([5, 4, 2])
    'F5, F4 and F2'
    >>> listed(range(20))
    'F0, F1, F2, F3, F4, F5, F6 and 13 more'
    """
    if len(layers) > LISTED:
        names = [f"F{layer}" for layer in layers[: LISTED - 1]]
        return f"{', '.join(names)} and {len(layers) - len(names):,} more"
    names = [f"F{layer}" for layer in layers]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def ruled(report: StageReport) -> str:
    """Return the rule and the aggregation of a stage: `exponential 2, concat`."""
    return f"{' '.join([report.rule, *map(numbers, report.arguments)])}, {report.aggregation}"


def numbers(argument: int | tuple[int, ...]) -> str:
    """Return an argument of a rule as text; a long list is shortened."""
    if isinstance(argument, int):
        return str(argument)
    entries = ",".join(map(str, argument[:6]))
    return f"[{entries}{',...' if len(argument) > 6 else ''}]"
