"""What the page shows of one spec under one setting, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from archdsl import api
from archdsl.apps.compare.columns import filled
from archdsl.apps.compare.model import Comparison, compare
from archdsl.apps.draw.showing import picture
from archdsl.errors import ArchdslError, Diagnostic, Source
from archdsl.frontend.dump import flow
from archdsl.frontend.extending import Extension
from archdsl.frontend.load import Spec, parse
from archdsl.lowering.limits import Limits

SHOWN = {"settings", "c10_error", "c100_error", "imagenet_error"}
"""Columns of a comparison that say nothing of a single network."""


@dataclass(frozen=True)
class Look:
    """What the page shows.

    Attributes:
        name: name of the network; empty if the spec cannot be read.
        parameters: the defaults of the spec's parameters as it has them, by name.
        counts: titles and values, as `archdsl compare` prints them.
        picture: SVG text; empty if there is none.
        code: the emitted file; empty if there is none.
        diagnostics: errors, warnings and notes, as `--format json` prints them.
    """

    name: str = ""
    parameters: Mapping[str, str] | None = None
    counts: tuple[tuple[str, str], ...] = ()
    picture: str = ""
    code: str = ""
    diagnostics: tuple[dict[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the values for JSON."""
        return asdict(self)


def look(
    text: str | Source, settings: Mapping[str, str], view: str | None = None,
    limits: Limits | None = None, extend: tuple[Extension, ...] = (),
) -> Look:  # fmt: skip
    """Return what the page shows of a spec. Errors of the spec are part of it.

    Args:
        text: the text of a spec.
        settings: values for its parameters as YAML, by name; those it does not have are ignored.
        view: a view of `archdsl draw`; chosen by size if None.
        limits: how large the network may be.
        extend: custom rules, units, aggregations and layers.
    """
    try:
        spec = parse(text, extend=extend)
    except ArchdslError as error:
        return Look(diagnostics=_plain(error.diagnostics))
    settable = {name: value for name, value in settings.items() if name in spec.parameters.defaults}
    return look_at(spec, settable, view, limits)


def look_at(
    spec: Spec, settings: Mapping[str, Any], view: str | None = None, limits: Limits | None = None
) -> Look:
    """Return what the page shows of a spec under some settings. Its errors are part of it.

    Args:
        spec: the spec.
        settings: parameters to set, as for `Spec.with_settings`.
        view: a view of `archdsl draw`; chosen by size if None.
        limits: how large the network may be.
    """
    try:
        return shown(api.check(spec.with_settings(settings), limits), view)
    except ArchdslError as error:
        return Look(spec.name, _parameters(spec), diagnostics=_plain(error.diagnostics))


def shown(checked: api.Checked, view: str | None = None) -> Look:
    """Return what the page shows of a checked spec; errors of the picture are part of it.

    Args:
        checked: the checked spec.
        view: a view of `archdsl draw`; chosen by size if None.
    """
    notes = [*checked.remarks, *checked.failures]
    svg = ""
    try:
        drawn = picture(checked, view=view)
        svg, notes = drawn.content.decode(), [*notes, *drawn.notes]
    except ArchdslError as error:
        notes += error.diagnostics
    comparison = compare([(checked.spec.name, checked)])
    return Look(
        checked.spec.name, _parameters(checked.spec), counts(comparison), svg, checked.emit(),
        _plain(notes),
    )  # fmt: skip


def counts(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    """Return the titles and values of a comparison of one network."""
    (row,) = comparison.rows
    columns = [column for column in filled(comparison) if column.name not in SHOWN]
    return tuple((column.heading, column.text(row)) for column in columns)


def _parameters(spec: Spec) -> dict[str, str]:
    declared = spec.document.root.get("params") or {}
    return {name: flow(value) for name, value in declared.items()}


def _plain(diagnostics: tuple[Diagnostic, ...] | list[Diagnostic]) -> tuple[dict[str, Any], ...]:
    return tuple(diagnostic.as_dict() for diagnostic in diagnostics)
