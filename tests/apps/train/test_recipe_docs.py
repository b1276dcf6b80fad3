"""The examples of docs/recipes.md work, and the page leaves no key and no word out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archdsl.apps.train.recipe import RecipeWords, parse_recipe, recipes
from archdsl.apps.train.recipe.expect import ErrorWords, PublishedWords
from archdsl.apps.train.recipe.forms import ONE, SEVERAL
from archdsl.frontend.unions import word_of

PAGE = (Path(__file__).parents[3] / "docs" / "recipes.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
EXAMPLES = [(kind, text) for kind, text in FENCE.findall(PAGE) if kind != "console"]
HEAD = "recipe: 1\nname: a\ndata: cifar10\nepochs: 1\nbatch: 1\nrate: 1\noptimizer: sgd\n"


@pytest.mark.parametrize("text", [text for kind, text in EXAMPLES if kind == "yaml"])
def test_example_is_a_recipe(text: str) -> None:
    recipe = parse_recipe(text if text.startswith("recipe: 1\n") else f"{HEAD}{text}")
    assert recipe.notes == ()


@pytest.mark.parametrize("text", [text for kind, text in EXAMPLES if kind == "python"])
def test_python_runs(text: str) -> None:
    exec(text, {"__name__": "example"})


def test_the_page_names_every_recipe_that_ships() -> None:
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", PAGE, re.MULTILINE)) >= set(recipes())


def test_defaults_are_those_of_the_model() -> None:
    keys = PAGE.partition("## Keys\n")[2].partition("\n## ")[0]
    table = dict(re.findall(r"^\| `(\w+)` \| .* \| `?([^|]*?)`? \|$", keys, re.MULTILINE))
    assert table.keys() >= RecipeWords.model_fields.keys() - {"description", "params"}
    for name, field in RecipeWords.model_fields.items():
        if field.is_required():
            assert table[name] == "required"
        elif isinstance(field.default, int | float | bool):
            assert float(table[name].replace("false", "0")) == float(field.default)


def test_the_page_knows_every_word_and_key() -> None:
    code = " ".join(re.findall(r"`([^`\n]+)`", PAGE))
    names = {*PublishedWords.model_fields, *ErrorWords.model_fields} - {"error", "value", "source"}
    for model in (model for models in {**ONE, **SEVERAL}.values() for model in models):
        names |= {word_of(model, "kind"), *model.model_fields} - {"kind"}
    missing = [n for n in names if not re.search(rf"(?<![\w-]){re.escape(n)}(?![\w-])", code)]
    assert missing == []
