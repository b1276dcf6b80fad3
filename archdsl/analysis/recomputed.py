"""Bytes of activations that training keeps where a part of the forward pass is computed again.

`memory_efficient`: each stage that can be is one operator. It keeps the outputs of the stage in one
buffer, outputs of convolutions that a norm or an activation of the same unit reads, masks of
dropout, and the statistics of norms.

`checkpointed`: in the same stages each layer is checkpointed from its aggregate to its first
convolution, as torchvision's DenseNet does with `memory_efficient=True`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from archdsl.analysis.memory import training
from archdsl.analysis.shapes import Steps
from archdsl.analysis.shapes import shapes as all_shapes
from archdsl.analysis.stage_operator import obstacle
from archdsl.ir.graph import Graph, Stage
from archdsl.ir.layers.keeping import Account
from archdsl.ir.layers.layer import FLOAT, Layer
from archdsl.ir.layers.walk import Activation
from archdsl.ir.ops import Aggregate, Chain


@dataclass(frozen=True, slots=True)
class TrainingBytes:
    """Bytes of activations that are kept for the backward pass of one input, in float32."""

    eager: int
    checkpointed: int
    memory_efficient: int


def training_bytes(graph: Graph, eager: int | None = None) -> TrainingBytes:
    """Return what is kept if nothing is computed again, with checkpoints, and by operators.

    Args:
        graph: the network.
        eager: what `memory.training` counts for it, if that is known.
    """
    shapes = all_shapes(graph)
    stages = [stage for stage in graph.stages if not obstacle(graph, stage, shapes)]
    eager = training(graph) if eager is None else eager
    if not stages:
        return TrainingBytes(eager, eager, eager)
    nodes = [(name, stage, read) for stage in stages for name, read in _inside(graph, stage)]

    def kept(count: Callable[..., None]) -> int:
        return training(graph, {name: partial(count, graph, *of) for name, *of in nodes})

    return TrainingBytes(eager, kept(_checkpoint), kept(_operator))


def _inside(graph: Graph, stage: Stage) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The layers of a stage and its aggregates, with the outputs that they read."""
    every = stage.all_sources()
    for name, sources in zip((*stage.reads, stage.exit), every, strict=True):
        if isinstance(graph[name].op, Aggregate):
            yield name, sources
    yield from zip(stage.layers, every, strict=False)


def _operator(
    graph: Graph, stage: Stage, sources: tuple[int, ...],
    account: Account, tensors: dict[str, Activation], name: str,
) -> None:  # fmt: skip
    """Count a stage at its exit; its other nodes are inside the operator."""
    if name != stage.exit:
        return
    steps = graph.steps
    outputs = [steps[output][-1] for output in stage.outputs]
    channels = sum(shape[0] for shape in outputs)
    buffer = Activation((channels, *outputs[0][1:]), tracked=True)
    account.save([buffer])
    for layer in stage.layers:
        account.extra += _inner(_layers(graph, layer), steps[layer])
    if any(_layers(graph, layer)[0].stage_part() == "norm" for layer in stage.layers):
        account.extra += 2 * FLOAT * channels
    whole = sources == tuple(range(len(outputs)))
    tensors[name] = buffer if whole else Activation(steps[name][-1], tracked=True)


def _layers(graph: Graph, name: str) -> tuple[Layer, ...]:
    """The layers of a unit."""
    op = graph[name].op
    return op.layers if isinstance(op, Chain) else ()


def _inner(layers: Sequence[Layer], steps: Steps) -> int:
    """Bytes that a unit keeps beside its output: what follows a convolution, masks, statistics."""
    kept = 0
    for (layer, following), shape in zip(pairwise(layers), steps[1:], strict=False):
        part = following.stage_part()
        if layer.stage_part() == "convolution" and part in {"norm", "activation"}:
            kept += Activation(shape).bytes + 2 * FLOAT * shape[0] * (part == "norm")
    if layers[-1].stage_part() == "dropout":
        kept += Activation(steps[-1]).bytes
    return kept


def _checkpoint(
    graph: Graph, stage: Stage, sources: tuple[int, ...],
    account: Account, tensors: dict[str, Activation], name: str,
) -> None:  # fmt: skip
    """Count a layer after its first convolution; what comes before keeps the outputs it reads."""
    op, steps = graph[name].op, graph.steps[name]
    inside = isinstance(op, Aggregate) and name != stage.exit
    if inside:  # the checkpoint of a layer makes its aggregate
        return
    read = [tensors[stage.outputs[source]] for source in sources]
    if isinstance(op, Aggregate):
        tensors[name] = account.join(op.operator, read, steps[-1])
        return
    account.save(read)
    layers = _layers(graph, name)
    parts = [layer.stage_part() for layer in layers]
    after = parts.index("convolution") + 1
    first = Activation(steps[after], tracked=True)
    tensors[name] = account.chain(layers[after:], first, steps[after + 1 :])
