"""How the outputs that leave a stage are written in its class."""

from __future__ import annotations

from archdsl.ir.graph import Stage
from archdsl.language.rule import Rule


def exit_form(stage: Stage) -> str:
    """Return how a class can write the outputs that its stages return, whatever their depth.

    `all`, `last`, `made` and `newest-first` are ranges over the layers, `rule` is a call of the
    exit's rule for layer N + 1. `listed` is a list of indices, which differs with the depth.
    """
    if stage.leaves not in {"rule", "own", "grown"}:
        return stage.leaves
    if stage.leaves == "grown" and stage.rule.source() is not None:
        return "grown"
    rule = stage.exit_rule
    if type(rule).exit_reads is Rule.exit_reads and rule.source() is not None:
        return "rule"
    return "made" if stage.exit_sources() == tuple(range(1, stage.depth + 1)) else "listed"
