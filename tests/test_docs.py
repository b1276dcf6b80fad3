"""The examples in the documentation work, and the language's page leaves no word out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from archdsl.api import check_text
from archdsl.errors import Source
from archdsl.frontend.figures import Expectation, Figure
from archdsl.frontend.reader import read
from archdsl.frontend.schema import Network, StagesWords, Transition
from archdsl.frontend.unions import word_of
from archdsl.language.aggregations import AGGREGATIONS
from archdsl.language.arithmetic import FUNCTIONS
from archdsl.language.layers import LAYERS
from archdsl.language.rules import RULES
from archdsl.language.units import UNITS
from archdsl.language.values import Words

ROOT = Path(__file__).parent.parent
PAGES = sorted(path for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")] if path.exists())
LANGUAGE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def fences(begins: str) -> list[Any]:
    """The YAML examples that begin so, each named by its page and line."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            if match[1].startswith(begins):
                line = text.count("\n", 0, match.start()) + 2
                found.append(pytest.param(match[1], id=f"{page.name}:{line}"))
    return found


@pytest.mark.parametrize("text", [*fences("archdsl: 1"), *fences("archdsl: 2")])
def test_example_is_a_spec_that_holds(text: str) -> None:
    for expectation in check_text(text).require().spec.words.expect:
        check_text(text, expectation.when).require()


@pytest.mark.parametrize("text", fences("# excerpt"))
def test_excerpt_can_be_read(text: str) -> None:
    assert isinstance(read(Source("excerpt", text)).root, dict)


def test_examples_of_the_language_are_whole_or_say_that_they_are_not() -> None:
    for text in FENCE.findall(LANGUAGE):
        assert text.startswith(("archdsl: 1\n", "archdsl: 2\n", "# excerpt\n")), text


def words() -> list[str]:
    """Every word and every key of the language."""
    found = {"count", *FUNCTIONS}
    models: list[tuple[type[Words], str]] = [
        *((model, "rule") for model in RULES),
        *((model, "kind") for model in (*UNITS, *AGGREGATIONS)),
        *((model, "layer") for model in LAYERS),
    ]
    for model, key in models:
        found.add(word_of(model, key))
        found |= {field.alias or name for name, field in model.model_fields.items()} - {"layer"}
    for other in (Network, StagesWords, Transition, Expectation, Figure):
        found |= other.model_fields.keys()
    return sorted(found)


@pytest.mark.parametrize("word", words())
def test_language_page_knows_the_word(word: str) -> None:
    code = " ".join(re.findall(r"`([^`\n]+)`", LANGUAGE))
    assert re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", code)


def test_links_inside_the_language_page_lead_somewhere() -> None:
    titles = re.findall(r"^#+ (.*)$", LANGUAGE, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    assert set(re.findall(r"\]\(#([^)]*)\)", LANGUAGE)) <= anchors
