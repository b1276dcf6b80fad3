"""A graph as short, stable text: one line per node, for people, tests and diffs.

>>> from archdsl.ir.ops import Activation, Conv, Norm
>>> layers((Norm("norm", 8), Activation("relu"), Conv("conv", 8, 4, 3, padding=1)))
'norm relu conv:8->4/k3p1'
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from archdsl.ir.graph import Graph, Node
from archdsl.ir.ops import (
    Activation,
    Aggregate,
    Chain,
    Conv,
    Dropout,
    Flatten,
    Input,
    Layer,
    Linear,
    Norm,
    Pad,
    Pool,
    PoolTo,
)  # fmt: skip
from archdsl.ir.placement import Placement, Range
from archdsl.ir.shapes import show


def graph(graph: Graph) -> str:
    """The whole graph, in the order of computation, with a line for what each stage is."""
    lines = [f"network {graph.name}"]
    for stage in graph.stages:
        lines.append(
            f"stage {stage.index}: {stage.depth} layers, {stage.rule.rule}"
            f"{list(stage.rule.arguments()) or ''}, {stage.operator.kind}, exit {stage.leaves}"
            + (", projected" if stage.projected else "")
        )
        lines += placement(stage.placement) if stage.placement else []
    lines += [node(item) for item in graph]
    return "\n".join([*lines, f"output {graph.output}"]) + "\n"


def placement(plan: Placement) -> list[str]:
    """Where the outputs of a stage live, and what each layer and last the exit gathers."""
    spans = [(plan.span(output),) for output in range(len(plan.places))]
    places, gathers = (", ".join(map(_ranges, found)) for found in (spans, plan.gathers))
    return [f"  {plan.layout} in {plan.channels} channels: {places}", f"  gathers {gathers}"]


def _ranges(ranges: Sequence[Range]) -> str:
    return " ".join(f"{start}:{end}" for start, end in ranges)


def node(node: Node) -> str:
    """One node: its name, what it does, what it reads."""
    reads = f" <- {', '.join(node.inputs)}" if node.inputs else ""
    match node.op:
        case Input(shape=shape):
            return f"  {node.name} = input {show(shape)}"
        case Chain(scope=scope, layers=chain):
            at = "" if scope == node.name else f" @{scope}"
            return f"  {node.name} = [{layers(chain)}]{at}{reads}"
        case Aggregate(operator=operator):
            return f"  {node.name} = {operator.kind}{reads}"
    assert_never(node.op)


def layers(chain: Sequence[Layer]) -> str:
    """Layers in a row."""
    return " ".join(map(layer, chain))


def layer(layer: Layer) -> str:
    """One layer with the numbers that say what it does."""
    match layer:
        case Conv():
            return f"{layer.name}:{layer.inputs}->{layer.width}/{_window(layer)}{_extras(layer)}"
        case Norm():
            return layer.name
        case Activation(function=function):
            return function
        case Dropout(p=p):
            return f"dropout:{p:g}"
        case Pool(kind=kind):
            return f"{kind}-pool/{_window(layer)}"
        case PoolTo(kind=kind, side=side):
            return f"{kind}-pool:{side}x{side}"
        case Flatten():
            return "flatten"
        case Linear():
            return f"{layer.name}:{layer.inputs}->{layer.width}" + ("" if layer.bias else "/nobias")
        case Pad():
            return f"pad:{layer.width}" + (f"/s{layer.stride}" if layer.stride > 1 else "")
    assert_never(layer)


def _window(layer: Conv | Pool) -> str:
    usual = layer.kernel if isinstance(layer, Pool) else 1
    stride = f"s{layer.stride}" if layer.stride != usual else ""
    return f"k{layer.kernel}{stride}" + (f"p{layer.padding}" if layer.padding else "")


def _extras(layer: Conv) -> str:
    return (f"g{layer.groups}" if layer.groups > 1 else "") + ("b" if layer.bias else "")
