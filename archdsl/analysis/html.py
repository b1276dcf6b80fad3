"""A report as the tables that a notebook shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from archdsl.ir.shapes import show

if TYPE_CHECKING:
    from archdsl.analysis.report import Report

TOTALS = (
    "depth", "layers", "links", "skip_links", "shortest_gradient_path", "longest_gradient_path",
    "max_aggregated_outputs", "receptive_field",
)  # fmt: skip
"""Counts of the whole network that its parts do not add up to."""


def report(numbers: Report) -> str:
    """Return the parts of a network and its counts as HTML tables."""
    costs = [(part.name, show(part.shape), part.parameters, part.macs) for part in numbers.parts]
    total = ("total", "", numbers.parameters, numbers.macs)
    counts = [(name.replace("_", " "), getattr(numbers, name)) for name in TOTALS]
    memory = numbers.activation_bytes
    counts += [
        ("activations to infer, B", memory.inference),
        ("activations to train, B", memory.training),
    ]
    parts = _table(("part", "out", "parameters", "MACs"), [*costs, total])
    return f"<p>{escape(numbers.name)}</p>{parts}{_table(('', ''), counts)}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    top = "".join(f"<th>{head}</th>" for head in heads)
    lines = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>"


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f'<td style="text-align: right">{value:,}</td>'
    return f'<td style="text-align: left">{escape("" if value is None else str(value))}</td>'
