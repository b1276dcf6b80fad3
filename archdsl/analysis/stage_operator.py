"""Which stages can be trained as one operator, in memory linear in their depth, and their units."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archdsl.analysis.shapes import shapes as all_shapes
from archdsl.ir.graph import Graph, Stage
from archdsl.ir.ops import Chain, Layer, Shape

UNIT = "(n?a?c)+n?a?d?"
"""Units that the operator computes: letters of norm, activation, convolution and dropout."""


@dataclass(frozen=True, slots=True)
class StageActivation:
    """A norm, by its name in the unit, a function, both in this order, or neither.

    The function is a word of the language, such as `relu`.
    """

    norm: str = ""
    function: str = ""


@dataclass(frozen=True, slots=True)
class StageUnit:
    """A unit: its convolutions by name, and an activation before each and after the last.

    `dropout` is the probability of a dropout at the end, or the attribute of the unit that has it.
    """

    activations: tuple[StageActivation, ...]
    convolutions: tuple[str, ...]
    dropout: float | str = 0.0


def unit_of(layers: Sequence[Layer]) -> StageUnit | None:
    """Return a unit for the operator of a stage; None if it cannot compute the layers."""
    if unit_obstacle(layers):
        return None
    parts = [layer.stage_part() for layer in layers]
    dropout = 0.0
    if parts[-1] == "dropout":
        dropout = float(layers[-1].numbers()["p"])
        parts.pop()
    convolutions = [place for place, part in enumerate(parts) if part == "convolution"]
    activations = []
    for start, end in zip([-1, *convolutions], [*convolutions, len(parts)], strict=True):
        between = dict(zip(parts[start + 1 : end], layers[start + 1 : end], strict=True))
        norm = getattr(between.get("norm"), "name", "")
        function = getattr(between.get("activation"), "function", "")
        activations.append(StageActivation(norm, function))
    names = tuple(getattr(layers[place], "name", "") for place in convolutions)
    return StageUnit(tuple(activations), names, dropout)


def unit_obstacle(layers: Sequence[Layer]) -> str:
    """Return why the operator of a stage cannot compute a unit, or nothing."""
    parts = [layer.stage_part() for layer in layers]
    if None in parts:
        return f"the operator cannot compute `{layers[parts.index(None)].words()}`"
    if "convolution" not in parts:
        return "a unit of it has no convolution"
    if not re.fullmatch(UNIT, "".join(f"{part}"[0] for part in parts)):
        return f"the operator cannot compute a unit of {', '.join(map(str, parts))}"
    return ""


def obstacles(graph: Graph) -> list[str]:
    """Return for each stage why it cannot be one operator; nothing if it can."""
    shapes = all_shapes(graph)
    return [obstacle(graph, stage, shapes) for stage in graph.stages]


def obstacle(graph: Graph, stage: Stage, shapes: Mapping[str, Shape]) -> str:
    """Return why a stage cannot be one operator, or nothing.

    Args:
        graph: the network.
        stage: one of its stages.
        shapes: the shape (features, *rest) of each node's output, without the batch.
    """
    if not stage.operator.concatenates or stage.exit_operator != stage.operator:
        return "its outputs are not all concatenated"
    if all(len(sources) == 1 for sources in stage.all_sources()):
        return "nothing in it reads more than one output"
    if stage.projected or stage.entry_chain or stage.borders:
        return "some of its outputs are made of its input or carried over a border"
    if len({shapes[name][1:] for name in stage.outputs}) > 1:
        return "its outputs differ in size"
    nodes = (graph[name].op for name in stage.layers)
    units = dict.fromkeys(op.layers if isinstance(op, Chain) else () for op in nodes)
    return next((reason for reason in map(unit_obstacle, units) if reason), "")
