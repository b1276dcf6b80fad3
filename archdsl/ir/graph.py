"""The graph: one frozen payload per node, ordered inputs, and its stages.

The only file that knows networkx, which is imported when a caller asks for `Graph.network`. It
forgets the order and repetition of edges, so the truth is `Node.inputs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from archdsl.ir.border import Border
from archdsl.ir.layers.layer import every
from archdsl.ir.ops import Aggregate, Chain, Layer, Op, Shape
from archdsl.ir.placement import Placement
from archdsl.ir.shapes import Steps, after
from archdsl.language.aggregation import Aggregation
from archdsl.language.exit import exit_rule
from archdsl.language.rule import Rule
from archdsl.shown import Shown

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True, slots=True)
class Node:
    """A node: its unique name, what it computes, what it reads in order, where the spec says so."""

    name: str
    op: Op
    inputs: tuple[str, ...] = ()
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """How nodes form a stage: `outputs` are y_0 ... y_n, `layers[l - 1]` computes y_l.

    `reads[l - 1]` is the node that layer l reads; `exit` is the node that leaves the stage.
    `projected` says that y_0 is the projection of the input, made inside the first layer; then
    `shared` is the chain that feeds both, if there is one: the first norm of a pre-activation unit.
    `entry_chain` is the chain of the stage itself that makes y_0 of the stage's input, if one does:
    a list of layers, whose input layer 1 reads too (`projected`), the first unit of the stage
    (`lead`), or the layers that start the state of its aggregation. Such a state is y_0 then.
    `placement` says where the outputs live in one buffer, once the pass `place` has decided it.
    `leaves` is the word of the exit; `leaving` is the rule of an exit with the word `own`, and
    `joining` its aggregation, where these differ from the stage's.
    `borders` are those of a sequence over several stages of the spec (`scope: network`).
    """

    index: int
    rule: Rule
    operator: Aggregation
    leaves: str
    entry: str
    outputs: tuple[str, ...]
    layers: tuple[str, ...]
    reads: tuple[str, ...]
    exit: str
    projected: bool = False
    shared: str | None = None
    placement: Placement | None = None
    entry_chain: str | None = None
    lead: bool = False
    leaving: Rule | None = None
    joining: Aggregation | None = None
    borders: tuple[Border, ...] = ()

    def output(self, source: int, layer: int) -> str:
        """Return the node in which a layer reads an output: the output, or its copy after a border.

        Args:
            source: index of the output, 0 for y_0.
            layer: index of the layer from 1; N + 1 is the exit.
        """
        if not self.borders:
            return self.outputs[source]
        crossed = (border for border in reversed(self.borders) if source < border.layer <= layer)
        carried = (border.carried(source) for border in crossed)
        return next(filter(None, carried), self.outputs[source])

    @property
    def carries(self) -> tuple[str, ...]:
        """The chains that carry outputs over borders."""
        return tuple(node for border in self.borders for node in border.nodes)

    @property
    def exit_rule(self) -> Rule:
        """The rule that says which outputs leave."""
        return exit_rule(self.leaves, self.rule, self.leaving)

    @property
    def exit_operator(self) -> Aggregation:
        """How the outputs that leave are joined."""
        return self.joining or self.operator

    @property
    def exit_words(self) -> str:
        """How the exit is named in reports: `rule`, `all`, `every[2], mean`."""
        if self.leaves != "own":
            return self.leaves
        rule = self.exit_rule
        return f"{rule.rule}{list(rule.arguments()) or ''}, {self.exit_operator.kind}"

    @property
    def projection(self) -> str | None:
        """The chain that makes y_0 inside the first layer, if one does."""
        return self.outputs[0] if self.projected and not self.entry_chain else None

    @property
    def unit_count(self) -> int:
        """The number of units: the layers, and the first unit where that makes y_0."""
        return self.depth + self.lead

    @property
    def depth(self) -> int:
        """The number of layers, N."""
        return len(self.layers)

    def sources(self, layer: int) -> tuple[int, ...]:
        """Indices of the outputs that `layer` reads, in the order in which they are joined."""
        return tuple(self.operator.order(self.rule.reads(layer)))

    def exit_sources(self) -> tuple[int, ...]:
        """Indices of the outputs that leave the stage, in the order in which they are joined."""
        return tuple(self.exit_operator.order(self.exit_rule.exit_reads(self.depth)))

    def all_sources(self) -> list[tuple[int, ...]]:
        """Return the outputs that each layer reads, and last those that the exit reads."""
        return [*map(self.sources, range(1, self.depth + 1)), self.exit_sources()]


@dataclass(frozen=True, eq=False, repr=False)
class Graph(Shown):
    """A network. Immutable: passes make another one.

    `between[i]` names the chain between stages i and i + 1, if there is one. `chain_steps` keeps
    shapes inside chains, which passes leave as they are.
    """

    name: str
    nodes: Mapping[str, Node]
    stages: tuple[Stage, ...]
    stem: str | None
    between: tuple[str | None, ...]
    head: str | None
    output: str
    chain_steps: Steps = field(default_factory=Steps, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "nodes", MappingProxyType(dict(self.nodes)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Graph) and self._content() == other._content()

    def __hash__(self) -> int:
        return hash((self.name, len(self.nodes), self.output))

    def __repr__(self) -> str:
        return f"<Graph {self.name}: {len(self.nodes):,} nodes in {len(self.stages)} stages>"

    def __iter__(self) -> Iterator[Node]:
        """The nodes in the order of computation."""
        return iter(self.nodes.values())

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    def _content(self) -> tuple[object, ...]:
        return (
            self.name,
            tuple(self),
            self.stages,
            self.stem,
            self.between,
            self.head,
            self.output,
        )

    @cached_property
    def network(self) -> nx.DiGraph:
        """The frozen networkx graph: attribute `node` on nodes, `positions` on edges.

        `positions` are the places that the edge's source takes among the reader's inputs.
        """
        import networkx as nx

        network: nx.DiGraph = nx.DiGraph(name=self.name)
        for node in self:
            network.add_node(node.name, node=node)
            places: dict[str, tuple[int, ...]] = {}
            for position, source in enumerate(node.inputs):
                places[source] = (*places.get(source, ()), position)
            network.add_edges_from((s, node.name, {"positions": p}) for s, p in places.items())
        return nx.freeze(network)

    @cached_property
    def steps(self) -> Mapping[str, tuple[Shape, ...]]:
        """Every shape in the network, by node, in the order of computation.

        For a chain the shape of its input, then the shape after each layer; else the node's alone.

        Raises: ArchdslError (A212, A218) if a window does not fit, or a layer takes no such shape.
        """
        steps: dict[str, tuple[Shape, ...]] = {}
        for node in self:
            sources = [steps[source][-1] for source in node.inputs]
            if isinstance(node.op, Chain):
                steps[node.name] = self.chain_steps(node.op.layers, sources[0])
            else:
                steps[node.name] = (after(node.op, sources),)
        return steps

    @cached_property
    def readers(self) -> Mapping[str, tuple[str, ...]]:
        """For every node, the nodes that read it, in order."""
        readers: dict[str, list[str]] = {name: [] for name in self.nodes}
        for node in self:
            for source in dict.fromkeys(node.inputs):
                readers[source].append(node.name)
        return {name: tuple(names) for name, names in readers.items()}

    @property
    def input(self) -> Node:
        """The node without inputs."""
        return next(iter(self))

    def chains(self) -> Iterator[tuple[Node, Chain]]:
        """The nodes that hold layers."""
        return ((node, node.op) for node in self if isinstance(node.op, Chain))

    @cached_property
    def layer_lists(self) -> tuple[tuple[Layer, ...], ...]:
        """The layers of chains, each list once however many equal units share it."""
        return tuple({id(chain.layers): chain.layers for _, chain in self.chains()}.values())

    def layers(self) -> Iterator[Layer]:
        """The layers of chains and of blocks in them, once however many equal units share them."""
        return iter(self._layers)

    @cached_property
    def _layers(self) -> tuple[Layer, ...]:
        return tuple(layer for layers in self.layer_lists for layer in every(layers))

    def aggregates(self) -> Iterator[tuple[Node, Aggregate]]:
        """The nodes that join outputs."""
        return ((node, node.op) for node in self if isinstance(node.op, Aggregate))

    def with_nodes(self, nodes: Iterable[Node]) -> Graph:
        """The same network of other nodes under the same names; itself if nothing changed."""
        changed = {node.name: node for node in nodes}
        return self if changed == dict(self.nodes) else replace(self, nodes=changed)
