"""What each word for a block stands for: its units, what they read, and the exit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from archdsl.errors import fail
from archdsl.frontend.resolve import resolve
from archdsl.ir.layers.block import Block
from archdsl.ir.ops import Shape
from archdsl.language.aggregation import Aggregation
from archdsl.language.aggregations import Product, Sum
from archdsl.language.layers import Inner, Nest
from archdsl.language.rule import Rule
from archdsl.language.values import Words
from archdsl.lowering.depth import depth, depth_key, lacking
from archdsl.lowering.lists import Context, Level
from archdsl.lowering.rules import check_reads, check_rule
from archdsl.lowering.units import UnitWords, units_of
from archdsl.lowering.wiring import Wiring, chosen, exit_parts

PARTS = 256
"""Most parts of a block."""


@dataclass(frozen=True)
class Form:
    """What a block stands for: its units, what each reads, the aggregation and the exit's reads.

    `joining` is the aggregation of the exit if it differs, and `rule` what the reads follow, if the
    block has a rule. Mistakes of the exit are at the key `at_exit`. `where` is the path of each
    unit. `strided` says that parts which read y_0 alone take a stride, and `numbered` that `layer`
    is the number of a part, not of the unit around the block. `context` is where the units are
    written, if that is not where the word is. `word` is another name for the block than its word,
    and `apart` that of `Block`.
    """

    units: Sequence[UnitWords]
    where: Callable[[int], tuple[str | int, ...]]
    reads: Sequence[Sequence[int]]
    operator: Aggregation
    exit: Sequence[int]
    joining: Aggregation | None = None
    rule: Rule | None = None
    at_exit: str = "aggregate"
    flat: bool = False
    strided: bool = True
    numbered: bool = False
    context: Context | None = None
    word: str = ""
    apart: bool = False

    def block(self, name: str, word: str, shape: Shape) -> Block:
        """Return the block, still without its parts.

        Args:
            name: name of the block, which begins the names of its weights.
            word: keyword of the block, for a form that has none itself.
            shape: shape of its input.
        """
        return Block(
            name, self.word or word, shape, (), tuple(map(tuple, self.reads)), self.operator,
            tuple(self.exit), self.flat, self.joining, self.rule, self.apart,
        )  # fmt: skip


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
    if word.aggregate.running:
        kind = word.aggregate.kind
        raise fail(
            "A219",
            f"`{kind}` joins outputs layer by layer, not all at once as `parallel` does",
            help="write `aggregate: sum` or `aggregate: concat`",
            **context.at("aggregate"),
        )
    outputs = range(1, len(units) + 1)
    return Form(units, lambda layer: (layer - 1,), [(0,)] * len(units), word.aggregate, outputs)


def _block(word: Any, context: Context) -> Form:
    units = units_of(word.layers, word.unit)
    for key in lacking(word):
        raise fail("A103", f"the key `{key}` is missing in this block", **context.at())
    if units.per_layer and word.unit is not None:
        message = "`layers` lists a unit for each part, so `unit` would be ignored"
        raise fail("A226", message, **context.at("unit"))
    count = _count(word, context)
    wiring = _wiring(word, count, context)
    every = [tuple(wiring.rule.reads(layer)) for layer in range(1, count + 1)]
    leaving = tuple(wiring.exit_reads())
    for layer, reads in enumerate(every, start=1):
        check_reads(reads, layer, f"part {layer}", context.at)
    check_reads(leaving, count + 1, "the exit", wiring.exit_place)
    return Form(
        [units.at(layer) for layer in range(1, count + 1)], units.path,
        [*map(wiring.operator.order, every)], wiring.operator,
        wiring.exit_operator.order(leaving), wiring.joining, wiring.rule,
        "exit" if wiring.leaves == "own" else "aggregate", numbered=True,
    )  # fmt: skip


def _wiring(word: Any, count: int, context: Context) -> Wiring:
    """Return what the parts and the exit read. Raises ArchdslError (A202, A203, A219, A221)."""
    rule: Rule = resolve(word.connect, context.scope, **context.at("connect"))
    if rule.scope != "stage":
        reserved = "a rule inside a unit reads the parts of its own block"
        raise fail("A221", reserved, help="leave out `scope`", **context.at("connect"))
    operator = resolve(word.aggregate, context.scope, **context.at("aggregate"))
    words = resolve(word.exit, context.scope, **context.at("exit"))
    leaves, leaving, joining = exit_parts(words, operator)
    wiring = Wiring(
        layers=count, rule=rule.for_layers(count), operator=chosen(operator, rule, leaves),
        place=context.at, leaves=leaves, leaving=leaving, joining=joining,
    )  # fmt: skip
    check_rule(wiring)
    return wiring


def _count(word: Any, context: Context) -> int:
    place = context.at(depth_key(word))
    count = depth(word, context.scope, **place)
    if count > PARTS:
        raise fail("A301", f"a block of {count:,} parts (limit {PARTS:,})", **place)
    return count


FORMS: dict[str, Callable[[Any, Context], Form]] = {
    "residual": lambda word, _: _one(word, Sum(kind="sum")),
    "gate": lambda word, _: _one(word, Product(kind="product")),
    "parallel": _parallel,
    "block": _block,
    "nest": _nest,
    "inner": lambda _, context: _inner(context),
}
