"""Evaluate `params:` and `--set`, the names that arithmetic in a spec may use.

A parameter is a number, a list of numbers, arithmetic over other parameters, or a choice of words
(`bottleneck | double`, the first by default).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from typing import Any

from archdsl.errors import ArchdslError, Diagnostic, Place, Source, Span, fail
from archdsl.frontend.dump import flow
from archdsl.frontend.reader import Document
from archdsl.frontend.work import long_work
from archdsl.language.arithmetic import RESERVED_FUNCTIONS, Scope, Value
from archdsl.language.expression import parse
from archdsl.language.values import Text, locate, refuse_lookalike

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
CHOICE = re.compile(r"[a-z][a-z0-9_-]*(?:\s*\|\s*[a-z][a-z0-9_-]*)+\Z")
MOST = 128
RESERVED = {"incoming", "layer", "stage", "stride", *RESERVED_FUNCTIONS}


@dataclass(frozen=True)
class Parameters:
    """Values of the parameters, the defaults of the file, and the words that were chosen."""

    values: Mapping[str, Value]
    defaults: Mapping[str, Value]
    choices: Mapping[str, str] = field(default_factory=dict)

    def changed(self) -> dict[str, Value]:
        """Return the values that differ from the defaults of the file."""
        return {k: v for k, v in self.values.items() if v != self.defaults[k]}


def evaluate(
    document: Document, settings: Mapping[str, Document], whole: str = "spec"
) -> Parameters:
    """Return the values of the file's parameters, some of which are replaced by settings.

    Args:
        document: the spec, or another file with `params`.
        settings: replaced parameters, each a document of one value.
        whole: what the file is, for messages.

    Raises:
        ArchdslError: A010, A104, A111 to A115, with one diagnostic per mistake.
    """
    declared = document.root.get("params") or {}
    if not isinstance(declared, dict):
        return Parameters({}, {})  # the schema says what is wrong with it
    if len(declared) > MOST:
        place = Place(source=document.source, span=document.keys["params", list(declared)[MOST]])
        raise fail("A010", f"there are more than {MOST} parameters", **place)
    mistakes = [*_names(document, declared), *_unknown(settings, declared, whole)]
    if mistakes:
        raise ArchdslError(mistakes)
    places: dict[str, tuple[Document, tuple[str, ...]]]
    places = {name: (document, ("params", name)) for name in declared}
    defaults = _Evaluation(declared, places)
    chosen = {name: setting.root for name, setting in settings.items()}
    for name, setting in settings.items():
        places = {**places, name: (setting, ())}
    current = _Evaluation({**declared, **chosen}, places, declared)
    words = {name: str(current.values[name]) for name in declared if _is_choice(declared[name])}
    return Parameters(current.values, defaults.values, words)


def read_value(value: Any, others: Mapping[str, Value]) -> Value:
    """Return one value of `when:`, evaluated over the values of other parameters.

    Args:
        value: a number, arithmetic or a list.
        others: values of the parameters that the arithmetic may use, by name.

    Raises:
        ArchdslError: A101, A111 to A114 if the value cannot be evaluated.
    """
    return _value(value, Scope(others))


def _names(document: Document, declared: dict[str, Any]) -> list[Diagnostic]:
    """Return A104 or A114 for each name that a parameter cannot have."""
    mistakes = []
    for name in declared:
        place = Place(source=document.source, span=document.keys["params", name])
        if not NAME.match(name):
            mistakes.append(
                Diagnostic(
                    "A104", f"`{name[:80]}` is not a valid name: use a to z, 0 to 9 and _", **place
                )
            )
        elif name in RESERVED:
            mistakes.append(
                Diagnostic("A114", f"`{name}` has a meaning of its own in arithmetic", **place)
            )
    return mistakes


def _unknown(
    settings: Mapping[str, Document], declared: dict[str, Any], whole: str
) -> list[Diagnostic]:
    """Return A114 for each setting that is not a parameter of the file."""
    mistakes = []
    for name, setting in settings.items():
        if name not in declared:
            near = difflib.get_close_matches(name, declared, 1)
            listed = "parameters here: " + (", ".join(declared) or "none")
            mistakes.append(
                Diagnostic(
                    "A114",
                    f"the {whole} has no parameter `{name[:80]}`",
                    source=setting.source,
                    help=f"did you mean `{near[0]}`?" if near else listed,
                )
            )
    return mistakes


def _is_choice(raw: Any) -> bool:
    return isinstance(raw, str) and CHOICE.match(raw) is not None


def _words(raw: str) -> list[str]:
    return [word.strip() for word in raw.split("|")]


class _Evaluation:
    """The values of all parameters, each evaluated once, after the parameters that it reads."""

    def __init__(
        self,
        raw: Mapping[str, Any],
        places: Mapping[str, tuple[Document, tuple[str, ...]]],
        declared: Mapping[str, Any] | None = None,
    ) -> None:
        self.raw, self.places, self.declared = raw, places, declared or raw
        self.values: dict[str, Value] = dict.fromkeys(raw, 1)
        mistakes: list[Diagnostic] = []
        for name in self.order():
            try:
                self.values[name] = self.evaluate(name)
            except ArchdslError as error:
                mistakes += self.located(error, name).diagnostics
        if mistakes:
            raise ArchdslError(mistakes)

    def located(self, error: ArchdslError, name: str) -> ArchdslError:
        """Return the error with the position of a parameter, unless it has one already."""
        document, path = self.places[name]
        return error.within(document.source, document.span(path))

    def order(self) -> list[str]:
        """Return the names, each after the names that it reads. Raise A115 for a cycle."""
        needs = {name: sorted(names_in(raw) & self.raw.keys()) for name, raw in self.raw.items()}
        for name, error in long_work(self.raw, self.raw):
            raise self.located(error, name)
        try:
            return list(TopologicalSorter(needs).static_order())
        except CycleError as error:
            ring = error.args[1][::-1]
            message = f"these parameters need each other: {' -> '.join(ring)}"
            raise self.located(fail("A115", message), ring[0]) from None

    def evaluate(self, name: str) -> Value:

        if _is_choice(self.declared[name]):
            return self.choose(name, self.raw[name])
        others = {other: value for other, value in self.values.items() if other != name}
        return _value(self.raw[name], Scope(others))

    def choose(self, name: str, raw: Any) -> str:
        """Return the chosen word of a choice parameter; the first one by default."""
        words = _words(self.declared[name])
        if raw is self.declared[name]:
            return words[0]
        if not isinstance(raw, str) or raw not in words:
            text = raw if isinstance(raw, str) else flow(raw)
            near = difflib.get_close_matches(text, words, 1)
            raise fail(
                "A105",
                f"`{text[:80]}` is not one of {', '.join(words)}",
                help=f"did you mean `{near[0]}`?" if near else None,
            )
        return str(raw)


def names_in(raw: Any) -> frozenset[str]:
    """Return the names in the arithmetic of a parameter; a choice has none."""
    if isinstance(raw, list):
        return frozenset().union(*map(names_in, raw)) if raw else frozenset()
    if not isinstance(raw, str):
        return frozenset()
    try:
        return parse(raw).names
    except ArchdslError:
        return frozenset()


def _value(raw: Any, scope: Scope) -> Value:
    match raw:
        case bool() | None | dict():
            raise fail("A114", "a parameter is a number, a list of numbers, arithmetic or a choice")
        case list():
            if not raw or any(isinstance(entry, list) for entry in raw):
                raise fail("A114", "a list parameter holds numbers, one or more")
            return tuple(_value(entry, scope) for entry in raw)
        case str():
            return _arithmetic(raw, scope)
        case int():
            return raw
        case float():
            return _exact(raw)
    raise fail("A114", "a parameter is a number, a list of numbers, arithmetic or a choice")


def _exact(number: float) -> Value:
    """Return a decimal as a fraction, exact to its digits. Raise A101 if it is ambiguous."""
    if number != number or number in {float("inf"), float("-inf")}:
        raise fail("A101", "this number is not finite")
    exact = Fraction(repr(number))
    if exact.denominator == 1 and abs(exact) >= 10**6:
        raise fail("A101", "this is not plainly a whole number", help=f"write {int(exact)}")
    return exact


def _arithmetic(text: str, scope: Scope) -> Value:
    source: Source | None = getattr(text, "source", None)
    span: Span | None = getattr(text, "span", None)
    try:
        refuse_lookalike(text)
        return parse(text).evaluate(scope)
    except ArchdslError as error:
        raise locate(error, source, span) from None


def substitute(raw: Any, choices: Mapping[str, str]) -> Any:
    """Return the values with the names of choice parameters replaced by the chosen words.

    Args:
        raw: values as they were read: mappings, lists, text and numbers.
        choices: the chosen word of each choice parameter.
    """
    if isinstance(raw, dict):
        return {key: substitute(value, choices) for key, value in raw.items()}
    if isinstance(raw, list):
        return [substitute(value, choices) for value in raw]
    if isinstance(raw, str) and raw in choices:
        source, span = getattr(raw, "source", None), getattr(raw, "span", None)
        return Text(choices[raw], source, span)
    return raw
