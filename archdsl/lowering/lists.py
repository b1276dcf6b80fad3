"""Units and lists of layers, with arithmetic, to layers whose numbers are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from archdsl.counted import counted
from archdsl.errors import Diagnostic, Place, fail
from archdsl.frontend.resolve import resolve, resolve_each
from archdsl.frontend.schema import LayerList
from archdsl.ir.ops import Layer, Shape
from archdsl.language.arithmetic import Scope
from archdsl.language.define import Defined
from archdsl.language.layers import LayerWords, Nest, Nested
from archdsl.language.unit import Unit
from archdsl.lowering.chain import Layers, Made
from archdsl.lowering.definitions import Definitions
from archdsl.lowering.stride import check_unit, placed_by_list
from archdsl.lowering.units import UnitWords


@dataclass(frozen=True)
class Context:
    """Where a unit or a list is lowered.

    `scope` has the names that its arithmetic may use, `at(*path)` is the place of a value below it,
    `remarks` collects warnings and notes, `nest` lowers a block in the list, and `own` has the
    units that the spec defines. `depth` counts the blocks around it, and `inner` is what the word
    `inner` stands for, if it means something here.
    """

    scope: Scope
    at: Callable[..., Place]
    remarks: list[Diagnostic]
    nest: Callable[[Nested, str, Shape, int, Context], tuple[Layer, ...]]
    own: Definitions = field(default_factory=Definitions)
    depth: int = 0
    inner: Level | None = None

    def below(self, *path: str | int, **names: int) -> Context:
        """Return the context of a value in this one, whose arithmetic may use more names."""
        scope, at = self.scope, self.at
        below = replace(scope, values={**scope.values, **names})

        def place(*rest: str | int) -> Place:
            return at(*path, *rest)

        return Context(below, place, self.remarks, self.nest, self.own, self.depth, self.inner)

    def nested(self, word: Nested, shape: Shape, stride: int) -> tuple[Layer, ...]:
        """Lower a block inside a list of layers; return it with the layers around its state.

        Args:
            word: the block as the spec has it.
            shape: shape of its input.
            stride: stride that the block must apply.
        """
        at = partial(_place_of_key, self.at, word.layer)
        return self.nest(word, word.layer, shape, stride, replace(self, at=at))


@dataclass(frozen=True)
class Level:
    """A level of a nest, counted from 0; `context` is where the nest is written."""

    number: int
    word: Nest
    context: Context

    @property
    def key(self) -> str:
        """The key of the nest under which the level is written."""
        return "layers" if self.number < self.word.count else "bottom"

    @property
    def unit(self) -> UnitWords:
        """The list of the level."""
        words: UnitWords = getattr(self.word, self.key)
        return words

    @property
    def scope(self) -> Scope:
        """What arithmetic in the level may use: lists have one entry per level."""
        return level_scope(self.context.scope, self.number, self.word.count)

    def below(self) -> Context:
        """Return where the list of the level is lowered."""
        deeper = replace(self, number=self.number + 1)
        inner = deeper if self.number < self.word.count else self.context.inner
        context = self.context.below(self.key)
        return replace(context, scope=self.scope, inner=inner)


def level_scope(scope: Scope, level: int, levels: int) -> Scope:
    """Return the scope of a level of a nest; at its bottom there is no level to read lists at.

    Args:
        scope: names and values outside the nest.
        level: number of the level, counted from 0 at the outermost.
        levels: number of levels; the bottom has this number itself.
    """
    stage = level if level < levels else None
    return replace(
        scope, values={**scope.values, "level": level}, stage=stage, stages=levels, per="level"
    )


def lower_unit(unit: UnitWords, shape: Shape, stride: int, context: Context) -> Made:
    """Return the layers of a unit. Raises ArchdslError (A1xx, A2xx, A301), located.

    Arithmetic in the unit may use the names of the context's scope alone.

    Args:
        unit: a named unit, or a list.
        shape: shape of its input.
        stride: what it strides by.
        context: where it is.
    """
    layers = Layers(shape, stride, context.remarks)
    _add_unit(layers, unit, context)
    if layers.stride > 1:
        raise fail(
            "A225",
            f"no convolution of the unit takes the stage's stride of {layers.stride}",
            help="leave `stride` out of one `conv`, or write `stride: stride` in one layer",
            **context.at(0),
        )
    return layers.named(), layers.shape


def _add_unit(layers: Layers, unit: UnitWords, context: Context) -> None:
    """Add the layers of a unit to those of the list that it is part of."""
    if isinstance(unit, LayerList):
        _add_list(layers, unit.layers, context)
        return
    if isinstance(unit, Defined):
        _add_defined(layers, unit, context)
        return
    place = context.at()
    words = unit_layers(resolve(unit, context.scope, **place), layers.stride, place)
    layers.stride = 1  # the words of a named unit state what they stride by
    for word in words:
        layers.add(word, place)


def _add_defined(layers: Layers, unit: Defined, context: Context) -> None:
    """Add the layers of a unit that the spec defines, as if they were written in its place."""
    numbers = resolve(unit, context.scope, **context.at()).numbers()
    channels = layers.shape[0]
    names = {"incoming": channels, "entering": channels, "stride": layers.stride}
    scope = context.own.scope(unit.kind, context.scope, names, numbers)
    at = partial(context.own.at, unit.kind, "layers")
    definition = context.own.units[unit.kind]
    _add_list(layers, definition.layers.layers, replace(context, scope=scope, at=at, inner=None))


def unit_layers(unit: Unit, stride: int, place: Place) -> Sequence[LayerWords]:
    """Return the list of layers that a named unit stands for.

    Args:
        unit: the unit with its numbers known.
        stride: stride that one of its layers must have.
        place: position of the unit in the spec.

    Raises:
        ArchdslError: A225 if it does not stride as it should, A301 if it has more layers than
            it says.
    """
    layers = unit.layers(stride)
    if len(layers) > unit.size():
        message = (
            f"the unit `{unit.kind}` has {counted(len(layers), 'layer')} (limit {unit.size()})"
        )
        raise fail("A301", message, **place)
    if stride > 1:
        check_unit(unit, stride, place)
    return layers


def _add_list(layers: Layers, words: Sequence[LayerWords | Unit], context: Context) -> None:
    """Add the layers of a list, the named units in it written out."""
    places = [context.at(position) for position in range(len(words))]
    resolved = resolve_each(words, context.scope, places)
    _place_stride(layers, words, resolved, places, context.scope.stage or 0)
    for position, word in enumerate(resolved):
        if isinstance(word, Unit):
            _add_unit(layers, word, context.below(position))
        elif isinstance(word, Nested):
            layers.add(word, places[position], context.below(position).nested)
        else:
            layers.add(word, places[position])


def _place_stride(
    layers: Layers, words: Sequence[LayerWords | Unit], resolved: Sequence[LayerWords | Unit],
    places: Sequence[Place], stage: int,
) -> None:  # fmt: skip
    """Leave the stride to the layers that name it, if there are some. Raises A225."""
    columns = [
        (word, numbers, place)
        for word, numbers, place in zip(words, resolved, places, strict=True)
        if isinstance(word, LayerWords) and isinstance(numbers, LayerWords)
    ]
    if columns:
        written, numbers, where = zip(*columns, strict=True)
        if placed_by_list(written, numbers, stage, layers.stride, where):
            layers.stride = 1


def _place_of_key(at: Callable[..., Place], word: str, *path: str | int) -> Place:
    """Return the place of a key of a block: in its mapping, or beside its word.

    Args:
        at: the place of a path in the item of the list.
        word: the word of the block.
        path: the path in the block, such as `aggregate`.
    """
    inside, beside = at(word, *path), at(*path)
    return beside if inside == at(word) and beside != at() else inside
