"""How a network is run for inference, in words: what is folded, and where every output lives."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.passes.fusing import Fusing, StageRun
from archdsl.passes.plan import Range, Step

KINDS = {
    "sum": "one sum, added to in place",
    "list": "outputs kept apart, joined where they are read",
    "line": "one output goes into the next layer",
    "plain": "as the network itself",
}


def text(fusing: Fusing) -> str:
    """Classes with their steps, then stages: `y3 96:128` is where output 3 lives."""
    lines = []
    for name, chain in fusing.chains.items():
        lines += [name, *(f"  {_step(step)}" for step in chain)]
    for index, run in enumerate(fusing.stages):
        lines += [f"stages.{index}  {KINDS.get(run.kind, run.kind)}", *_stage(run)]
    return "\n".join(lines) + "\n"


def _step(step: Step) -> str:
    """`conv conv1, after norm1, before norm2, relu`."""
    word, *more = step
    if word == "clamp":
        return f"bounds of {more[0]} and relu, while reads are gathered"
    if word == "conv":
        name, before, after, relu = more
        said = [f"convolution {name}"]
        said += [f"with {norm} folded in" for norm in (before, after) if norm]
        return ", ".join([*said, *(["relu"] if relu else [])])
    if word == "norm":
        return f"{more[0]} by itself" + (", relu" if more[1] else "")
    return " ".join(map(str, more))


def _stage(run: StageRun) -> Iterator[str]:
    plan = run.plan
    if plan is None:
        return
    yield f"  {plan.channels:,} channels hold outputs of {sum(plan.widths):,}"
    for output, (place, width) in enumerate(zip(plan.places, plan.widths, strict=True)):
        yield f"  y{output}  {place}:{place + width}"
    for layer, ranges in enumerate(plan.gathers, start=1):
        name = f"F{layer}" if layer < len(plan.gathers) else "exit"
        yield f"  {name}  reads {' '.join(map(_range, ranges))}"


def _range(one: Range) -> str:
    return f"{one[0]}:{one[1]}"
