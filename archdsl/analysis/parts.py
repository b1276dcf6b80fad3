"""Split the cost of a network into its parts: stem, stages, transitions and head."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.analysis.macs import flops, macs
from archdsl.analysis.parameters import parameters
from archdsl.analysis.shapes import trace
from archdsl.ir.graph import Graph, Stage
from archdsl.ir.ops import Shape


@dataclass(frozen=True, slots=True)
class PartReport:
    """Cost of a stem, stage, transition or head; the numbers add up to those of the network."""

    name: str
    parameters: int
    macs: int
    flops: int
    shape: Shape


def parts(graph: Graph) -> tuple[PartReport, ...]:
    """Return the parts in the order of computation; all nodes of a stage are one part."""
    shapes = trace(graph)
    weights, multiply_adds = parameters(graph), macs(graph)
    owners = {node: name(stage) for stage in graph.stages for node in _nodes(stage)}
    members: dict[str, list[str]] = {}
    for node in graph:
        if node.name in weights or node.name in multiply_adds:
            members.setdefault(owners.get(node.name, node.name), []).append(node.name)
    ends = {name(stage): stage.exit for stage in graph.stages}
    return tuple(
        PartReport(
            name=part,
            parameters=sum(weights.get(node, 0) for node in nodes),
            macs=(total := sum(multiply_adds.get(node, 0) for node in nodes)),
            flops=flops(total),
            shape=shapes[ends.get(part, part)][-1],
        )
        for part, nodes in members.items()
    )


def name(stage: Stage) -> str:
    """Return the name of a stage as a part."""
    return f"stages.{stage.index}"


def _nodes(stage: Stage) -> set[str]:
    """Return the nodes of a stage that can have weights: layers, projection and aggregates."""
    return {*stage.layers, *stage.outputs, *stage.reads, *stage.carries, stage.exit} - {stage.entry}
