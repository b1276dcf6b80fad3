"""Links of a stage: how many there are, proven against its rule.

A link is one output read by one layer. A layer reads `fan_in` outputs, one of which hands the
signal on; the others skip. Equation 2 of the paper has floor(log_c l) + 1 links into layer l, and
equation 4 sums the floor(log_c l) skip links without the direct one: both are reported, by name.
"""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.analysis.prove import prove, prove_exit
from archdsl.ir.graph import Stage

__all__ = ["FanIn", "Links", "links", "prove"]


@dataclass(frozen=True, slots=True)
class FanIn:
    """Outputs read per layer: the fewest, the most, and links / layers."""

    min: int
    max: int
    mean: float


@dataclass(frozen=True, slots=True)
class Links:
    """`links`: reads of layers 1 ... N together, at most `bound`. `skip_links`: links - N.

    `exit_links`: outputs joined at the exit, not among `links`; 1 if only the last one leaves.
    """

    links: int
    skip_links: int
    exit_links: int
    bound: int
    fan_in: FanIn


def links(stage: Stage) -> Links:
    """The links of a stage. Raises ArchdslError as `prove`."""
    if not stage.depth:  # its first unit makes y_0, and there is no other
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
