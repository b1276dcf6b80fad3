"""The method that makes a network fast, the plan that it follows, and the source it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from archdsl.backends.pytorch.literal import Name, literal
from archdsl.backends.pytorch.writer import WIDTH, Writer
from archdsl.codegen.fusing import Fusing, StageRun
from archdsl.codegen.program import Program

STEPS = {"cpu": "FusedCpu", "cuda": "FusedGpu"}
"""The class that holds the steps of a device."""

OUTPUTS = {
    "cpu": {"prefix": "FusedPrefix", "planar": "FusedApart"},
    "cuda": {"prefix": "FusedPlanar", "planar": "FusedPlanar"},
}
"""What keeps the outputs of a stage on a device, by the layout of its placement."""

ON_CLASSES = (
    "# The steps of each class. A convolution: its name, the norm with ReLU before it, the pooling",
    "# before it, the norm after it, and whether a ReLU follows.",
)
ON_STAGES = (
    "# How each stage is run; None as it is. Where outputs are concatenated: the class that keeps",
    "# them, their widths, and the channels where they begin, as runs of (first, step, count).",
)


def roots(fusing: Fusing) -> set[str]:
    """The names of the source that a file needs; the rest follows from them."""
    found = {"Fused", *(STEPS[device] for device in fusing.devices)}
    for run in fusing.stages:
        if run.kind != "plain":
            found.add(f"fused_{run.kind}")
        if run.placement:
            found |= {OUTPUTS[device][run.placement.layout] for device in fusing.devices}
    return found


def method(out: Writer, program: Program) -> None:
    """Print the method `fuse` of the network's class."""
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
        fixed = ["self", program.class_name, "parts", "PLAN", "STAGES", channels, "device"]
        out.call("return Fused(", [*fixed, *devices], ")")


def plan(out: Writer, fusing: Fusing) -> None:
    """How each class is run, and how each stage."""
    stages = tuple(_stage(run, fusing.devices) for run in fusing.stages)
    for comment, name, value in (
        (ON_CLASSES, "PLAN", dict(fusing.chains)),
        (ON_STAGES, "STAGES", stages),
    ):
        for line in comment:
            out.line(line)
        nested(out, f"{name} = ", value, "")


def _stage(run: StageRun, devices: Sequence[str]) -> tuple[Any, ...]:
    numbers: dict[str, tuple[Any, ...]] = {
        "sum": (run.relu, run.last, run.projected),
        "list": (run.mean, run.projected),
    }
    if plan := run.placement:
        kept = {device: Name(OUTPUTS[device][plan.layout]) for device in devices}
        numbers["buffer"] = (kept, tuple(runs(plan.widths)), tuple(runs(plan.places)))
    if run.kind == "plain":
        return (None,)
    return Name(f"fused_{run.kind}"), *numbers.get(run.kind, ())


def runs(numbers: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Stretches of equal steps: first number, step, count.

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
