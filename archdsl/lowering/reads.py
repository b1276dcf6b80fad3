"""Whether a rule fits the aggregation and the number of layers, of a stage or of a block."""

from __future__ import annotations

from archdsl.errors import Place, fail
from archdsl.language.aggregation import Aggregation
from archdsl.language.rule import Rule


def check_running(rule: Rule, operator: Aggregation, place: Place) -> None:
    """Whether a rule fits an aggregation, in a stage or a block. Raises ArchdslError (A219).

    Args:
        rule: the rule.
        operator: the aggregation.
        place: where the rule is written.
    """
    if operator.running and not rule.reads_all:
        raise fail(
            "A219",
            f"`{operator.kind}` holds every earlier output, so its rule is `full`, "
            f"not `{rule.rule}`",
            help="write `connect: full`, or another aggregation, such as `sum`",
            **place,
        )
    if operator.running and rule.reverses:
        raise fail(
            "A219",
            "a running sum adds the outputs in their order, the oldest first",
            help="leave out `order`",
            **place,
        )


def check_reads(rule: Rule, layers: int, leaves: str, place: Place) -> None:
    """Whether a rule fits a number of layers. Raises ArchdslError (A202, A203).

    Args:
        rule: the rule.
        layers: the layers of a stage, or the parts of a block.
        leaves: the word of the exit.
        place: where the rule is written.
    """
    problem = rule.problem(layers)
    table = getattr(rule, "table", None)
    if problem is None and leaves == "rule" and table and len(table) == layers:
        problem = "the exit by `rule` needs a list of its own, after those of the layers"
    for code, message in (("A202", problem), ("A203", rule.cycle(layers))):
        if message:
            raise fail(code, message, **place)
