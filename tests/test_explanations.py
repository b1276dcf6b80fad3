"""Every code has a page, and the examples on it are wrong and right in the way that it says."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from archdsl.api import check_text
from archdsl.codes import TITLES
from archdsl.errors import ArchdslError
from archdsl.lower import lower
from archdsl.spec.load import parse

FOLDER = Path(__file__).parent.parent / "archdsl" / "explain"
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md"))}
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)

WHOLE_CHECK = {"A220", "A223", "A224", "A303", "A304"}
"""Codes that need figures of the whole network: found by `check`, after the graph is built."""

NO_SPEC = {
    "A001", "A012", "A120", "A204", "A205", "A401", "A402", "A403", "A410", "A411", "A412", "A413",
    "A414", "A420", "A421", "A422", "A430",
}  # fmt: skip
"""Codes that a spec alone cannot show: files, commands, and rules of one's own."""

RULES = ("A120", "A204", "A205")
"""Codes that a rule of one's own shows, in a spec that names it."""

SPEC = """archdsl: 1
name: mine
input: [3, 32, 32]
stages:
  count: 1
  layers: 32
  unit: {kind: basic, order: pre, width: 8}
  connect: WORD
  aggregate: concat
"""

WRONG_BY_SPEC = sorted(TITLES.keys() - NO_SPEC - WHOLE_CHECK - {"A010"})
RIGHT_BY_SPEC = sorted(TITLES.keys() - NO_SPEC)


def examples(code: str) -> list[tuple[str, str]]:
    """The wrong and the right example of a page, each with the language of its fence."""
    return FENCE.findall(PAGES[code])


def codes_of(text: str) -> set[str]:
    """What reading and lowering a spec finds, remarks included."""
    try:
        return {remark.code for remark in lower(parse(text)).remarks}
    except ArchdslError as error:
        return {finding.code for finding in error.diagnostics}


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert PAGES.keys() == TITLES.keys()


@pytest.mark.parametrize("code", TITLES)
def test_page_has_its_form(code: str) -> None:
    title, _, rest = PAGES[code].partition("\n\n")
    assert title == f"# {code}: {TITLES[code]}"
    paragraph, wrong, _ = re.split(r"^(?:Wrong|Right):$", rest, flags=re.MULTILINE)
    assert paragraph.strip()
    assert "\n\n" not in paragraph.strip()
    assert wrong.strip().startswith("```")
    assert len(examples(code)) == 2


@pytest.mark.parametrize("code", WRONG_BY_SPEC)
def test_wrong_example_is_wrong_in_this_way(code: str) -> None:
    (language, wrong), _ = examples(code)
    assert language == "yaml"
    assert codes_of(wrong) == {code}


@pytest.mark.parametrize("code", RIGHT_BY_SPEC)
def test_right_example_is_right(code: str) -> None:
    _, (language, right) = examples(code)
    assert language == "yaml"
    assert codes_of(right) == set()


@pytest.mark.parametrize("code", sorted(NO_SPEC))
def test_other_examples_are_commands_or_python(code: str) -> None:
    for language, text in examples(code):
        assert language in {"console", "python"}
        assert language == "python" or text.startswith("$ ")


@pytest.mark.parametrize("code", sorted(WHOLE_CHECK))
def test_example_is_wrong_or_right_to_the_whole_check(code: str) -> None:
    (_, wrong), (_, right) = examples(code)
    assert check(wrong) == {code}
    assert check(right) == set()


def check(text: str) -> set[str]:
    """What `archdsl check` finds."""
    try:
        return {remark.code for remark in check_text(text).require().remarks}
    except ArchdslError as error:
        return {finding.code for finding in error.diagnostics}


@pytest.mark.parametrize("code", RULES)
def test_rule_is_wrong_or_right(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (_, wrong), (_, right) = examples(code)
    for text in (wrong, right):
        word = re.search(r'Literal\["(.*)"\]', text)
        assert word
        Path("mine.yaml").write_text(SPEC.replace("WORD", word[1]), encoding="utf-8")
        Path("mine.py").write_text(text, encoding="utf-8")
        if text is right:
            runpy.run_path("mine.py")
        else:
            with pytest.raises(ArchdslError) as caught:
                runpy.run_path("mine.py")
            assert {finding.code for finding in caught.value.diagnostics} == {code}
