"""Receptive fields: how much of the input one place can see.

The field is found along each spatial dimension of the input; the largest is reported.

A layer with a k x k window and stride s, on places that stand j input places apart, adds (k - 1) j
and makes it s j. Where roads join, the largest field counts, for it holds the others; the stride is
that of the whole maps, not that of a gate that is broadcast over them. The field is what the
windows span; it may be larger than the input is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archdsl.analysis.shapes import Steps, layers, once, trace
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Chain


@dataclass(frozen=True, slots=True)
class Field:
    """`size`: input places along one side. `stride`: input places from one place to the next."""

    size: int = 1
    stride: int = 1

    def through(self, window: int, stride: int) -> Field:
        """The field after a window."""
        return Field(self.size + (window - 1) * self.stride, self.stride * stride)


def fields(graph: Graph) -> dict[str, Field]:
    """The receptive field of one place of each node's result, by the node's name."""
    known = trace(graph)
    dims = max(1, len(known[graph.input.name][-1]) - 1)
    along = [_along(graph, known, axis) for axis in range(dims)]
    each = {name: [one[name] for one in along] for name in along[0]}
    return {name: _join(fields, fields) for name, fields in each.items()}


def _along(graph: Graph, known: Mapping[str, Steps], axis: int) -> dict[str, Field]:
    """The receptive field along one spatial dimension of the input."""
    window = once(lambda chain, steps: _window(chain, steps, axis))
    by_node: dict[str, Field] = {}
    for node in graph:
        if isinstance(node.op, Chain):
            own = window(node.op, known[node.name])
            by_node[node.name] = by_node[node.inputs[0]].through(own.size, own.stride)
        else:
            sides = known[node.name][-1][1:]
            whole = [name for name in node.inputs if known[name][-1][1:] == sides]
            by_node[node.name] = _join(
                [by_node[name] for name in node.inputs],
                [by_node[name] for name in whole or node.inputs],
            )
    return by_node


def receptive_field(graph: Graph) -> Field:
    """The receptive field of what the head reads: the last stage's exit."""
    return fields(graph)[graph.stages[-1].exit]


def _window(chain: Chain, steps: Steps, axis: int) -> Field:
    """A chain as one window on its own input; windows on windows compose."""
    field = Field()
    for layer, before, _ in layers(chain, steps):
        field = field.through(*layer.window(before, axis))
    return field


def _join(fields: list[Field], whole: list[Field]) -> Field:
    """The field of an aggregate; `whole` are those of the maps of its own size."""
    size = max((field.size for field in fields), default=1)
    return Field(size, max((field.stride for field in whole), default=1))
