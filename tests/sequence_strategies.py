"""Stages that are one sequence of layers, and what carries outputs over their borders."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from define_strategies import defined
from unit_strategies import LIVE, Draft, Flow


@st.composite
def carries(draw: DrawFn, flow: Flow, count: int, *, widens: bool) -> list[Any] | None:
    """What carries outputs over each border; the room for all borders is taken here.

    Args:
        draw: hypothesis' own.
        flow: what is known of the map.
        count: number of stages.
        widens: whether outputs may differ in width, so that what carries them may change it.
    """
    half = "max(2, incoming // 2)" if not flow.even else 4
    width = draw(st.sampled_from(["incoming", half])) if widens else "incoming"
    conv = {"conv": {"width": width, "kernel": draw(st.sampled_from([1, 3]))}}
    forms: list[list[Any]] = [
        [], [conv], ["norm", draw(LIVE), conv], [draw(defined(flow, width))],
        [{"residual": [draw(LIVE), {"conv": "incoming"}]}],
    ]  # fmt: skip
    layers: list[Any] = draw(st.sampled_from(forms))
    factor = draw(st.sampled_from([1, 2])) if flow.room >= 2**count else 1
    flow.room //= factor ** (count - 1)
    return [*layers, *([{"pool": {"kernel": 2}}] if factor == 2 else [])] or None


def as_sequence(keys: Draft, shared: Draft, stages: list[Draft]) -> Draft:
    """Stages as a spec writes them: the first has the entry, and the last the exit.

    Args:
        keys: the keys of one stage that has all layers.
        shared: further keys of all stages.
        stages: the keys of each stage.
    """
    connect = keys["connect"]
    rule = {"rule": connect} if isinstance(connect, str) else connect
    every = {**shared, "connect": {**rule, "scope": "network"}, "aggregate": keys["aggregate"]}
    first: Draft = {key: keys[key] for key in ("entry", "stride") if key in keys}
    stages = [{**first, **stages[0]}, *stages[1:]]
    stages[-1] = {**stages[-1], "exit": keys["exit"]}
    return {"each": {key: value for key, value in every.items() if value}, "stages": stages}
