"""How a network is run for inference, in words: what is folded, and where every output lives."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.codegen.fold import Step
from archdsl.codegen.fusing import Fusing
from archdsl.ir.placement import Placement, Range

KINDS = {
    "buffer": "outputs in a buffer",
    "sum": "one sum, added to in place",
    "list": "outputs kept apart, joined where they are read",
    "line": "one output goes into the next layer",
    "plain": "as the network itself",
}
LAYOUTS = {"prefix": "side by side", "planar": "each a map of its own"}


def text(fusing: Fusing) -> str:
    """Classes with their steps, then stages: `y3 96:128` is where output 3 lives."""
    lines = []
    for name, chain in fusing.chains.items():
        lines += [name, *(f"  {_step(step)}" for step in chain)]
    for index, run in enumerate(fusing.stages):
        plan = run.placement
        how = f", {LAYOUTS[plan.layout]}" if plan else ""
        lines.append(f"stages.{index}  {KINDS[run.kind]}{how}")
        lines += _places(plan) if plan else []
    return "\n".join(lines) + "\n"


def _step(step: Step) -> str:
    """`convolution conv1 after norm1 and relu as bounds, with norm2 folded in, relu`."""
    match step:
        case ("conv", name, before, pool, after, relu):
            said = f"convolution {name}"
            said += f" after {before} and relu as bounds" if before else ""
            said += (
                f", on places pooled {pool[0]}x{pool[0]}"
                if isinstance(pool, tuple) and pool
                else ""
            )
            said += f", with {after} folded in" if after else ""
            return said + (", relu" if relu else "")
        case ("norm", name, relu):
            return f"{name} alone" + (", relu" if relu else "")
        case ("fork",):
            return "here the projection branches off"
    return " ".join(map(str, step[1:]))


def _places(plan: Placement) -> Iterator[str]:
    yield f"  {plan.channels:,} channels hold outputs of {sum(plan.widths):,}"
    for output in range(len(plan.places)):
        yield f"  y{output}  {_range(plan.span(output))}"
    for layer, ranges in enumerate(plan.gathers, start=1):
        name = f"F{layer}" if layer < len(plan.gathers) else "exit"
        yield f"  {name}  reads {' '.join(map(_range, ranges))}"


def _range(one: Range) -> str:
    return f"{one[0]}:{one[1]}"
