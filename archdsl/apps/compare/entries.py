"""List the networks to compare: each spec with every combination of the varied parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path

from archdsl.apps.compare.own import applying, check_prefixes
from archdsl.errors import fail

MOST = 64
"""Maximum number of networks in a comparison."""

OPENING, CLOSING = "[{(", "]})"


@dataclass(frozen=True)
class Entry:
    """A spec file and its settings.

    Attributes:
        path: the spec file.
        settings: the values of its parameters, as text, by name.
        varied: those of the settings that differ between entries of one file.
        shared: names of the settings that are meant for all files, so that a spec may lack them.
    """

    path: Path
    settings: Mapping[str, str]
    varied: Mapping[str, str]
    shared: frozenset[str] = frozenset()

    def without(self, names: Collection[str]) -> Entry:
        """Return the entry without some of its settings."""
        settings, varied = (
            {name: value for name, value in values.items() if name not in names}
            for values in (self.settings, self.varied)
        )
        return Entry(self.path, settings, varied, self.shared)


def entries(
    paths: Sequence[Path], settings: Mapping[str, str], varied: Mapping[str, Sequence[str]]
) -> list[Entry]:
    """Return every spec with every combination of varied parameters.

    The entries are in the order of the arguments; the last varied parameter changes fastest.

    Args:
        paths: the spec files.
        settings: the settings of all of them, and those of one spec (`b.growth`) by their prefix.
        varied: the values of each varied parameter, whose name may have a prefix too.

    Raises:
        ArchdslError: A414 if a name is set and varied, or a prefix is unknown or ambiguous, A305
            for more than `MOST` entries.
    """
    check_prefixes([*settings, *varied], paths)
    shared = frozenset(name for name in (*settings, *varied) if "." not in name)
    applied = [(path, applying(settings, path), applying(varied, path)) for path in paths]
    for _, fixed, several in applied:
        for name in fixed.keys() & several.keys():
            raise fail("A414", f"`{name}` is set and varied", help="choose one")
    count = sum(prod(map(len, several.values())) for _, _, several in applied)
    if count > MOST:
        raise fail("A305", f"{count:,} networks to compare, more than {MOST}")
    listed = []
    for path, fixed, several in applied:
        own = _own({*settings, *varied}, path)
        for chosen in product(*several.values()):
            here = dict(zip(several, chosen, strict=True))
            listed.append(Entry(path, {**fixed, **here}, here, shared - own))
    return listed


def _own(names: Collection[str], path: Path) -> set[str]:
    """Return the parameters that are named with the prefix of a spec."""
    return {*applying({name: name for name in names if "." in name}, path)}


def vary(arguments: Sequence[str]) -> dict[str, list[str]]:
    """Return the values of `--vary NAME=A,B` arguments by name.

    >>> vary(["growth=[8, 16],12"])
    {'growth': ['[8, 16]', '12']}

    Raises:
        ArchdslError: A414 if an argument has no name or value, or a name is varied twice.
    """
    values_of: dict[str, list[str]] = {}
    for argument in arguments:
        name, equals, text = argument.partition("=")
        values = list(_split(text))
        if not equals or not name.strip() or not all(values):
            raise fail(
                "A414", f"`{argument[:60]}` varies nothing", help="write --vary depth=40,100"
            )
        if name.strip() in values_of:
            raise fail("A414", f"`{name.strip()[:40]}` is varied twice")
        values_of[name.strip()] = list(dict.fromkeys(values))
    return values_of


def _split(text: str) -> Iterator[str]:
    """Yield the parts of a text between the commas that are not in brackets."""
    depth, start = 0, 0
    for index, letter in enumerate(text):
        depth += (letter in OPENING) - (letter in CLOSING)
        if letter == "," and depth == 0:
            yield text[start:index].strip()
            start = index + 1
    yield text[start:].strip()


def labels(named: Sequence[tuple[str, Entry]]) -> list[str]:
    """Return a unique label for each entry: its name, what varies, and the path where needed.

    Args:
        named: the name of each spec, with its entry.
    """
    short = [
        " ".join([name, *(f"{key}={value}" for key, value in entry.varied.items())])
        for name, entry in named
    ]
    counts = Counter(short)
    unique = [
        f"{label} ({entry.path})" if counts[label] > 1 else label
        for label, (_, entry) in zip(short, named, strict=True)
    ]
    seen: Counter[str] = Counter()
    for index, label in enumerate(unique):
        seen[label] += 1
        if seen[label] > 1:  # the same file twice
            unique[index] = f"{label} {seen[label]}"
    return unique
