"""Counts in texts: one thing is in the singular."""

from __future__ import annotations

import pytest

from archdsl.api import check_text
from archdsl.counted import counted


def test_one_is_singular() -> None:
    assert [counted(number, "link") for number in (0, 1, 2, 1_081)] == [
        "0 links", "1 link", "2 links", "1,081 links",
    ]  # fmt: skip


SPEC = """archdsl: 2
name: net
input: [4, 8, 8]
stages:
  count: 1
  layers: 1
  unit: [UNIT]
  connect: full
  aggregate: sum
"""
LONG = ", ".join(["norm", "gelu", "norm", "silu", "norm", "mish", "norm", "tanh"] * 2)


@pytest.mark.parametrize("unit", [
    f"{LONG}, {{conv: 4}}",
    "{parallel: [[{conv: 4}]], aggregate: sum}",
    "{block: {layers: [[{conv: 4}]], connect: full, aggregate: sum}}",
])  # fmt: skip
def test_an_emitted_file_counts_one_thing_in_the_singular(unit: str) -> None:
    text = check_text(SPEC.replace("UNIT", unit)).emit()
    assert "1 layer in 1 stage" in text
    assert "1 layer; it reads every earlier output" in text
    for plural in ("convolutions:", "layers", "parts", "branches", "stages"):
        assert f"1 {plural}" not in text
