"""A change of a spec as data: parameters to set, values to replace, and how to say so.

Documents are changed as plain values, of which `archdsl.frontend.dump` makes text again.
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
"""As a new value: the entry is taken out."""

USUAL, KNOWN, ODD = range(3)
"""How far from common practice a change is; odd ones are not combined with others."""


@dataclass(frozen=True)
class Change:
    """One change: `settings` by parameter, `edits` by place in the document.

    Changes of different kinds can be made together. `norms`: whether what norms learn counts.
    """

    kind: str
    said: str
    rarity: int = USUAL
    settings: Mapping[str, Any] = field(default_factory=dict)
    edits: tuple[tuple[Path, Any], ...] = ()
    norms: bool = True


@dataclass(frozen=True)
class Start:
    """What is changed: the document's values, what is set, and what the parameters then are."""

    root: Mapping[str, Any]
    settings: Mapping[str, Any]
    values: Mapping[str, Value]
    uses: Mapping[str, int]

    @classmethod
    def of(cls, spec: Spec) -> Start:
        """The start that a spec is."""
        root = spec.document.root
        return cls(root, spec.settings, spec.parameters.values, uses(root))

    def at(self, path: Path) -> Any:
        """The value at a place of the document, or None."""
        here: Any = self.root
        for step in path:
            known = isinstance(here, Mapping) and step in here
            known = known or (isinstance(here, list) and isinstance(step, int) and step < len(here))
            if not known:
                return None
            here = here[step]
        return here

    def named(self, path: Path) -> str | None:
        """The parameter whose bare name is the value at a place."""
        raw = self.at(path)
        return str(raw) if isinstance(raw, str) and raw in self.values else None

    def own(self, path: Path) -> str | None:
        """The same, if the parameter is used nowhere else."""
        name = self.named(path)
        return name if name and self.uses.get(name) == 1 else None

    def says(self, path: Path, value: Any) -> bool:
        """Whether a place, or the parameter of its own, has this very value already."""
        name = self.own(path)
        raw = self.at(path)
        if name is not None:
            raw = self.settings.get(name, self.root["params"][name])
        return str(raw).replace(" ", "") == str(value).replace(" ", "")

    def change(self, kind: str, said: str, rarity: int, path: Path, value: Any) -> Change:
        """Put another value at a place: by its parameter if it has one of its own."""
        name = self.own(path)
        if name is not None:
            return Change(kind, said, rarity, {name: value})
        return Change(kind, said, rarity, edits=((path, value),))


def uses(root: Mapping[str, Any]) -> Counter[str]:
    """Count the uses of each name in the arithmetic of a document."""
    free = {"name", "description", "expect"}
    texts = [value for _, value in walk({k: v for k, v in root.items() if k not in free})]
    return Counter(name for text in texts if isinstance(text, str) for name in needs(text))


def needs(text: Any) -> frozenset[str]:
    """The names in a text, if it is arithmetic."""
    try:
        return parse(text).names if isinstance(text, str) else frozenset()
    except ArchdslError:
        return frozenset()


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """A value and all values inside it, with their places."""
    yield path, value
    inside: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, Mapping):
        inside = value.items()
    elif isinstance(value, list):
        inside = enumerate(value)
    for step, item in inside:
        yield from walk(item, (*path, step))


def made(root: Mapping[str, Any], changes: Iterable[Change]) -> Mapping[str, Any]:
    """The document with the edits of changes; what is removed goes last, so that places hold."""
    edits = [edit for change in changes for edit in change.edits]
    for path, value in sorted(edits, key=lambda edit: edit[1] is REMOVED):
        root = _put(root, path, value)
    return root


def _put(here: Any, path: Path, value: Any) -> Any:
    """A value with another one at a place inside it."""
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

    >>> difference({"name": "a", "input": [3, 8, 8]}, {"name": "a", "input": [3, 9, 9]})
    ['- input: [3, 8, 8]', '+ input: [3, 9, 9]']
    """
    found: list[str] = []
    for key in dict.fromkeys([*before, *after]):
        old, new = ([*_lines(root, key)] for root in (before, after))
        changed = list(difflib.unified_diff(old, new, n=0, lineterm=""))[2:]
        changed = [f"{line[0]} {line[1:]}" for line in changed if not line.startswith("@@")]
        if changed and all(line.startswith("  ", 1) for line in changed):
            found.append(f"  {key}:")
        found += changed
    return found


def _lines(root: Mapping[str, Any], key: str) -> list[str]:
    return dump({key: root[key]}).splitlines() if key in root else []
