"""Blocks inside units to classes: a unit holds a module of such a class, as it holds its layers.

Blocks are grouped from the inside out. A block whose only part has no scope of its own (a gate, a
residual) is one class; the parts of any other block are units, with classes that are shared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from archdsl.codegen.columns import Column, Number, Term, solve
from archdsl.codegen.names import block_title, free
from archdsl.ir.layers.block import Block
from archdsl.ir.layers.layer import Layer, Numbers, Shape, Weighted, every

Chain = tuple[Layer, ...]
STRAIGHT = 4
"""Most parts of a block that are written as statements."""


@dataclass(frozen=True, slots=True)
class Submodule(Weighted):
    """A block as a layer of the chain around it, once its class is known."""

    block: Block
    class_name: str
    arguments: tuple[tuple[str, Number], ...]

    def numbers(self) -> dict[str, Number]:
        """The arguments of the module."""
        return dict(self.arguments)

    def with_numbers(self, numbers: Mapping[str, Number]) -> Submodule:
        """The module with some arguments replaced."""
        arguments = tuple((name, numbers.get(name, value)) for name, value in self.arguments)
        return replace(self, arguments=arguments)

    def form(self) -> object:
        """What modules of one class have in common."""
        return self.name, self.class_name

    def after(self, shape: Shape) -> Shape:
        """Shape of the result."""
        return self.block.after(shape)

    def makes(self) -> int:
        """Features of the result."""
        return self.block.makes()

    def takes(self) -> int:
        """Features of the input."""
        return self.block.takes()

    def names(self) -> frozenset[str]:
        """No names of torch: the class is in the file."""
        return frozenset()

    def constructor(self, numbers: Numbers) -> tuple[str, list[str]]:
        """The class and its arguments."""
        return self.class_name, [numbers[name] for name, _ in self.arguments]

    def text(self) -> str:
        """The block in the text of a graph."""
        return self.block.text()

    def describe(self, numbers: Numbers) -> str:
        """The word of the block."""
        return self.block.word


@dataclass(frozen=True)
class Part:
    """A part of a block that has a scope of its own: its class and arguments."""

    class_name: str
    arguments: tuple[Term, ...]


@dataclass(frozen=True)
class BlockClass:
    """A class to print: `layers` if the block is flat, else `parts`."""

    name: str
    block: Block
    parameters: tuple[str, ...]
    layers: tuple[tuple[Layer, dict[str, Term]], ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def chained(self) -> bool:
        """Return whether each part reads the output of the one before it alone."""
        return all(sources == (place,) for place, sources in enumerate(self.block.reads))

    @property
    def straight(self) -> bool:
        """Return whether the parts are written as statements, not run in a loop."""
        operator = self.block.operator
        listed = self.chained or operator.infix or operator.concatenates
        return len(self.block.reads) <= STRAIGHT or not listed

    @property
    def calls_join(self) -> bool:
        """Return whether the file needs the function of the block's aggregation."""
        operator = self.block.operator
        if operator.concatenates or (operator.running and operator.adds):
            return False
        return not (self.straight and operator.infix)


def nested(chains: Iterable[Chain]) -> list[list[Block]]:
    """Return the different blocks in chains, by how deep blocks are inside them; 0 first."""
    unique = {id(chain): chain for chain in chains}.values()
    levels: dict[int, dict[Block, None]] = defaultdict(dict)
    for chain in unique:
        for layer in every(chain):
            if isinstance(layer, Block):
                levels[_level(layer)][layer] = None
    return [list(levels[level]) for level in sorted(levels)]


def _level(block: Block) -> int:
    inner = [_level(layer) for layer in block.inside() if isinstance(layer, Block)]
    return 1 + max(inner, default=-1)


def substituted(chain: Chain, modules: Mapping[Block, Submodule]) -> Chain:
    """Return a chain with a module in the place of each block."""
    if not any(isinstance(layer, Block) for layer in chain):
        return chain  # the same tuple, by which equal units are known
    return tuple(modules[x] if isinstance(x, Block) else x for x in chain)


def group(
    blocks: Sequence[Block], parts: Mapping[tuple[Block, int], tuple[str, dict[str, Number]]],
    modules: Mapping[Block, Submodule], taken: set[str],
) -> Iterator[tuple[BlockClass, dict[Block, Submodule]]]:  # fmt: skip
    """Yield the classes of blocks, each with the modules that stand for its blocks.

    Args:
        blocks: blocks of one level.
        parts: class and arguments of each part with a scope of its own.
        modules: modules of the blocks inside them.
        taken: names in use; those of new classes are added.
    """
    forms: dict[object, list[Block]] = defaultdict(list)
    for block in blocks:
        forms[_form(block, parts, modules)].append(block)
    for same in forms.values():
        name = free(block_title(same[0]), taken)
        yield _class(name, same, parts, modules)


def _form(
    block: Block, parts: Mapping[tuple[Block, int], tuple[str, dict[str, Number]]],
    modules: Mapping[Block, Submodule],
) -> object:  # fmt: skip
    inside: tuple[object, ...]
    if block.flat:
        inside = tuple(layer.form() for layer in substituted(block.parts[0], modules))
    else:
        inside = tuple(parts[block, place][0] for place in range(len(block.parts)))
    return block.word, block.reads, block.operator, block.exit, inside


def _class(
    name: str, same: list[Block],
    parts: Mapping[tuple[Block, int], tuple[str, dict[str, Number]]],
    modules: Mapping[Block, Submodule],
) -> tuple[BlockClass, dict[Block, Submodule]]:  # fmt: skip
    first = same[0]
    chains = [substituted(block.parts[0], modules) if block.flat else () for block in same]
    columns: list[Column] = []
    for place, layer in enumerate(chains[0]):
        for slot in layer.numbers():
            values = tuple(chain[place].numbers()[slot] for chain in chains)
            columns.append(Column(_column_name(slot, place, chains[0]), values))
    for place in range(0 if first.flat else len(first.parts)):
        for slot in parts[first, place][1]:
            values = tuple(parts[block, place][1][slot] for block in same)
            columns.append(Column(slot, values))
    solution = solve(columns)
    terms = iter(solution.terms)
    layers = tuple((layer, {slot: next(terms) for slot in layer.numbers()}) for layer in chains[0])
    block_class = BlockClass(
        name, first, tuple(solution.parameters), layers,
        tuple(
            Part(class_name, tuple(next(terms) for _ in slots))
            for place in range(0 if first.flat else len(first.parts))
            for class_name, slots in [parts[first, place]]
        ),
    )  # fmt: skip
    rows: list[tuple[Number, ...]] = list(zip(*solution.parameters.values(), strict=True))
    rows = rows or [()] * len(same)
    return block_class, {
        block: Submodule(block.name, block, name, tuple(zip(solution.parameters, row, strict=True)))
        for block, row in zip(same, rows, strict=True)
    }


def _column_name(slot: str, place: int, chain: Chain) -> str:
    """`channels` for the input, `width` for the output, `inner` between."""
    widths = [index for index, layer in enumerate(chain) if layer.makes() is not None]
    if slot in {"inputs", "features"}:
        return "channels" if not widths or place <= widths[0] else "inner"
    if slot == "width":
        return "width" if place == widths[-1] else "inner"
    return "dropout" if slot == "p" else slot
