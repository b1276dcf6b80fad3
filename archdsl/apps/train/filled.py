"""What a recipe and a network fill in: settings, constants and short functions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from archdsl.apps.train.recipe import Recipe
from archdsl.apps.train.words.word import AugmentWords
from archdsl.backends.pytorch.literal import literal
from archdsl.backends.pytorch.writer import Writer

FIELD = re.compile(r"    (\w+): (\w+) = [^ \n]+")
"""A line of the class of settings: name, type and default."""

DECAYED = {"all": "all_decayed", "weights": "weights_decayed"}


@dataclass(frozen=True)
class Trained:
    """A network to train: its class in net.py, what it reads, and what it was made from."""

    class_name: str
    shape: tuple[int, ...]
    classes: int
    name: str
    sha256: str


def settings(text: str, recipe: Recipe) -> str:
    """Return the class of settings with the numbers of a recipe as defaults.

    Args:
        text: the class.
        recipe: the recipe.
    """

    def line(match: re.Match[str]) -> str:
        name, kind = match.groups()
        value = getattr(recipe.words, name)
        return f"    {name}: {kind} = {literal(float(value) if kind == 'float' else value)}"

    return FIELD.sub(line, text)


def of_data(trained: Trained, recipe: Recipe) -> str:
    """Return what data.py has of its own.

    Args:
        trained: the network.
        recipe: the recipe.
    """
    out, data, changes = Writer(), recipe.words.data, recipe.words.augment
    draws = data.draws + sum(word.draws for word in changes)
    out.line(f"INPUT = {literal(trained.shape)}  # shape of an image as the network reads it")
    out.line(f"CLASSES = {trained.classes}")
    out.line(f"DRAWS = {draws}  # random numbers for each image")
    out.line("# Mean and deviation of each channel, from 0 to 255; empty for those of the images.")
    out.line(f"MEAN: list[float] = {literal([255 * value for value in data.mean or ()])}")
    out.line(f"STD: list[float] = {literal([255 * value for value in data.std or ()])}")
    expression(
        out, f"read_data(path: Path, device: torch.device) -> tuple[{data.split}, {data.split}]",
        "the images to train with and those to test with", data.code(),
    )  # fmt: skip
    out.blank(2)
    with out.block("def augment(images: Tensor, draws: Tensor) -> Tensor:"):
        out.docstring("Return changed images, each by its column of random numbers.")
        *others, last = changed(changes) or ["images"]
        for text in others:
            out.line(f"images = {text}")
        out.line(f"return {last}")
    return out.text()


def changed(words: Iterable[AugmentWords]) -> list[str]:
    """Return the expressions of changed images, each with its own random numbers.

    Args:
        words: the changes, in order.
    """
    texts, first = [], 0
    for word in words:
        own = f"draws[{first}:{(first := first + word.draws)}]"
        texts.append(re.sub(r"\bdraws\b", own, word.code()))
    return texts


def of_training(trained: Trained, recipe: Recipe) -> str:
    """Return what train.py has of its own.

    Args:
        trained: the network.
        recipe: the recipe.
    """
    out, words = Writer(), recipe.words
    origin = {
        "network": trained.name, "spec_sha256": trained.sha256, "recipe": recipe.name,
        "recipe_sha256": recipe.sha256, "data": words.data.kind,
    }  # fmt: skip
    out.call("ORIGIN = {", [f"{literal(key)}: {literal(origin[key])}" for key in origin], "}")
    expression(
        out,
        "make_network() -> nn.Module",
        "the network with new weights",
        f"net.{trained.class_name}()",
    )
    out.blank(2)
    with out.block(
        "def make_optimizer(network: nn.Module, settings: Settings) -> torch.optim.Optimizer:"
    ):
        out.docstring("Return the optimizer of the network's weights.")
        out.line(f"groups = {DECAYED[words.decay]}(network, settings.weight_decay)")
        out.line(f"return {words.optimizer.code()}")
    factor = "what the rate is multiplied by when this share of the steps is done"
    expression(out, "rate_at(progress: float) -> float", factor, words.schedule.code())
    trackers = ", ".join(word.code() for word in words.track)
    kind = "list[Tracker]" if trackers else "list[Any]"
    expression(
        out,
        f"make_trackers(run: Path) -> {kind}",
        "where metrics go beside the file",
        f"[{trackers}]",
    )
    return out.text()


def expression(out: Writer, signature: str, returns: str, value: str) -> None:
    """Print a function of one expression.

    Args:
        out: where to print.
        signature: name, parameters and type.
        returns: what it returns, in words.
        value: the expression.
    """
    out.blank(2)
    with out.block(f"def {signature}:"):
        out.docstring(f"Return {returns}.")
        out.line(f"return {value}")
