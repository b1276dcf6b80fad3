"""Blocks in lists of layers: what each word stands for, and its parts lowered one after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from archdsl.errors import ArchdslError, Place, fail
from archdsl.frontend.resolve import resolve, value
from archdsl.ir.layers.block import Block
from archdsl.ir.ops import Layer, Shape
from archdsl.ir.shapes import after_aggregation
from archdsl.language.aggregation import Aggregation
from archdsl.language.aggregations import Product, Sum
from archdsl.language.layers import Inner, Nest, Nested
from archdsl.language.rule import Rule
from archdsl.language.values import Words
from archdsl.lowering.builder import check_join
from archdsl.lowering.lists import Context, Level, lower_unit
from archdsl.lowering.reads import check_reads, check_running
from archdsl.lowering.units import UnitWords, units_of

PARTS = 256
"""Most parts of a block."""

DEPTH = 64
"""Most blocks in one another: what a nest makes may be deeper than what is written."""


@dataclass(frozen=True)
class Form:
    """What a block stands for: its units, what each reads, the aggregation and the exit's reads.

    `where` is the path of each unit. `strided` says that parts which read y_0 alone take a stride,
    and `numbered` that `layer` is the number of a part, not of the unit around the block. `context`
    is where the units are written, if that is not where the word is. `word` is another name for
    the block than its word, and `apart` that of `Block`.
    """

    units: Sequence[UnitWords]
    where: Callable[[int], tuple[str | int, ...]]
    reads: Sequence[Sequence[int]]
    operator: Aggregation
    exit: Sequence[int]
    flat: bool = False
    strided: bool = True
    numbered: bool = False
    context: Context | None = None
    word: str = ""
    apart: bool = False


def lower_block(word: Nested, name: str, shape: Shape, stride: int, context: Context) -> Layer:
    """Return the block for a word. Raises ArchdslError (A1xx, A2xx), located.

    Args:
        word: the word, whose units still have arithmetic.
        name: name of the block among the layers around it.
        shape: shape of its input.
        stride: stride for the parts that read the input alone.
        context: where the word is written.
    """
    form = FORMS[word.layer](word, context)
    context = _deeper(form.context or context, context)
    _check_operator(form.operator, context.at("aggregate"))
    shapes: list[Shape] = [shape]
    parts: list[tuple[Layer, ...]] = []
    for layer, (unit, reads) in enumerate(zip(form.units, form.reads, strict=True), start=1):
        source = _joined(form.operator, shapes, reads, f"part {layer} of `{word.layer}`", context)
        own = stride if form.strided and tuple(reads) == (0,) else 1
        names = {"incoming": source[0], "stride": own}
        if form.numbered:
            names["layer"] = layer
        below = context.below(*form.where(layer), **names)
        layers, after = lower_unit(unit, source, own, below)
        parts.append(layers)
        shapes.append(after)
    _joined(form.operator, shapes, form.exit, f"the exit of `{word.layer}`", context)
    return Block(
        name, form.word or word.layer, shape, tuple(parts), tuple(map(tuple, form.reads)),
        form.operator, tuple(form.exit), form.flat, apart=form.apart,
    )  # fmt: skip


def _deeper(inside: Context, around: Context) -> Context:
    """Return the context of the units of a block. Raises A301 where blocks are too deep."""
    if around.depth == DEPTH:
        raise fail("A301", f"more than {DEPTH} blocks in one another", **around.at())
    return replace(inside, depth=around.depth + 1)


def _joined(
    operator: Aggregation, shapes: Sequence[Shape], reads: Sequence[int], reader: str,
    context: Context,
) -> Shape:  # fmt: skip
    """The shape of what a part or the exit reads."""
    if len(reads) == 1:
        return shapes[reads[0]]
    place = context.at("aggregate")
    sources = [(shapes[read], f"y_{read}") for read in reads]
    try:
        if not operator.running:
            return _checked(operator, sources, reader)[0]
        return reduce(lambda total, newest: _checked(operator, [total, newest], reader), sources)[0]
    except ArchdslError as error:
        raise error.within(place["source"], place["span"]) from None


def _checked(
    operator: Aggregation, sources: Sequence[tuple[Shape, str]], reader: str
) -> tuple[Shape, str]:
    """Return the shape of an aggregate, and its name. Raises ArchdslError (A210, A211, A228)."""
    shapes = [shape for shape, _ in sources]
    check_join(operator, shapes, [name for _, name in sources], reader, help=_help(operator))
    return after_aggregation(operator, shapes), "the outputs before"


def _help(operator: Aggregation) -> str:
    if operator.equal_widths:
        return "give them equal channels and sizes; `conv: incoming` makes those of a list's input"
    return "give them equal sizes: let all of them stride and pool alike"


def _check_operator(operator: Aggregation, place: Place) -> None:
    """Refuse aggregations that need a stage: those with weights or drop-path. Raises A229."""
    problem = None
    if operator.weights():
        problem = "has weights for each reader"
    elif operator.dropped():
        problem = "has drop-path"
    if problem:
        raise fail(
            "A229",
            f"`{operator.kind}` {problem}, which a block inside a unit does not support",
            help="use it as the aggregation of a stage",
            **place,
        )


def _one(word: Any, operator: Aggregation) -> Form:
    """The input, joined with the output of one list."""
    return Form([word.layers], lambda _: (), [(0,)], operator, (0, 1), flat=True, strided=False)


def _level(level: Level) -> Form:
    """A list that makes its output of the input alone; `inner` in it is the next level."""
    return Form(
        [level.unit], lambda _: (), [(0,)], Sum(kind="sum"), (1,), flat=True, strided=False,
        context=level.below(), word=level.word.layer, apart=level.number > 0,
    )  # fmt: skip


def _nest(word: Nest, context: Context) -> Form:
    if not _holds_inner(word.layers):
        raise fail(
            "A226",
            "`layers` holds no `inner`, so `count` and `bottom` would be ignored",
            help="write `inner` where the next level belongs, or the list without `nest`",
            **context.at("layers"),
        )
    return _level(Level(0, word, context))


def _holds_inner(raw: object) -> bool:
    """Whether the word `inner` of this nest, not of one inside it, is somewhere in words."""
    match raw:
        case Inner():
            return True
        case Nest():
            return _holds_inner(raw.bottom)
        case Words():
            return any(_holds_inner(getattr(raw, name)) for name in type(raw).model_fields)
        case tuple():
            return any(map(_holds_inner, raw))
    return False


def _inner(context: Context) -> Form:
    if context.inner is None:
        raise fail(
            "A230",
            "`inner` stands for the next level of a nest, and there is no nest around it",
            help="write it in the `layers` of a `nest`",
            **context.at(),
        )
    return _level(context.inner)


def _parallel(word: Any, context: Context) -> Form:
    units = word.layers
    if not units:
        raise fail("A103", "`parallel` needs one list of layers or more", **context.at())
    outputs = range(1, len(units) + 1)
    return Form(units, lambda layer: (layer - 1,), [(0,)] * len(units), word.aggregate, outputs)


def _block(word: Any, context: Context) -> Form:
    units = units_of(word.layers, word.unit)
    listed = units.per_layer
    count = len(units.words) if listed else _count(word, context)
    if listed == (word.unit is not None):
        raise fail(
            "A226" if listed else "A103",
            "`layers` lists a unit for each part, so `unit` would be ignored"
            if listed
            else "the key `unit` is missing in this block",
            **context.at("unit" if listed else "layers"),
        )
    operator = resolve(word.aggregate, context.scope, **context.at("aggregate"))
    rule = _rule(word, count, operator, context)
    every = [tuple(rule.reads(layer)) for layer in range(1, count + 1)]
    return Form(
        [units.at(layer) for layer in range(1, count + 1)], units.path, every, operator,
        _exit(word.exit, rule, count, running=operator.running), numbered=True,
    )  # fmt: skip


def _exit(exit: str, rule: Rule, count: int, *, running: bool) -> tuple[int, ...]:
    if exit == "last":
        return (count,)
    return tuple(range(count + 1) if exit == "all" or running else rule.exit_reads(count))


def _count(word: Any, context: Context) -> int:
    place = context.at("layers")
    count: int = value(word.layers, context.scope, **place)
    if count > PARTS:
        raise fail("A301", f"a block of {count:,} parts (limit {PARTS:,})", **place)
    return count


def _rule(word: Any, count: int, operator: Aggregation, context: Context) -> Rule:
    place = context.at("connect")
    rule: Rule = resolve(word.connect, context.scope, **place).for_layers(count)
    if rule.scope != "stage":
        reserved = "a rule inside a unit reads the parts of its own block"
        raise fail("A221", reserved, help="leave out `scope`", **place)
    check_running(rule, operator, place)
    check_reads(rule, count, word.exit, place)
    return rule


FORMS: dict[str, Callable[[Any, Context], Form]] = {
    "residual": lambda word, _: _one(word, Sum(kind="sum")),
    "gate": lambda word, _: _one(word, Product(kind="product")),
    "parallel": _parallel,
    "block": _block,
    "nest": _nest,
    "inner": lambda _, context: _inner(context),
}
