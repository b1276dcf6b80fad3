"""Which outputs the layers of a stage read, or the parts of a block, and how they are joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from archdsl.errors import Place
from archdsl.language.aggregation import Aggregation
from archdsl.language.exit import Exit, WordExit, exit_rule
from archdsl.language.rule import Rule


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """The readers of a stage or a block; `place(key)` is the place of a key.

    `leaves` is the word of the exit; `leaving` is the rule of an exit with the word `own`, and
    `joining` its aggregation, where these are its own.
    """

    layers: int
    rule: Rule
    operator: Aggregation
    place: Callable[..., Place]
    leaves: str = "rule"
    leaving: Rule | None = None
    joining: Aggregation | None = None

    def exit_reads(self) -> Sequence[int]:
        """Indices of the outputs that leave."""
        return exit_rule(self.leaves, self.rule, self.leaving).exit_reads(self.layers)

    @property
    def exit_operator(self) -> Aggregation:
        """How the outputs that leave are joined."""
        return self.joining or self.operator

    def exit_place(self, key: str) -> Place:
        """The place of what the exit follows: `exit` itself if it says more than a word."""
        return self.place("exit" if self.leaves == "own" else key)


def chosen(operator: Aggregation, rule: Rule, leaves: str) -> Aggregation:
    """Return the form of an aggregation in which each reader joins the outputs that it reads.

    A running aggregation serves all readers with one aggregate instead, if they read all outputs.

    Args:
        operator: the aggregation as the spec names it.
        rule: what the layers read.
        leaves: the word of the exit.
    """
    alike = rule.reads_all and rule.scope == "stage" and leaves in {"rule", "all"}
    return operator if alike else operator.of_readers() or operator


def exit_parts(
    words: WordExit | Exit, operator: Aggregation
) -> tuple[str, Rule | None, Aggregation | None]:
    """Return the word of an exit, and its rule and aggregation where they are its own.

    Args:
        words: the exit, with its numbers known.
        operator: the aggregation of the stage or block.
    """
    if isinstance(words, WordExit):
        return words.kind, None, None
    return "own", words.connect, None if words.aggregate == operator else words.aggregate
