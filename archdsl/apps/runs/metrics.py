"""Read the rows of `metrics.jsonl`, of which the last one may still be being written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archdsl.apps.runs.model import Epoch
from archdsl.apps.runs.values import count, number, parsed, percentage
from archdsl.counted import counted


def epochs(content: bytes) -> tuple[tuple[Epoch, ...], str]:
    """Return the metrics after each epoch, and a description of the lines that have none.

    A later row of an epoch replaces an earlier one. A last line that does not end is left out
    silently: a run that is killed, or is writing, leaves one.

    Args:
        content: the bytes of the file.
    """
    *lines, rest = content.split(b"\n")
    rows: dict[int, Epoch] = {}
    bad: list[int] = []
    for index, line in enumerate([*lines, rest], start=1):
        row = _epoch(parsed(line.decode("utf-8", "replace")) or {})
        if row is not None:
            rows[row.epoch] = row
        elif line.strip() and index <= len(lines):
            bad.append(index)
    where = f", the first in line {bad[0]:,}" if bad else ""
    problem = f"{counted(len(bad), 'line')} without the metrics of an epoch{where}" if bad else ""
    return tuple(rows[epoch] for epoch in sorted(rows)), problem


def _epoch(values: Mapping[str, Any]) -> Epoch | None:
    epoch = count(values, "epoch")
    if not epoch:
        return None
    return Epoch(
        epoch, number(values, "loss"), percentage(values, "error"), number(values, "seconds")
    )
