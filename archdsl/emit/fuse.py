"""The method that makes a network fast, and the plan that it follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from archdsl.emit.literal import literal
from archdsl.emit.network import steps
from archdsl.emit.writer import WIDTH, Writer
from archdsl.passes.fusing import Fusing, StageRun
from archdsl.passes.program import Program


def method(out: Writer, program: Program) -> None:
    """`fuse()`, of the network's class."""
    with out.block('def fuse(self) -> "Fused":'):
        out.line('"""This network for inference on a CPU; call eval() first."""')
        out.call("parts = [", [call for call, _ in steps(program)], "]")
        out.line("return Fused(self, parts, PLAN, STAGES)")


def plan(out: Writer, fusing: Fusing) -> None:
    """Two literals: how each class is run, and how each stage."""
    out.line("# How `fuse` runs each class: norms become bounds, and parts of convolutions.")
    nested(out, "PLAN = ", dict(fusing.chains), "")
    out.line("# How it runs each stage. In a buffer: widths of the outputs and the channels where")
    out.line("# they begin, as (first, step, count).")
    nested(out, "STAGES = ", tuple(map(_stage, fusing.stages)), "")


def _stage(run: StageRun) -> tuple[Any, ...]:
    if run.plan is not None:
        return run.kind, tuple(runs(run.plan.widths)), tuple(runs(run.plan.places))
    numbers = {"sum": (run.relu, run.last), "list": (run.mean, run.projected)}
    return run.kind, *numbers.get(run.kind, ())


def runs(numbers: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Stretches of equal steps: first number, step, count.

    >>> list(runs([0, 64, 96, 128, 7]))
    [(0, 64, 2), (96, 32, 2), (7, 0, 1)]
    """
    place = 0
    while place < len(numbers):
        end = place + 1
        step = numbers[end] - numbers[place] if end < len(numbers) else 0
        while end < len(numbers) and numbers[end] - numbers[end - 1] == step:
            end += 1
        yield numbers[place], step if end > place + 1 else 0, end - place
        place = end


def nested(out: Writer, before: str, value: Any, after: str = ",") -> None:
    """A literal on one line, or an entry a line where it is too long for that."""
    text = before + literal(value) + after
    if len(text) + 4 * out.depth <= WIDTH or not isinstance(value, Mapping | tuple):
        out.line(text)
        return
    opening, closing = "{}" if isinstance(value, Mapping) else "()"
    items = (
        [(f"{literal(key)}: ", item) for key, item in value.items()]
        if isinstance(value, Mapping)
        else [("", item) for item in value]
    )
    with out.block(before + opening):
        for start, item in items:
            nested(out, start, item)
    out.line(closing + after)
