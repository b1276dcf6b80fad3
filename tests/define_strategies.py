"""Units that a drawn spec defines: they are drawn where they are first used."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from unit_strategies import LIVE, Draft, Flow


@st.composite
def defined(draw: DrawFn, flow: Flow, width: Any) -> Draft:
    """A use of one of two units; the second may use the first.

    Args:
        draw: hypothesis' own.
        flow: keeps the definitions of the spec.
        width: the channels that the unit makes, or words for them.
    """
    word = draw(st.sampled_from(["mine", "second"]))
    if word not in flow.own:
        flow.own[word] = draw(definitions(flow) if word == "mine" else users(flow))
    kernel = draw(st.sampled_from([{}, {"kernel": 1}, {"kernel": 3}]))
    return {"kind": word, "width": width, **kernel}


@st.composite
def definitions(draw: DrawFn, flow: Flow) -> Draft:
    """A convolution, and what may follow: an activation, a norm, or a block."""
    conv = {"conv": {"width": "width", "kernel": "kernel"}}
    gate = [
        {"pool": {"to": 1}},
        {"conv": {"width": "max(2, entering // 2)", "kernel": 1}},
        draw(LIVE),
        {"conv": {"width": "width", "kernel": 1}},
        "sigmoid",
    ]
    more: list[list[Any]] = [
        [], ["norm"], [draw(LIVE)], [{"residual": ["norm", draw(LIVE)]}], [{"gate": gate}],
    ]  # fmt: skip
    kernel = draw(st.sampled_from([1, 3]))
    return {
        "takes": {"width": None, "kernel": kernel},
        "layers": [conv, *draw(st.sampled_from(more))],
    }


@st.composite
def users(draw: DrawFn, flow: Flow) -> Draft:
    """A unit that uses the other one."""
    if "mine" not in flow.own:
        flow.own["mine"] = draw(definitions(flow))
    use = {"kind": "mine", "width": "width", "kernel": "kernel"}
    scaled: list[Any] = [draw(LIVE), {"scale": 0.5}]
    return {
        "takes": {"width": None, "kernel": 3},
        "layers": [use, *draw(st.sampled_from([[], scaled]))],
    }
