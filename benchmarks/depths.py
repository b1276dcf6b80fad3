"""Bytes that the forward pass leaves at several depths, with stages as operators and without."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

from allocated import allocated
from rounds import note
from torch import Tensor
from trained import Trained, placed

import archdsl

BATCH = 2
LINEAR = 1.05
SPECS = {"densenet-bc-cifar": 12, "sparsenet-bc-cifar": 24}
"""Specs and their growth."""


@dataclass(frozen=True)
class Saved:
    """What is saved at a depth, measured and counted, both for the whole batch."""

    spec: str
    depth: int
    layers: int
    variant: str
    saved_bytes: int
    counted_bytes: int


def series(depths: Sequence[int], as_json: bool) -> str:
    """Rows for each network and depth, as JSON or as a table with what the last layers add."""
    rows = [row for spec, growth in SPECS.items() for row in measured(spec, growth, depths)]
    if as_json:
        return json.dumps([asdict(row) for row in rows], indent=2)
    head = "| network | variant | depth | layers | saved | / counted | per added layer |"
    return "\n".join([head, "|---|---|--:|--:|--:|--:|--:|", *lines(rows), "", *verdicts(rows)])


def measured(spec: str, growth: int, depths: Sequence[int]) -> Iterator[Saved]:
    for variant in ("stage", "eager"):
        for depth in depths:
            note(f"{spec} of depth {depth}, {variant}")
            trained = Trained(spec, BATCH, {"depth": depth, "growth": growth})
            layers = sum(len(stage.layers) for stage in archdsl.lower(trained.load()).stages)
            counted = BATCH * trained.counted_of(variant)
            yield Saved(spec, depth, layers, variant, saved(trained, variant), counted)


def saved(trained: Trained, variant: str) -> int:
    """Bytes after a forward pass, those of the batch included."""
    step = placed(trained.build(memory_efficient=variant == "stage"), trained.images(BATCH))

    def nothing(result: Tensor) -> None:
        pass

    return allocated(step.forward, nothing, "cpu").kept + step.x.nbytes


def added(rows: Sequence[Saved]) -> list[float]:
    """Bytes that each layer adds, from each depth to the next one."""
    return [
        (b.saved_bytes - a.saved_bytes) / (b.layers - a.layers) for a, b in pairwise(rows)
    ]  # fmt: skip


def lines(rows: Sequence[Saved]) -> Iterator[str]:
    for group in groups(rows):
        for row, more in zip(
            group, ["", *(f"{x / 1e3:.0f} kB" for x in added(group))], strict=True
        ):
            yield (
                f"| {row.spec} | {row.variant} | {row.depth} | {row.layers} "
                f"| {row.saved_bytes / 1e6:.1f} MB "
                f"| {row.saved_bytes / row.counted_bytes:.3f} | {more} |"
            )


def verdicts(rows: Sequence[Saved]) -> Iterator[str]:
    """Whether memory is linear in depth: at all depths a layer adds the same number of bytes."""
    for group in groups(rows):
        steps = added(group)
        if len(steps) > 1:
            ratio = max(steps) / min(steps)
            linear = "linear" if ratio <= LINEAR else "not linear"
            yield f"{group[0].spec}, {group[0].variant}: {linear} in depth ({ratio:.2f})"


def groups(rows: Sequence[Saved]) -> list[list[Saved]]:
    keys = dict.fromkeys((row.spec, row.variant) for row in rows)
    return [[row for row in rows if (row.spec, row.variant) == key] for key in keys]
