"""The exit of a stage: one more reader, whose result the stage returns."""

from __future__ import annotations

from collections.abc import Mapping

from archdsl.language.rule import Rule
from archdsl.language.rules import Entry, Full, Plain, Strided

EXITS: Mapping[str, Rule] = {
    "all": Full(rule="full"),
    "last": Plain(rule="plain"),
    "made": Entry(rule="entry"),
    "newest-first": Strided(rule="strided", step=1),
}
"""The words that stand for the rule of an exit, whatever the rule of the stage."""


def exit_rule(word: str, stage: Rule, own: Rule | None) -> Rule:
    """Return the rule that says which outputs leave a stage.

    Args:
        word: `rule`, `own`, or a word of `EXITS`.
        stage: the stage's rule, which `rule` stands for.
        own: the rule of an exit with the word `own`; None if it is the stage's.

    >>> exit_rule("all", EXITS["last"], None).exit_reads(2)
    range(0, 3)
    """
    return EXITS.get(word, own or stage)
