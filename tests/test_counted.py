"""Counts in texts: one thing is in the singular."""

from __future__ import annotations

import pytest

from archdsl.api import check_text, lower
from archdsl.counted import counted
from archdsl.errors import ArchdslError
from archdsl.frontend.load import parse
from archdsl.ir.layers.group_norm import GroupNorm
from archdsl.ir.layers.shuffle import Shuffle
from archdsl.lowering.limits import Limits


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
    for plural in ("convolutions", "layers", "parts", "branches", "stages"):
        assert f"1 {plural}" not in text


ONE = """archdsl: 2
name: net
input: [1, 8, 8]
stages:
  count: 1
  layers: LAYERS
  unit: [UNIT]
  connect: CONNECT
  aggregate: concat
"""


@pytest.mark.parametrize(("unit", "emitted"), [
    ("{conv: {width: 1, kernel: 1}}", "1 convolution or linear layer deep"),
    ("{conv: {width: 1, kernel: 1}}", "\n1 parameter, 64 multiply-adds for one input."),
    ("{keep: {width: 1}}", "1 channel from 0"),
    ("{select: 1}", "1 selected channel"),
])  # fmt: skip
def test_layers_of_one_group_or_channel(unit: str, emitted: str) -> None:
    spec = ONE.replace("LAYERS", "1").replace("CONNECT", "full")
    assert emitted in check_text(spec.replace("UNIT", unit)).emit()


@pytest.mark.parametrize(("layers", "unit", "connect", "message"), [
    ("1", "{conv: {width: 3, kernel: 1, groups: 3}}", "full",
     "3 groups do not divide the 1 channel it is given"),
    ("1", "{shuffle: 2}", "full", "2 groups do not divide the 1 channel it is given"),
    ("1", "{select: 2}", "full", "`select` takes 2 of only 1 channel"),
    ("[1, 2]", "relu", "full", "this list has 2 entries for 1 stage"),
    ("3", "relu", "{rule: explicit, reads: [[0]]}", "1 list of reads for 3 layers"),
    ("1", "relu", "{rule: explicit, reads: [[0], [0], [0]]}", "3 lists of reads for 1 layer"),
])  # fmt: skip
def test_diagnostics_count_one_thing_in_the_singular(
    layers: str, unit: str, connect: str, message: str
) -> None:
    spec = ONE.replace("LAYERS", layers).replace("CONNECT", connect)
    with pytest.raises(ArchdslError) as error:
        check_text(spec.replace("UNIT", unit))
    assert [diagnostic.message for diagnostic in error.value.diagnostics] == [message]


def test_a_limit_that_one_layer_exceeds() -> None:
    spec = parse(ONE.replace("LAYERS", "1").replace("UNIT", "relu, relu").replace(
        "CONNECT", "full"
    ))  # fmt: skip
    with pytest.raises(ArchdslError, match=r"1 layer makes 2 primitives \(limit 1\)"):
        lower(spec, Limits(primitives=1))


def test_words_of_layers() -> None:
    assert [GroupNorm("norm", 4, groups).words() for groups in (1, 2)] == [
        "group norm in 1 group", "group norm in 2 groups",
    ]  # fmt: skip
    assert [Shuffle(2).describe({"groups": text}) for text in ("1", "2", "groups")] == [
        "channel shuffle of 1 group", "channel shuffle of 2 groups",
        "channel shuffle of groups groups",
    ]  # fmt: skip
