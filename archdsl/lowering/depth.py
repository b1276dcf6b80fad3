"""How many layers a stage has, or parts a block: as `layers` says, or else as the rule says."""

from __future__ import annotations

from typing import Any

from archdsl.errors import fail
from archdsl.frontend.resolve import resolve, value
from archdsl.language.arithmetic import Scope
from archdsl.language.rule import Rule

REQUIRED = ("layers", "unit", "connect", "aggregate")


def lacking(words: Any) -> list[str]:
    """Return the required keys that a stage or a block lacks.

    A list of units in `layers` needs no `unit`, and a rule that gives the depth needs no `layers`.
    """
    listed = isinstance(words.layers, tuple)
    spared = {"unit"} if listed else {"layers"} if _by_rule(words.connect) else set()
    return [key for key in REQUIRED if key not in spared and getattr(words, key) is None]


def depth(words: Any, scope: Scope, **place: Any) -> int:
    """Return the number of layers of a stage or of parts of a block.

    Args:
        words: the stage or block, which lacks no required key.
        scope: the values of the names that its arithmetic may use.
        place: position in the spec of the number, for diagnostics.

    Raises:
        ArchdslError: A103 if nothing gives a number, A111 or A112 for its arithmetic.
    """
    if isinstance(words.layers, tuple):
        return len(words.layers)
    count: int | None = value(words.layers, scope, **place)
    if count is None:
        count = resolve(words.connect, scope, **place).depth_given()
    if count is None:
        message = f"`{words.connect.rule}` does not give the number of layers here"
        raise fail("A103", message, help="write `layers`", **place)
    return count


def depth_key(words: Any) -> str:
    """Return the key that says the number of layers."""
    return "connect" if words.layers is None else "layers"


def _by_rule(rule: Rule | None) -> bool:
    """Whether the numbers of a rule give the depth."""
    return rule is not None and type(rule).depth_given is not Rule.depth_given
