"""The words of a recipe that stand for code: each says how it is called in the emitted file."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from archdsl.language.values import Words


class CodeWords(Words):
    """A word that becomes an expression. What it calls is source of `apps/train/source/`."""

    around: ClassVar[str] = "kind"
    """The field whose word is written around the numbers: `{sgd: {momentum: 0.9}}`."""

    @abstractmethod
    def code(self) -> str:
        """The expression. Names in it are pasted with what they use, or are of torch."""


class DataWords(CodeWords):
    """A data set. `code` reads `path`: two splits in memory, or two sets of files.

    Attributes:
        classes: number of classes, or 0 if only the files tell.
        where: where to get the data set, for people.
    """

    kind: str
    classes: ClassVar[int] = 0
    where: ClassVar[str] = ""


class AugmentWords(CodeWords):
    """A change of images. `code` is an expression in `images` and `draws`.

    `images` are normalised, (n, C, H, W). `draws` are random numbers in [0, 1), (draws, n).

    Attributes:
        draws: random numbers per image.
    """

    draws: ClassVar[int] = 0


class OptimizerWords(CodeWords):
    """An optimizer. `code` is an expression in `groups`, groups of parameters, and `settings`."""


class ScheduleWords(CodeWords):
    """A schedule. `code` is an expression in `progress`, the share of steps that are done.

    Its value is what the rate of the recipe is multiplied by.
    """


class TrackerWords(CodeWords):
    """A tracker of metrics. `code` is an expression in `run`, the folder of the run."""
