"""Published figures held against computed ones."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from archdsl.errors import ArchdslError, Diagnostic, Place, fail
from archdsl.frontend.load import Spec
from archdsl.frontend.parameters import read_value
from archdsl.frontend.schema import Expectation, Figure
from archdsl.frontend.work import long_work

PRINTED = re.compile(r"([0-9]{1,30}(?:\.[0-9]{1,20})?) *([kKMGT]?)\Z")
SCALES = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


@dataclass(frozen=True)
class Verdict:
    """What became of one figure. `holds` is None where its settings are not the present ones."""

    quantity: str
    published: str
    computed: int
    source: str
    holds: bool | None
    why: str
    place: Place

    def says(self) -> str:
        """A line for people."""
        word = {True: "holds", False: "does not hold", None: "not applicable"}[self.holds]
        return f"{self.quantity} {self.published} ({self.source}): {word}, {self.why}"

    def as_dict(self) -> dict[str, Any]:
        """The machine-readable form."""
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
        """The error of a figure that does not hold."""
        return Diagnostic(
            "A220",
            f"{self.quantity} is {self.computed:,}, but {self.source} has {self.published}",
            note=self.why,
            help="mend the spec, or the figure's `value`, `tolerance` or `when`",
            **self.place,
        )


def verdicts(spec: Spec, facts: Mapping[str, int]) -> list[Verdict]:
    """One verdict per published figure.

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
    """Hold one figure against the computed number."""
    several = isinstance(spec.document.root.get("expect"), list)
    path = ("expect", index) if several else ("expect",)
    place = spec.at(*path, quantity)
    try:
        low, high, how = interval(figure)
        here = applies(spec, expectation)
    except ArchdslError as error:
        raise error.within(place["source"], place["span"]) from None
    published = f"{figure.value:,}" if isinstance(figure.value, int) else str(figure.value)
    if not here:
        return Verdict(
            quantity, published, computed, figure.source, None, "it is for other settings", place
        )
    why = f"{computed:,} is {'' if low <= computed <= high else 'not '}{how}"
    return Verdict(
        quantity, published, computed, figure.source, low <= computed <= high, why, place
    )


def applies(spec: Spec, expectation: Expectation) -> bool:
    """Whether the present settings are the defaults but for what `when` names."""
    defaults = spec.parameters.defaults
    for name in expectation.when:
        if name not in defaults:
            raise fail("A114", f"`when` names `{name[:80]}`, which is no parameter")
    wanted = {**defaults}
    for name, value in expectation.when.items():
        choice = name in spec.parameters.choices
        wanted[name] = str(value) if choice else read_value(value, defaults)
    given = {name: spec.parameters.values[name] for name in expectation.when}
    if any(given[name] != wanted[name] for name in expectation.when):
        return False
    return all(
        name in expectation.when or name not in spec.settings or value == defaults[name]
        for name, value in spec.parameters.values.items()
    )


def interval(figure: Figure) -> tuple[Fraction, Fraction, str]:
    """The numbers that a figure allows, and in words which they are. Raises ArchdslError (A106)."""
    match = PRINTED.match(str(figure.value))
    if not match:
        raise fail("A106", f"`{str(figure.value)[:40]}` is no figure", help="write 123456 or 4.51M")
    digits, scale = match[1], SCALES[match[2]]
    value = Fraction(digits) * scale
    if figure.tolerance is not None:
        share = Fraction(figure.tolerance.rstrip("% ")) / 100
        return value * (1 - share), value * (1 + share), f"within {figure.tolerance}"
    if scale == 1:
        return value, value, "exactly that"
    unit = Fraction(scale, 10 ** len(digits.partition(".")[2]))
    return value - unit / 2, value + unit - 1, "that, rounded or cut to the printed digits"


def printed(number: int) -> str:
    """A count as papers print it: `4.51M`."""
    for name, scale in (("G", 10**9), ("M", 10**6), ("K", 10**3)):
        if number >= scale:
            places = max(0, 2 - int(math.log10(number / scale)))
            return f"{number / scale:.{places}f}{name}"
    return str(number)
