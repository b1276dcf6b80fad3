"""Changes of a spec as data: parameters to set, values to replace, and a description.

Documents are changed as plain values, and `archdsl.frontend.dump` writes them as text.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from archdsl.errors import ArchdslError
from archdsl.frontend.dump import dump
from archdsl.frontend.load import Spec
from archdsl.frontend.reader import Path
from archdsl.language.arithmetic import Value
from archdsl.language.expression import parse

REMOVED = object()
"""As a new value: the entry is removed."""

USUAL, KNOWN, ODD = range(3)
"""How far from common practice a change is; odd ones are not combined with others."""


@dataclass(frozen=True)
class Change:
    """A change of a spec. Changes of different kinds can be combined.

    Attributes:
        kind: the choice that it belongs to.
        words: a description.
        rarity: `USUAL`, `KNOWN` or `ODD`.
        settings: new values of parameters.
        edits: new values in the document, with their paths.
        norms: whether the scale and shift of norms are counted.
    """

    kind: str
    words: str
    rarity: int = USUAL
    settings: Mapping[str, Any] = field(default_factory=dict)
    edits: tuple[tuple[Path, Any], ...] = ()
    norms: bool = True


@dataclass(frozen=True)
class Start:
    """A spec before changes: its document and settings, and the values and uses of parameters."""

    root: Mapping[str, Any]
    settings: Mapping[str, Any]
    values: Mapping[str, Value]
    uses: Mapping[str, int]

    @classmethod
    def of(cls, spec: Spec) -> Start:
        """Return a spec as a start."""
        root = spec.document.root
        return cls(root, spec.settings, spec.parameters.values, uses(root))

    def at(self, path: Path) -> Any:
        """Return the value at a path of the document, or None."""
        here: Any = self.root
        for step in path:
            exists = isinstance(here, Mapping) and step in here
            if isinstance(here, list) and isinstance(step, int):
                exists = step < len(here)
            if not exists:
                return None
            here = here[step]
        return here

    def named(self, path: Path) -> str | None:
        """Return the parameter whose bare name is the value at a path, or None."""
        raw = self.at(path)
        return str(raw) if isinstance(raw, str) and raw in self.values else None

    def own(self, path: Path) -> str | None:
        """Return the parameter that is the value at a path and is used nowhere else, or None."""
        name = self.named(path)
        return name if name and self.uses.get(name) == 1 else None

    def says(self, path: Path, value: Any) -> bool:
        """Return whether a change to this value would change nothing.

        Args:
            path: the path in the document.
            value: the value to compare with that at the path, or with that of its parameter (see
                `own`); spaces are ignored.
        """
        name = self.own(path)
        raw = self.at(path)
        if name is not None:
            raw = self.settings.get(name, self.root["params"][name])
        return str(raw).replace(" ", "") == str(value).replace(" ", "")

    def change(self, kind: str, words: str, rarity: int, path: Path, value: Any) -> Change:
        """Return the change that puts a value at a path.

        It sets the parameter if the path has one that is used nowhere else (see `own`).

        Args:
            kind: the choice that the change belongs to.
            words: its description.
            rarity: `USUAL`, `KNOWN` or `ODD`.
            path: the path in the document.
            value: the new value.
        """
        name = self.own(path)
        if name is not None:
            return Change(kind, words, rarity, {name: value})
        return Change(kind, words, rarity, edits=((path, value),))


def uses(root: Mapping[str, Any]) -> Counter[str]:
    """Count the uses of each name in the arithmetic of a document."""
    free = {"name", "description", "expect"}
    texts = [value for _, value in walk({k: v for k, v in root.items() if k not in free})]
    return Counter(name for text in texts if isinstance(text, str) for name in needs(text))


def needs(text: Any) -> frozenset[str]:
    """Return the names in a text, if it is arithmetic."""
    try:
        return parse(text).names if isinstance(text, str) else frozenset()
    except ArchdslError:
        return frozenset()


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield a value and all values inside it, with their paths.

    >>> [path for path, _ in walk({"input": [3, 8]})]
    [(), ('input',), ('input', 0), ('input', 1)]

    Args:
        value: a document, or a part of it: mappings, lists and plain values.
        path: the path of `value` itself.
    """
    yield path, value
    inside: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, Mapping):
        inside = value.items()
    elif isinstance(value, list):
        inside = enumerate(value)
    for step, item in inside:
        yield from walk(item, (*path, step))


def edited(root: Mapping[str, Any], changes: Iterable[Change]) -> Mapping[str, Any]:
    """Return a document with the edits of changes.

    Entries are removed last, as removing one changes the indices of those after it.

    Args:
        root: the document, which is not changed.
        changes: changes whose edits have paths in `root`.
    """
    edits = [edit for change in changes for edit in change.edits]
    for path, value in sorted(edits, key=lambda edit: edit[1] is REMOVED):
        root = _put(root, path, value)
    return root


def _put(here: Any, path: Path, value: Any) -> Any:
    """Return a copy of `here` with another value at a path inside it."""
    if not path:
        return value
    step, *rest = path
    if isinstance(here, list):
        new = _put(here[int(step)], tuple(rest), value)
        return [*here[: int(step)], *([] if new is REMOVED else [new]), *here[int(step) + 1 :]]
    new = {**here, step: _put(here.get(step), tuple(rest), value)}
    return {key: item for key, item in new.items() if item is not REMOVED}


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the lines of the spec that differ, each below its key.

    Args:
        before: a document.
        after: the same document with changes.

    >>> difference({"name": "a", "input": [3, 8, 8]}, {"name": "a", "input": [3, 9, 9]})
    ['- input: [3, 8, 8]', '+ input: [3, 9, 9]']

    Args:
        before: the document as it is written.
        after: the document with changes.

    Returns:
        Lines that begin with `-` or `+`, and the key of a section before those that are indented.
    """
    lines: list[str] = []
    for key in dict.fromkeys([*before, *after]):
        old, new = ([*_lines(root, key)] for root in (before, after))
        changed = list(difflib.unified_diff(old, new, n=0, lineterm=""))[2:]
        changed = [f"{line[0]} {line[1:]}" for line in changed if not line.startswith("@@")]
        if changed and all(line.startswith("  ", 1) for line in changed):
            lines.append(f"  {key}:")
        lines += changed
    return lines


def _lines(root: Mapping[str, Any], key: str) -> list[str]:
    return dump({key: root[key]}).splitlines() if key in root else []
