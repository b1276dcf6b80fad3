"""Compare published figures with computed numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from archdsl.errors import ArchdslError, Diagnostic, Place, fail
from archdsl.frontend.figures import Expectation, Figure
from archdsl.frontend.load import Spec
from archdsl.frontend.parameters import read_value
from archdsl.frontend.work import long_work

PRINTED = re.compile(r"([0-9]{1,30}(?:\.[0-9]{1,20})?) *([kKMGT]?)\Z")
SCALES = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


@dataclass(frozen=True)
class Verdict:
    """The comparison of one figure. `holds` is None if the figure is for other settings."""

    quantity: str
    published: str
    computed: int
    source: str
    holds: bool | None
    why: str
    place: Place

    def says(self) -> str:
        """Return a line for people."""
        word = {True: "matches", False: "does not match", None: "not applicable"}[self.holds]
        return f"{self.quantity} {self.published} ({self.source}): {word}; {self.why}"

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict as plain values, ready for JSON."""
        word = {True: "holds", False: "fails", None: "not applicable"}[self.holds]
        return {
            "quantity": self.quantity,
            "published": self.published,
            "computed": self.computed,
            "source": self.source,
            "verdict": word,
            "why": self.why,
        }

    def diagnostic(self) -> Diagnostic:
        """Return the error of a figure that does not match."""
        return Diagnostic(
            "A220",
            f"{self.quantity} is {self.computed:,}, but {self.source} has {self.published}",
            note=self.why,
            help="correct the spec, or the figure's `value`, `tolerance` or `when`",
            **self.place,
        )


def verdicts(spec: Spec, facts: Mapping[str, int]) -> list[Verdict]:
    """Return one verdict per published figure.

    Args:
        spec: the spec, with its figures under `expect`.
        facts: computed numbers by quantity.

    Raises: ArchdslError (A010, A106, A111, A114) for a figure or a setting that cannot be read.
    """
    whens = {
        f"{index} {name}": value
        for index, expectation in enumerate(spec.words.expect)
        for name, value in expectation.when.items()
    }
    for _, error in long_work(whens, spec.parameters.defaults):
        place = spec.at("expect")
        raise error.within(place["source"], place["span"])
    return [
        judge(spec, index, expectation, quantity, figure, facts[quantity])
        for index, expectation in enumerate(spec.words.expect)
        for quantity, figure in expectation.figures()
    ]


def judge(
    spec: Spec, index: int, expectation: Expectation, quantity: str, figure: Figure, computed: int
) -> Verdict:
    """Compare one figure with the computed number.

    Args:
        spec: the spec that the figure is from.
        index: the index of the expectation, for the position.
        expectation: the group of figures under one `when`.
        quantity: the name of the number, such as `parameters`.
        figure: the published figure.
        computed: the computed number.

    Raises:
        ArchdslError: A106 or A114 if the figure or its `when` is invalid.
    """
    several = isinstance(spec.document.root.get("expect"), list)
    path = ("expect", index) if several else ("expect",)
    place = spec.at(*path, quantity)
    try:
        low, high = interval(figure)
        here = applies(spec, expectation)
    except ArchdslError as error:
        raise error.within(place["source"], place["span"]) from None
    published = f"{figure.value:,}" if isinstance(figure.value, int) else str(figure.value)
    if not here:
        return Verdict(
            quantity, published, computed, figure.source, None, "it is for other settings", place
        )
    holds = low <= computed <= high
    why = reason(figure, published, computed, holds)
    return Verdict(quantity, published, computed, figure.source, holds, why, place)


def reason(figure: Figure, published: str, computed: int, holds: bool) -> str:
    """Return in words why a computed number matches a figure, or does not.

    Args:
        figure: the figure, which can be read (see `interval`).
        published: the figure as text, such as `1.46M`.
        computed: the computed number.
        holds: whether the figure allows this number.
    """
    match = PRINTED.match(published)
    if figure.tolerance is not None:
        return f"{computed:,} is {'' if holds else 'not '}within {figure.tolerance}"
    if not match or not match[2]:
        return f"the count is {computed:,}"
    verb = "rounds or truncates" if holds else "does not round or truncate"
    return f"{computed:,} {verb} to {published}"


def applies(spec: Spec, expectation: Expectation) -> bool:
    """Return whether the settings are exactly those under `when`, with defaults for the rest.

    Args:
        spec: a spec with its settings.
        expectation: published figures, and the settings under `when` that they belong to.

    Raises:
        ArchdslError: A114 if `when` names something that is not a parameter.
    """
    defaults = spec.parameters.defaults
    for name in expectation.when:
        if name not in defaults:
            raise fail("A114", f"`when` names `{name[:80]}`, which is not a parameter")
    expected = {**defaults}
    for name, value in expectation.when.items():
        choice = name in spec.parameters.choices
        expected[name] = str(value) if choice else read_value(value, defaults)
    values = spec.parameters.values
    if any(values[name] != expected[name] for name in expectation.when):
        return False
    return all(
        name in expectation.when or name not in spec.settings or value == defaults[name]
        for name, value in values.items()
    )


def interval(figure: Figure) -> tuple[Fraction, Fraction]:
    """Return the smallest and largest number that a figure allows. Raise A106 if it is invalid."""
    match = PRINTED.match(str(figure.value))
    if not match:
        raise fail(
            "A106", f"`{str(figure.value)[:40]}` is not a figure", help="write 123456 or 4.51M"
        )
    digits, scale = match[1], SCALES[match[2]]
    value = Fraction(digits) * scale
    if figure.tolerance is not None:
        share = Fraction(figure.tolerance.rstrip("% ")) / 100
        return value * (1 - share), value * (1 + share)
    if scale == 1:
        return value, value
    unit = Fraction(scale, 10 ** len(digits.partition(".")[2]))
    return value - unit / 2, value + unit - 1


def printed(number: int) -> str:
    """Return a count as papers print it, such as `4.51M`."""
    for name, scale in (("G", 10**9), ("M", 10**6), ("K", 10**3)):
        if number >= scale:
            digits = max(0, 2 - int(math.log10(number / scale)))
            return f"{number / scale:.{digits}f}{name}"
    return str(number)
