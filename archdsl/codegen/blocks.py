"""Blocks inside units to classes: a unit holds a module of such a class, as it holds its layers.

Blocks are grouped from the inside out. A block whose only part has no scope of its own (a gate, a
residual) is one class; the parts of any other block are units, with classes that are shared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from archdsl.codegen.block_joins import JoinModule, exit_owns, join_modules
from archdsl.codegen.columns import Column, Number, Term, solve
from archdsl.codegen.grouping import Instance, LayerTemplate, Used, class_of
from archdsl.codegen.growing import STRAIGHT, Growing, Growth, PartCall, growth, solved
from archdsl.codegen.joins import JoinClasses, add_class
from archdsl.codegen.names import block_title, free
from archdsl.codegen.submodules import Built, Given, Submodule
from archdsl.ir.layers.block import Block
from archdsl.ir.layers.layer import Layer, every
from archdsl.language.aggregation import Aggregation

Chain = tuple[Layer, ...]
Values = list[tuple[Number, ...]]


@dataclass(frozen=True)
class Part:
    """A part of a block that has a scope of its own: its class and arguments."""

    class_name: str
    arguments: tuple[Term, ...]


@dataclass(frozen=True)
class BlockClass:
    """A class to print: `layers` if the block is flat, else `parts`.

    `joins` has a module for each part if the aggregation of the parts owns weights and some part
    joins outputs; `exit_join` is that of the exit. `growing` stands for `parts` that grow evenly.
    """

    name: str
    block: Block
    parameters: tuple[str, ...]
    layers: tuple[LayerTemplate, ...] = ()
    parts: tuple[Part, ...] = ()
    joins: tuple[JoinModule, ...] = ()
    exit_join: JoinModule | None = None
    growing: Growing | None = None

    @property
    def chained(self) -> bool:
        """Return whether each part reads the output of the one before it alone."""
        return all(sources == (place,) for place, sources in enumerate(self.block.reads))

    @property
    def straight(self) -> bool:
        """Return whether the parts are written as statements, not run in a loop."""
        operator = self.block.operator
        listed = self.chained or operator.infix or operator.concatenates or self.joins
        return len(self.block.reads) <= STRAIGHT or not listed

    @property
    def folds(self) -> bool:
        """Return whether each part makes a state of the outputs that it reads."""
        return self.block.operator.folds

    @property
    def spares_copies(self) -> bool:
        """Return whether parts are run in a loop by a function that copies no single output.

        `torch.cat` copies it, and training would keep the copy.
        """
        alone = any(len(reads) == 1 for reads in self.block.reads)
        return self.block.operator.concatenates and alone and not (self.straight or self.chained)

    def functions(self) -> Iterator[Aggregation]:
        """Yield the aggregations of the block whose own functions the file needs."""
        block = self.block
        if self.spares_copies:
            yield block.operator
        readers = [(block.operator, reads) for reads in block.reads]
        for operator, reads in [*readers, (block.exit_operator, block.exit)]:
            called = not operator.concatenates and not (operator.running and operator.adds)
            if len(reads) > 1 and called and not (self.straight and operator.infix):
                yield operator


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
    inner = [_level(x) for x in block.inside() if isinstance(x, Block) and not x.apart]
    return 1 + max(inner, default=-1)


def substituted(chain: Chain, modules: Mapping[Block, Submodule]) -> Chain:
    """Return a chain with a module in the place of each block.

    Args:
        chain: layers.
        modules: the module of each block; those of blocks that are apart may follow later.
    """
    if not any(isinstance(layer, Block) for layer in chain):
        return chain  # the same tuple, by which equal units are known
    return tuple(_substituted(layer, modules) for layer in chain)


def _substituted(layer: Layer, modules: Mapping[Block, Submodule]) -> Layer:
    if not isinstance(layer, Block):
        return layer
    return Given(layer.name, Built(layer, modules)) if layer.apart else modules[layer]


def group(
    blocks: Sequence[Block], parts: Mapping[tuple[Block, int], PartCall],
    modules: Mapping[Block, Submodule], taken: set[str], joins: JoinClasses,
) -> Iterator[tuple[BlockClass, dict[Block, Submodule]]]:  # fmt: skip
    """Yield the classes of blocks, each with the modules that stand for its blocks.

    Args:
        blocks: blocks of one level.
        parts: class and arguments of each part with a scope of its own.
        modules: modules of the blocks inside them.
        taken: names in use; those of new classes are added.
        joins: classes of aggregations with weights; new ones are added.
    """
    growths = {block: growth(block, parts) for block in blocks}
    forms: dict[object, list[Block]] = defaultdict(list)
    for block, grows in growths.items():
        forms[_grown_form(block, grows) if grows else _form(block, parts, modules)].append(block)
    for same in forms.values():
        name = free(block_title(same[0]), taken)
        for join, _ in same[0].joins():  # none where all parts and the exit read one output each
            if join.scopes:  # a state of one output needs no weights
                add_class(joins, join.operator, taken)
        if grown := [grows for block in same if (grows := growths[block])]:
            block_class, values = _grown(name, same[0], grown)
        elif same[0].flat:
            block_class, values = _flat(name, same, modules)
        else:
            block_class, values = _branched(name, same, parts, joins)
        yield block_class, dict(zip(same, _submodules(block_class, same, values), strict=True))


def _submodules(block: BlockClass, same: list[Block], values: Values) -> Iterator[Submodule]:
    """The modules that stand for blocks of one class."""
    for instance, row in zip(same, values, strict=True):
        arguments = tuple(zip(block.parameters, row, strict=True))
        yield Submodule(instance.name, instance, block.name, arguments)


def _grown_form(block: Block, grows: Growth) -> object:
    """What blocks of one class have in common whose parts grow evenly: not their number."""
    return block.word, grows.class_name, block.operator, block.exit[0], block.joining


def _form(
    block: Block, parts: Mapping[tuple[Block, int], PartCall], modules: Mapping[Block, Submodule]
) -> object:
    inside: tuple[object, ...]
    if block.flat:
        inside = tuple(layer.form() for layer in substituted(block.parts[0], modules))
    else:
        inside = tuple(parts[block, place][0] for place in range(len(block.parts)))
    return block.word, block.reads, block.operator, block.exit, block.joining, inside


def _flat(
    name: str, same: list[Block], modules: Mapping[Block, Submodule]
) -> tuple[BlockClass, Values]:
    """The class of blocks whose only part has no scope of its own: that of their chains."""
    used: Used = {}
    instances = [
        Instance(str(number), "unit", substituted(block.parts[0], modules))
        for number, block in enumerate(same)
    ]
    chain = class_of(used, name, instances, frozenset())
    values = [used[instance.scope][1] for instance in instances]
    return BlockClass(name, same[0], chain.parameters, chain.layers), values


def _grown(name: str, first: Block, growths: Sequence[Growth]) -> tuple[BlockClass, Values]:
    """The class of blocks whose parts grow evenly; `first` is one of them."""
    growing, solution = solved(growths)
    rows = list(zip(*solution.parameters.values(), strict=True)) or [()] * len(growths)
    return BlockClass(name, first, tuple(solution.parameters), growing=growing), rows


def _branched(
    name: str, same: list[Block], parts: Mapping[tuple[Block, int], PartCall], joins: JoinClasses
) -> tuple[BlockClass, Values]:
    """The class of blocks whose parts are units."""
    first = same[0]
    places = range(len(first.parts))
    columns = [
        Column(slot, tuple(parts[block, place][1][slot] for block in same))
        for place in places
        for slot in parts[first, place][1]
    ]
    wirings = [join_modules(block, joins) for block in same]
    for place in range(len(wirings[0])):
        columns.append(Column("joined", tuple(wiring[place].width for wiring in wirings)))
    solution = solve(columns)
    terms = iter(solution.terms)
    calls = tuple(
        Part(class_name, tuple(next(terms) for _ in slots))
        for class_name, slots in (parts[first, place] for place in places)
    )
    own = [replace(join, channels=next(terms)) for join in wirings[0]]
    exit_join = own.pop() if own and exit_owns(first) else None
    values = list(zip(*solution.parameters.values(), strict=True)) or [()] * len(same)
    parameters = tuple(solution.parameters)
    return BlockClass(name, first, parameters, (), calls, tuple(own), exit_join), values
