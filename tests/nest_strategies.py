"""Lists inside themselves, with `inner` in a list, in blocks, and twice."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from unit_strategies import LIVE, Draft


@st.composite
def nests(draw: DrawFn, width: int, bottom: list[Any]) -> Draft:
    """A nest that makes `width` channels of any input.

    Args:
        draw: hypothesis' own.
        width: the channels that every level makes.
        bottom: layers that make as many channels as they read, which are `width`.
    """
    levels = draw(st.integers(1, 3))
    if draw(st.booleans()):
        lead, middle = draw(st.sampled_from(chains(levels, width))), ["inner"]
    else:
        lead = width
        middle = draw(st.sampled_from(joins(draw(LIVE))))
        levels = min(levels, 2)
    layers = [{"conv": lead}, *middle, {"conv": {"width": width, "kernel": 1}}]
    bottom = [{"conv": width}, *bottom]
    return {"nest": {"count": levels, "layers": layers, "bottom": bottom}}


def chains(levels: int, width: int) -> list[Any]:
    """Widths of a level before `inner`: a number, arithmetic, and one number per level."""
    return [width, f"{width} + 2 * level", [width + 2 * level for level in range(levels)]]


def joins(live: Any) -> list[list[Any]]:
    """What holds `inner`, and makes as many channels as it."""
    aggregates = ["sum", "max", "weighted", "attention"]
    branches = [["inner"], [live, "inner"]]
    enlarged = [[{"upsample": 2}, "inner", {"pool": {"kernel": 2}}]]
    chain = {"layers": 2, "unit": [live, "inner"], "connect": "mirror"}
    return [
        ["inner", "inner"],
        [{"residual": ["norm", "inner"]}],
        [{"block": {"layers": enlarged, "connect": "plain", "aggregate": "concat", "exit": "all"}}],
        *([{"parallel": branches, "aggregate": word}] for word in aggregates),
        *([{"block": {**chain, "aggregate": word}}] for word in aggregates),
    ]
