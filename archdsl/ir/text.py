"""A graph as short, stable text: one line per node, for people, tests and diffs.

>>> from archdsl.ir.ops import Activation, Conv, Norm
>>> layers((Norm("norm", 8), Activation("relu"), Conv("conv", 8, 4, 3, padding=1)))
'norm relu conv:8->4/k3p1'
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from archdsl.counted import counted, inflected
from archdsl.ir.graph import Graph, Node
from archdsl.ir.ops import Aggregate, Chain, Input, Layer
from archdsl.ir.placement import Placement, Range
from archdsl.ir.shapes import show


def graph(graph: Graph) -> str:
    """The whole graph, in the order of computation, with a line for what each stage is."""
    lines = [f"network {graph.name}"]
    for stage in graph.stages:
        lines.append(
            f"stage {stage.index}: {counted(stage.depth, 'layer')}, {stage.rule.rule}"
            f"{list(stage.rule.arguments()) or ''}, {stage.operator.kind}, exit {stage.exit_words}"
            + (", projected" if stage.projected else "")
            + (f", y_0 by {stage.entry_chain}" if stage.entry_chain else "")
        )
        lines += placement(stage.placement) if stage.placement else []
    lines += [node(item) for item in graph]
    return "\n".join([*lines, f"output {graph.output}"]) + "\n"


def placement(plan: Placement) -> list[str]:
    """Where the outputs of a stage live, and what each layer and last the exit gathers."""
    spans = [(plan.span(output),) for output in range(len(plan.places))]
    places, gathers = (", ".join(map(_ranges, ranges)) for ranges in (spans, plan.gathers))
    return [
        f"  {plan.layout} in {plan.channels} {inflected(plan.channels, 'channel')}: {places}",
        f"  gathers {gathers}",
    ]


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
        case Aggregate(operator=operator, scopes=scopes):
            at = f" @{','.join(scopes)}" if scopes else ""
            return f"  {node.name} = {operator.kind}{at}{reads}"
    assert_never(node.op)


def layers(chain: Sequence[Layer]) -> str:
    """Layers in a row."""
    return " ".join(layer.text() for layer in chain)
