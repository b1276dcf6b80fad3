"""Aggregations with weights to classes: each reader of a stage has a module of such a class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archdsl.codegen.names import free
from archdsl.ir.graph import Graph, Stage
from archdsl.ir.ops import Aggregate, Shape
from archdsl.language.aggregation import Aggregation


@dataclass(frozen=True)
class JoinClass:
    """A class to print.

    `channels` says that its constructor takes the features of the result, `newest` that it takes
    the index of the newest output among those that are read.
    """

    name: str
    operator: Aggregation
    channels: bool
    newest: bool


JoinClasses = dict[Aggregation, JoinClass]
"""The class of each aggregation that owns weights."""


@dataclass(frozen=True)
class Joins:
    """The class of a stage's aggregates, and the numbers of features of what they make.

    `widths` has one entry for each layer whose aggregate has weights, `exit` is for the exit's.
    A class is None where an aggregation owns no weights. Where the aggregation folds, `module` has
    the weights of one output, and `widths` has an entry for y_1, y_2, ...; 0 for those without.
    """

    module: JoinClass | None
    widths: tuple[int, ...]
    exit_module: JoinClass | None
    exit: int

    def constant(self) -> int | None:
        """Return the features that all layers read; None if they differ or do not matter.

        Where no layer joins outputs any number would do; it is that of the exit.
        """
        widths = [*filter(None, self.widths)] or [self.exit]
        alike = self.takes_channels() and len(set(widths)) == 1
        return widths[0] if alike else None

    def varies(self) -> bool:
        """Return whether the layers' modules are built with different numbers of features."""
        return self.takes_channels() and self.constant() is None

    def form(self) -> object:
        """Return what stages of one class have in common."""
        names = [module and module.name for module in (self.module, self.exit_module)]
        return *names, self.widths if self.varies() else None, self.whole

    @property
    def whole(self) -> bool:
        """Return whether all outputs but y_0 have weights, where the aggregation folds."""
        return all(self.widths)

    def takes_channels(self) -> bool:
        """Return whether the class of the layers' aggregates takes the features of the result."""
        return self.module is not None and self.module.channels

    def exit_takes_channels(self) -> bool:
        """Return whether the class of the exit's aggregate takes the features of the result."""
        return self.exit_module is not None and self.exit_module.channels


def find_joins(
    graph: Graph, shapes: Mapping[str, Shape], taken: set[str], of_blocks: JoinClasses
) -> dict[int, Joins]:  # fmt: skip
    """Return the joins of each stage whose aggregation owns weights, by the stage's index.

    Args:
        graph: the network.
        shapes: shape of each node's result.
        taken: names in use; those of new classes are added.
        of_blocks: the classes that blocks use.
    """
    classes = dict(of_blocks)
    joins = {}
    for stage in graph.stages:
        folds = stage.operator.folds
        widths = tuple((_written if folds else _joined)(graph, stage, shapes))
        operators = [o for o in (stage.operator, stage.exit_operator) if any(widths) or not o.folds]
        for operator in operators:
            add_class(classes, operator, taken)
        module = classes.get(stage.operator) if any(widths) else None
        leaving = None if stage.exit_operator.folds else classes.get(stage.exit_operator)
        if module or leaving:
            joins[stage.index] = Joins(module, widths, leaving, shapes[stage.exit][0])
    return joins


def add_class(classes: JoinClasses, operator: Aggregation, taken: set[str]) -> None:
    """Add the class of an aggregation, if it owns weights and has none yet.

    Args:
        classes: the classes so far.
        operator: any aggregation.
        taken: names in use; that of a new class is added.
    """
    if not operator.weights() or operator in classes:
        return
    name = "".join(word.capitalize() for word in operator.kind.replace("_", "-").split("-"))
    weights = operator.weights().values()
    channels = any(weight.takes_channels() for weight in weights)
    newest = any(weight.newest for weight in weights)
    classes[operator] = JoinClass(free(name, taken), operator, channels, newest)


def _joined(graph: Graph, stage: Stage, shapes: Mapping[str, Shape]) -> Iterator[int]:
    """Yield the widths of aggregates that layers read; of a running one also that of the exit."""
    reads = [*stage.reads, *([stage.exit] if stage.operator.running else [])]
    outputs = {stage.entry, *stage.outputs}
    for name in dict.fromkeys(reads):
        if name not in outputs and isinstance(graph[name].op, Aggregate):
            yield shapes[name][0]


def _written(graph: Graph, stage: Stage, shapes: Mapping[str, Shape]) -> list[int]:
    """Return the width of a state into which y_1, y_2, ... are written; 0 for outputs that are not.

    All states with an output have one width if its weights depend on that.
    """
    widths = [0] * stage.depth
    ends = [
        *zip(stage.reads, stage.all_sources(), strict=False),
        (stage.exit, stage.exit_sources()),
    ]
    for name, sources in ends:
        op = graph[name].op
        if isinstance(op, Aggregate) and op.operator.folds:
            for source in sources[1:]:
                widths[source - 1] = shapes[name][0]
    return widths
