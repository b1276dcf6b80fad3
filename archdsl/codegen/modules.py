"""Chains to classes: chains of the same form are one class, with other numbers as arguments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from archdsl.codegen.blocks import BlockClass, Submodule, group, nested, substituted
from archdsl.codegen.columns import Column, Number, Term, solve
from archdsl.codegen.dropouts import aligned, without
from archdsl.codegen.names import free, title
from archdsl.ir.graph import Graph, Node
from archdsl.ir.layers.block import Block
from archdsl.ir.ops import Chain, Layer, Weighted


@dataclass(frozen=True)
class Instance:
    """What one scope of the network holds; `shared` feeds both `projection` and `layers`."""

    scope: str
    role: str
    layers: tuple[Layer, ...]
    shared: tuple[Layer, ...] = ()
    projection: str | None = None

    def every(self) -> tuple[Layer, ...]:
        """Its own layers, in order."""
        return self.shared + self.layers


@dataclass(frozen=True)
class LayerTemplate:
    """A layer whose varying numbers are terms, by field."""

    layer: Layer
    terms: dict[str, Term]


@dataclass(frozen=True)
class ModuleClass:
    """A class to print. `projection` is the class and arguments of a projection it owns."""

    name: str
    role: str
    parameters: tuple[str, ...]
    shared: tuple[LayerTemplate, ...]
    layers: tuple[LayerTemplate, ...]
    projection: tuple[str, tuple[Term, ...]] | None = None


Used = dict[str, tuple[ModuleClass, tuple[Number, ...]]]
"""For scopes of the network their class and argument values."""


@dataclass(frozen=True)
class Modules:
    """All classes in printing order, and how every scope uses them."""

    classes: tuple[ModuleClass, ...]
    used: Used
    blocks: tuple[ModuleClass | BlockClass, ...] = ()


def readers_of_input(graph: Graph) -> frozenset[str]:
    """The chains that read the input itself, if there is no stem and nothing else reads it.

    Then the number of input channels is theirs alone, and a caller may choose it.
    """
    readers = [graph[name] for name in graph.readers[graph.input.name]]
    layers = set(graph.stages[0].layers)
    if graph.stem or not all(node.name in layers and _takes_channels(node) for node in readers):
        return frozenset()
    return frozenset(node.name for node in readers)


def _takes_channels(node: Node) -> bool:
    """Whether a chain begins with a convolution of the channels it is given."""
    layers = node.op.layers if isinstance(node.op, Chain) else ()
    answers = (layer.chooses_inputs() for layer in layers)
    return next((answer for answer in answers if answer is not None), False)


def find_modules(graph: Graph, names: Sequence[str]) -> Modules:
    """Group the chains of a graph into classes; `names` are taken already."""
    taken = set(names)
    chosen = readers_of_input(graph)
    classes: list[ModuleClass] = []
    used: Used = {}
    instances = list(_instances(graph))
    blocks, modules = _blocks(instances, taken)
    if blocks:
        chains = {id(chain): chain for i in instances for chain in (i.shared, i.layers)}
        new = {key: substituted(chain, modules) for key, chain in chains.items()}
        instances = [
            replace(i, shared=new[id(i.shared)], layers=new[id(i.layers)]) for i in instances
        ]
    blanks: dict[int, tuple[object, ...]] = {}
    dense = (stage for stage in graph.stages if stage.operator.concatenates)
    concatenated = {name for stage in dense if stage.rule.rule != "plain" for name in stage.layers}
    for role in ("stem", "projection", "entry", "unit", "between", "head"):
        forms: dict[object, list[Instance]] = defaultdict(list)
        for instance in instances:
            if instance.role == role:
                forms[_form(instance, used, blanks)].append(instance)
        for same in map(_aligned, forms.values()):
            first = same[0]
            name = title(
                role, first.every(), first.projection, concatenated=first.scope in concatenated
            )
            name = free(name, taken)
            classes.append(_class(used, name, same, chosen))
    return Modules(tuple(classes), used, tuple(blocks))


def _blocks(
    instances: Sequence[Instance], taken: set[str]
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
                forms[_form(instance, used, {})].append(instance)
        for same in map(_aligned, forms.values()):
            name = free(title("unit", same[0].every(), None, concatenated=False), taken)
            classes.append(_class(used, name, same, frozenset()))
        parts = {
            keys[scope]: (module.name, dict(zip(module.parameters, values, strict=True)))
            for scope, (module, values) in used.items()
        }
        for block_class, new in group(blocks, parts, modules, taken):
            classes.append(block_class)
            modules |= new
    return classes, modules


def _instances(graph: Graph) -> Iterator[Instance]:
    roles = {graph.stem: "stem", graph.head: "head", **dict.fromkeys(graph.between, "between")}
    roles |= {
        stage.entry_chain: "unit" if not stage.projected else "entry"
        for stage in graph.stages
        if stage.entry_chain
    }
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


def _form(instance: Instance, used: Used, blanks: dict[int, tuple[object, ...]]) -> object:
    """What instances of one class have in common; `blanks` is by the id of shared layers."""
    projected = used[instance.projection][0].name if instance.projection else None
    for part in (instance.shared, instance.layers):
        if id(part) not in blanks:
            blanks[id(part)] = tuple(layer.form() for layer in without(part))
    return (projected, blanks[id(instance.shared)], blanks[id(instance.layers)])


def _aligned(same: list[Instance]) -> list[Instance]:
    """Instances of one form with dropouts at the same positions; equal units still share layers."""
    parts = {}
    for key in ("shared", "layers"):
        chains = {id(chain): chain for i in same for chain in (getattr(i, key),)}
        parts[key] = dict(zip(chains, aligned(list(chains.values())), strict=True))
    return [
        replace(i, shared=parts["shared"][id(i.shared)], layers=parts["layers"][id(i.layers)])
        for i in same
    ]


def _class(used: Used, name: str, same: list[Instance], chosen: frozenset[str]) -> ModuleClass:
    """The class of instances of one form; each instance is added to `used`.

    Instances with equal numbers are one row of the columns, so that a stage of many equal units
    is decided in no more time than a stage of one.
    """
    rows: dict[object, list[Instance]] = {}
    for instance in same:
        rows.setdefault(_same(instance, used), []).append(instance)
    distinct = [alike[0] for alike in rows.values()]
    columns = list(_columns(distinct, used, reads_input(same, chosen)))
    order = sorted(columns, key=lambda item: item[0])
    solution = solve([column for _, _, column in order])
    terms = {key: term for (_, key, _), term in zip(order, solution.terms, strict=True)}
    first = same[0]
    layers = [
        LayerTemplate(layer, {slot: terms[index, slot] for slot in layer.numbers()})
        for index, layer in enumerate(first.every())
    ]
    split = len(first.shared)
    projection = None
    if first.projection:
        inner, values = used[first.projection]
        arguments = tuple(terms["projection", i] for i in range(len(values)))
        projection = (inner.name, arguments)
    made = ModuleClass(
        name, first.role, tuple(solution.parameters), tuple(layers[:split]), tuple(layers[split:]),
        projection,
    )  # fmt: skip
    given = list(zip(*solution.parameters.values(), strict=True)) or [()] * len(rows)
    for alike, values in zip(rows.values(), given, strict=True):
        used.update((instance.scope, (made, values)) for instance in alike)
    return made


def _same(instance: Instance, used: Used) -> object:
    """Equal for instances with equal numbers: equal units share their layers."""
    projection = used[instance.projection][1] if instance.projection else None
    return id(instance.shared), id(instance.layers), projection


def _columns(
    same: list[Instance], used: Used, entering: bool
) -> Iterator[tuple[int, object, Column]]:
    """(rank, key, column): what comes in first, then what goes out, then strides and the rest."""
    layers = [instance.every() for instance in same]
    last = max((i for i, x in enumerate(layers[0]) if x.makes() is not None), default=-1)
    started = False
    for index, layer in enumerate(layers[0]):
        for slot in layer.numbers():
            values = tuple(own[index].numbers()[slot] for own in layers)
            inward = slot in {"inputs", "features"}
            rank, name = 2, "inner"
            if inward and not started:
                rank, name = 0, "channels"
            elif slot == "width" and index == last:
                rank, name = 1, "width"
            elif slot == "p":
                rank, name = 3, "dropout"
            elif slot not in {"inputs", "features", "width"}:
                rank, name = 3, slot
            own = _forced(same[0], layers[0], index, slot)
            forced = bool(own) or (name == "channels" and entering)
            yield rank, (index, slot), Column(own or name, values, forced)
        started = started or layer.mixes
    if same[0].projection:
        inner = used[same[0].projection][0]
        for place, name in enumerate(inner.parameters):
            values = tuple(used[i.projection][1][place] for i in same if i.projection)
            yield 4, ("projection", place), Column(name, values)


def reads_input(same: list[Instance], chosen: frozenset[str]) -> bool:
    """Whether an instance of a class reads the input."""
    return any(instance.scope in chosen for instance in same)


def _forced(instance: Instance, layers: Sequence[Layer], index: int, slot: str) -> str | None:
    """What the network's constructor lets a caller choose."""
    if instance.role == "head" and index == len(layers) - 1 and slot == "width":
        return "num_classes" if layers[index].classifies else None
    if instance.role == "stem" and slot == "inputs":
        before = layers[:index]
        first = not any(isinstance(x, Weighted) or x.chooses_inputs() is False for x in before)
        return "in_channels" if first and layers[index].chooses_inputs() else None
    return None
