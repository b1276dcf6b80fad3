"""How a file trains its stages as one operator each, and which of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from archdsl.analysis.stage_operator import StageUnit, obstacle, unit_of
from archdsl.codegen.modules import ModuleClass
from archdsl.codegen.stages import Stages
from archdsl.errors import fail
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Shape

__all__ = ["TRAINING", "MemoryEfficient", "memory_efficient"]

TRAINING = (
    "NamedTuple", "StageActivation", "StageArguments", "StageBackward", "StageForward",
    "StageFunction", "StageFusedRead", "StageKept", "StageLayer", "StageNorm", "StageOperator",
    "StageOutputs", "StagePart", "StagePass", "StagePlan", "StageProductRead", "StageRead",
    "StageTable", "StageTotals", "StageUnit", "StageWeights", "StageWindow", "UNITS",
)  # fmt: skip
"""Names that an emitted file needs for the operator: its classes and the table of units."""


@dataclass(frozen=True)
class MemoryEfficient:
    """How a network is trained in linear memory.

    `units` are those of the stages that are one operator, by the name of their class. `reasons`
    says of each other stage class why it is run as it is, by its name.
    """

    units: Mapping[str, StageUnit] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)


def operator_stages(graph: Graph, shapes: Mapping[str, Shape]) -> tuple[int, ...]:
    """Return the indices of the stages that can be one operator.

    Args:
        graph: the compacted network.
        shapes: the shape (features, *rest) of each node's output, without the batch.
    """
    return tuple(s.index for s in graph.stages if not obstacle(graph, s, shapes))


def memory_efficient(graph: Graph, shapes: Mapping[str, Shape], stages: Stages) -> MemoryEfficient:
    """Decide which stages are one operator.

    Args:
        graph: the compacted network.
        shapes: the shape (features, *rest) of each node's output, without the batch.
        stages: the classes of its stages.

    Raises:
        ArchdslError: A414 if no stage can be one operator.
    """
    reasons: dict[str, str] = {}
    for stage, (stage_class, _) in zip(graph.stages, stages.used, strict=True):
        if reason := obstacle(graph, stage, shapes):
            reasons[stage_class.name] = reason
    operators = [stage for stage in stages.classes if stage.name not in reasons]
    if not operators:
        raise fail(
            "A414",
            "no stage of this network can be trained as one operator: "
            + "; ".join(f"of `{name}`, {reason}" for name, reason in reasons.items()),
            help="compile without `--memory-efficient`",
        )
    modules = {run.module.name: run.module for stage in operators for run in stage.runs}
    return MemoryEfficient({name: _unit(module) for name, module in modules.items()}, reasons)


def _unit(module: ModuleClass) -> StageUnit:
    """The unit of a class; a probability that differs between its units is an attribute."""
    unit = unit_of([template.layer for template in module.layers])
    assert unit is not None
    term = module.layers[-1].terms.get("p")
    return replace(unit, dropout=f"{term.parameter}") if term and term.parameter else unit
