"""The parts of a network with what each costs: stem, stages, what lies between, head."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.analysis.macs import flops, macs
from archdsl.analysis.parameters import parameters
from archdsl.analysis.shapes import trace
from archdsl.ir.graph import Graph, Stage
from archdsl.ir.ops import Shape


@dataclass(frozen=True, slots=True)
class PartReport:
    """A stem, a stage, what lies between two, a head; the columns add up to the network's."""

    name: str
    parameters: int
    macs: int
    flops: int
    shape: Shape


def parts(graph: Graph) -> tuple[PartReport, ...]:
    """The parts in the order of computation: a stage's nodes together, others by themselves."""
    known = trace(graph)
    weights, multiply_adds = parameters(graph), macs(graph)
    owners = {node: name(stage) for stage in graph.stages for node in _nodes(stage)}
    members: dict[str, list[str]] = {}
    for node in graph:
        if node.name in weights:
            members.setdefault(owners.get(node.name, node.name), []).append(node.name)
    ends = {name(stage): stage.exit for stage in graph.stages}
    return tuple(
        PartReport(
            name=part,
            parameters=sum(weights[node] for node in nodes),
            macs=(total := sum(multiply_adds.get(node, 0) for node in nodes)),
            flops=flops(total),
            shape=known[ends.get(part, part)][-1],
        )
        for part, nodes in members.items()
    )


def name(stage: Stage) -> str:
    """The name that a stage goes by as a part."""
    return f"stages.{stage.index}"


def _nodes(stage: Stage) -> set[str]:
    """The nodes of a stage that may own weights: layers, projection, aggregates."""
    return {*stage.layers, *stage.outputs, *stage.reads, stage.exit} - {stage.entry}
