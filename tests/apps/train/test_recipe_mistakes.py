"""Mistakes in recipes: each has a code, a position, and often what to type."""

from __future__ import annotations

import pytest

from archdsl.apps.train.recipe import parse_recipe
from archdsl.errors import ArchdslError, Diagnostic

BASE = """recipe: 1
name: mine
data: cifar10
epochs: 10
batch: 64
rate: 0.1
optimizer: sgd
"""

SHARE = "a share of all steps, such as 1/2, whatever the number of epochs"


def mistakes(text: str, settings: dict[str, object] | None = None) -> list[Diagnostic]:
    with pytest.raises(ArchdslError) as error:
        parse_recipe(text, settings)
    return list(error.value.diagnostics)


@pytest.mark.parametrize(
    ("before", "after", "code", "place", "help"),
    [
        ("epochs: 10", "epoch: 10", "A102", (4, 1), "did you mean `epochs`?"),
        ("rate: 0.1", "lr: 0.1", "A102", (6, 1), "did you mean `rate`?"),
        ("batch: 64", "batch_size: 64", "A102", (5, 1), "did you mean `batch`?"),
        ("recipe: 1", "recipe: 2", "A107", (1, 9), "this archdsl reads `recipe: 1`"),
        ("recipe: 1\n", "", "A103", (1, 1), "write `recipe: 1`"),
        ("optimizer: sgd\n", "", "A103", (1, 1), "`optimizer`: the optimizer"),
        ("data: cifar10", "data: cifar-10", "A105", (3, 7), "did you mean `cifar10`?"),
        ("sgd", "sdg", "A105", (7, 12), "did you mean `sgd`?"),
        ("sgd", "{Adam-W: {}}", "A105", (7, 13), "did you mean `adamw`?"),
        ("sgd", "{sgd: {momentun: 0.9}}", "A102", (7, 19), "did you mean `momentum`?"),
        ("sgd", "{sgd: {betas: [0, 0]}}", "A102", (7, 19), "known here: momentum, nesterov"),
        ("sgd", "\n  sgd:\n  momentum: 0.9", "A106", (7, 1), "write `{sgd: {momentum: ...}}`"),
        ("sgd", "{sgd: }", "A103", (7, 13), "write `sgd`, alone"),
        ("sgd", "{sgd: 0.9}", "A106", (7, 13), None),
        ("sgd", "{adamw: {betas: [0.9]}}", "A103", (7, 28), None),
        ("sgd", "{sgd: {kind: adam}}", "A102", (7, 19), None),
        ("0.1", "0", "A101", (6, 7), None),
        ("0.1", "[0.1, 0.01]", "A106", (6, 7), None),
        ("0.1", "1/0", "A113", (6, 7), None),
        ("0.1", "high", "A111", (6, 7), "known here: none"),
        ("epochs: 10", "epochs: 2.5", "A101", (4, 9), "round with `floor(...)`"),
    ],
)
def test_mistake(
    before: str, after: str, code: str, place: tuple[int, int], help: str | None
) -> None:
    assert before in BASE
    (mistake,) = mistakes(BASE.replace(before, after, 1))
    assert mistake.span is not None
    assert (mistake.code, (mistake.span.line, mistake.span.column)) == (code, place)
    assert mistake.help == help


@pytest.mark.parametrize(
    ("line", "code", "column", "help"),
    [
        ("schedule: steps", "A103", 11,
         "`at`: the points, as shares of all steps: [1/2, 3/4]"),
        ("schedule: {steps: {at: [150]}}", "A101", 25, SHARE),
        ("schedule: {cosine: {warmup: 5}}", "A101", 29, SHARE),
        ("schedule: {steps: {milestones: [1/2]}}", "A102", 20, "did you mean `at`?"),
        ("schedule: multistep", "A105", 11, "did you mean `steps`?"),
        ("augment: [mirror, flip]", "A105", 19, "did you mean `mirror`?"),
        ("augment: [mirror, {shift: -4}]", "A101", 27, None),
        ("augment: {mirror: 3}", "A106", 11, None),
        ("augment: true", "A106", 10, None),
        ("precision: fp16", "A105", 12, "did you mean `float16`?"),
        ("compile: yes", "A106", 10, None),
        ("accumulate: 5", "A101", 13, "choose a divisor of `batch`"),
        ("ema: 1", "A101", 6, None),
        ("decay: none", "A105", 8, None),
        ("network: {dropout: true}", "A114", 20, None),
        ("network: {Dropout: 0.2}", "A104", 10, None),
        ("track: [tensorbord]", "A105", 9, "did you mean `tensorboard`?"),
        ("track: [{wandb: {projekt: x}}]", "A102", 18, "did you mean `project`?"),
        ("expect: [{network: x, error: {value: 120, source: y}}]", "A106", 38,
         "write 4.03, or in quotes to keep a zero at the end: '20.50'"),
        ("seed: &a 1", "A002", 7, "write the value out, or make it a parameter"),
        ("description: !!python/name:os.system x", "A003", 14, None),
    ],
)  # fmt: skip
def test_mistake_in_another_key(line: str, code: str, column: int, help: str | None) -> None:
    (mistake,) = mistakes(f"{BASE}{line}\n")
    assert mistake.span is not None
    assert (mistake.code, (mistake.span.line, mistake.span.column)) == (code, (8, column))
    assert mistake.help == help


def test_every_mistake_is_reported_at_once() -> None:
    text = BASE.replace("cifar10", "cifar").replace("64", "0").replace("sgd", "{sgd: {lr: 1}}")
    assert [mistake.code for mistake in mistakes(text)] == ["A105", "A101", "A102"]


def test_numbers_that_are_wrong_for_these_parameters_are_reported_at_once() -> None:
    text = BASE.replace("rate: 0.1", "rate: x - 1").replace("64", "x / 2")
    codes = [mistake.code for mistake in mistakes(f"{text}params: {{x: 1}}\n")]
    assert codes == ["A101", "A101"]


def test_a_setting_that_is_not_a_parameter() -> None:
    (mistake,) = mistakes(f"{BASE}params: {{size: 1}}\nseed: size\n", {"sizes": 3})
    assert (mistake.code, mistake.message) == ("A114", "the recipe has no parameter `sizes`")
    assert mistake.help == "did you mean `size`?"


@pytest.mark.parametrize("text", ["", "- 1\n", "text\n"])
def test_something_else_than_a_mapping(text: str) -> None:
    (mistake,) = mistakes(text)
    assert (mistake.code, mistake.help) == ("A011", "see docs/recipes.md")
