"""Rewrite the name of a weight by patterns with numbers.

A pattern is part of one of our names, with variables for its numbers: `stages.{s}.layers.{l}.`. Its
template says the same in another library, and may compute: `layer{s+1}.{l}.`. A letter instead of a
number is written `{l:a}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

BEFORE = "before"
"""Variable for the number of units in the stages before stage `s`."""

_FIELD = re.compile(r"\{([a-z0-9+-]+)(:a)?\}")


@dataclass(frozen=True)
class Rule:
    """A pattern and its template.

    A pattern that begins with a dot matches inside a name, any other at its beginning. One that
    ends with a dot matches before the rest of a name, any other at its end.
    """

    pattern: str
    template: str

    @property
    def inside(self) -> bool:
        """Return whether the pattern matches inside a name."""
        return self.pattern.startswith(".")

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        parts = re.split(r"\{([a-z]+)\}", self.pattern)
        text = "".join(
            rf"(?P<{part}>\d+)" if index % 2 else re.escape(part)
            for index, part in enumerate(parts)
        )
        start = "" if self.inside else r"\A"
        end = "" if self.pattern.endswith(".") else r"\Z"
        return re.compile(f"{start}{text}{end}")

    def apply(self, name: str, units: Mapping[int, int]) -> str | None:
        """Return the name with the first match rewritten, or None if the pattern does not match.

        Args:
            name: the name so far.
            units: the number of units of each stage.

        >>> Rule("stages.{s}.layers.{l}.", "features.{before+l+2}.").apply(
        ...     "stages.1.layers.3.conv.weight", {0: 4, 1: 6})
        'features.9.conv.weight'
        """
        match = self._regex.search(name)
        if match is None:
            return None
        numbers = {key: int(value) for key, value in match.groupdict().items()}
        if "s" in numbers:
            numbers[BEFORE] = sum(units.get(stage, 0) for stage in range(numbers["s"]))
        filled = _FIELD.sub(lambda field: _filled(field, numbers), self.template)
        return name[: match.start()] + filled + name[match.end() :]


def _filled(field: re.Match[str], numbers: Mapping[str, int]) -> str:
    """Return the number or the letter of a field such as `{s+1}` or `{l:a}`."""
    terms = re.findall(r"([+-]?)([a-z]+|\d+)", field[1])
    values = ((sign, numbers[term] if term.isalpha() else int(term)) for sign, term in terms)
    total = sum(-value if sign == "-" else value for sign, value in values)
    return chr(ord("a") + total) if field[2] else str(total)


def rewrite(name: str, rules: Iterable[Rule], units: Mapping[int, int]) -> str | None:
    """Return a name after all rules, in order, each applied to the result of the one before.

    Args:
        name: one of our names.
        rules: the rules of a map.
        units: the number of units of each stage.

    Returns:
        The other library's name; None if no rule matched the beginning of the name, which means
        that the map is one of a different network.
    """
    begins = False
    for rule in rules:
        rewritten = rule.apply(name, units)
        if rewritten is not None:
            name = rewritten
            begins = begins or not rule.inside
    return name if begins else None
