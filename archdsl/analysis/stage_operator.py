"""Which stages can be trained as one operator, in memory linear in their depth, and their units."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archdsl.ir.graph import Graph, Stage
from archdsl.ir.ops import Chain, Layer, Shape

UNIT = "(n?r?c)+n?r?d?"
"""Units that the operator computes, by the first letters of norm, relu, convolution, dropout."""


@dataclass(frozen=True, slots=True)
class StageActivation:
    """A norm, by its name in the unit, a ReLU, both in this order, or neither."""

    norm: str = ""
    relu: bool = False


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
    parts = [layer.stage_part() for layer in layers]
    if not re.fullmatch(UNIT, "".join("x" if part is None else part[0] for part in parts)):
        return None
    dropout = 0.0
    if parts[-1] == "dropout":
        dropout = float(layers[-1].numbers()["p"])
        parts.pop()
    convolutions = [place for place, part in enumerate(parts) if part == "convolution"]
    activations = []
    for start, end in zip([-1, *convolutions], [*convolutions, len(parts)], strict=True):
        between = dict(zip(parts[start + 1 : end], layers[start + 1 : end], strict=True))
        norm = getattr(between.get("norm"), "name", "")
        activations.append(StageActivation(norm, "relu" in between))
    names = tuple(getattr(layers[place], "name", "") for place in convolutions)
    return StageUnit(tuple(activations), names, dropout)


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
    units = (graph[name].op for name in stage.layers)
    if not all(isinstance(op, Chain) and unit_of(op.layers) for op in units):
        return "a unit has more than norms, ReLUs and convolutions of stride 1"
    return ""
