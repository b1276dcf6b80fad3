"""Units for drawn specs, and what is known where they are drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

Draft = dict[str, Any]
ACTIVATIONS = st.sampled_from(["relu", "gelu", "silu"])
LIVE = st.sampled_from(["gelu", "silu"])
"""Activations for the result of a convolution: ReLU may make zeros alone, and the norms after it
would divide rounding errors by the root of their eps.
"""
MORE = st.sampled_from(
    ["relu6", "sigmoid", "tanh", "hardswish", "mish", "leaky", "prelu", {"prelu": "channel"}]
)
"""Activations that an aggregation may not name."""
SMOOTH = {"pool": {"kernel": 3, "stride": 1, "padding": 1}}


@dataclass
class Flow:
    """What is known of the map so far.

    `width` is None where only archdsl knows it; `room` is a bound on the sides, at least 2 x 2 are
    kept; `even` says that all widths are, so that two groups divide them; `single` says that a unit
    may read one channel, which a norm over channels refuses (A214); `blocks` says that every unit
    has blocks. `own` are the units that the spec uses and defines.
    """

    width: int | None
    room: int
    even: bool
    single: bool = False
    blocks: bool = False
    own: Draft = field(default_factory=dict)

    def stride(self, draw: DrawFn) -> int:
        """1, or 2 where there is room for it."""
        stride = draw(st.sampled_from([1, 2])) if self.room >= 4 else 1
        self.room //= stride
        return stride

    def widths(self) -> st.SearchStrategy[int]:
        """Channel counts."""
        return st.sampled_from([2, 4, 6, 8] if self.even else [2, 3, 4, 5])


@dataclass
class Item:
    """A layer or a block as a spec writes it, and the width that it makes; None if unknown."""

    words: Any
    width: int | None


@dataclass(frozen=True)
class Frame:
    """A stage, or stages that are alike, but for the units."""

    keys: Draft
    width: Any
    """What every unit makes: numbers, `incoming`, or None where each unit may choose."""
    strides: bool
    flow: Flow
    count: int
    grows: bool = False
    """Whether outputs of different widths are joined, so that what is joined is wider."""

    @property
    def projects(self) -> bool:
        return self.keys.get("entry") == "projection"


@st.composite
def per_stage(draw: DrawFn, count: int, one: Any) -> Any:
    """A number, or one per stage."""
    values = [one(draw) for _ in range(count)]
    return values[0] if len(set(values)) == 1 else values


@st.composite
def unit(draw: DrawFn, frame: Frame) -> Any:
    """A named unit or a list of layers that makes what the frame wants."""
    if draw(st.integers(0, 3)) == 0:
        return draw(layer_lists(frame))
    kind = draw(st.sampled_from(["basic", "double", "bottleneck", "dense-bottleneck"]))
    found: Draft = {"kind": kind, "order": draw(st.sampled_from(["pre", "post"]))}
    pick = per_stage(frame.count, lambda draw: draw(frame.flow.widths()))
    if kind in {"double", "bottleneck"}:
        found["inner"] = draw(pick)
    if frame.width is not None:
        found["width"] = frame.width
    elif kind in {"basic", "dense-bottleneck"} or draw(st.booleans()):
        found["width"] = draw(pick)
    chances = per_stage(frame.count, lambda draw: draw(st.sampled_from([0, 0.25, 0.5])))
    optional: Draft = {
        "kernel": draw(st.sampled_from([1, 3])),
        "dropout": draw(st.one_of(st.just("drop"), chances)),
        "bias": True,
    }
    if kind == "dense-bottleneck":
        optional["inner"] = draw(pick)
    elif frame.flow.even:
        optional["groups"] = 2
    if kind == "bottleneck":
        optional["stride_at"] = draw(st.sampled_from(["conv1", "conv2"]))
    if found["order"] == "post":
        optional["final_relu"] = False
    chosen = draw(st.sets(st.sampled_from(sorted(optional)), max_size=3))
    return found | {key: optional[key] for key in sorted(chosen)}


@st.composite
def enlarged(draw: DrawFn, width: int) -> list[Any]:
    """Layers that enlarge maps and pool them again: they keep the size."""
    larger = draw(
        st.sampled_from(
            [{"upsample": 2}, {"upsample": {"by": 2, "kind": "linear"}}, {"deconv": width}]
        )
    )
    return [larger, {"pool": {"kernel": 2}}]


@st.composite
def layer_lists(draw: DrawFn, frame: Frame) -> list[Any]:
    """A unit of one's own."""
    made = frame.width
    if made is None:
        made = draw(per_stage(frame.count, lambda draw: draw(frame.flow.widths())))
    conv = {"conv": {"width": made, "kernel": draw(st.sampled_from([1, 3]))}}
    groups = 2 if frame.flow.even else 1
    forms: list[list[Any]] = [
        [conv, draw(LIVE)],
        ["norm", draw(ACTIVATIONS), conv],
        [draw(ACTIVATIONS), conv, "norm", {"dropout": 0.5}],
        [{"dropout": 0.25}, SMOOTH, conv],
        [
            {"conv": {"width": "incoming", "groups": "incoming", "kernel": 3}},
            "norm", draw(ACTIVATIONS), {"conv": {"width": made, "kernel": 1, "bias": True}},
        ],
        # Layer norm of two channels is nearly the sign of their difference: a constant for norms.
        [{"conv": {"width": 6, "kernel": 1}}, {"norm": "layer"}, draw(MORE), conv],
        [conv, {"norm": {"kind": "group", "groups": groups}}, {"scale": 0.5}],
        [{"keep": {"start": "min(1, incoming - 1)", "width": "max(1, incoming - 1)"}},
         draw(LIVE), conv],
        [{"select": "max(1, incoming // 2)"}, conv, {"shuffle": groups}],
        [*draw(enlarged(draw(frame.flow.widths()))), conv],
    ]  # fmt: skip
    if not frame.flow.single:
        forms.append([{"norm": "rms"}, draw(MORE), conv, {"drop_unit": 0.25}])
    if not frame.strides and not frame.projects and frame.width in (None, "incoming"):
        forms += [[draw(ACTIVATIONS)], [SMOOTH, draw(ACTIVATIONS)]]
    return draw(st.sampled_from(forms))
