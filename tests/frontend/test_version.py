"""Words of version 2 need `archdsl: 2`; custom words belong to no version."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import Field

from archdsl.errors import ArchdslError, Diagnostic
from archdsl.frontend.extending import Extension
from archdsl.frontend.json_schema import json_schema
from archdsl.frontend.load import parse
from archdsl.language.aggregation import Aggregation
from archdsl.language.rule import Rule
from archdsl.language.rules import Full, Harmonic, Strided

SPEC = """archdsl: VERSION
name: small
params: {chosen: harmonic | full}
input: [3, 8, 8]
each: {aggregate: concat, layers: 4, connect: EACH}
stages:
  - unit: {kind: basic, order: pre, width: 8}
    connect: OWN
  - unit: [relu, {conv: {width: 8, kernel: 3}}]
"""


def mistakes(
    version: int, each: str = "full", own: str = "full", extend: tuple[Extension, ...] = ()
) -> list[Diagnostic]:
    text = SPEC.replace("VERSION", str(version)).replace("EACH", each).replace("OWN", own)
    try:
        parse(text, extend=extend)
    except ArchdslError as error:
        return list(error.diagnostics)
    return []


def test_words_of_version_2_have_their_place() -> None:
    first, second = mistakes(1, "{rule: strided, step: 2}", "harmonic")
    assert (first.code, first.span and (first.span.line, first.span.column)) == ("A117", (5, 54))
    assert (second.code, second.span and (second.span.line, second.span.column)) == (
        "A117",
        (8, 14),
    )
    assert first.message == "`strided` needs `archdsl: 2`; this spec says `archdsl: 1`"
    assert second.help == "write `archdsl: 2` in the first line"


def test_version_2_has_all_words() -> None:
    assert mistakes(2, "{rule: strided, step: 2}", "harmonic") == []
    assert mistakes(1) == mistakes(2) == []


def test_a_word_that_a_parameter_chooses() -> None:
    (finding,) = mistakes(1, own="chosen")
    assert (finding.code, finding.span and finding.span.line) == ("A117", 8)


class Mine(Harmonic):
    rule: Literal["mine"]  # type: ignore[assignment]


class Newer(Full):
    """A rule that got a key in version 2."""

    keys_since: ClassVar = {"side": 2}
    rule: Literal["newer"]  # type: ignore[assignment]
    side: Annotated[str, Field()] = "left"


def test_custom_words_belong_to_no_version() -> None:
    assert mistakes(1, own="mine", extend=(Mine,)) == []
    assert mistakes(1, own="{rule: newer, side: right}", extend=(Newer,)) == []


def test_newer_keys_of_older_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Full, "keys_since", {"scope": 2})
    (finding,) = mistakes(1, own="{rule: full, scope: stage}")
    assert finding.message.startswith("`scope` of `full` needs `archdsl: 2`")
    assert finding.span
    assert (finding.span.line, finding.span.column) == (8, 27)
    assert mistakes(1) == mistakes(2, own="{rule: full, scope: stage}") == []


def test_kinds_of_norms_are_of_version_2() -> None:
    assert mistakes(1, own="full") == []
    text = SPEC.replace("EACH", "full").replace("OWN", "full")
    for norm, key, column in (
        ("{norm: layer}", "kind", 19),
        ("{norm: {kind: batch}}", "kind", 20),
        ("{norm: {eps: 1e-5}}", "eps", 20),
    ):
        old = text.replace("[relu", f"[{norm}").replace("VERSION", "1")
        with pytest.raises(ArchdslError) as caught:
            parse(old)
        (finding,) = caught.value.diagnostics
        assert finding.message.startswith(f"`{key}` of `norm` needs `archdsl: 2`")
        assert finding.span
        assert (finding.span.line, finding.span.column) == (9, column)
        parse(old.replace("archdsl: 1", "archdsl: 2"))
    for norm in ("norm", "{norm: {}}"):
        parse(text.replace("[relu", f"[{norm}").replace("VERSION", "1"))


def test_a_newer_layer_has_its_place() -> None:
    text = SPEC.replace("EACH", "full").replace("OWN", "full").replace("VERSION", "1")
    for layer, column in (("mish", 12), ("{leaky: 0.1}", 13)):
        with pytest.raises(ArchdslError) as caught:
            parse(text.replace("[relu", f"[{layer}"))
        (finding,) = caught.value.diagnostics
        assert (finding.code, finding.span and finding.span.column) == ("A117", column)


def test_the_order_of_reads_is_a_key_of_version_2() -> None:
    (finding,) = mistakes(1, own="{rule: full, order: newest}")
    assert finding.message.startswith("`order` of `full` needs `archdsl: 2`")
    assert finding.span
    assert (finding.span.line, finding.span.column) == (8, 27)
    assert mistakes(2, own="{rule: full, order: newest}") == []


def test_bases_are_of_version_1() -> None:
    assert (Rule.since, Aggregation.since, Full.since, Strided.since) == (1, 1, 1, 2)


def test_the_json_schema_takes_both() -> None:
    assert json_schema()["properties"]["archdsl"]["enum"] == [1, 2]


INPUT = "archdsl: 1\nname: small\ninput: INPUT\nstages: {count: 1, layers: 1, unit: [relu]}\n"


@pytest.mark.parametrize("sizes", ["8", "8, 8, 8"])
def test_inputs_of_version_1_are_images(sizes: str) -> None:
    text = INPUT.replace("INPUT", f"[3, {sizes}]")
    with pytest.raises(ArchdslError) as caught:
        parse(text)
    (finding,) = caught.value.diagnostics
    assert finding.message.startswith("this value of `input` needs `archdsl: 2`")
    assert finding.span
    assert (finding.span.line, finding.span.column) == (3, 1)
    parse(text.replace("archdsl: 1", "archdsl: 2"))


@pytest.mark.parametrize(
    ("layer", "word", "column"),
    [
        ("mish", "`mish`", 8),
        ("{scale: 0.1}", "`scale`", 9),
        ("{norm: rms}", "`kind` of `norm`", 15),
        ("{norm: {eps: 0.1}}", "`eps` of `norm`", 16),
        ("{conv: {width: 8, dilation: 2}}", "`dilation` of `conv`", 26),
        ("{conv: {width: 8, kernel: 1x3}}", "this value of `kernel`", 26),
        ("{pool: {kernel: 2, ceil: true}}", "`ceil` of `pool`", 27),
    ],
)
def test_layers_of_version_2_have_their_place(layer: str, word: str, column: int) -> None:
    text = INPUT.replace("INPUT", "[3, 8, 8]") + f"stem: [{layer}]\n"
    with pytest.raises(ArchdslError) as caught:
        parse(text)
    (finding,) = caught.value.diagnostics
    assert (finding.code, finding.message) == (
        "A117",
        f"{word} needs `archdsl: 2`; this spec says `archdsl: 1`",
    )
    assert finding.span
    assert (finding.span.line, finding.span.column) == (5, column)
    parse(text.replace("archdsl: 1", "archdsl: 2"))


def test_one_kernel_of_several_is_newer() -> None:
    unit = "[{conv: {width: 2, kernel: [3, 1x3]}}]"
    text = INPUT.replace("INPUT", "[3, 8, 8]").replace("count: 1", "count: 2")
    text = text.replace("[relu]", unit)
    with pytest.raises(ArchdslError) as caught:
        parse(text)
    assert [finding.code for finding in caught.value.diagnostics] == ["A117"]
    parse(text.replace("archdsl: 1", "archdsl: 2"))
