"""What the paper says of each topology, in the classes of `growth`.

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
"""What is measured, by the names of `Counts` and of a report on a stage."""


@dataclass(frozen=True)
class Claim:
    """A row of Table 1: its name, and the class of each quantity that the paper speaks of."""

    name: str
    classes: Mapping[Quantity, str]


def _row(name: str, *classes: str) -> Claim:
    """A row with its classes in the order of `QUANTITIES`; without those that are empty."""
    found = zip(QUANTITIES, classes, strict=True)
    return Claim(name, {quantity: said for quantity, said in found if said})


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
    """What the paper says of a rule with an aggregation, if it speaks of them.

    A chain has nothing to aggregate, so Plain it is with any aggregation.
    """
    return PLAIN if rule == "plain" else CLAIMS.get((rule, aggregation))
