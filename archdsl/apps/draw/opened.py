"""A block inside a unit, opened: its parts on a line, as a stage in miniature."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from archdsl.apps.draw.captions import beside, page, weighed_page
from archdsl.apps.draw.looks import Look
from archdsl.apps.draw.row import Link, Row, line
from archdsl.apps.draw.scene import Scene
from archdsl.apps.draw.strengths import weighed
from archdsl.counted import counted
from archdsl.errors import fail
from archdsl.ir.graph import Graph
from archdsl.ir.layers.block import Block, blocks_of
from archdsl.ir.layers.layer import Layer
from archdsl.ir.ops import Chain
from archdsl.ir.shapes import show

LISTED = 6
"""Most paths that an error or a caption lists."""


def blocks(graph: Graph) -> dict[str, Block]:
    """Return the blocks of a network by path, in the order of computation.

    A path is the prefix of the names of the block's weights: `stages.0.layers.2.gate`.
    """
    return {path: block for _, op in graph.chains() for path, block in _inside(op)}


def paths_inside(graph: Graph, name: str) -> str:
    """Return the paths of the blocks of a node as text, empty if it has none.

    Args:
        graph: the network.
        name: the name of a node; only layers of stages, stems and heads can have blocks.
    """
    op = graph[name].op
    return _listed([path for path, _ in _inside(op)] if isinstance(op, Chain) else [])


def _inside(chain: Chain) -> Iterator[tuple[str, Block]]:
    return blocks_of(chain.layers, f"{chain.scope}.")


def find(graph: Graph, path: str) -> Block:
    """Return the block at a path.

    Args:
        graph: the network.
        path: the prefix of the names of the block's weights, such as `stages.0.layers.2.gate`.

    Raises:
        ArchdslError: A414 if there is no such block, with the paths that are similar.
    """
    paths = blocks(graph)
    if path in paths:
        return paths[path]
    if not paths:
        raise fail("A414", f"{graph.name} has no blocks to open")
    near = get_close_matches(path, paths, n=LISTED, cutoff=0.8) or list(paths)
    raise fail(
        "A414", f"`{path[:80]}` is not a block of {graph.name}",
        help=f"write --open PATH: {_listed(near)}",
    )  # fmt: skip


def scene(
    title: str, path: str, block: Block, strengths: Mapping[Link, float] | None = None
) -> Scene:
    """Return the parts of a block with their links; F0 is its input.

    Args:
        title: the title of the network.
        path: the path of the block.
        block: the block.
        strengths: the strengths of its links, at least one; None to draw all links alike.
    """
    count = len(block.parts)
    reads = [*block.reads, block.exit]
    links = [(source, part) for part, sources in enumerate(reads, start=1) for source in sources]
    row = Row("", label=lambda part: "out" if part > count else f"F{part}", tooltip=_tips(block))
    drawn = line(row, count + 1, links, count + 1, block.exit, weighed=_by(strengths))
    shapes = f"{show(block.shape)} to {show(block.after(block.shape))}"
    about = f"{block.operator.kind}; {counted(count, 'part')}, {counted(len(links), 'link')}"
    rows, heading = [beside(drawn, block.word, [shapes, about])], f"{title}: {path}"
    if strengths is None:
        return page(heading, rows, _caption(path, block))
    return weighed_page(heading, rows, _caption(path, block), strengths.values())


def _by(strengths: Mapping[Link, float] | None) -> Callable[[Link, Look], Look]:
    """Return what gives a link the look of its strength; the same look without strengths."""
    if strengths is None:
        return lambda link, look: look
    return lambda link, look: weighed(look, strengths.get(link))


def _tips(block: Block) -> Callable[[int], str]:
    texts = {0: f"input: {show(block.shape)}"}
    texts |= {number: _words(part) for number, part in enumerate(block.parts, start=1)}
    return lambda number: texts.get(number, f"output: {show(block.after(block.shape))}")


def _caption(path: str, block: Block) -> str:
    """Return what each part does, equal neighbours together, and the blocks inside."""
    runs: list[tuple[int, int, str]] = []
    for number, part in enumerate(block.parts, start=1):
        words = _words(part)
        if runs and runs[-1][2] == words:
            runs[-1] = (runs[-1][0], number, words)
        else:
            runs.append((number, number, words))
    parts = [f"F{a}: {words}." if a == b else f"F{a} to F{b}: {words}." for a, b, words in runs]
    scopes = ((part, f"{path}.{scope}") for scope, part in block.scopes())
    within = [inner for part, prefix in scopes for inner, _ in blocks_of(part, prefix)]
    left = [f"and {len(parts) - LISTED:,} more."] if len(parts) > LISTED else []
    more = [f"Blocks inside: {_listed(within)}."] if within else []
    return " ".join(
        [
            "F0 is the input of the block; the exit reads the outputs with red links.",
            *parts[:LISTED],
            *left,
            *more,
        ]
    )


def _words(part: Sequence[Layer]) -> str:
    return ", ".join(layer.words() for layer in part)


def _listed(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - LISTED:,} more" if len(paths) > LISTED else ""
    return f"{', '.join(paths[:LISTED])}{more}"
