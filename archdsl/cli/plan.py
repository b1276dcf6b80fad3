"""How a network is run for inference, in words: what is folded, and where every output lives."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.codegen.fusing import BufferStage, Fusing
from archdsl.ir.placement import Placement, Range

LAYOUTS = {"prefix": "side by side", "planar": "each a map of its own"}


def text(fusing: Fusing) -> str:
    """Classes with their steps, then stages: `y3 96:128` is where output 3 lives."""
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
    yield f"  {plan.channels:,} channels hold outputs of {sum(plan.widths):,}"
    for output in range(len(plan.places)):
        yield f"  y{output}  {_range(plan.span(output))}"
    for layer, ranges in enumerate(plan.gathers, start=1):
        name = f"F{layer}" if layer < len(plan.gathers) else "exit"
        yield f"  {name}  reads {' '.join(map(_range, ranges))}"


def _range(one: Range) -> str:
    return f"{one[0]}:{one[1]}"
