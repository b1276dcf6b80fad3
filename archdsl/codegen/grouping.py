"""Instances of one form to one class, whose varying numbers are arguments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from archdsl.codegen.columns import Column, Number, Term, solve
from archdsl.codegen.dropouts import aligned, without
from archdsl.ir.ops import Layer, Weighted


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


def form_of(instance: Instance, used: Used, blanks: dict[int, tuple[object, ...]]) -> object:
    """Return what instances of one class have in common, which is hashable.

    Args:
        instance: a unit, stem, head or other chain of the network.
        used: classes of the instances that are decided, those of projections among them.
        blanks: forms of lists of layers by the id of the list; missing ones are added.
    """
    projected = used[instance.projection][0].name if instance.projection else None
    for part in (instance.shared, instance.layers):
        if id(part) not in blanks:
            blanks[id(part)] = tuple(layer.form() for layer in without(part))
    return (projected, blanks[id(instance.shared)], blanks[id(instance.layers)])


def align(same: list[Instance]) -> list[Instance]:
    """Instances of one form with dropouts at the same positions; equal units still share layers."""
    parts = {}
    for key in ("shared", "layers"):
        chains = {id(chain): chain for i in same for chain in (getattr(i, key),)}
        parts[key] = dict(zip(chains, aligned(list(chains.values())), strict=True))
    return [
        replace(i, shared=parts["shared"][id(i.shared)], layers=parts["layers"][id(i.layers)])
        for i in same
    ]


def class_of(used: Used, name: str, same: list[Instance], chosen: frozenset[str]) -> ModuleClass:
    """Return the class of instances of one form, and add each instance to `used`.

    Instances with equal numbers are one row of the columns, so that a stage of many equal units
    is decided in no more time than a stage of one.

    Args:
        used: classes and argument values of the instances that are decided, by scope.
        name: the name of the class.
        same: the instances, at least one.
        chosen: scopes of the instances that read the input, whose channels a caller may choose.
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
    module = ModuleClass(
        name, first.role, tuple(solution.parameters), tuple(layers[:split]), tuple(layers[split:]),
        projection,
    )  # fmt: skip
    arguments_of_rows = list(zip(*solution.parameters.values(), strict=True)) or [()] * len(rows)
    for alike, values in zip(rows.values(), arguments_of_rows, strict=True):
        used.update((instance.scope, (module, values)) for instance in alike)
    return module


def _same(instance: Instance, used: Used) -> object:
    """Equal for instances with equal numbers: equal units share their layers."""
    projection = used[instance.projection][1] if instance.projection else None
    return id(instance.shared), id(instance.layers), projection


def _columns(
    same: list[Instance], used: Used, entering: bool
) -> Iterator[tuple[int, object, Column]]:
    """(rank, key, column): the input first, then the output, then strides and the rest."""
    layers = [instance.every() for instance in same]
    last = max((i for i, x in enumerate(layers[0]) if x.makes() is not None), default=-1)
    started = False
    for index, layer in enumerate(layers[0]):
        rows = [own[index].numbers() for own in layers]
        for slot in rows[0]:
            values = tuple(row[slot] for row in rows)
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
    """Return whether an instance of a class reads the input.

    Args:
        same: the instances of the class.
        chosen: scopes of the instances that read the input.
    """
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
