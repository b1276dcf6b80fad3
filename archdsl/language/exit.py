"""The exit of a stage: one more reader, whose result the stage returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, get_args

from pydantic import Field, model_validator

from archdsl.errors import fail
from archdsl.language.aggregation import Aggregation
from archdsl.language.rule import Rule
from archdsl.language.rules import Entry, Full, Plain, Strided
from archdsl.language.values import Words, as_pydantic

EXITS: Mapping[str, Rule] = {
    "all": Full(rule="full"),
    "last": Plain(rule="plain"),
    "made": Entry(rule="entry"),
    "newest-first": Strided(rule="strided", step=1),
}
"""The words that stand for the rule of an exit, whatever the rule of the stage."""


class WordExit(Words):
    """The outputs that leave: the rule once more, all of them, or the last one."""

    kind: Literal["rule", "all", "last"]


class NewerExit(WordExit):
    """All outputs but y_0, all with the newest first, or what the last layer reads and makes."""

    since: ClassVar[int] = 2
    kind: Literal["made", "newest-first", "grown"]  # type: ignore[assignment]


def exit_words() -> list[tuple[str, type[WordExit]]]:
    """Return each word for an exit, with its model."""
    return [
        (word, model)
        for model in (WordExit, NewerExit)
        for word in get_args(model.model_fields["kind"].annotation)
    ]


class Grown(Rule):
    """The rule of the exit `grown`: what layer N reads by another rule, then y_N."""

    rule: Literal["grown"] = "grown"
    of: Rule

    def reads(self, layer: int) -> Sequence[int]:
        """What the layer before reads, and what it makes."""
        return [*self.of.reads(layer - 1), layer - 1] if layer > 1 else [0]


class Exit(Words):
    """An exit with a rule, an aggregation or both of its own; what it lacks is the stage's."""

    since: ClassVar[int] = 2
    connect: Rule | None = Field(
        None, description="the rule that says which outputs leave; that of the stage if not given"
    )
    aggregate: Aggregation | None = Field(
        None, description="how they are joined; as in the stage if not given"
    )

    @model_validator(mode="after")
    def _not_empty(self) -> Exit:
        if self.connect is None and self.aggregate is None:
            finding = fail("A103", "an exit needs `connect`, `aggregate` or both")
            raise as_pydantic(finding)
        return self

    def word(self) -> str:
        """How a diagnostic names it."""
        return "exit: {...}"


class ExitList(Words):
    """One exit per stage; in YAML simply the list."""

    since: ClassVar[int] = 2
    entries: tuple[WordExit | Exit, ...]

    def word(self) -> str:
        """How a diagnostic names it."""
        return "exit: [...]"


def exit_rule(word: str, stage: Rule, own: Rule | None) -> Rule:
    """Return the rule that says which outputs leave a stage.

    Args:
        word: `rule`, `own`, `grown`, or a word of `EXITS`.
        stage: the stage's rule, which `rule` stands for.
        own: the rule of an exit with the word `own`; None if it is the stage's.

    >>> exit_rule("all", EXITS["last"], None).exit_reads(2)
    range(0, 3)
    """
    return Grown(of=stage) if word == "grown" else EXITS.get(word, own or stage)
