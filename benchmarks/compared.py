"""Training with stages as operators against each other way, as ratios."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

LAST = "-channels-last"
PEERS = ("eager", "memory-efficient", "selective-checkpoint", "convolutions", "compile")
BUDGET = "compile-budget"


class Measured(Protocol):
    """What is compared of a variant."""

    @property
    def network(self) -> str: ...
    @property
    def variant(self) -> str: ...
    @property
    def step_ms(self) -> float: ...
    @property
    def saved_bytes(self) -> int: ...
    @property
    def peak_bytes(self) -> int: ...


def comparison(rows: Sequence[Measured]) -> str:
    """Markdown: `stage` over each other variant, both in the layout in which they are faster."""
    lines = ["| network | stage over | step | saved | peak |", "|---|---|--:|--:|--:|"]
    for network in dict.fromkeys(row.network for row in rows):
        mine = [row for row in rows if row.network == network]
        stage = fastest(mine, "stage")
        if stage is not None:
            lines += [line(stage, *pair) for pair in others(mine, stage)]
    return "\n".join(lines)


def others(rows: Sequence[Measured], stage: Measured) -> Iterator[tuple[str, Measured | None]]:
    """Variants that `stage` is compared with, and why the budgets among them were chosen."""
    for name in PEERS:
        peer = fastest(rows, name)
        if peer is not None:
            yield "", peer
    budgets = [row for row in rows if row.variant.startswith(BUDGET)]
    if budgets:
        smaller = [row for row in budgets if row.peak_bytes <= stage.peak_bytes]
        best = min(smaller, key=lambda row: row.step_ms, default=None)
        yield "fastest with at most its peak", best
        quicker = [row for row in budgets if row.step_ms <= stage.step_ms]
        best = min(quicker, key=lambda row: row.saved_bytes, default=None)
        yield "least saved in at most its time", best


def fastest(rows: Sequence[Measured], name: str) -> Measured | None:
    """The variant in the layout in which it is faster; None if it was not measured."""
    both = [row for row in rows if row.variant in {name, name + LAST}]
    return min(both, key=lambda row: row.step_ms, default=None)


def line(stage: Measured, what: str, peer: Measured | None) -> str:
    if peer is None:
        return f"| {stage.network} | no compile budget: {what} | | | |"
    pairs = (
        (stage.step_ms, peer.step_ms),
        (stage.saved_bytes, peer.saved_bytes),
        (stage.peak_bytes, peer.peak_bytes),
    )
    ratios = (f"{mine / other:.2f}" if other else "" for mine, other in pairs)
    name = f"{peer.variant}, {what}" if what else peer.variant
    return f"| {stage.network} | {name} | {' | '.join(ratios)} |"
