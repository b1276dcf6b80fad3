"""Count the links of a stage, and prove that they agree with its rule.

A link is one output read by one layer. A layer reads `fan_in` outputs: the previous one, and the
others over skip links. Equation 2 of the paper has floor(log_c l) + 1 links into layer l, and
equation 4 sums the floor(log_c l) skip links without the direct one. Both sums are reported.
"""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.analysis.prove import prove, prove_exit
from archdsl.ir.graph import Stage

__all__ = ["FanIn", "Links", "links", "prove"]


@dataclass(frozen=True, slots=True)
class FanIn:
    """Smallest, largest and mean number of outputs that a layer reads."""

    min: int
    max: int
    mean: float


@dataclass(frozen=True, slots=True)
class Links:
    """Counts of the links of a stage.

    Attributes:
        links: outputs read by layers 1 ... N together.
        skip_links: `links` - N.
        exit_links: outputs that the exit reads, not counted in `links`; 1 for the last one alone.
        bound: upper bound of `links` that the rule claims.
        fan_in: outputs read per layer.
    """

    links: int
    skip_links: int
    exit_links: int
    bound: int
    fan_in: FanIn


def links(stage: Stage) -> Links:
    """Return the links of a stage. Raise ArchdslError (A202 to A205) as `prove` does."""
    if not stage.depth:  # the stage has one unit, which makes y_0, so no layer reads by the rule
        return Links(0, 0, 1, 0, FanIn(0, 0, 0.0))
    counts = prove(stage.rule, stage.depth, exit=stage.leaves == "rule")
    if stage.leaving:
        prove_exit(stage.leaving, stage.depth)
    total = sum(counts)
    return Links(
        links=total,
        skip_links=total - stage.depth,
        exit_links=len(stage.exit_sources()),
        bound=stage.rule.bound(stage.depth),
        fan_in=FanIn(min(counts), max(counts), total / stage.depth),
    )
