"""Growth classes that the paper states for each topology.

Table 1 has parameters, the shortest gradient path and the aggregated features of layer l; links are
those of section 3: equation 3 makes them O(N^2), equation 4 O(N log N), and a fractal block, whose
columns are N, N/2, ..., 1 units deep, has O(2 N) of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Quantity = Literal["parameters", "links", "shortest_gradient_path", "max_aggregated_outputs"]
QUANTITIES: tuple[Quantity, ...] = (
    "parameters", "links", "shortest_gradient_path", "max_aggregated_outputs",
)  # fmt: skip
"""Quantities that are counted, by the names of `Counts` and of a stage's report."""


@dataclass(frozen=True)
class Claim:
    """A row of Table 1: its name, and the class of each quantity that the paper states."""

    name: str
    classes: Mapping[Quantity, str]


def _row(name: str, *classes: str) -> Claim:
    """Return a row; classes are in the order of `QUANTITIES`, and empty ones are omitted."""
    pairs = zip(QUANTITIES, classes, strict=True)
    return Claim(name, {quantity: growth for quantity, growth in pairs if growth})


PLAIN = _row("Plain", "N", "", "N", "1")
RESNETS = _row("ResNets", "N", "N^2", "1", "N")
DENSENETS = _row("DenseNets", "N^2", "N^2", "1", "N")
SUMMED = _row("SparseNets (sum)", "N", "N log N", "log N", "log N")
CONCATENATED = _row("SparseNets (concat)", "N log N", "N log N", "log N", "log N")
FRACTAL = _row("FractalNet", "", "N", "", "")

CLAIMS = {
    ("full", "sum"): RESNETS,
    ("full", "running"): RESNETS,
    ("full", "concat"): DENSENETS,
    ("exponential", "sum"): SUMMED,
    ("exponential", "concat"): CONCATENATED,
    ("fractal", "mean"): FRACTAL,
}


def claim(rule: str, aggregation: str) -> Claim | None:
    """Return the paper's claim on a rule with an aggregation, or None.

    A plain stage has no aggregates, so its claim does not depend on the aggregation.

    Args:
        rule: the keyword of the rule, such as `exponential`.
        aggregation: the keyword of the aggregation, such as `concat`.
    """
    return PLAIN if rule == "plain" else CLAIMS.get((rule, aggregation))
