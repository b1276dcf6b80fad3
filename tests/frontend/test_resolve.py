"""Words with arithmetic become words with numbers, at one place of the network."""

from __future__ import annotations

from typing import Any

import pytest

from archdsl.api import check_text
from archdsl.errors import ArchdslError, Diagnostic
from archdsl.frontend.load import parse
from archdsl.frontend.resolve import entry_of, resolve, value, waits_for
from archdsl.language.arithmetic import Scope
from archdsl.language.layers import Conv
from archdsl.language.rules import Exponential, Offsets
from archdsl.language.units import Bottleneck
from archdsl.language.values import PerStage

VALUES: dict[str, Any] = {"k": 12, "ks": (8, 16, 32), "many": (1, 2, 3, 4)}


def scope(stage: int | None = 0, stages: int = 3) -> Scope:
    return Scope(VALUES, stage, stages)


def conv(**numbers: Any) -> Conv:
    return Conv.model_validate({"layer": "conv", **numbers})


def refused(words: Any, where: Scope) -> Diagnostic:
    with pytest.raises(ArchdslError) as caught:
        resolve(words, where)
    return caught.value.diagnostics[0]


def test_numbers_stay_and_nothing_is_copied() -> None:
    words = conv(width=8)
    assert resolve(words, scope()) is words
    unit = Bottleneck(kind="bottleneck", order="pre", inner=8)
    assert resolve(unit, scope()) is unit


@pytest.mark.parametrize(("stage", "width"), [(0, 8), (1, 16), (2, 32)])
def test_a_list_means_one_entry_per_stage(stage: int, width: int) -> None:
    assert resolve(conv(width=[8, 16, 32]), scope(stage)).width == width
    assert resolve(conv(width="ks"), scope(stage)).width == width
    assert resolve(conv(width=["k - 4", "last(ks) // 2", "ks"]), scope(stage)).width == width


def test_arithmetic_inside_lists_of_words() -> None:
    rule = Offsets.model_validate({"rule": "offsets", "offsets": [1, "k", "ks"]})
    assert resolve(rule, scope(1)).distances == (1, 12, 16)
    assert rule.distances != (1, 12, 16)


def test_the_bounds_of_a_field_hold_for_its_arithmetic() -> None:
    assert refused(conv(width="k - 12"), scope()).code == "A101"
    assert refused(conv(width="k / 5"), scope()).help == "round with `floor(...)`"
    assert refused(conv(width="k * 9999"), scope()).code == "A302"
    assert refused(conv(width=8, kernel="k * 3"), scope()).code == "A101"
    assert refused(Exponential(rule="exponential", base="k - 11"), scope()).code == "A201"  # type: ignore[arg-type]


def test_lists_of_another_length() -> None:
    assert refused(conv(width=[1, 2]), scope()).code == "A112"
    assert refused(conv(width="many"), scope()).code == "A112"
    assert refused(conv(width=["many", 1, 1]), scope(0)).code == "A112"
    assert resolve(conv(width=["many", 1, 1]), scope(1)).width == 1


def test_lists_outside_a_stage() -> None:
    assert refused(conv(width=[1, 2, 3]), scope(None)).code == "A112"
    assert refused(conv(width="ks"), scope(None)).code == "A112"
    assert resolve(conv(width="first(ks)"), scope(None)).width == 8


def test_an_entry_or_a_value_alone() -> None:
    assert entry_of((1, 2, 3), scope(2)) == 3
    assert value(PerStage((1, 2, 3)), scope(1)) == 2
    assert value("word", scope()) == "word"
    assert value((1, 2), scope()) == (1, 2)


def test_what_waits_for_a_name() -> None:
    assert waits_for(conv(width="incoming // 2"), "incoming")
    assert waits_for(conv(width=[1, "incoming", 1]), "incoming")
    assert not waits_for(conv(width="k"), "incoming")
    assert not waits_for(conv(width=8), "incoming")
    rule = Offsets.model_validate({"rule": "offsets", "offsets": [1, "stage + 2"]})
    assert waits_for(rule, "stage")


SPEC = """archdsl: 1
name: small
params: {k: 4, ks: [4, 6], rule: full | plain, leave: rule | last}
input: [3, 8, 8]
stem: [{conv: {width: 2 * first(ks)}}]
stages:
  count: len(ks)
  layers: [2, 3 + stage]
  unit: {kind: basic, order: pre, width: ks + layer - 1}
  connect: rule
  aggregate: concat
  exit: leave
between: {kind: transition, width: incoming // 2 + stage}
"""


def shape(settings: dict[str, Any] | None = None, text: str = SPEC) -> list[tuple[int, int, str]]:
    stages = check_text(text, settings).report.stages
    return [(stage.layers, stage.channels_out, stage.rule) for stage in stages]


def test_names_of_the_place() -> None:
    # stem 8; stage 0: 8 + 4 + 5 = 17; between 8; stage 1: 8 + 6 + 7 + 8 + 9 = 38
    assert shape() == [(2, 17, "full"), (4, 38, "full")]


def test_settings_reach_every_place() -> None:
    # stem 4; stage 0: 4 + 2 + 3 = 9; between 4; stage 1: 4 + 3 + 4 + 5 + 6 = 22
    assert shape({"ks": [2, 3]}) == [(2, 9, "full"), (4, 22, "full")]
    assert shape({"rule": "plain", "leave": "last"}) == [(2, 5, "plain"), (4, 9, "plain")]


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("2 * first(ks)", "2 * ks", "A112", 5),
        ("len(ks)", "ks", "A112", 7),
        ("len(ks)", "incoming", "A111", 7),
        ("[2, 3 + stage]", "[2, 3, 4]", "A112", 8),
        ("[2, 3 + stage]", "stage", "A101", 8),
        ("[2, 3 + stage]", "layer", "A111", 8),
        ("ks + layer - 1", "ks - layer * 4", "A101", 9),
        ("ks + layer - 1", "[1, 2, 3]", "A112", 9),
        ("incoming // 2 + stage", "incoming - 17", "A217", 13),
        ("incoming // 2 + stage", "layer", "A111", 13),
        ("[3, 8, 8]", "[3, k, ks]", "A112", 4),
    ],
)
def test_mistakes_stand_where_the_arithmetic_does(old: str, new: str, code: str, line: int) -> None:
    assert old in SPEC
    with pytest.raises(ArchdslError) as caught:
        check_text(SPEC.replace(old, new))
    finding = caught.value.diagnostics[0]
    assert (finding.code, finding.span.line if finding.span else None) == (code, line)


def test_a_choice_that_names_no_word_of_its_place() -> None:
    with pytest.raises(ArchdslError) as caught:
        parse(SPEC.replace("full | plain", "full | sum"), {"rule": "sum"})
    (finding,) = caught.value.diagnostics
    assert finding.code == "A105"
    assert finding.span is not None
    assert finding.span.line == 10
