"""`{rule: random, model: ws, nodes: n, seed: s}`: a random graph (RandWire, Xie et al. 2019).

A stage is one graph of n nodes. Edges lead from the lower number to the higher; a node without
predecessor reads y_0, and the exit reads the nodes that no node reads. What a node reads depends on
n, so that n is a key of the rule, and `layers` follows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from archdsl.language.rule import Rule
from archdsl.language.rules.random_graphs import (
    Edge,
    barabasi_albert,
    erdos_renyi,
    watts_strogatz,
)
from archdsl.language.values import DEEPEST, Bounds

Nodes = Annotated[int, Bounds(1, 1_024)]
Seed = Annotated[int, Bounds(0, DEEPEST)]
Edges = Annotated[int, Bounds(1, 1_024)]
Probability = Annotated[float, Bounds(0, 1, whole=False)]

PUBLISHED: Mapping[str, Mapping[str, float]] = {
    "ws": {"k": 4, "p": 0.75},
    "er": {"p": 0.2},
    "ba": {"m": 5},
}
"""The numbers that each model takes, with those of the paper."""

GRAPHS: Mapping[str, Callable[..., set[Edge]]] = {
    "ws": watts_strogatz,
    "er": erdos_renyi,
    "ba": barabasi_albert,
}


class Random(Rule):
    """RandWire's topology; the numbers that are not given are those of its best networks."""

    since: ClassVar[int] = 2
    rule: Literal["random"]
    model: Literal["er", "ba", "ws"] = Field(
        description="er: Erdos-Renyi, ba: Barabasi-Albert, ws: Watts-Strogatz"
    )
    nodes: Nodes = Field(description="number of layers of the stage")
    seed: Seed = Field(description="number of the graph; the same graph on every machine")
    k: Edges | None = Field(None, description="ws: neighbours on the ring, an even number; 4")
    p: Probability | None = Field(
        None, description="er: chance of an edge, 0.2; ws: chance that an edge is rewired, 0.75"
    )
    m: Edges | None = Field(None, description="ba: edges of a new node to older ones; 5")

    entry_strides: ClassVar[bool] = True
    grows: ClassVar[bool] = False

    def numbers(self) -> dict[str, Any]:
        """Return the numbers that the model takes, by name."""
        written = {key: getattr(self, key) for key in PUBLISHED[self.model]}
        stated = {key: number for key, number in written.items() if number is not None}
        return {**PUBLISHED[self.model], **stated}

    def arguments(self) -> tuple[int, ...]:
        """The seed; reports name it after the rule."""
        return (self.seed,)

    def depth_given(self) -> int:
        """The number of nodes."""
        return self.nodes

    def edges(self) -> frozenset[Edge]:
        """The edges (u, v), u < v, of the nodes 0 ... n - 1; node u is layer u + 1."""
        return _edges(self.model, self.nodes, *self.numbers().values(), self.seed)

    def reads(self, layer: int) -> Sequence[int]:
        """The predecessors of a node, oldest first; y_0 if it has none."""
        return _predecessors(self.nodes, self.edges())[layer - 1]

    def exit_reads(self, layers: int) -> Sequence[int]:
        """The nodes that no node reads, oldest first."""
        read = {low for low, _ in self.edges()}
        return [node + 1 for node in range(self.nodes) if node not in read]

    def bound(self, layers: int) -> int:
        """The edges, n k / 2 or m (n - m), and a read of y_0 for each node that may need one."""
        numbers = self.numbers()
        if self.model == "ws":
            return layers * int(numbers["k"]) // 2 + layers
        if self.model == "ba":
            return int(numbers["m"]) * (layers - int(numbers["m"]) + 1)
        return super().bound(layers)

    def fan_in_bound(self, layer: int) -> int:
        """Of Barabasi-Albert m; of the others every earlier node."""
        return int(self.numbers().get("m", layer))

    def problem(self, layers: int) -> str | None:
        """The numbers must be those of a graph of this model, and the stage a whole graph."""
        for key in ("k", "p", "m"):
            if getattr(self, key) is not None and key not in PUBLISHED[self.model]:
                return f"`{key}` is not a number of the model `{self.model}`"
        if layers != self.nodes:
            return f"a graph of {self.nodes:,} nodes has {self.nodes:,} layers, not {layers:,}"
        numbers = self.numbers()
        if numbers.get("k", 0) % 2 or numbers.get("k", 0) >= self.nodes:
            return f"`k` must be even and less than the {self.nodes:,} nodes, not {numbers['k']}"
        if numbers.get("m", 0) >= self.nodes:
            return f"`m` must be less than the {self.nodes:,} nodes, not {numbers['m']}"
        return None

    def exit_problem(self, layers: int) -> str | None:
        """An exit reads the graph of its stage, by `exit: rule`."""
        return "a random graph is the rule of a stage; its exit reads by it without further words"

    def says(self) -> str:
        """The reads in words."""
        numbers = ", ".join(f"{key} = {number:g}" for key, number in self.numbers().items())
        return (
            f"its predecessors in a random graph ({self.model}, {numbers}, seed {self.seed}), "
            "oldest first"
        )

    def exit_says(self) -> str:
        """The nodes that no node reads."""
        return "the outputs that no layer reads"


@lru_cache(64)
def _edges(model: str, nodes: int, *numbers: float) -> frozenset[Edge]:
    """Return a graph; the last number is its seed."""
    return frozenset(GRAPHS[model](nodes, *numbers))


@lru_cache(64)
def _predecessors(nodes: int, edges: frozenset[Edge]) -> tuple[tuple[int, ...], ...]:
    """Return what each layer reads."""
    reads: list[list[int]] = [[] for _ in range(nodes)]
    for low, high in sorted(edges):
        reads[high].append(low + 1)
    return tuple(tuple(row) or (0,) for row in reads)
