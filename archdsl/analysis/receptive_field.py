"""Receptive fields: how much of the input one place can see.

A layer with a k x k window and stride s, on places that stand j input places apart, adds (k - 1) j
and makes it s j. Where roads join, the largest field counts, for it holds the others. The field is
what the windows span; it may be larger than the input is.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

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
    known, window = trace(graph), once(_window)
    found: dict[str, Field] = {}
    for node in graph:
        if isinstance(node.op, Chain):
            own = window(node.op, known[node.name])
            found[node.name] = found[node.inputs[0]].through(own.size, own.stride)
        else:
            found[node.name] = _join([found[source] for source in node.inputs])
    return found


def receptive_field(graph: Graph) -> Field:
    """The receptive field of what the head reads: the last stage's exit."""
    return fields(graph)[graph.stages[-1].exit]


def _window(chain: Chain, steps: Steps) -> Field:
    """A chain as one window on its own input; windows on windows compose."""
    field = Field()
    for layer, before, _ in layers(chain, steps):
        field = field.through(*layer.window(before))
    return field


def _join(fields: list[Field]) -> Field:
    size = max(map(attrgetter("size"), fields), default=1)
    return Field(size, max(map(attrgetter("stride"), fields), default=1))
