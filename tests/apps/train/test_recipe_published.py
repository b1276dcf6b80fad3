"""Published errors: which apply to a network under a recipe."""

from __future__ import annotations

from typing import Any

import pytest

import archdsl
from archdsl.apps.reproduce.shipped import suites
from archdsl.apps.reproduce.suite import read_suite
from archdsl.apps.train.recipe import load_recipe, parse_recipe, published, recipes
from archdsl.errors import ArchdslError
from archdsl.frontend.load import parse
from archdsl.frontend.shipped import find

BC = {"depth": 100, "growth": 24}


def lines(recipe: dict[str, Any], network: str, settings: dict[str, Any]) -> list[str]:
    spec = archdsl.load(network, settings)
    return [str(error) for error in published(load_recipe("cifar-zhu-2018", recipe), spec)]


def test_the_error_of_the_same_data_and_network() -> None:
    cifar100 = {"data": "cifar100"}
    ten = ["published 4.03 (Zhu et al. 2018, Table 2)"]
    assert lines({}, "sparsenet-bc-cifar", {**BC, "classes": 10}) == ten
    assert lines(cifar100, "sparsenet-bc-100-24", {}) == [
        "published 22.12 (Zhu et al. 2018, Table 2)"
    ]
    assert lines(cifar100, "sparsenet-cifar", {"growth": 36}) == [
        "published 20.50 (Zhu et al. 2018, Table 2)"
    ]
    assert lines(cifar100, "sparsenet-bc-400-12", {}) == [
        "published 24.41 (Zhu et al. 2018, Table 3)"
    ]


@pytest.mark.parametrize(
    ("recipe", "settings"),
    [
        ({}, {}),  # 100 classes
        ({"epochs": 299}, {"classes": 10}),
        ({}, {"classes": 10, "growth": 25}),
        ({}, {"classes": 10, "dropout": 0.1}),
        ({}, {"classes": 10, "base": 3}),
    ],
)
def test_no_error_of_other_settings(recipe: dict[str, Any], settings: dict[str, Any]) -> None:
    assert lines(recipe, "sparsenet-bc-cifar", settings) == []


def test_no_error_of_another_network_with_the_name() -> None:
    spec = archdsl.load("sparsenet-bc-cifar", {"classes": 10})
    other = parse(spec.text.replace("aggregate: concat", "aggregate: {kind: concat}"))
    other = other.with_settings({"classes": 10})
    assert other.name == spec.name
    assert published(load_recipe("cifar-zhu-2018"), other) == []


def test_settings_of_the_recipe_are_those_of_the_network() -> None:
    text = load_recipe("cifar-zhu-2018").text + (
        "network: {dropout: 0.2}\n"
        "expect: {network: densenet-cifar, when: {depth: 40},"
        " error: {value: 7.5, source: here}}\n"
    )
    recipe = parse_recipe(text)
    settings = {"depth": 40, "classes": 10}
    plain = archdsl.load("densenet-cifar", settings)
    assert published(recipe, plain) == []
    with_dropout = archdsl.load("densenet-cifar", {**settings, **recipe.network})
    assert [str(error) for error in published(recipe, with_dropout)] == ["published 7.5 (here)"]


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("network: sparsenet-bc-cifr", "A401"),
        ("network: specs/sparsenet-bc-cifar.yaml", "A106"),
        ("network: sparsenet-bc-cifar, when: {deep: 3}", "A114"),
    ],
)
def test_an_entry_that_cannot_be_read_is_located(entry: str, code: str) -> None:
    head = load_recipe("cifar-zhu-2018").text
    text = f"{head}expect:\n  - {{{entry}, error: {{value: 1, source: here}}}}\n"
    with pytest.raises(ArchdslError) as error:
        published(parse_recipe(text), archdsl.load("sparsenet-bc-cifar", {"classes": 10}))
    (mistake,) = error.value.diagnostics
    assert mistake.span is not None
    assert (mistake.code, mistake.span.line) == (code, text.count("\n"))


def printed() -> set[tuple[str, str, str]]:
    """(spec, table, error) of every error in the paper's tables, as printed."""
    rows = set()
    for path in suites():
        suite = read_suite(path).words
        for row in suite.rows:
            for error in (row.errors.c10, row.errors.c100, row.errors.imagenet):
                if row.spec and error:
                    spec = row.spec.rpartition("/")[2].removesuffix(".yaml")
                    rows.add((spec, suite.source, error.rstrip("*")))
    return rows


def test_errors_are_printed_in_the_tables_that_they_name() -> None:
    tables = printed()
    count = 0
    for name in recipes():
        for entry in load_recipe(name).words.expect:
            named = find(entry.network)
            assert named is not None
            assert (named.spec, entry.error.source, str(entry.error.value)) in tables
            count += 1
    assert count == 35 + 4


@pytest.mark.parametrize("name", recipes())
def test_every_entry_applies_to_its_network(name: str) -> None:
    for entry in load_recipe(name).words.expect[::5]:
        own = {key: value for key, value in entry.when.items() if key == "data"}
        recipe = load_recipe(name, own)
        classes = {"classes": recipe.words.data.classes} if own else {}
        settings = {key: value for key, value in entry.when.items() if key != "data"}
        spec = archdsl.load(entry.network, {**classes, **settings})
        assert [error.value for error in published(recipe, spec)] == [str(entry.error.value)]
