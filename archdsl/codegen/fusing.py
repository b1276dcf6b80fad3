"""What a file needs to run its network for inference: steps by class, and how each stage is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archdsl.codegen.fold import FORK, Step, steps
from archdsl.codegen.modules import LayerTemplate, ModuleClass, Modules
from archdsl.codegen.stages import StageClass, Stages
from archdsl.ir.graph import Graph, Stage
from archdsl.ir.ops import Layer, Shape
from archdsl.ir.placement import Placement

VARIES = 0
"""Stands for a number that is an argument of its class: nothing is decided by it."""


@dataclass(frozen=True)
class StageRun:
    """How a stage is run: by a function `fused_` and this kind, in `runtime/fuse/stages.py`.

    `buffer` after its placement; `sum` in one tensor, with a ReLU after each addition or not, and
    the last output instead of the sum may leave; `list` of outputs that are added or averaged;
    `line`, one layer after another; `plain`, as the network itself.
    """

    kind: str
    placement: Placement | None = None
    relu: bool = False
    last: bool = False
    mean: bool = False
    projected: bool = False


DEVICES = ("cpu", "cuda")
"""What networks are run on, by torch's names."""


@dataclass(frozen=True)
class Fusing:
    """Steps of every class that has some, by its name; every stage; and for which devices."""

    chains: Mapping[str, tuple[Step, ...]]
    stages: tuple[StageRun, ...]
    devices: tuple[str, ...]


def fusing(
    graph: Graph, shapes: Mapping[str, Shape], modules: Modules, stages: Stages,
    devices: tuple[str, ...],
) -> Fusing:  # fmt: skip
    """Decide it, for a graph whose stages are placed."""
    chains = {made.name: found for made in modules.classes if (found := _chain(made)) is not None}
    runs = [
        _stage(stage, made, shapes)
        for stage, (made, _) in zip(graph.stages, stages.used, strict=True)
    ]
    return Fusing(chains, tuple(runs), devices)


def _chain(made: ModuleClass) -> tuple[Step, ...] | None:
    """The steps of a class; those of a unit with a projection fork after what both roads share."""
    shared, own = (
        steps([_layer(template) for template in part]) for part in (made.shared, made.layers)
    )
    if shared is None or own is None:
        return None
    return (*shared, FORK, *own) if made.projection else (*shared, *own)


def _layer(template: LayerTemplate) -> Layer:
    """A layer whose stride or groups vary within its class stands for all of them."""
    deciding = {"stride", "groups"} & template.terms.keys()
    varying = [slot for slot in deciding if template.terms[slot].number is None]
    return template.layer.with_numbers(dict.fromkeys(varying, VARIES))


def _stage(stage: Stage, made: StageClass, shapes: Mapping[str, Shape]) -> StageRun:
    maps = all(len(shapes[name]) == 3 for name in (stage.entry, *stage.outputs, *stage.reads))
    operator = made.operator
    if made.strategy == "chain":
        return StageRun("line")
    if stage.placement is not None:
        return StageRun("buffer", stage.placement)
    then = operator.then()
    adds = made.strategy == "running" and operator.adds and then in {None, "relu"}
    if maps and adds:
        last = made.leaves == "last"
        return StageRun("sum", relu=then == "relu", last=last, projected=made.projected)
    if made.strategy == "list" and (operator.adds or operator.averages):
        return StageRun("list", mean=operator.averages, projected=made.projected)
    return StageRun("plain")
