"""What a file needs to run its network for inference: steps by class, and how each stage is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from archdsl.ir.graph import Graph, Stage
from archdsl.ir.ops import Conv, Layer, Shape
from archdsl.passes.modules import LayerTemplate, ModuleClass, Modules
from archdsl.passes.plan import StagePlan, Step, stage_plan, steps
from archdsl.passes.stages import StageClass, Stages
from archdsl.vocabulary.aggregations import Mean, Running, Sum

VARIES = 0
"""Stands for a number that is an argument of its class: nothing is decided by it."""


@dataclass(frozen=True)
class StageRun:
    """How a stage is run: `buffer` after its plan, `sum` in place, `list`, `line`, `plain`."""

    kind: str
    plan: StagePlan | None = None
    relu: bool = False
    last: bool = False
    mean: bool = False
    projected: bool = False


@dataclass(frozen=True)
class Fusing:
    """Steps of every class that has some, by its name; and every stage."""

    chains: Mapping[str, tuple[Step, ...]]
    stages: tuple[StageRun, ...]


def fusing(graph: Graph, shapes: Mapping[str, Shape], modules: Modules, stages: Stages) -> Fusing:
    """Decide it."""
    chains = {made.name: found for made in modules.classes if (found := _chain(made)) is not None}
    runs = [
        _stage(stage, made, shapes)
        for stage, (made, _) in zip(graph.stages, stages.used, strict=True)
    ]
    return Fusing(chains, tuple(runs))


def _chain(made: ModuleClass) -> tuple[Step, ...] | None:
    if made.projection is not None or made.role == "projection":
        return None
    return steps([_layer(template) for template in made.layers])


def _layer(template: LayerTemplate) -> Layer:
    """A convolution whose stride or groups vary within its class stands for all of them."""
    layer = template.layer
    if not isinstance(layer, Conv):
        return layer
    stride, groups = template.terms["stride"].number, template.terms["groups"].number
    known = (VARIES if stride is None else layer.stride, VARIES if groups is None else layer.groups)
    return replace(layer, stride=known[0], groups=known[1])


def _stage(stage: Stage, made: StageClass, shapes: Mapping[str, Shape]) -> StageRun:
    maps = all(len(shapes[name]) == 3 for name in (stage.entry, *stage.outputs, *stage.reads))
    operator = made.operator
    if made.strategy == "chain":
        return StageRun("line")
    if maps and made.strategy == "buffer" and not made.projected:
        return StageRun("buffer", stage_plan(stage, shapes))
    if maps and made.strategy == "running":
        relu = isinstance(operator, Running) and operator.activation == "relu"
        if relu or isinstance(operator, Sum):
            return StageRun("sum", relu=relu, last=made.leaves == "last")
    if made.strategy == "list" and isinstance(operator, Sum | Mean):
        return StageRun("list", mean=isinstance(operator, Mean), projected=made.projected)
    return StageRun("plain")
