"""The method that makes a network fast, the plan that it follows, and the source it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from archdsl.backends.pytorch.literal import Call, Name, literal, record
from archdsl.backends.pytorch.writer import WIDTH, Writer
from archdsl.codegen.fusing import BufferStage, Fusing, StageRun
from archdsl.codegen.program import Program

STEPS = {"cpu": "FusedCpu", "cuda": "FusedGpu"}
"""The class that holds the steps of a device."""

OUTPUTS = {
    "cpu": {"prefix": "FusedPrefix", "planar": "FusedApart"},
    "cuda": {"prefix": "FusedPlanar", "planar": "FusedPlanar"},
}
"""What keeps the outputs of a stage on a device, by the layout of its placement."""

ON_CLASSES = ("# The steps of each class that can be fused.",)
ON_STAGES = (
    "# How each stage is run; None for as it is. A stage that concatenates has the widths of its",
    "# outputs and the channels where they start as runs of (first, step, count).",
)


Entry = tuple[str, Any]


def roots(fusing: Fusing) -> set[str]:
    """Return the names of the source that a file needs; what these need follows from them."""
    names = {"Fused", *(STEPS[device] for device in fusing.devices)}
    for run in fusing.stages:
        if run is not None:
            names.add(type(run).__name__)
        if isinstance(run, BufferStage):
            names |= {OUTPUTS[device][run.placement.layout] for device in fusing.devices}
    return names | {type(step).__name__ for steps in fusing.chains.values() for step in steps}


def method(out: Writer, program: Program) -> None:
    """Print the method `fuse` of the network's class.

    Args:
        out: where to print, inside the class.
        program: a program with a plan of `fuse`.
    """
    assert program.fusing is not None
    channels = literal(program.shapes[program.graph.input.name][0])
    names = [literal(call.target) for call in program.calls]
    devices = [f"{device}={STEPS[device]}" for device in program.fusing.devices]
    with out.block("def fuse(self, device: str | None = None) -> Fused:"):
        out.line('"""Return a snapshot of this network for fast inference; call eval() first.')
        out.blank()
        out.line("Later changes of the network do not reach it: call `fuse()` again after them.")
        out.line("`device` chooses the steps, by default those for the device of the weights.")
        out.line('"""')
        out.call("parts = [", names, "]")
        density = literal(program.fusing.density)
        fixed = ["self", program.class_name, "parts", "PLAN", "STAGES", channels, density]
        out.call("return Fused(", [*fixed, "device", *devices], ")")


def plan(out: Writer, fusing: Fusing) -> None:
    """Print how each class is run, and how each stage.

    Args:
        out: where to print.
        fusing: the steps of each class and how each stage is run.
    """
    chains = {name: tuple(map(record, steps)) for name, steps in fusing.chains.items()}
    stages = tuple(_stage(run, fusing.devices) for run in fusing.stages)
    for comment, name, value in ((ON_CLASSES, "PLAN", chains), (ON_STAGES, "STAGES", stages)):
        for line in comment:
            out.line(line)
        nested(out, f"{name} = ", value, "")


def _stage(run: StageRun | None, devices: Sequence[str]) -> Call | None:
    if isinstance(run, BufferStage):
        plan = run.placement
        kept = {device: Name(OUTPUTS[device][plan.layout]) for device in devices}
        spans = {"widths": tuple(runs(plan.widths)), "starts": tuple(runs(plan.places))}
        return Call("BufferStage", (kept,), spans)
    return None if run is None else record(run)


def runs(numbers: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Yield stretches of equal steps: first number, step, count.

    >>> list(runs([0, 64, 96, 128, 7]))
    [(0, 0, 1), (64, 32, 3), (7, 0, 1)]
    """
    place = 0
    while place < len(numbers):
        end = place + 1
        step = numbers[end] - numbers[place] if end < len(numbers) else 0
        while end < len(numbers) and numbers[end] - numbers[end - 1] == step:
            end += 1
        if end - place == 2 and step:  # two numbers say nothing of a step
            end, step = place + 1, 0
        yield numbers[place], step, end - place
        place = end


def nested(out: Writer, before: str, value: Any, after: str = ",") -> None:
    """Print a literal on one line, or with a line for each entry if it is too long for that.

    Args:
        out: where to print.
        before: text before the literal, such as `PLAN = `.
        value: the value; of mappings, tuples and calls the entries are printed in the same way.
        after: text after the literal.
    """
    text = before + literal(value) + after
    if len(text) + 4 * out.depth <= WIDTH or not isinstance(value, Mapping | tuple | Call):
        out.line(text)
        return
    opening, closing, items = _entries(value)
    with out.block(before + opening):
        for start, item in items:
            nested(out, start, item)
    out.line(closing + after)


def _entries(value: Mapping[str, Any] | tuple[Any, ...] | Call) -> tuple[str, str, list[Entry]]:
    """Return the brackets of a literal and its entries, each after the text in front of it."""
    if isinstance(value, Call):
        return f"{value.name}(", ")", value.arguments()
    if isinstance(value, Mapping):
        return "{", "}", [(f"{literal(key)}: ", item) for key, item in value.items()]
    return "(", ")", [("", item) for item in value]
