"""Count the links inside blocks, and prove that they agree with the rules of the blocks.

A link is one output of a block that one of its parts reads, as in a stage. Blocks that are wired
alike are reported once, with how often the network has them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from archdsl.analysis.prove import prove
from archdsl.ir.graph import Graph
from archdsl.ir.layers import Block
from archdsl.ir.layers.layer import every


@dataclass(frozen=True, slots=True)
class BlockLinks:
    """Links of a block, and how many blocks of the network are wired like it.

    Attributes:
        block: the word of the block: `residual`, `gate`, `parallel` or `block`.
        count: how many such blocks there are.
        parts: lists of layers that each of them has.
        rule: the rule of a `block`; None where all parts read the input.
        arguments: the numbers of the rule.
        aggregation: how outputs are joined.
        exit_aggregation: how those that leave are joined.
        links: outputs read by the parts of one block.
        skip_links: `links` without one for each part.
        exit_links: outputs that the exit reads, not counted in `links`.
        links_bound: upper bound of `links` that the rule claims.
    """

    block: str
    count: int
    parts: int
    rule: str | None
    arguments: tuple[int | tuple[int, ...], ...]
    aggregation: str
    exit_aggregation: str
    links: int
    skip_links: int
    exit_links: int
    links_bound: int


def block_links(graph: Graph) -> tuple[BlockLinks, ...]:
    """Return the links of the blocks of a network. Raise A202 to A205 as `prove` does.

    Lists that a `nest` repeats join nothing themselves, and are not reported.
    """
    lists = Counter(id(chain.layers) for _, chain in graph.chains())
    counts: Counter[tuple[object, ...]] = Counter()
    examples: dict[tuple[object, ...], Block] = {}
    for layers in graph.layer_lists:
        for layer in every(layers):
            if isinstance(layer, Block) and not (layer.flat and len(layer.exit) == 1):
                key = _wiring(layer)
                counts[key] += lists[id(layers)]
                examples.setdefault(key, layer)
    return tuple(_links(block, counts[key]) for key, block in examples.items())


def _wiring(block: Block) -> tuple[object, ...]:
    """What blocks that are wired alike have in common."""
    kinds = block.operator.kind, block.exit_operator.kind
    return block.word, block.rule, block.reads, block.exit, kinds


def _links(block: Block, count: int) -> BlockLinks:
    rule, parts = block.rule, len(block.reads)
    links = sum(map(len, block.reads))
    if rule is not None:
        links = sum(prove(rule, parts, exit=False))
    return BlockLinks(
        block=block.word,
        count=count,
        parts=parts,
        rule=rule.rule if rule else None,
        arguments=rule.arguments() if rule else (),
        aggregation=block.operator.kind,
        exit_aggregation=block.exit_operator.kind,
        links=links,
        skip_links=links - parts,
        exit_links=len(block.exit),
        links_bound=rule.bound(parts) if rule else links,
    )
