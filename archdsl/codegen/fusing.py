"""What a file needs to run its network for inference: steps by class, and how each stage is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, prod
from typing import ClassVar, get_args

from archdsl.analysis.shapes import trace
from archdsl.codegen.fold import steps
from archdsl.codegen.modules import LayerTemplate, ModuleClass, Modules
from archdsl.codegen.stages import StageClass, Stages
from archdsl.ir.graph import Graph, Stage
from archdsl.ir.ops import Layer, Shape
from archdsl.ir.placement import Placement
from archdsl.ir.steps import Fork, Step
from archdsl.language.aggregations import AGGREGATIONS

VARIES = -1
"""Stands for a number that is an argument of its class: nothing is decided by it."""


@dataclass(frozen=True, slots=True)
class BufferStage:
    """A stage that concatenates: the channels of its outputs are placed."""

    placement: Placement
    words: ClassVar = "outputs in a buffer"


@dataclass(frozen=True, slots=True)
class SumStage:
    """A stage that adds its outputs to one tensor, in place.

    `relu` is whether a ReLU follows each addition, `last` whether the last output is the result
    instead of the sum, `projected` whether the first unit returns a projection of the input too.
    """

    relu: bool = False
    last: bool = False
    projected: bool = False
    words: ClassVar = "one sum, added to in place"


@dataclass(frozen=True, slots=True)
class ListStage:
    """A stage that keeps its outputs apart and adds or averages those that a unit reads."""

    mean: bool = False
    projected: bool = False
    words: ClassVar = "outputs kept apart, joined where they are read"


@dataclass(frozen=True, slots=True)
class LineStage:
    """A stage whose units are run one after another."""

    words: ClassVar = "one output goes into the next layer"


StageRun = BufferStage | SumStage | ListStage | LineStage
"""How a stage is run: by the class of the same name in `runtime/fuse/stages.py`."""

RECORDS = frozenset({
    "NamedTuple", *(kind.__name__ for kind in (*get_args(Step), *get_args(StageRun))),
})  # fmt: skip
"""Names that the plan of an emitted file needs: those of its records and their base class."""


DEVICES = ("cpu", "cuda")
"""What networks are run on, by torch's names."""


@dataclass(frozen=True)
class Fusing:
    """How a network is run for inference.

    `chains` are the steps of each class that can be fused, by its name; `stages` is how each stage
    is run, None for as it is; `devices` are those to emit steps for. `density` is how many numbers
    the largest activation has for each pixel of the input; 0 where custom code might compute an
    image of others in the batch.
    """

    chains: Mapping[str, tuple[Step, ...]]
    stages: tuple[StageRun | None, ...]
    devices: tuple[str, ...]
    density: int


def fusing(
    graph: Graph, shapes: Mapping[str, Shape], modules: Modules, stages: Stages,
    devices: tuple[str, ...],
) -> Fusing:  # fmt: skip
    """Decide how a graph is run for fast inference.

    Args:
        graph: a graph whose stages are placed: each output has its channels of a buffer.
        shapes: shape of each node's output, by the node's name.
        modules: classes of units, stem, transitions and head.
        stages: classes of the stages.
        devices: the devices to support, `cpu` or `cuda`.
    """
    chains = {item.name: chain for item in modules.classes if (chain := _chain(item)) is not None}
    runs = [
        _stage(stage, stage_class, shapes)
        for stage, (stage_class, _) in zip(graph.stages, stages.used, strict=True)
    ]
    return Fusing(chains, tuple(runs), devices, _density(graph))


def _density(graph: Graph) -> int:
    operators = {type(op.operator) for _, op in graph.aggregates()}
    if not operators <= {*AGGREGATIONS} or any(layer.of_batch for layer in graph.layers()):
        return 0
    shapes = trace(graph)
    largest = max(prod(shape) for steps in shapes.values() for shape in steps)
    return ceil(largest / prod(shapes[graph.input.name][0][1:]))


def _chain(module_class: ModuleClass) -> tuple[Step, ...] | None:
    """The steps of a class; those of a unit with a projection fork after what both roads share."""
    shared, own = (
        steps([_layer(template) for template in part])
        for part in (module_class.shared, module_class.layers)
    )
    if shared is None or own is None:
        return None
    return (*shared, Fork(), *own) if module_class.projection else (*shared, *own)


def _layer(template: LayerTemplate) -> Layer:
    """A layer whose window or groups vary within its class stands for all of them."""
    deciding = {"kernel", "padding", "stride", "groups"} & template.terms.keys()
    varying = [slot for slot in deciding if template.terms[slot].number is None]
    return template.layer.with_numbers(dict.fromkeys(varying, VARIES))


def _stage(stage: Stage, stage_class: StageClass, shapes: Mapping[str, Shape]) -> StageRun | None:
    maps = all(len(shapes[name]) == 3 for name in (stage.entry, *stage.outputs, *stage.reads))
    operator = stage_class.operator
    if stage_class.entry or stage_class.carrying:  # outputs that are read are not those made
        return None
    if stage_class.strategy == "chain":
        return LineStage()
    if stage.placement is not None:
        return BufferStage(stage.placement)
    then = operator.then()
    adds = stage_class.strategy == "running" and operator.adds and then in {None, "relu"}
    if stage_class.exit_operator != operator:
        return None
    if maps and adds:
        return SumStage(then == "relu", stage_class.leaves == "last", stage_class.projected)
    if stage_class.strategy == "list" and (operator.adds or operator.averages):
        return ListStage(operator.averages, stage_class.projected)
    return None
