"""The schedules: which step has which rate."""

from __future__ import annotations

import math

import pytest

from archdsl.apps.train.recipe import load_recipe, parse_recipe
from archdsl.apps.train.source.schedule.cosine_decay import cosine_decay
from archdsl.apps.train.source.schedule.linear_decay import linear_decay
from archdsl.apps.train.source.schedule.step_decay import step_decay
from archdsl.apps.train.source.schedule.warm_up import warm_up

EPOCHS, STEPS = 300, 781
"""Those of the paper: 781 batches of 64 images of 50,000."""

FUNCTIONS = {
    function.__name__: function for function in (cosine_decay, linear_decay, step_decay, warm_up)
}


def rate(schedule: str, progress: float) -> float:
    """Return the value of a schedule as it is written in a recipe, by the code that it has."""
    text = (
        "recipe: 1\nname: mine\ndata: cifar10\nepochs: 10\nbatch: 64\nrate: 0.1\noptimizer: sgd\n"
    )
    code = parse_recipe(f"{text}schedule: {schedule}\n").words.schedule.code()
    return float(eval(code, {**FUNCTIONS, "progress": progress}))


@pytest.mark.parametrize("shares", [(1, 2), (3, 4), (1, 3), (2, 3), (1, 7), (29, 30)])
@pytest.mark.parametrize(("epochs", "steps"), [(EPOCHS, STEPS), (90, 5004), (7, 3)])
def test_the_rate_changes_at_the_first_step_of_an_epoch(
    shares: tuple[int, int], epochs: int, steps: int
) -> None:
    above, below = shares
    total = epochs * steps
    first = -(-total * above // below)  # the first step k with k / n >= share
    point = (above / below,)
    assert step_decay(first / total, point, 0.1) == 0.1
    assert step_decay((first - 1) / total, point, 0.1) == 1.0


def test_the_paper_divides_the_rate_at_epochs_150_and_225() -> None:
    words = load_recipe("cifar-zhu-2018").words
    code, total = words.schedule.code(), EPOCHS * STEPS
    values = [
        eval(code, {**FUNCTIONS, "progress": step / total}) for step in range(0, total, STEPS)
    ]
    expected = [1.0] * 150 + [0.1] * 75 + [0.01] * 75
    assert values == pytest.approx(expected, rel=1e-12)
    last = eval(code, {**FUNCTIONS, "progress": (150 * STEPS - 1) / total})
    assert (words.rate, words.epochs, last) == (0.1, EPOCHS, 1.0)


def test_the_rate_on_imagenet_is_divided_at_epochs_30_and_60() -> None:
    code, total = load_recipe("imagenet-zhu-2018").words.schedule.code(), 90 * 5004
    changes = [
        step
        for step in range(5004, total, 5004)
        if eval(code, {**FUNCTIONS, "progress": step / total})
        < eval(code, {**FUNCTIONS, "progress": (step - 1) / total})
    ]
    assert changes == [30 * 5004, 60 * 5004]


@pytest.mark.parametrize(
    ("schedule", "progress", "value"),
    [
        ("constant", 0.7, 1.0),
        ("{constant: {warmup: 1/10}}", 0.05, 0.5),
        ("{constant: {warmup: 1/10}}", 0.1, 1.0),
        ("cosine", 0.0, 1.0),
        ("cosine", 0.5, 0.5),
        ("cosine", 1.0, 0.0),
        ("cosine", 0.25, (1 + math.sqrt(0.5)) / 2),
        ("{cosine: 0.1}", 1.0, 0.1),
        ("{cosine: {final: 0.1}}", 0.5, 0.55),
        ("{cosine: {warmup: 1/4}}", 0.125, 0.5 * (1 + math.cos(math.pi / 8)) / 2),
        ("linear", 0.25, 0.75),
        ("{linear: {final: 1/5}}", 0.5, 0.6),
        ("{steps: {at: [1/2], warmup: 1/2}}", 0.25, 0.5),
        ("{steps: {at: [1/4, 1/2], factor: 1/2}}", 0.6, 0.25),
        ("{steps: {at: [0], factor: 0.2}}", 0.0, 0.2),
    ],
)
def test_value(schedule: str, progress: float, value: float) -> None:
    assert rate(schedule, progress) == pytest.approx(value, rel=1e-12, abs=1e-15)
