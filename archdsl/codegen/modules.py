"""Chains to classes: chains of the same form are one class, with other numbers as arguments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from archdsl.codegen.blocks import BlockClass, group, nested, substituted
from archdsl.codegen.grouping import (
    Instance,
    LayerTemplate,
    ModuleClass,
    Used,
    align,
    class_of,
    form_of,
)
from archdsl.codegen.joins import JoinClasses
from archdsl.codegen.names import free, title
from archdsl.codegen.submodules import Submodule
from archdsl.ir.graph import Graph, Node
from archdsl.ir.layers.block import Block
from archdsl.ir.ops import Chain

__all__ = ["LayerTemplate", "ModuleClass", "Modules", "Used", "find_modules", "readers_of_input"]


@dataclass(frozen=True)
class Modules:
    """All classes in printing order, and how every scope uses them."""

    classes: tuple[ModuleClass, ...]
    used: Used
    blocks: tuple[ModuleClass | BlockClass, ...] = ()
    joins: JoinClasses = field(default_factory=dict)


def readers_of_input(graph: Graph) -> frozenset[str]:
    """The chains that read the input itself, if there is no stem and nothing else reads it.

    Then the number of input channels is theirs alone, and a caller may choose it.
    """
    readers = [graph[name] for name in graph.readers[graph.input.name]]
    layers = set(graph.stages[0].layers)
    # Behind a border a class may serve both what reads the input and what carries other outputs.
    if graph.stem or graph.output == graph.input.name or graph.stages[0].borders:
        return frozenset()
    if not all(node.name in layers and _takes_channels(node) for node in readers):
        return frozenset()
    return frozenset(node.name for node in readers)


def _takes_channels(node: Node) -> bool:
    """Whether a chain begins with a convolution of the channels it is given."""
    layers = node.op.layers if isinstance(node.op, Chain) else ()
    answers = (layer.chooses_inputs() for layer in layers)
    return next((answer for answer in answers if answer is not None), False)


def find_modules(graph: Graph, names: Sequence[str]) -> Modules:
    """Group the chains of a graph into classes.

    Args:
        graph: the graph.
        names: names that the file uses already.
    """
    taken = set(names)
    chosen = readers_of_input(graph)
    classes: list[ModuleClass] = []
    used: Used = {}
    instances = list(_instances(graph))
    joins: JoinClasses = {}
    blocks, modules = _blocks(instances, taken, joins)
    if blocks:
        chains = {id(chain): chain for i in instances for chain in (i.shared, i.layers)}
        new = {key: substituted(chain, modules) for key, chain in chains.items()}
        instances = [
            replace(i, shared=new[id(i.shared)], layers=new[id(i.layers)]) for i in instances
        ]
    blanks: dict[int, tuple[object, ...]] = {}
    dense = (stage for stage in graph.stages if stage.operator.concatenates)
    concatenated = {name for stage in dense if not stage.rule.reads_newest for name in stage.layers}
    for role in ("stem", "projection", "entry", "unit", "carry", "between", "head"):
        forms: dict[object, list[Instance]] = defaultdict(list)
        for instance in instances:
            if instance.role == role:
                forms[form_of(instance, used, blanks)].append(instance)
        for same in map(align, forms.values()):
            first = same[0]
            name = title(
                role, first.every(), first.projection, concatenated=first.scope in concatenated
            )
            name = free(name, taken)
            classes.append(class_of(used, name, same, chosen))
    return Modules(tuple(classes), used, tuple(blocks), joins)


def _blocks(
    instances: Sequence[Instance], taken: set[str], joins: JoinClasses
) -> tuple[list[ModuleClass | BlockClass], dict[Block, Submodule]]:
    """The classes of blocks and of their parts in printing order, and a module for each block."""
    classes: list[ModuleClass | BlockClass] = []
    modules: dict[Block, Submodule] = {}
    for blocks in nested(chain for i in instances for chain in (i.shared, i.layers)):
        used: Used = {}
        forms: dict[object, list[Instance]] = defaultdict(list)
        keys: dict[str, tuple[Block, int]] = {}
        for number, block in enumerate(blocks):
            for place, part in enumerate(() if block.flat else block.parts):
                scope = f"{number}.{place}"
                keys[scope] = block, place
                instance = Instance(scope, "unit", substituted(part, modules))
                forms[form_of(instance, used, {})].append(instance)
        for same in map(align, forms.values()):
            name = free(title("unit", same[0].every(), None, concatenated=False), taken)
            classes.append(class_of(used, name, same, frozenset()))
        parts = {
            keys[scope]: (module.name, dict(zip(module.parameters, values, strict=True)))
            for scope, (module, values) in used.items()
        }
        for block_class, new in group(blocks, parts, modules, taken, joins):
            classes.append(block_class)
            modules |= new
    return classes, modules


def _instances(graph: Graph) -> Iterator[Instance]:
    roles = {graph.stem: "stem", graph.head: "head", **dict.fromkeys(graph.between, "between")}
    roles |= {
        stage.entry_chain: "unit" if stage.lead else "entry"
        for stage in graph.stages
        if stage.entry_chain
    }
    roles |= {name: "carry" for stage in graph.stages for name in stage.carries}
    projected = {stage.layers[0]: stage for stage in graph.stages if stage.projection}
    shared = {stage.shared for stage in projected.values()}
    projections = {stage.projection for stage in projected.values()}
    for node, chain in graph.chains():
        if node.name in shared:
            continue
        if node.name in projections:
            yield Instance(node.name, "projection", chain.layers)
            continue
        stage = projected.get(node.name)
        before = graph[stage.shared].op if stage and stage.shared else None
        yield Instance(
            node.name,
            roles.get(node.name, "unit"),
            chain.layers,
            before.layers if isinstance(before, Chain) else (),
            stage.projection if stage else None,
        )
