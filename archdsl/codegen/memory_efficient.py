"""Which stages are trained as one operator, in memory linear in their depth, and what units do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from archdsl.codegen.fusing import fixed
from archdsl.codegen.grouping import ModuleClass
from archdsl.codegen.stages import StageClass, Stages
from archdsl.errors import fail
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Shape
from archdsl.ir.steps import StagePart

__all__ = ["MemoryEfficient", "StageActivation", "StageUnit", "memory_efficient", "unit_of"]

TRAINING = (
    "NamedTuple", "StageActivation", "StageBackward", "StageForward", "StageKept", "StageLayer",
    "StageOperator", "StagePart", "StagePlan", "StageUnit", "StageWeights", "StageWindow", "UNITS",
)  # fmt: skip
"""Names that an emitted file needs for the operator: its classes and the table of units."""

UNIT = "(n?r?c)+n?r?"
"""Units that the operator computes, by the first letters of norm, relu and convolution."""


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


@dataclass(frozen=True)
class MemoryEfficient:
    """How a network is trained in linear memory.

    `units` are those of the stages that are one operator, by the name of their class. `reasons`
    says of each other stage class why it is run as it is, by its name.
    """

    units: Mapping[str, StageUnit] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)


def memory_efficient(graph: Graph, shapes: Mapping[str, Shape], stages: Stages) -> MemoryEfficient:
    """Decide which stages are one operator.

    Args:
        graph: the compacted network.
        shapes: the shape (features, *rest) of each node's output, without the batch.
        stages: the classes of its stages.

    Raises:
        ArchdslError: A414 if no stage can be one operator.
    """
    units: dict[str, StageUnit] = {}
    reasons: dict[str, str] = {}
    for stage, (stage_class, _) in zip(graph.stages, stages.used, strict=True):
        modules = {run.module.name: unit_of(run.module) for run in stage_class.runs}
        sizes = {shapes[name][1:] for name in stage.outputs}
        if reason := next(_reasons(stage_class, modules, len(sizes)), ""):
            reasons[stage_class.name] = reason
        else:
            units |= {name: unit for name, unit in modules.items() if unit is not None}
    if len(reasons) == len(stages.classes):
        raise fail(
            "A414",
            "no stage of this network can be trained as one operator: "
            + "; ".join(f"of `{name}`, {reason}" for name, reason in reasons.items()),
            help="compile without `--memory-efficient`",
        )
    return MemoryEfficient(units, reasons)


def _reasons(stage: StageClass, units: Mapping[str, StageUnit | None], sizes: int) -> Iterator[str]:
    """Why a stage whose outputs have so many sizes cannot be one operator."""
    if not stage.operator.concatenates or stage.exit_operator != stage.operator:
        yield "its outputs are not all concatenated"
    elif stage.strategy not in {"buffer", "list"}:
        yield "each layer reads one output, so nothing is concatenated"
    elif stage.projected or stage.entry or stage.carrying or sizes > 1:
        yield "its outputs are changed before they are read, or differ in size"
    for name in (name for name, unit in units.items() if unit is None):
        yield f"{name} has other layers than norms, ReLUs and convolutions of stride 1 without bias"


def unit_of(module: ModuleClass) -> StageUnit | None:
    """Return a unit for the operator of a stage; None if it cannot compute the layers.

    Args:
        module: the class of the unit.
    """
    layers = [fixed(template) for template in module.layers]
    parts = [layer.stage_part() for layer in layers]
    dropout: float | str = 0.0
    if parts[-1:] == ["dropout"]:
        term = module.layers[-1].terms.get("p")
        dropout = (term and term.parameter) or layers[-1].numbers()["p"]
        layers, parts = layers[:-1], parts[:-1]
    text = "".join("x" if part is None else part[0] for part in parts)
    if module.shared or module.projection or not re.fullmatch(UNIT, text):
        return None
    names = [getattr(layer, "name", "") for layer in layers]
    places = [place for place, part in enumerate(parts) if part == "convolution"]
    starts, ends = [0, *(place + 1 for place in places)], [*places, len(parts)]
    activations = [
        _activation(parts[start:end], names[start:end])
        for start, end in zip(starts, ends, strict=True)
    ]
    return StageUnit(tuple(activations), tuple(names[place] for place in places), dropout)


def _activation(parts: Sequence[StagePart | None], names: Sequence[str]) -> StageActivation:
    return StageActivation(names[0] if parts[:1] == ["norm"] else "", "relu" in parts)
