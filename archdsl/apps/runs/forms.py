"""Groups of runs as text, JSON and CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from typing import Any

from archdsl.apps.compare.forms import plain
from archdsl.apps.compare.text import blocks
from archdsl.apps.runs.columns import exact, filled
from archdsl.apps.runs.grouping import Group, facts
from archdsl.apps.runs.spread import Spread
from archdsl.version import __version__

IN_LABEL = "settings"
"""A column that terminals do not show: what differs is in the labels."""


def as_text(groups: Sequence[Group]) -> str:
    """Return groups for terminals of 80 columns, in as many blocks as needed."""
    columns = [column for column in filled(groups) if column.heading != IN_LABEL]
    lines = [(column.heading, [column.text(group) for group in groups]) for column in columns]
    return "\n\n".join(blocks([group.label for group in groups], lines)) + "\n"


def as_json(groups: Sequence[Group]) -> str:
    """Return groups and their runs as JSON with exact numbers; unknown ones are null."""
    listed = [_group(group) for group in groups]
    return json.dumps({"archdsl": __version__, "groups": listed}, indent=2, allow_nan=False) + "\n"


def _group(group: Group) -> Mapping[str, Any]:
    return {
        "label": group.label,
        "network": group.first.network,
        "parameters": group.first.parameters,
        "error": _spread(group.error),
        "best_error": _spread(group.best_error),
        "settings": facts(group.first),
        "runs": [exact(run) for run in group.runs],
    }


def _spread(values: Spread | None) -> Mapping[str, Any] | None:
    if values is None:
        return None
    return {
        "mean": values.mean, "standard_deviation": values.deviation, "values": len(values.values),
    }  # fmt: skip


def as_csv(groups: Sequence[Group]) -> str:
    """Return a line for each run as CSV with exact numbers; unknown ones are empty."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    rows = [{"group": group.label, **exact(run)} for group in groups for run in group.runs]
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow("" if value is None else plain(value) for value in row.values())
    return out.getvalue()


FORMS: Mapping[str, Callable[[Sequence[Group]], str]] = {
    "text": as_text,
    "json": as_json,
    "csv": as_csv,
}
