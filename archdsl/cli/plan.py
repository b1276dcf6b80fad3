"""Print how a fused network runs: its folded layers, and where each output is stored."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.codegen.fusing import BufferStage, Fusing
from archdsl.counted import counted, inflected
from archdsl.ir.placement import Placement, Range

LAYOUTS = {"prefix": "side by side", "planar": "each in its own feature map"}


def text(fusing: Fusing) -> str:
    """Return the steps of each class, then the buffers of each stage.

    `y3 96:128` means that output 3 is stored in channels 96 to 127.
    """
    lines = []
    for name, chain in fusing.chains.items():
        lines += [name, *(f"  {step.words()}" for step in chain)]
    for index, run in enumerate(fusing.stages):
        plan = run.placement if isinstance(run, BufferStage) else None
        layout = f", {LAYOUTS[plan.layout]}" if plan else ""
        lines.append(f"stages.{index}  {run.words if run else 'as the network itself'}{layout}")
        lines += _places(plan) if plan else []
    return "\n".join(lines) + "\n"


def _places(plan: Placement) -> Iterator[str]:
    verb = inflected(plan.channels, "holds", "hold")
    yield f"  {counted(plan.channels, 'channel')} {verb} outputs of {sum(plan.widths):,}"
    for output in range(len(plan.places)):
        yield f"  y{output}  {_range(plan.span(output))}"
    for layer, ranges in enumerate(plan.gathers, start=1):
        name = f"F{layer}" if layer < len(plan.gathers) else "exit"
        yield f"  {name}  reads {' '.join(map(_range, ranges))}"


def _range(one: Range) -> str:
    return f"{one[0]}:{one[1]}"
