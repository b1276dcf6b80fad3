"""Every list of layers that archdsl accepts is one that torch builds, runs and trains."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from archdsl import build
from archdsl.analysis.shapes import shapes
from archdsl.errors import ArchdslError
from archdsl.frontend.load import parse
from archdsl.lowering import lower
from strategies import dump

SMALL = st.integers(1, 6)
NUMBERS = {
    "width": st.integers(1, 6),
    "kernel": SMALL,
    "stride": SMALL,
    "padding": st.integers(0, 4),
    "groups": st.integers(1, 3),
    "to": SMALL,
    "kind": st.sampled_from(["average", "max"]),
    "bias": st.booleans(),
}
BARE = st.sampled_from(["norm", "relu", "gelu", "silu", "flatten"])


@st.composite
def numbered(draw: DrawFn) -> dict[str, Any]:
    """A layer with any of its keys, whether they go together or not."""
    word, keys, needed = draw(
        st.sampled_from(
            [
                ("conv", ("kernel", "stride", "padding", "groups", "bias"), ("width",)),
                ("pool", ("kind", "kernel", "stride", "padding", "to"), ()),
                ("linear", ("bias",), ("width",)),
            ]
        )
    )
    chosen = {*draw(st.sets(st.sampled_from(keys))), *needed}
    return {word: {key: draw(NUMBERS[key]) for key in sorted(chosen)}}


@st.composite
def layers(draw: DrawFn) -> list[Any]:
    """Any few layers, valid or not."""
    dropout = st.fixed_dictionaries({"dropout": st.sampled_from([0, 0.5])})
    return draw(st.lists(st.one_of(numbered(), numbered(), BARE, dropout), min_size=1, max_size=4))


@st.composite
def drafts(draw: DrawFn) -> dict[str, Any]:
    """A small spec whose stem, unit and head are lists of any layers."""
    sides = [draw(st.integers(1, 9)) for _ in range(2)]
    stage = {
        "count": 1,
        "layers": draw(st.integers(1, 2)),
        "unit": draw(st.one_of(layers(), st.just(["relu"]))),
        "connect": draw(st.sampled_from(["plain", "full"])),
        "aggregate": draw(st.sampled_from(["sum", "concat"])),
        "entry": draw(st.sampled_from(["identity", "projection", "pad"])),
        "exit": draw(st.sampled_from(["rule", "last"])),
    }
    root = {"archdsl": 1, "name": "net", "input": [draw(SMALL), *sides], "stages": stage}
    return {**root, "stem": draw(layers()), "head": draw(layers())}


OUTCOMES: Counter[str] = Counter()


@settings(max_examples=200)
@given(drafts())
def check(draft: dict[str, Any]) -> None:
    try:
        graph = lower(parse(dump(draft))).graph
    except ArchdslError as error:
        OUTCOMES[error.diagnostics[0].code] += 1
        return
    OUTCOMES["accepted"] += 1
    network = build(parse(dump(draft))).train()
    x = torch.rand(2, *shapes(graph)["input"], requires_grad=True)
    y = network(x)
    assert tuple(y.shape[1:]) == shapes(graph)[graph.output]
    y.sum().backward()
    assert torch.isfinite(y).all()


def test_torch_takes_what_archdsl_accepts() -> None:
    OUTCOMES.clear()
    check()
    assert OUTCOMES["accepted"] > 30
    assert {"A212", "A213", "A215", "A218", "A226"} <= OUTCOMES.keys()
