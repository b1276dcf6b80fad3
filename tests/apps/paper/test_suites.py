"""Suite files: what they may say, and where they are wrong."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archdsl.apps.reproduce.suite import read_suite
from archdsl.apps.scaling.table1 import claim
from archdsl.errors import ArchdslError, Diagnostic
from archdsl.frontend.load import load
from archdsl.lowering import lower

SPECS = Path(__file__).parents[3] / "specs"
SUITES = sorted((SPECS / "paper").glob("*.yaml"))

HEAD = "name: mine\ntitle: Mine\nsource: nowhere\n"
ROW = HEAD + "rows:\n  - label: one\n    spec: small.yaml\n    parameters: 1.2K\n"
CLAIM = (
    HEAD
    + """claims:
  - label: one
    spec: small.yaml
    depths: [2, 4, 8, 16]
    parameters: O(N)
    gradient_path: O(N)
    aggregated: O(1)
"""
)


def mistakes(tmp_path: Path, text: str) -> list[Diagnostic]:
    """What is wrong with a suite file."""
    path = tmp_path / "suite.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ArchdslError) as caught:
        read_suite(path)
    return list(caught.value.diagnostics)


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_shipped_suite_is_read_and_named_after_its_file(path: Path) -> None:
    assert read_suite(path).words.name == path.stem


def test_first_table_has_claims_and_the_others_have_rows() -> None:
    suites = {path.stem: read_suite(path).words for path in SUITES}
    assert {name: (len(s.rows), len(s.claims)) for name, s in suites.items()} == {
        "table1": (0, 5), "table2": (23, 0), "table3": (20, 0), "table4": (10, 0),
    }  # fmt: skip


def test_claims_of_table_1_are_those_that_scaling_knows() -> None:
    for words in read_suite(SPECS / "paper" / "table1.yaml").words.claims:
        stage = lower(load(SPECS / "paper" / words.spec)).graph.stages[0]
        known = claim(stage.rule.rule, stage.operator.kind)
        assert known is not None
        assert known.name == words.label
        assert {
            "parameters": words.parameters,
            "shortest_gradient_path": words.gradient_path,
            "max_aggregated_outputs": words.aggregated,
        } == {name: f"O({said})" for name, said in known.classes.items() if name != "links"}


def test_small_suite_is_read(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    for text in (ROW, CLAIM, "\ufeff" + ROW.replace("\n", "\r\n")):
        path.write_bytes(text.encode())
        assert read_suite(path).words.name == "mine"


WRONG = [
    ("- one\n", "A106", 1, "not a suite"),
    ("", "A106", 1, "not a suite"),
    (HEAD, "A103", 1, "`rows` or `claims`"),
    (ROW.replace("name: mine", "name: ../mine"), "A104", 1, "not a valid name"),
    (ROW.replace("title: Mine\n", ""), "A103", 1, "`title`"),
    (ROW + "    colour: red\n", "A102", 8, "`colour`"),
    (ROW.replace("    spec: small.yaml\n", ""), "A103", 5, "`spec`"),
    (ROW.replace("small.yaml", "/etc/passwd"), "A106", 6, "not a path"),
    (ROW.replace("small.yaml", "sm all.yaml"), "A106", 6, "not a path"),
    (ROW.replace("1.2K", "1200"), "A106", 7, "text"),
    (ROW.replace("1.2K", "about 1.2K"), "A106", 7, "not a figure"),
    (ROW.replace("1.2K", "0.0K"), "A106", 7, "not a figure"),
    (ROW.replace("1.2K", "1.2345K"), "A106", 7, "finer than one"),
    (ROW + "    gflops: 5.7 GFLOPs\n", "A106", 8, "not a figure"),
    (ROW + "    errors: {c10: 6.60}\n", "A106", 8, "must be text"),
    (ROW + "    errors: {c11: '6.60'}\n", "A102", 8, "`c11`"),
    (ROW + "    settings: {depth: {a: 1}}\n", "A114", 8, "setting"),
    (ROW + "    settings: {depth: [[1]]}\n", "A114", 8, "setting"),
    (ROW + "    settings: {depth: true}\n", "A114", 8, "setting"),
    (ROW + "    settings: {depth: .inf}\n", "A114", 8, "setting"),
    (ROW + "    settings: [1]\n", "A106", 8, "a mapping"),
    (ROW + "    tolerance: 4\n", "A106", 8, "text"),
    (ROW + "    tolerance: 1.2.3%\n    note: why\n", "A106", 8, "percentage"),
    (ROW + "    tolerance: 100%\n    note: why\n", "A106", 8, "percentage"),
    (ROW + "    tolerance: 4%\n", "A103", 5, "`note`"),
    (ROW + "    architecture: false\n    note: why\n", "A226", 5, "`spec`"),
    (ROW.replace("    spec: small.yaml\n", "    architecture: false\n"), "A103", 5, "`note`"),
    (ROW + "    misprint: it is wrong\n", "A106", 8, "a mapping"),
    (ROW + "    misprint: {instead: 1.3K}\n", "A103", 8, "`why`"),
    (ROW + "    misprint: {why: so, instead: 1.3}\n", "A106", 8, "text"),
    (ROW + "    misprint: {why: so, network: {spec: /x.yaml}}\n", "A106", 8, "not a path"),
    (ROW.replace("label: one", 'label: "a\\nb"'), "A106", 5, "one line"),
    (ROW.replace("label: one", 'label: "  "'), "A106", 5, "one line"),
    (ROW.replace("label: one", f"label: {'a' * 121}"), "A007", 5, "120"),
    (ROW.replace("label: one", 'label: "\\e[2J"'), "A008", 5, "control"),
    (ROW + "    label: two\n", "A005", 8, "twice"),
    (ROW.replace("label: one", "label: &one one"), "A002", 5, "anchors"),
    (ROW.replace("label: one", "label: !!python/none one"), "A003", 5, "tags"),
    (ROW + "---\n" + ROW, "A004", 8, "one document"),
    (HEAD + f"rows: {'[' * 33}{']' * 33}\n", "A009", 4, "nested"),
    (HEAD + f"rows: [{'1, ' * 20_001}]\n", "A010", 4, "values"),
    (HEAD + "rows:\n" + "  - {label: a, spec: a, parameters: 1K}\n" * 1_001, "A301", 5, "1000"),
    (CLAIM.replace("[2, 4, 8, 16]", "[2, 4, 8]"), "A103", 7, "at least 4 entries"),
    (CLAIM.replace("[2, 4, 8, 16]", "[2, 4, 8, 9]"), "A106", 7, "powers of two"),
    (CLAIM.replace("[2, 4, 8, 16]", "[4, 2, 8, 16]"), "A106", 7, "powers of two"),
    (CLAIM.replace("[2, 4, 8, 16]", "[2, 4, 8, 8192]"), "A106", 7, "4096"),
    (CLAIM.replace("parameters: O(N)", "parameters: O(n)"), "A105", 8, "O(N)"),
    (CLAIM.replace("    aggregated: O(1)\n", ""), "A103", 5, "`aggregated`"),
]


@pytest.mark.parametrize(("text", "code", "line", "said"), WRONG)
def test_wrong_suite_is_told_where(
    tmp_path: Path, text: str, code: str, line: int, said: str
) -> None:
    found = mistakes(tmp_path, text)
    assert [finding.code for finding in found] == [code] * len(found)
    assert any(said in finding.message for finding in found), found
    assert found[0].source is not None
    assert found[0].span is not None
    assert found[0].span.line == line


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = ROW.replace("1.2K", "many").replace("title: Mine", "titel: Mine")
    assert [finding.code for finding in mistakes(tmp_path, text)] == ["A102", "A106"]


def test_file_that_is_no_suite_is_refused(tmp_path: Path) -> None:
    (tmp_path / "large.yaml").write_text("#" * 300_000, encoding="utf-8")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    for name, code in (("none", "A401"), (".", "A402"), ("large", "A001"), ("bytes", "A012")):
        with pytest.raises(ArchdslError) as caught:
            read_suite(tmp_path / (name if name == "." else f"{name}.yaml"))
        assert [finding.code for finding in caught.value.diagnostics] == [code]


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    for content in (text, HEAD + text, ROW + text, ROW + "    note: " + text):
        path.write_bytes(content.encode())
        with contextlib.suppress(ArchdslError):
            read_suite(path)
