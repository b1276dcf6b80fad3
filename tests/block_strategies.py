"""Blocks in units, to depth 3: all shorthands, rules, aggregations and exits that blocks take.

Aggregations come from the registry, with every value of their keys, so new ones are drawn as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import product
from typing import Any, Literal, get_args, get_origin

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from pydantic import ValidationError

from archdsl.api import check_text
from archdsl.errors import ArchdslError
from archdsl.language.aggregation import Aggregation
from archdsl.language.aggregations import AGGREGATIONS
from archdsl.language.exit import exit_rule, exit_words
from archdsl.language.rule import Rule
from archdsl.language.rules import RULES
from define_strategies import defined
from nest_strategies import nests
from rule_strategies import rules
from unit_strategies import LIVE, Draft, Flow, Frame, Item, enlarged, per_stage, unit

DEPTH = 3
"""How deep blocks hold blocks."""

UNKNOWN = 1
"""The width in place of one that only archdsl knows: every width is at least this."""

PROBE = """
archdsl: 2
name: probe
input: [4, 8, 8]
stages: {count: 1, layers: 1, unit: [{block: BLOCK}], connect: plain, aggregate: sum}
"""


@cache
def operators(*, in_blocks: bool = False) -> tuple[tuple[Aggregation, ...], ...]:
    """For each aggregation, its instances; of those that blocks take, or of all."""
    kinds = (_instances(kind) for kind in AGGREGATIONS)
    if in_blocks:
        kinds = (list(filter(_in_blocks, instances)) for instances in kinds)
    return tuple(tuple(instances) for instances in kinds if instances)


def written(operator: Aggregation) -> Any:
    """An aggregation as a spec writes it."""
    keys = operator.model_dump()
    return keys if len(keys) > 1 else operator.kind


def _instances(kind: type[Aggregation]) -> list[Aggregation]:
    fields = {name: field for name, field in kind.model_fields.items() if name != "kind"}
    choices = [_choices(field.annotation) for field in fields.values()]
    word = get_args(kind.model_fields["kind"].annotation)[0]
    instances = []
    for values in product(*choices):
        try:
            instances.append(kind(kind=word, **dict(zip(fields, values, strict=True))))
        except (ValidationError, ArchdslError):
            continue
    assert instances, f"no values are known for the keys of `{word}`"
    return instances


def _choices(annotation: Any) -> Sequence[Any]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return {bool: (False, True), float: (0.0, 0.25)}.get(annotation, (0, 1, 2))


def _in_blocks(operator: Aggregation) -> bool:
    """Whether blocks take an aggregation: none with drop-path (A229)."""
    return _refused(aggregate=written(operator)) not in {"A229"}


@cache
def exits() -> tuple[Any, ...]:
    """The exits that blocks take: not yet all that stages take."""
    words = (word for word, _ in exit_words())
    forms = [*words, {"connect": "full"}, {"connect": "every"}, {"aggregate": "sum"}]
    return tuple(form for form in forms if _refused(exit=form) not in {"A105", "A106"})


def _refused(**keys: Any) -> str | None:
    """The code with which a block with these keys is refused; None if it is not."""
    block = {"layers": 3, "unit": ["gelu"], "connect": "full", "aggregate": "sum", **keys}
    try:
        check_text(PROBE.replace("BLOCK", str(block).replace("'", "")))
    except ArchdslError as error:
        return error.diagnostics[0].code
    return None


@st.composite
def units(draw: DrawFn, frame: Frame, layers: int) -> Draft:
    """One unit for all layers, several in turn, or one for each; some or all with blocks."""

    def one() -> Any:
        nested = frame.flow.blocks or draw(st.integers(0, 5)) == 0
        if not nested and draw(st.integers(0, 5)) == 0:
            return draw(defined(frame.flow, made_by(draw, frame)))
        return draw(nested_units(frame) if nested else unit(frame))

    way = draw(st.sampled_from(["listed", "cycle", "one", "one"]))
    if layers and way == "listed":
        return {"layers": [one() for _ in range(layers)]}
    if way == "cycle":
        return {"unit": {"cycle": [one() for _ in range(draw(st.integers(1, 3)))]}}
    return {"unit": one()}


def made_by(draw: DrawFn, frame: Frame) -> Any:
    """The width that a unit makes: what the frame wants, or any."""
    if frame.width is not None:
        return frame.width
    return draw(per_stage(frame.count, lambda draw: draw(frame.flow.widths())))


@st.composite
def nested_units(draw: DrawFn, frame: Frame) -> list[Any]:
    """A unit with one block or more that makes what the frame wants."""
    made = made_by(draw, frame)
    last: Draft = {"conv": {"width": made, "kernel": draw(st.sampled_from([1, 3]))}}
    way = draw(st.sampled_from(["first", "last", "branches"] if frame.strides else ["any"]))
    drawer = Drawer(draw, frame.flow)
    words, width = [], None
    if way == "first" or (way == "any" and draw(st.booleans())):
        width = draw(frame.flow.widths())
        words.append({"conv": {"width": width, "kernel": draw(st.sampled_from([1, 3]))}})
    elif way == "branches":
        branches = drawer.branches()
        words, width = [branches.words], branches.width
    elif way == "last":
        last["conv"]["stride"] = "stride"
    block = drawer.block(width, DEPTH - 1)
    return [*words, *draw(st.sampled_from([[], ["norm"], [draw(LIVE)]])), block.words, last]


class Drawer:
    """Draws layers and blocks."""

    def __init__(self, draw: DrawFn, flow: Flow) -> None:
        self.draw, self.flow = draw, flow

    def pick(self, values: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(values))

    def new_width(self) -> int:
        return int(self.draw(self.flow.widths()))

    def conv(self, width: Any, **keys: Any) -> Draft:
        return {"conv": {"width": width, "kernel": self.pick([1, 3]), **keys}}

    def layers(self, width: int | None, makes: int | None, depth: int) -> list[Any]:
        """A list that makes `makes` channels of `width`; if None, as many as it reads."""
        words: list[Any] = []
        now = width
        for _ in range(self.pick([1, 1, 2])):
            item = self.block(now, depth - 1) if depth and self.pick([0, 1]) else self.layer(now)
            words.append(item.words)
            now = item.width
        if self.pick([0] * 5 + [1]):
            words += self.draw(enlarged(self.new_width()))
            now = None
        if makes is not None or now != width or now is None:
            words.append(self.conv("incoming" if makes is None else makes))
        return words

    def layer(self, width: int | None) -> Item:
        made = self.new_width()
        kept = ["norm", self.draw(LIVE), {"scale": 0.5}, {"dropout": 0.25}]
        if self.pick([0, 1]):
            own = self.pick([0, 0, 1])
            return Item(self.draw(defined(self.flow, made)) if own else self.conv(made), made)
        return Item(self.pick(kept), width)

    def block(self, width: int | None, depth: int) -> Item:
        """A block in a list; it may hold blocks to a depth."""
        form = self.pick(
            [self.residual, self.gate, self.parallel, self.stage, self.stage, self.nest]
        )
        item: Item = form(width, depth)
        return item

    def residual(self, width: int | None, depth: int) -> Item:
        named = {"kind": "basic", "order": self.pick(["pre", "post"]), "width": "incoming"}
        layers = self.pick([0, 1, 1, 1]) and self.layers(width, None, depth)
        return Item({"residual": layers or named}, width)

    def gate(self, width: int | None, depth: int) -> Item:
        squeeze = [
            {"pool": {"to": 1}},
            {"conv": {"width": self.new_width(), "kernel": 1, "bias": True}},
            self.draw(LIVE),
            {"conv": {"width": "incoming", "kernel": 1}},
        ]
        whole = self.layers(width, None, depth)
        return Item({"gate": [*self.pick([squeeze, whole]), "sigmoid"]}, width)

    def parallel(self, width: int | None, depth: int) -> Item:
        count = self.pick([1, 2, 3])
        readers = [*[(0,)] * count, tuple(range(1, count + 1))]
        operator, widths, made = self.joined(None, readers, count)
        while operator.running:  # it has no state to join outputs to one after another
            operator, widths, made = self.joined(None, readers, count)
        parts = [self.part(operator, width, makes, depth) for makes in widths]
        return Item({"parallel": parts, "aggregate": written(operator)}, made)

    def nest(self, width: int | None, depth: int) -> Item:
        """A list inside itself; its bottom may hold blocks."""
        made = self.new_width()
        bottom = self.layers(made, made, depth)
        return Item(self.draw(nests(made, bottom)), made)

    def part(
        self, operator: Aggregation, width: int | None, makes: int | None, depth: int
    ) -> list[Any]:
        """A part of a block; outputs that are multiplied are bounded, or numbers would overflow."""
        bound = ["tanh"] if operator.kept_outputs([True] * 3) else []
        return [*self.layers(width, makes, depth), *bound]

    def branches(self) -> Item:
        """A block whose parts all take the stage's stride."""
        count, made = self.pick([1, 2, 3]), self.new_width()
        parts = [[self.conv(self.new_width()), *self.layers(None, made, 1)] for _ in range(count)]
        if self.pick([0, 1]):
            return Item({"parallel": parts, "aggregate": "sum"}, made)
        block = {"layers": parts, "connect": "entry", "aggregate": "sum", "exit": "last"}
        return Item({"block": block}, made)

    def stage(self, width: int | None, depth: int) -> Item:
        """A block with a rule."""
        count, leaves = self.pick([1, 2, 3]), self.pick(exits())
        connect = self.draw(rules([count], leaves if isinstance(leaves, str) else "own"))
        readers = self.readers(connect, leaves, count)
        operator, widths, made = self.joined(width, readers, count)
        block: Draft = {"aggregate": written(operator), "exit": leaves}
        form = operator.of_readers() or operator
        block["connect"] = "full" if form.running else connect
        if form.folds and isinstance(connect, dict) and connect.get("order") == "newest":
            block["connect"] = connect["rule"]  # a state begins with the oldest output
        if form.running and leaves not in ("rule", "all", "last"):
            block["exit"] = "rule"
        if form.folds and leaves == "newest-first":
            block["exit"] = "all"
        if isinstance(leaves, dict) and "aggregate" in leaves and not form.equal_widths:
            block["exit"], made = "rule", None
        if len(set(widths)) == 1 and self.pick([0, 1]):
            turns = [self.part(operator, None, widths[0], depth) for _ in range(self.pick([1, 2]))]
            unit = turns[0] if len(turns) == 1 else {"cycle": turns}
            block |= {"layers": count, "unit": unit}
        else:
            block["layers"] = [self.part(operator, None, makes, depth) for makes in widths]
        return Item({"block": block}, made)

    def readers(self, connect: Any, leaves: Any, count: int) -> list[tuple[int, ...]]:
        """What each part reads, and the exit."""
        rule = rule_of(connect, count)
        own = rule_of(leaves["connect"], count) if "connect" in leaves else None
        leaving = exit_rule(leaves if isinstance(leaves, str) else "own", rule, own)
        reads = [*map(rule.reads, range(1, count + 1)), leaving.exit_reads(count)]
        return list(map(tuple, reads))

    def joined(
        self, width: int | None, readers: Sequence[Sequence[int]], count: int
    ) -> tuple[Aggregation, list[int | None], int | None]:
        """An aggregation, the widths of the parts, and that of the exit; None: as they read."""
        mixed = [self.new_width() for _ in range(count)]
        alike = self.new_width() if all(0 not in read for read in readers[1:]) else None
        options = []
        for instances in operators(in_blocks=True):
            operator = self.pick(instances)
            form = operator.of_readers() or operator
            common = None if form.running else alike
            widths = [common] * count if form.equal_widths else mixed
            first = UNKNOWN if width is None else width
            outputs = [first, *(first if makes is None else makes for makes in widths)]
            made = exit_width(form, outputs, readers)
            if made is not None:
                made = outputs[readers[-1][0]] if form.folds else made  # the state has ended
                follows = form.running or 0 in readers[-1] or None in widths
                known = width is not None or not follows
                options.append((operator, widths, made if known else None))
        choice: tuple[Aggregation, list[int | None], int | None] = self.pick(options)
        return choice


def rule_of(connect: Any, count: int) -> Rule:
    """The rule that `connect` states, for a number of layers."""
    words = {"rule": connect} if isinstance(connect, str) else connect
    kinds = {get_args(kind.model_fields["rule"].annotation)[0]: kind for kind in RULES}
    kind: Any = kinds[words["rule"]]
    rule: Rule = kind(**words).for_layers(count)
    return rule


def exit_width(
    operator: Aggregation, outputs: Sequence[int], readers: Sequence[Sequence[int]]
) -> int | None:
    """Return the width of what the last reader reads; None if a reader's outputs do not fit."""
    made = outputs[0]
    for reads in readers:
        widths = [outputs[read] for read in (range(len(outputs)) if operator.running else reads)]
        steps = [widths]
        if operator.running:
            steps, total = [], widths[0]
            for width in widths[1:]:
                steps.append([total, width])
                total = operator.width(steps[-1])
        for step in steps:
            if len(step) > 1 and operator.problem(step):
                return None
        made = operator.width(steps[-1]) if steps and len(steps[-1]) > 1 else widths[0]
    return made
