"""Recipes: what is read, and that their text can be read again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import archdsl
from archdsl.apps.train.recipe import Recipe, load_recipe, parse_recipe, recipes
from archdsl.errors import ArchdslError

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "recipes"

BASE = """recipe: 1
name: mine
data: cifar10
epochs: 10
batch: 64
rate: 0.1
optimizer: sgd
"""

SGD = "torch.optim.SGD(groups, settings.rate, momentum=0.9"


def words_of(text: str, **settings: Any) -> Any:
    return parse_recipe(BASE + text, settings).words


def again(recipe: Recipe) -> Recipe:
    """Return the recipe that a run reads from its folder."""
    return parse_recipe(recipe.text)


def test_the_recipe_of_the_paper() -> None:
    words = load_recipe("cifar-zhu-2018").words
    assert (words.epochs, words.batch, words.rate, words.weight_decay) == (300, 64, 0.1, 1e-4)
    assert words.optimizer.code() == f"{SGD}, nesterov=True)"
    assert words.schedule.code() == "step_decay(progress, (0.5, 0.75), 0.1)"
    assert [word.code() for word in words.augment] == [
        "mirror(images, draws)",
        "shift(images, draws, 4)",
    ]
    assert (words.data.classes, words.hold_out, words.decay) == (10, 0, "all")


def test_the_recipe_without_augmentation_sets_dropout() -> None:
    recipe = load_recipe("cifar-zhu-2018-plain")
    assert (recipe.words.augment, recipe.network) == ((), {"dropout": 0.2})
    assert load_recipe("cifar-zhu-2018-plain", {"dropout": 0.5}).network == {"dropout": 0.5}


def test_recipes_that_ship_are_those_of_the_folder() -> None:
    assert [*recipes()] == [path.stem for path in sorted(FOLDER.glob("*.yaml"))]
    for name in recipes():
        recipe = load_recipe(name)
        assert (recipe.name, recipe.notes) == (name, ())
        assert load_recipe(FOLDER / f"{name}.yaml") == recipe


@pytest.mark.parametrize(
    ("optimizer", "code"),
    [
        ("sgd", f"{SGD})"),
        ("{sgd: {momentum: 0}}", "torch.optim.SGD(groups, settings.rate, momentum=0)"),
        ("{sgd: {momentum: 0, nesterov: true}}",
         "torch.optim.SGD(groups, settings.rate, momentum=0)"),
        ("{sgd: {momentum: 9/10, nesterov: true}}", f"{SGD}, nesterov=True)"),
        ("adam", "torch.optim.Adam(groups, settings.rate, betas=(0.9, 0.999), eps=1e-08)"),
        ("{adamw: {betas: [9/10, 0.95], eps: 0.001}}",
         "torch.optim.AdamW(groups, settings.rate, betas=(0.9, 0.95), eps=0.001)"),
    ],
)  # fmt: skip
def test_optimizer(optimizer: str, code: str) -> None:
    text = BASE.replace("optimizer: sgd", f"optimizer: {optimizer}")
    assert parse_recipe(text).words.optimizer.code() == code


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ("mirror", ["mirror(images, draws)"]),
        ("{shift: 2}", ["shift(images, draws, 2)"]),
        ("[shift, mirror]", ["shift(images, draws, 4)", "mirror(images, draws)"]),
        ("[{erase: {pixels: 2 * 4}}]", ["erase(images, draws, 8)"]),
        ("[{kind: erase, pixels: 8}]", ["erase(images, draws, 8)"]),
        ("[]", []),
    ],
)
def test_augment(written: str, codes: list[str]) -> None:
    assert [word.code() for word in words_of(f"augment: {written}").augment] == codes


def test_trackers() -> None:
    words = words_of("track: [tensorboard, {wandb: my-nets}, {trackio: {project: it's}}]")
    assert [word.code() for word in words.track] == [
        "TensorBoardTracker(run)",
        'WandbTracker(run, "my-nets")',
        'TrackioTracker(run, "it\'s")',
    ]


def test_keys_that_are_not_written() -> None:
    words = words_of("")
    assert words.schedule.code() == "1.0"
    assert (words.precision, words.accumulate, words.clip, words.ema) == ("float32", 1, 0.0, 0.0)
    assert (words.weight_decay, words.label_smoothing, words.seed) == (0.0, 0.0, 0)


def test_numbers_may_be_arithmetic_over_parameters() -> None:
    text = BASE.replace("rate: 0.1", "rate: base * 64 / 256") + "params: {base: 4/10, share: 1/4}\n"
    words = parse_recipe(f"{text}schedule: {{cosine: {{warmup: share}}}}\n").words
    code = "warm_up(progress, 0.25) * cosine_decay(progress, 0.0)"
    assert (words.rate, words.schedule.code()) == (0.1, code)
    assert words.params == {"base": 0.4, "share": 0.25}
    assert type(words.rate) is float


def test_a_parameter_chooses_a_word() -> None:
    text = BASE.replace("optimizer: sgd", "optimizer: by") + "params: {by: sgd | adamw}\n"
    assert parse_recipe(text).words.optimizer.code() == f"{SGD})"
    assert "AdamW" in parse_recipe(text, {"by": "adamw"}).words.optimizer.code()


def test_settings_of_the_network() -> None:
    text = (
        "params: {drop: 1/5, k: [1, 2]}\n"
        "network: {dropout: drop, growth: k, stem: 2 * width, twice: 2 * drop, at: 1/4,"
        " join: concat, list: [drop, 3]}\n"
    )
    recipe = parse_recipe(BASE + text)
    assert recipe.network == {
        "dropout": 0.2, "growth": [1, 2], "stem": "2 * width", "twice": 0.4, "at": 0.25,
        "join": "concat", "list": [0.2, 3],
    }  # fmt: skip
    assert recipe.notes == ()


def test_an_unused_parameter_is_noted() -> None:
    (note,) = parse_recipe(f"{BASE}params: {{used: 3, idle: 4}}\nseed: used\n").notes
    assert (note.code, note.level, note.span and note.span.line) == ("A116", "warning", 8)
    assert "`idle`" in note.message
    assert note.note == "the training is the same whatever `idle` is"


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        *((name, {}) for name in recipes()),
        ("cifar-zhu-2018", {"data": "cifar100", "epochs": 30}),
        ("cifar-zhu-2018", {"epochs": "3 * 10"}),
        ("cifar-zhu-2018-plain", {"dropout": "1/10"}),
        ("quick", {"data": "cifar10"}),
    ],
)
def test_the_text_is_the_same_recipe(name: str, settings: dict[str, Any]) -> None:
    recipe = load_recipe(name, settings)
    copy = again(recipe)
    assert copy.words == recipe.words.model_copy(update={"expect": ()})
    assert (copy.network, copy.sha256, copy.text) == (recipe.network, recipe.sha256, recipe.text)
    assert copy.parameters.values == recipe.parameters.values


def test_the_hash_depends_on_values_and_settings_alone() -> None:
    recipe = parse_recipe(BASE)
    assert re.fullmatch("[0-9a-f]{64}", recipe.sha256)
    assert parse_recipe("# a comment\n" + BASE.replace("0.1", "0.10")).sha256 == recipe.sha256
    assert parse_recipe(BASE.replace("0.1", "0.2")).sha256 != recipe.sha256
    long, short = load_recipe("quick"), load_recipe("quick", {"epochs": 1})
    assert long.sha256 != short.sha256


def test_a_file_is_preferred_to_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("quick").write_text(BASE, encoding="utf-8")
    assert load_recipe("quick").name == "mine"


@pytest.mark.parametrize("written", ["cifar-zhu-2016", "cifar_zhu_2018", "quick.yaml", "none"])
def test_a_recipe_that_is_not_there(written: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArchdslError) as error:
        load_recipe(written)
    (mistake,) = error.value.diagnostics
    assert (mistake.code, mistake.message) == ("A401", f"there is no file or recipe {written}")
    assert "quick" in f"{mistake.help} {mistake.note}"


def test_a_spec_is_not_a_recipe_and_a_recipe_is_not_a_spec() -> None:
    with pytest.raises(ArchdslError, match="this is a spec, not a recipe"):
        load_recipe(ROOT / "specs" / "densenet-cifar.yaml")
    with pytest.raises(ArchdslError, match="this is a recipe, not a spec"):
        archdsl.load(FOLDER / "quick.yaml")


def test_a_recipe_without_other_keys_keeps_its_positions() -> None:
    recipe = load_recipe("cifar-zhu-2018")
    assert recipe.with_keys({}) is recipe
    assert recipe.with_keys({"seed": 1}).words.seed == 1
    assert recipe.with_keys({"seed": 1}).words.expect == recipe.words.expect
    assert recipe.with_keys({"epochs": 1}).words.expect == ()
