"""The printed numbers of Tables 2 to 4 beside computed ones, and what makes a verdict."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from archdsl.apps.reproduce.classes import run_claim
from archdsl.apps.reproduce.markdown import markdown
from archdsl.apps.reproduce.page import page as page_of
from archdsl.apps.reproduce.printed import read_printed
from archdsl.apps.reproduce.reproduce import Result, Verdict, judge, run_row
from archdsl.apps.reproduce.suite import MisprintWords, RowWords, read_suite
from archdsl.apps.reproduce.tables import WIDTH, text
from archdsl.expect import SCALES

ROOT = Path(__file__).parents[3]
PAPER = ROOT / "specs" / "paper"

EXACT, WITHIN, MISPRINT = Verdict.EXACT, Verdict.WITHIN, Verdict.MISPRINT
NONE = Verdict.NO_ARCHITECTURE

# label, parameters, C10+ and C100+ errors as printed; what the network counts, and the verdict.
TABLE2: list[tuple[str, str, str | None, str | None, int, Verdict]] = [
    ("ResNet 110", "1.7M", "6.61", None, 1_727_962, EXACT),
    ("ResNet (pre-activation) 164", "1.7M", "5.46", "24.33", 1_703_258, EXACT),
    ("ResNet (pre-activation) 1001", "10.2M", "4.62", "21.42*", 10_327_706, MISPRINT),
    ("Wide ResNet 16", "11.0M", "4.81", "22.07", 10_961_370, EXACT),
    ("FractalNet 21", "38.6M", "5.52", "23.30", 33_724_618, MISPRINT),
    ("DenseNet (k=12) 40", "1.1M", "5.39*", "24.79*", 1_100_428, EXACT),
    ("DenseNet (k=12) 100", "7.2M", "4.28*", "20.97*", 7_189_468, EXACT),
    ("DenseNet (k=24) 100", "28.3M", "4.04*", "19.61*", 28_283_476, EXACT),
    ("DenseNet (k=16,32,64) 100", "61.1M", "4.31*", "20.6*", 61_143_388, EXACT),
    ("DenseNet (k=32,64,128) 100", "241.6M", None, None, 241_577_820, EXACT),
    ("DenseNet-BC (k=24) 250", "15.3M", "3.65", "17.6", 15_324_406, EXACT),
    ("DenseNet-BC (k=40) 190", "25.6M", "3.75*", "17.53*", 25_624_430, EXACT),
    ("DenseNet-BC (k=16,32,64) 100", "7.9M", "4.02*", "19.55*", 7_802_964, WITHIN),
    ("DenseNet-BC (k=32,64,128) 100", "30.5M", "3.92*", "18.71*", 30_517_056, EXACT),
    ("SparseNet (k=12) 40", "0.8M", "5.13", "24.65", 193_924, MISPRINT),
    ("SparseNet (k=24) 100", "2.5M", "4.64", "22.41", 2_522_404, EXACT),
    ("SparseNet (k=36) 100", "5.7M", "4.34", "20.50", 5_645_908, WITHIN),
    ("SparseNet (k=16,32,64) 100", "7.2M", "4.11", "19.49", 7_218_148, EXACT),
    ("SparseNet (k=32,64,128) 100", "27.7M", "3.88", "18.80", 28_725_604, WITHIN),
    ("SparseNet-BC (k=24) 100", "1.5M", "4.03", "22.12", 1_461_124, EXACT),
    ("SparseNet-BC (k=36) 100", "3.3M", "3.91", "20.31", 3_263_428, EXACT),
    ("SparseNet-BC (k=16,32,64) 100", "4.4M", "3.43", "19.71", 4_365_428, EXACT),
    ("SparseNet-BC (k=32,64,128) 100", "16.7M", "3.22", "17.71", 17_339_780, WITHIN),
]
TABLE3: list[tuple[str, str, str | None, str | None, int, Verdict]] = [
    ("ResNet 56", "0.59M", None, "27.00", 590_426, EXACT),
    ("ResNet 110", "1.15M", None, "24.70", 1_146_842, EXACT),
    ("ResNet 200", "2.07M", None, "23.10", 2_074_202, EXACT),
    ("ResNet 1001", "10.33M", None, "21.42", 10_327_706, EXACT),
    ("ResNet 2000", "20.62M", None, "22.76", 20_621_402, EXACT),
    ("SparseNet[sum] 56", "0.59M", None, "27.70", 590_426, EXACT),
    ("SparseNet[sum] 110", "1.15M", None, "26.10", 1_146_842, EXACT),
    ("SparseNet[sum] 200", "2.07M", None, "25.77", 2_074_202, EXACT),
    ("SparseNet[sum] 1001", "10.33M", None, "22.10", 10_327_706, EXACT),
    ("SparseNet[sum] 2000", "20.62M", None, "21.01", 20_621_402, EXACT),
    ("DenseNet (k=12) 40", "1.10M", None, "24.79", 1_100_428, EXACT),
    ("DenseNet (k=12) 100", "7.20M", None, "20.97", 7_189_468, WITHIN),
    ("DenseNet (k=12) 400", "117M", None, None, 117_554_668, EXACT),
    ("DenseNet-BC (k=24) 250", "25.6M", None, "17.6", 15_324_406, MISPRINT),
    ("DenseNet-BC (k=24) 400", "216.3M", None, None, 37_133_956, MISPRINT),
    ("DenseNet-BC (k=4) 400", "1.10M", None, "32.94", 1_116_506, WITHIN),
    ("DenseNet-BC (k=4) 1001", "6.63M", None, "28.50", 6_630_956, EXACT),
    ("SparseNet-BC (k=12) 100", "0.40M", None, "27.99", 370_024, MISPRINT),
    ("SparseNet-BC (k=12) 400", "1.70M", None, "24.41", 1_698_424, EXACT),
    ("SparseNet-BC (k=12) 1001", "4.62M", None, "22.10", 4_623_856, EXACT),
]
# label, parameters, FLOPs and error as printed; what the network counts, and the verdict.
TABLE4: list[tuple[str, str, str | None, str, int | None, int | None, Verdict]] = [
    ("DenseNet-121-32", "7.98M", "5.7G", "25.0*", 7_978_856, 5_701_213_696, EXACT),
    ("DenseNet-169-32", "14.15M", "6.76G", "23.6*", 14_149_480, 6_759_344_512, EXACT),
    ("DenseNet-201-32", "20.01M", "8.63G", "22.6*", 20_013_928, 8_633_817_216, EXACT),
    ("DenseNet-264-32", "27.21M", "11.03G", "22.2*", 27_205_480, 11_025_303_424, EXACT),
    ("SparseNet[concat]-121-32", "4.51M", "3.46G", "25.6", 4_513_576, 3_464_102_016, EXACT),
    ("SparseNet[concat]-169-32", "6.23M", "3.74G", "24.2", 6_228_616, 3_743_468_416, EXACT),
    ("SparseNet[concat]-201-32", "7.22M", "4.13G", "23.1", 7_221_896, 4_130_827_136, EXACT),
    ("SparseNet[concat]-201-48", "14.91M", "9.19G", "22.1", 14_907_736, 9_187_834_176, EXACT),
    ("ResNet-50", "25.5M", "8.20G", "23.9", 25_557_032, 8_199_994_368, EXACT),
    ("ResNet-50 Pruned", "7.47M", None, "23.7", None, None, NONE),
]
TUNED = {
    "table2": {
        "DenseNet (k=16,32,64) 100", "DenseNet (k=32,64,128) 100", "DenseNet-BC (k=32,64,128) 100",
    },
    "table3": {
        "DenseNet-BC (k=4) 400", "SparseNet-BC (k=12) 100", "SparseNet-BC (k=12) 400",
        "SparseNet-BC (k=12) 1001",
    },
    "table4": {
        "DenseNet-264-32", "SparseNet[concat]-121-32", "SparseNet[concat]-169-32",
        "SparseNet[concat]-201-32", "SparseNet[concat]-201-48", "ResNet-50",
    },
}  # fmt: skip

Results = Mapping[str, list[Result]]


@pytest.fixture(scope="module")
def results() -> Results:
    """Every row of Tables 2 to 4, run once."""
    suites = {name: read_suite(PAPER / f"{name}.yaml") for name in TUNED}
    return {
        name: [run_row(suite, index) for index in range(len(suite.words.rows))]
        for name, suite in suites.items()
    }


@pytest.mark.parametrize(("name", "rows"), [("table2", TABLE2), ("table3", TABLE3)])
def test_cifar_rows_are_those_printed_and_count_so(
    results: Results, name: str, rows: list[Any]
) -> None:
    assert [
        (r.row.label, r.row.parameters, r.row.errors.c10, r.row.errors.c100,
         r.figures["parameters"].computed, r.verdict)
        for r in results[name]
    ] == rows  # fmt: skip


def test_imagenet_rows_are_those_printed_and_count_so(results: Results) -> None:
    def computed(result: Result, name: str) -> int | None:
        return result.figures[name].computed if name in result.figures else None

    assert [
        (r.row.label, r.row.parameters, r.row.gflops, r.row.errors.imagenet,
         computed(r, "parameters"), computed(r, "gflops"), r.verdict)
        for r in results["table4"]
    ] == TABLE4  # fmt: skip


def test_all_but_seven_rows_are_exact_or_explained(results: Results) -> None:
    verdicts = Counter(result.verdict for some in results.values() for result in some)
    assert verdicts == {EXACT: 40, MISPRINT: 6, WITHIN: 6, NONE: 1}


def test_rows_whose_settings_were_found_by_trying_say_so(results: Results) -> None:
    for name, some in results.items():
        assert {result.row.label for result in some if result.row.tuned} == TUNED[name]


def test_stems_and_classes_other_than_the_specs_own_are_told(results: Results) -> None:
    for some in results.values():
        for row in (result.row for result in some):
            assert ("stem" not in row.settings) or row.tuned
            assert (row.settings.get("classes") != 10) or row.counts or row.tuned


def test_misprints_are_the_figures_that_they_are_said_to_be(results: Results) -> None:
    found = {
        (name, result.row.label): result.meant
        for name, some in results.items()
        for result in some
        if result.row.misprint and result.row.misprint.network
    }
    assert found == {
        ("table2", "SparseNet (k=12) 40"): 757_252,
        ("table3", "DenseNet-BC (k=24) 250"): 25_624_430,
    }


def test_only_two_figures_are_cut(results: Results) -> None:
    figures = [f for some in results.values() for r in some for f in r.figures.values()]
    assert [f.printed.text for f in figures if f.how == "cut"] == ["117M", "25.5M"]


@pytest.mark.parametrize("name", sorted(TUNED))
def test_page_is_what_is_computed_now(results: Results, name: str) -> None:
    suite = read_suite(PAPER / f"{name}.yaml")
    page = (ROOT / "docs" / "paper" / f"{name}.md").read_text(encoding="utf-8")
    assert page == markdown(page_of(suite, results[name])), "make paper"


@pytest.mark.parametrize("name", sorted(TUNED))
def test_text_is_as_wide_as_a_terminal(results: Results, name: str) -> None:
    lines = text(read_suite(PAPER / f"{name}.yaml"), results[name]).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert not any("..." in line for line in lines if name != "table2")


def test_table_1_holds() -> None:
    suite = read_suite(PAPER / "table1.yaml")
    outcomes = [run_claim(suite, index) for index in range(len(suite.words.claims))]
    assert [outcome.problems for outcome in outcomes] == [()] * 5
    page = (ROOT / "docs" / "paper" / "table1.md").read_text(encoding="utf-8")
    assert page == markdown(page_of(suite, outcomes)), "make paper"
    assert max(map(len, text(suite, outcomes).splitlines())) <= WIDTH


def test_what_was_found_is_told_in_words(results: Results) -> None:
    page = (ROOT / "docs" / "paper" / "README.md").read_text(encoding="utf-8")
    order = [EXACT, MISPRINT, WITHIN, NONE]
    total = Counter(result.verdict for some in results.values() for result in some)
    for name, some in results.items():
        counts = Counter(result.verdict for result in some)
        numbers = " ".join(f"| {counts[verdict] or ''}".rstrip() for verdict in order)
        assert f"]({name}.md), " in page
        assert f" | {len(some)} {numbers} |" in page
    assert "| together | 53 " + " ".join(f"| {total[verdict]}" for verdict in order) in page


def test_example_of_the_page_is_a_suite(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "paper" / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    folder = tmp_path / "paper"
    folder.mkdir()
    (folder / "mine.yaml").write_text(example, encoding="utf-8")
    shutil.copy(ROOT / "specs" / "densenet-cifar.yaml", tmp_path)
    suite = read_suite(folder / "mine.yaml")
    assert [run_row(suite, index).verdict for index in (0, 1)] == [EXACT, WITHIN]
    known = re.findall(r"`(\w+)", page)
    assert set(RowWords.model_fields) | set(MisprintWords.model_fields) <= set(known)


COUNTS = st.integers(1, 10**13)
PLACES = st.integers(0, 3)
SCALED = st.sampled_from("KMG")


def said(count: int, places: int, scale: str, rounding: str) -> str:
    """A count as somebody prints it."""
    number = (Decimal(count) / SCALES[scale]).quantize(Decimal(1).scaleb(-places), rounding)
    assume(number)
    return f"{number}{scale}"


@given(COUNTS, PLACES, SCALED, st.sampled_from([ROUND_HALF_UP, ROUND_HALF_EVEN]))
def test_rounded_count_is_exact(count: int, places: int, scale: str, rounding: str) -> None:
    how = read_printed(said(count, places, scale, rounding)).how(count)
    assert how in {"rounded", "rounded or cut"}


@given(COUNTS, PLACES, SCALED)
def test_cut_count_is_exact(count: int, places: int, scale: str) -> None:
    figure = said(count, places, scale, ROUND_DOWN)
    assert read_printed(figure).how(count) in {"cut", "rounded or cut"}


@given(COUNTS, PLACES, SCALED, st.integers(-(10**12), 10**12))
def test_interval_holds_what_prints_so_and_nothing_else(
    count: int, places: int, scale: str, away: int
) -> None:
    printed = read_printed(said(count, places, scale, ROUND_HALF_UP))
    low, high = printed.interval
    for other in (low - 1, low, count, high, high + 1, count + away):
        assert (printed.how(other) is not None) == (low <= other <= high)


@given(COUNTS)
def test_whole_figure_is_met_exactly(count: int) -> None:
    printed = read_printed(str(count))
    assert printed.interval == (count, count)
    assert [printed.how(other) for other in (count - 1, count, count + 1)] == [
        None, "rounded or cut", None,
    ]  # fmt: skip


def row(figure: str, **more: Any) -> RowWords:
    """A row with a figure."""
    return RowWords(label="one", spec="small.yaml", parameters=figure, **more)


def verdict(words: RowWords, count: int, meant: int | None = None) -> Verdict:
    """The verdict on its parameters."""
    return judge(words, "parameters", read_printed(words.parameters), count, meant)


@pytest.mark.parametrize(
    ("figure", "count", "expected"),
    [
        ("7.2M", 7_150_000, Verdict.EXACT),
        ("7.2M", 7_299_999, Verdict.EXACT),
        ("7.2M", 7_149_999, Verdict.WITHIN),
        ("7.2M", 7_300_000, Verdict.WITHIN),
        ("7.2M", 7_344_000, Verdict.WITHIN),
        ("7.2M", 7_344_001, Verdict.FAILS),
        ("7.2M", 7_056_000, Verdict.WITHIN),
        ("7.2M", 7_055_999, Verdict.FAILS),
        ("7.2M", 0, Verdict.FAILS),
    ],
)
def test_two_percent_are_allowed(figure: str, count: int, expected: Verdict) -> None:
    assert verdict(row(figure), count) == expected


def test_row_may_allow_more_or_less() -> None:
    assert verdict(row("27.7M", tolerance="4%", note="why"), 28_725_604) == WITHIN
    assert verdict(row("27.7M"), 28_725_604) == Verdict.FAILS
    assert verdict(row("7.20M", tolerance="0.1%", note="why"), 7_189_468) == Verdict.FAILS


def test_misprint_must_not_come_out() -> None:
    words = row("7.2M", misprint=MisprintWords(why="so"))
    assert verdict(words, 7_189_468) == Verdict.FAILS
    assert verdict(words, 7_400_000) == MISPRINT


def test_misprint_must_be_what_it_is_said_to_be() -> None:
    instead = row("0.40M", misprint=MisprintWords(why="so", instead="0.4M"))
    assert [verdict(instead, count) for count in (370_024, 340_000)] == [MISPRINT, Verdict.FAILS]
    network = row("0.8M", misprint=MisprintWords(why="so"))
    found = [verdict(network, 193_924, meant) for meant in (757_252, 700_000, None)]
    assert found == [MISPRINT, Verdict.FAILS, MISPRINT]


@given(COUNTS, COUNTS)
def test_verdict_of_a_figure_follows_from_how_far_it_is_off(count: int, other: int) -> None:
    found = verdict(row(str(other)), count)
    if count == other:
        assert found == EXACT
    else:
        assert found == (WITHIN if 50 * abs(count - other) <= other else Verdict.FAILS)
