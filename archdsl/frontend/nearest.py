"""What a word that is not allowed was meant to be, and what to type."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from archdsl.frontend.synonyms import meant


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A word that is allowed, and the sentence that suggests it."""

    word: str
    help: str


def suggestion(word: str, allowed: Collection[str]) -> Suggestion | None:
    """Return what a word was meant to be: a word of another framework, or a misspelt one.

    Args:
        word: the word as it is written.
        allowed: the words, or the keys, that may be written here.

    >>> suggestion("BatchNorm2d", ["conv", "norm"]).help
    'did you mean `norm`?'
    >>> suggestion("maxpool", ["conv", "pool"]).help
    'write `{pool: {kind: max, kernel: 2}}`'
    >>> suggestion("cnov", ["conv", "pool"]).help
    'did you mean `conv`?'
    """
    return _suggestion(word, tuple(allowed))


@lru_cache(maxsize=256)  # a mistake is often made many times
def _suggestion(word: str, allowed: tuple[str, ...]) -> Suggestion | None:
    for own, text in meant(word, allowed):
        return Suggestion(own, f"did you mean `{own}`?" if text == own else f"write `{text}`")
    near = difflib.get_close_matches(word.lower(), allowed, 1)
    return Suggestion(near[0], f"did you mean `{near[0]}`?") if near else None
