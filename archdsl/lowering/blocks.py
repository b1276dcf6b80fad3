"""Blocks in lists of layers: their parts lowered one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from archdsl.errors import ArchdslError, Place, fail
from archdsl.ir.layers.block import Block, Join
from archdsl.ir.ops import Layer, Shape
from archdsl.ir.shapes import after_aggregation
from archdsl.language.aggregation import Aggregation
from archdsl.language.layers import Nested
from archdsl.lowering.builder import check_join
from archdsl.lowering.forms import FORMS
from archdsl.lowering.lists import Context, lower_unit
from archdsl.lowering.state import around_state

DEPTH = 64
"""Most blocks in one another: what a nest makes may be deeper than what is written."""


def lower_block(
    word: Nested, name: str, shape: Shape, stride: int, context: Context
) -> tuple[Layer, ...]:
    """Return the block for a word, between the layers that start and end its state, if it has one.

    Args:
        word: the word, whose units still have arithmetic.
        name: name of the block among the layers around it.
        shape: shape of its input.
        stride: stride for the parts that read the input alone.
        context: where the word is written.

    Raises:
        ArchdslError: A1xx or A2xx, with the position in the spec.
    """
    form = FORMS[word.layer](word, context)
    _refuse_drop_path(form.operator, context.at("aggregate"))
    _refuse_drop_path(form.joining or form.operator, context.at(form.at_exit))
    inside, where = _deeper(form.context or context, context), context.at("aggregate")
    start, first = around_state(form.operator.start(), shape, where)
    block = form.block(name, word.layer, first)
    parts: list[tuple[Layer, ...]] = []

    def part(place: int, source: Shape) -> Shape:
        reading, source = around_state(form.operator.read(place + 1), source, where)
        own = stride if form.strided and block.reads[place] == (0,) else 1
        names = {"incoming": source[0], "stride": own}
        names |= {"layer": place + 1} if form.numbered else {}
        below = inside.below(*form.where(place + 1), **names)
        layers, after = lower_unit(form.units[place], source, own, below)
        parts.append(reading + layers)
        return after

    def join(aggregate: Join, sources: Sequence[Shape]) -> Shape:
        key = form.at_exit if aggregate.reader == len(block.reads) else "aggregate"
        return _joined(block, aggregate, sources, context.at(key))

    result = block.run(first, part, join)
    end, _ = around_state(block.exit_operator.end(), result, where)
    return *start, replace(block, parts=tuple(parts)), *end


def _deeper(inside: Context, around: Context) -> Context:
    """Return the context of the units of a block. Raises A301 where blocks are too deep."""
    if around.depth == DEPTH:
        raise fail("A301", f"more than {DEPTH} blocks in one another", **around.at())
    return replace(inside, depth=around.depth + 1)


def _joined(block: Block, join: Join, shapes: Sequence[Shape], place: Place) -> Shape:
    """Return the shape of an aggregate. Raises ArchdslError (A210, A211, A228), located."""
    last = join.reader == len(block.reads)
    reader = "the exit" if last else f"part {join.reader + 1}"
    names = [f"y_{output}" for output in join.outputs]
    if len(names) > len(shapes):  # a running aggregate is joined with the newest output
        names = [f"y_0 to y_{join.outputs[-2]} joined", names[-1]]
    help = _help(block, join.operator, shapes)
    try:
        check_join(join.operator, shapes, names, f"{reader} of `{block.word}`", help)
    except ArchdslError as error:
        raise error.within(place["source"], place["span"]) from None
    return after_aggregation(join.operator, shapes)


def _help(block: Block, operator: Aggregation, shapes: Sequence[Shape]) -> str:
    """How shapes that do not agree can be made to, in a block."""
    if operator.equal_widths and len({shape[0] for shape in shapes}) > 1:
        if block.flat:
            return "let the list make as many channels as it reads: `width: incoming`"
        return "let all outputs that are joined have the same number of channels"
    if not block.flat:
        return "let all outputs that are joined be maps of one size"
    pooled = ", or pool it to one pixel: `{pool: {to: 1}}`" if operator.broadcasts else ""
    return f"let the list keep the size of the map{pooled}; stride before or after the block"


def _refuse_drop_path(operator: Aggregation, place: Place) -> None:
    """Raise A229 for an aggregation with drop-path, which draws once for all joins of a network."""
    if operator.dropped():
        raise fail(
            "A229",
            f"`{operator.kind}` has drop-path, which a block inside a unit does not support",
            help="leave out `drop_path`, or use it as the aggregation of a stage",
            **place,
        )
