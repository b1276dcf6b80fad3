"""Columns of a comparison, as data: text, CSV, JSON, Markdown, LaTeX and HTML share them."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from archdsl.errors import fail
from archdsl.frontend.dump import flow

if TYPE_CHECKING:
    from archdsl.apps.compare.model import Comparison, Row

Value = int | str | None
"""An exact count, text, or None for an unknown value."""


@dataclass(frozen=True, slots=True)
class Column:
    """One quantity of a network.

    Attributes:
        name: the name in JSON, CSV and `--columns`.
        title: the name in tables.
        value: returns the quantity of a row.
        kind: `count` is an exact whole number, `quoted` an error rate as it was printed.
        unit: what is counted, where the title does not say it.
    """

    name: str
    title: str
    value: Callable[[Row], Value]
    kind: Literal["count", "quoted", "words"] = "count"
    unit: str = ""

    @property
    def heading(self) -> str:
        """Return title and unit, for tables."""
        return f"{self.title}, {self.unit}" if self.unit else self.title

    def text(self, row: Row) -> str:
        """Return the value with separated thousands; `?` for an unknown count."""
        value = self.value(row)
        if value is None:
            return "?" if self.kind == "count" else ""
        return f"{value:,}" if isinstance(value, int) else value


def settings(row: Row) -> str:
    """Return the settings as after `--set`: `depth=40 growth=[16, 32, 64]`."""
    return " ".join(f"{name}={flow(value)}" for name, value in row.settings.items())


def topology(row: Row) -> str:
    """Return rule and aggregation of the stages, each once: `exponential 2 concat`."""
    stages = [
        " ".join([stage.rule, *map(str, stage.arguments), stage.aggregation])
        for stage in row.report.stages
    ]
    return ", ".join(dict.fromkeys(stages))


def of_budget(row: Row) -> str | None:
    """Return the cost in percent of the cost to which the network was brought, or None."""
    return None if row.ratio is None else f"{row.ratio:.2%}"


COLUMNS = (
    Column("settings", "settings", settings, "words"),
    Column("topology", "topology", topology, "words"),
    Column("of_budget", "of budget", of_budget, "words"),
    Column("parameters", "parameters", lambda row: row.report.parameters),
    Column("macs", "MACs", lambda row: row.report.macs),
    Column("flops", "FLOPs", lambda row: row.report.flops, unit="2 per MAC"),
    Column("depth", "depth", lambda row: row.report.depth),
    Column("layers", "layers", lambda row: row.report.layers),
    Column("links", "links", lambda row: row.report.links),
    Column("skip_links", "skip links", lambda row: row.report.skip_links),
    Column("exit_links", "exit links", lambda row: row.report.exit_links),
    Column(
        "shortest_gradient_path", "shortest gradient path",
        lambda row: row.report.shortest_gradient_path,
    ),
    Column(
        "longest_gradient_path", "longest gradient path",
        lambda row: row.report.longest_gradient_path,
    ),
    Column(
        "max_aggregated_outputs", "max aggregated outputs",
        lambda row: row.report.max_aggregated_outputs,
    ),
    Column(
        "activation_bytes_inference", "activations to infer",
        lambda row: row.report.activation_bytes.inference, unit="B",
    ),
    Column(
        "activation_bytes_training", "activations to train",
        lambda row: row.report.activation_bytes.training, unit="B",
    ),
    Column(
        "aggregation_bytes_read", "read by aggregations",
        lambda row: row.report.aggregation_bytes.read, unit="B",
    ),
    Column(
        "aggregation_bytes_written", "written by aggregations",
        lambda row: row.report.aggregation_bytes.written, unit="B",
    ),
    Column(
        "largest_crossing_bytes", "largest cut",
        lambda row: row.report.crossing_bytes.largest, unit="B",
    ),
    Column("receptive_field", "receptive field", lambda row: row.report.receptive_field),
    Column("c10_error", "C10+ error", lambda row: row.error("c10"), "quoted", "%"),
    Column("c100_error", "C100+ error", lambda row: row.error("c100"), "quoted", "%"),
    Column(
        "imagenet_error", "ImageNet top-1 error", lambda row: row.error("imagenet"), "quoted", "%",
    ),
)  # fmt: skip
"""All columns, in the order in which they are shown."""


def chosen(names: str) -> tuple[Column, ...]:
    """Return the columns of a list such as `parameters,links`, in order.

    Raises:
        ArchdslError: A414 if a column is unknown or is named twice.
    """
    by_name = {column.name: column for column in COLUMNS}
    columns: dict[str, Column] = {}
    for name in map(str.strip, names.split(",")):
        if name not in by_name:
            near = difflib.get_close_matches(name, by_name, 1)
            hint = f"did you mean `{near[0]}`?" if near else "columns: " + ", ".join(by_name)
            raise fail("A414", f"`{name[:40]}` is not a column", help=hint)
        if name in columns:
            raise fail("A414", f"column `{name}` is named twice")
        columns[name] = by_name[name]
    return tuple(columns.values())


def filled(comparison: Comparison, columns: Iterable[Column] = COLUMNS) -> Sequence[Column]:
    """Return the columns with a value for at least one network.

    Args:
        comparison: the networks.
        columns: the columns to choose from.
    """
    return [column for column in columns if any(column.value(row) for row in comparison.rows)]
