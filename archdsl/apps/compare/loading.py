"""Load the networks to compare: settings that a spec lacks are left out, with a note."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from archdsl.apps.compare.entries import Entry
from archdsl.errors import ArchdslError, Diagnostic
from archdsl.frontend.extending import Extension
from archdsl.frontend.load import Spec, load

Loaded = list[tuple[Entry, Spec]]


def load_all(
    wanted: Sequence[Entry], load: Callable[..., Spec] = load, extend: Iterable[Extension] = ()
) -> tuple[Loaded, list[Diagnostic]]:
    """Return the specs of all entries, and what is wrong with those that are left out.

    A setting for all specs is left out where a spec has no such parameter, which is a note, unless
    no spec has it. Entries that are equal then are loaded once.

    Args:
        wanted: the spec files and their settings.
        load: reads a spec, as `archdsl.load` does.
        extend: custom rules, units, aggregations and layers.
    """
    bases, findings = _bases(wanted, load, extend)
    fitting = [(entry, bases[entry.path]) for entry in wanted if entry.path in bases]
    findings += _notes(fitting, bases)
    entries: dict[int | tuple[object, ...], tuple[Entry, Spec]] = {}
    for index, (entry, base) in enumerate(fitting):
        absent = lacks(entry, base, bases)
        fitted = entry.without(absent)
        entries.setdefault(
            (fitted.path, *fitted.settings.items()) if absent else index, (fitted, base)
        )
    loaded: Loaded = []
    for entry, base in entries.values():
        try:
            loaded.append((entry, base.with_settings(entry.settings)))
        except ArchdslError as error:
            findings += [finding for finding in error.diagnostics if finding not in findings]
    return loaded, findings


def _bases(
    wanted: Sequence[Entry], load: Callable[..., Spec], extend: Iterable[Extension]
) -> tuple[dict[Path, Spec], list[Diagnostic]]:
    """Return each spec without settings by its path, and the errors of those that are invalid."""
    bases: dict[Path, Spec] = {}
    findings: list[Diagnostic] = []
    for path in dict.fromkeys(entry.path for entry in wanted):
        try:
            bases[path] = load(path, extend=extend)
        except ArchdslError as error:
            findings += error.diagnostics
    return bases, findings


def lacks(entry: Entry, base: Spec, bases: Mapping[Path, Spec]) -> list[str]:
    """Return the settings for all specs that this one has no parameter for, but another one has.

    Args:
        entry: the spec file and its settings.
        base: its spec.
        bases: all specs by their paths.
    """
    return [
        name
        for name in entry.settings
        if name in entry.shared
        and name not in base.parameters.values
        and any(name in other.parameters.values for other in bases.values())
    ]


def _notes(fitting: Loaded, bases: Mapping[Path, Spec]) -> Iterator[Diagnostic]:
    """Yield a note for each spec and each setting that it has no parameter for."""
    pairs = [(e.path, name) for e, base in fitting for name in lacks(e, base, bases)]
    for path, name in dict.fromkeys(pairs):
        near = difflib.get_close_matches(name, bases[path].parameters.values, 1)
        yield Diagnostic(
            "A415",
            f"{path} has no parameter `{name}`: it is compared without this setting",
            help=f"did you mean `{near[0]}`?" if near else None,
            level="note",
        )
