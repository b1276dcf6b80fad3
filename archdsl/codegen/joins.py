"""Aggregations with weights to classes: each reader of a stage has a module of such a class."""

from __future__ import annotations

from collections.abc import Mapping
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
    A class is None where an aggregation owns no weights.
    """

    module: JoinClass | None
    widths: tuple[int, ...]
    exit_module: JoinClass | None
    exit: int

    def constant(self) -> int | None:
        """Return the features that all layers read; None if they differ or do not matter.

        Where no layer joins outputs any number would do; it is that of the exit.
        """
        widths = self.widths or (self.exit,)
        alike = self.takes_channels() and len(set(widths)) == 1
        return widths[0] if alike else None

    def varies(self) -> bool:
        """Return whether the layers' modules are built with different numbers of features."""
        return self.takes_channels() and self.constant() is None

    def form(self) -> object:
        """Return what stages of one class have in common."""
        names = [module and module.name for module in (self.module, self.exit_module)]
        return *names, self.widths if self.varies() else None

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
        for operator in (stage.operator, stage.exit_operator):
            add_class(classes, operator, taken)
        widths = tuple(shapes[name][0] for name in _reads(graph, stage))
        modules = (
            classes.get(stage.operator) if widths else None,
            classes.get(stage.exit_operator),
        )
        if any(modules):
            joins[stage.index] = Joins(modules[0], widths, modules[1], shapes[stage.exit][0])
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


def _reads(graph: Graph, stage: Stage) -> list[str]:
    """The aggregates that layers of a stage read; of a running one also that of the exit."""
    reads = [*stage.reads, *([stage.exit] if stage.operator.running else [])]
    outputs = {stage.entry, *stage.outputs}
    joined = (name for name in dict.fromkeys(reads) if name not in outputs)
    return [name for name in joined if isinstance(graph[name].op, Aggregate)]
