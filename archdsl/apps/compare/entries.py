"""Which networks are compared: specs, under settings, under every combination of varied ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from archdsl.errors import fail

MOST = 64
"""Most networks of a comparison."""

OPENING, CLOSING = "[{(", "]})"


@dataclass(frozen=True)
class Entry:
    """A spec file, its settings, and those of them that vary."""

    path: Path
    settings: Mapping[str, str]
    varied: Mapping[str, str]


def entries(
    paths: Sequence[Path], settings: Mapping[str, str], varied: Mapping[str, Sequence[str]]
) -> list[Entry]:
    """Every spec under every combination, in order; the last varied one changes fastest.

    Raises: ArchdslError (A414) for a name that is set and varied, A305 for more than `MOST`.
    """
    for name in varied:
        if name in settings:
            raise fail("A414", f"`{name}` is set and varied", help="choose one")
    count = len(paths)
    for values in varied.values():
        count *= len(values)
    if count > MOST:
        raise fail("A305", f"{count:,} networks to compare, more than {MOST}")
    found = []
    for path in paths:
        for chosen in product(*varied.values()):
            here = dict(zip(varied, chosen, strict=True))
            found.append(Entry(path, {**settings, **here}, here))
    return found


def vary(given: Sequence[str]) -> dict[str, list[str]]:
    """`--vary` arguments: `depth=40,100` by name. Raises ArchdslError (A414).

    >>> vary(["growth=[8, 16],12"])
    {'growth': ['[8, 16]', '12']}
    """
    found: dict[str, list[str]] = {}
    for argument in given:
        name, equals, text = argument.partition("=")
        values = list(_split(text))
        if not equals or not name.strip() or not all(values):
            raise fail(
                "A414", f"`{argument[:60]}` varies nothing", help="write --vary depth=40,100"
            )
        if name.strip() in found:
            raise fail("A414", f"`{name.strip()[:40]}` is varied twice")
        found[name.strip()] = list(dict.fromkeys(values))
    return found


def _split(text: str) -> Iterator[str]:
    """Split a text at the commas outside of brackets."""
    depth, start = 0, 0
    for place, letter in enumerate(text):
        depth += (letter in OPENING) - (letter in CLOSING)
        if letter == "," and depth == 0:
            yield text[start:place].strip()
            start = place + 1
    yield text[start:].strip()


def labels(named: Sequence[tuple[str, Entry]]) -> list[str]:
    """A label for each spec's name and entry: the name, what varies, the path if need be."""
    made = [
        " ".join([name, *(f"{key}={value}" for key, value in entry.varied.items())])
        for name, entry in named
    ]
    counts = Counter(made)
    told = [
        f"{label} ({entry.path})" if counts[label] > 1 else label
        for label, (_, entry) in zip(made, named, strict=True)
    ]
    seen: Counter[str] = Counter()
    for place, label in enumerate(told):
        seen[label] += 1
        if seen[label] > 1:  # the same file twice
            told[place] = f"{label} {seen[label]}"
    return told
