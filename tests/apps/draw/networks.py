"""Networks that the tests of pictures draw, and DOT read back by Graphviz's own reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pygraphviz

from archdsl.api import check, check_text, load
from archdsl.apps.draw.dot import FRONT, dot
from archdsl.apps.draw.picture import scene
from archdsl.apps.draw.showing import subject
from archdsl.apps.draw.subject import Subject

SPECS = Path(__file__).parents[3] / "specs"
RED = "#d62728"

ONE = """archdsl: 2
name: one
input: [3, 8, 8]
stem: [{conv: {width: 12, kernel: 3}}]
stages:
  count: 1
  layers: LAYERS
  unit: {kind: basic, order: pre, width: 12}
  connect: CONNECT
  aggregate: AGGREGATE
"""

SMALL: dict[str, tuple[str, dict[str, Any]]] = {
    "densenet-cifar": ("paper", {"depth": 40}),
    "densenet-bc-cifar": ("arc", {"depth": 100}),
    "densenet-imagenet": ("arc", {}),
    "fractalnet-cifar": ("paper", {}),
    "plain-cifar": ("paper", {"depth": 22}),
    "resnet-basic-cifar": ("arc", {"depth": 110}),
    "resnet-imagenet": ("paper", {}),
    "resnet-preact-cifar": ("paper", {"depth": 29}),
    "sparsenet-bc-cifar": ("arc", {"depth": 1001}),
    "sparsenet-cifar": ("paper", {"depth": 28}),
    "sparsenet-imagenet": ("arc", {}),
    "sparsenet-sum-cifar": ("arc", {}),
    "wide-resnet-cifar": ("paper", {}),
}
"""Every shipped network, with settings; the view is one that suits it."""


@lru_cache(maxsize=256)
def one(
    connect: str, layers: int = 12, aggregate: str = "concat", focus: int | None = None
) -> Subject:
    """A network of one stage."""
    text = ONE.replace("LAYERS", str(layers)).replace("CONNECT", connect)
    found = check_text(text.replace("AGGREGATE", aggregate))
    return subject(found, f"0.{focus}" if focus else None)


def shipped(name: str, settings: Mapping[str, Any], focus: str | None = None) -> Subject:
    """A shipped network."""
    return subject(check(load(SPECS / f"{name}.yaml", settings)), focus)


@dataclass(frozen=True)
class Read:
    """What Graphviz reads in a DOT text: the links once each, and the red ones."""

    links: frozenset[tuple[str, str]]
    red: frozenset[tuple[str, str]]
    count: int
    nodes: frozenset[str]

    def into(self, name: str) -> set[str]:
        """Where the links into a node come from."""
        return {source for source, target in self.links if target == name}


def read(made: Subject, view: str | None = None, style: str = "exploded") -> Read:
    """Draw as DOT, and read that back; the links that are repeated in front count once."""
    graph = pygraphviz.AGraph(string=dot(scene(made, view, style)))
    edges = [edge for edge in graph.edges() if edge[0] != FRONT and edge[0] != edge[1]]
    red = frozenset((a, b) for a, b, *_ in edges if graph.get_edge(a, b).attr["color"] == RED)
    links = frozenset((a, b) for a, b, *_ in edges)
    return Read(links, red, len(edges), frozenset(graph.nodes()))
