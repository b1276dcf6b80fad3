"""The JSON Schema of recipes allows what is read, and refuses what is not."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from archdsl.apps.train.recipe import recipes
from archdsl.apps.train.recipe.schema import recipe_schema
from archdsl.cli.main import run

SCHEMA = recipe_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
BASE = {
    "recipe": 1, "name": "mine", "data": "cifar10", "epochs": 10, "batch": 64, "rate": 0.1,
    "optimizer": "sgd",
}  # fmt: skip


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", recipes())
def test_recipes_that_ship_are_allowed(name: str) -> None:
    VALIDATOR.validate(yaml.safe_load(recipes()[name].read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ({}, True),
        ({"optimizer": {"sgd": {"momentum": "1 - 1/10"}}}, True),
        ({"optimizer": {"sgd": {"betas": [0, 0]}}}, False),
        ({"optimizer": {"adamw": 3}}, False),
        ({"augment": "mirror"}, True),
        ({"augment": ["mirror", {"shift": 4}, {"erase": {"pixels": 8}}]}, True),
        ({"augment": [3]}, False),
        ({"schedule": {"steps": {"at": ["1/2"], "factor": "1/10"}}}, True),
        ({"schedule": {"steps": {}}}, False),
        ({"track": {"wandb": "nets"}}, True),
        ({"precision": "bfloat16"}, True),
        ({"precision": 16}, False),
        ({"rate": [0.1]}, False),
        ({"rate": 0}, False),
        ({"epochs": 0}, False),
        ({"momentum": 0.9}, False),
        ({"expect": {"network": "resnet-20", "error": {"value": 8.75, "source": "a"}}}, True),
    ],
)
def test_change(change: dict[str, Any], allowed: bool) -> None:
    assert VALIDATOR.is_valid({**BASE, **change}) is allowed


def test_the_command_prints_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["archdsl", "schema", "--recipe"])
    assert run() == 0
    assert json.loads(capsys.readouterr().out) == SCHEMA
