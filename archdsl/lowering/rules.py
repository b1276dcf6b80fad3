"""Whether the rule of a stage fits it."""

from __future__ import annotations

from archdsl.errors import fail
from archdsl.lowering.stage import StagePlan


def check_rule(plan: StagePlan) -> None:
    """Whether a rule fits its stage. Raises ArchdslError (A202, A203, A219, A221), located."""
    rule, place = plan.rule, plan.place("connect")
    if rule.scope != "stage":
        raise fail(
            "A221",
            f"`scope: {rule.scope}` is reserved; rules see their own stage so far",
            help="write `scope: stage`, or leave it out",
            **place,
        )
    if plan.operator.running and rule.rule != "full":
        raise fail(
            "A219",
            f"a running sum holds every earlier output, so its rule is `full`, not `{rule.rule}`",
            help="write `connect: full`, or `aggregate: sum` to add the outputs that are read",
            **place,
        )
    problem = rule.problem(plan.layers)
    table = getattr(rule, "table", None)
    if problem is None and plan.leaves == "rule" and table and len(table) == plan.layers:
        problem = "the exit by `rule` needs a list of its own, after those of the layers"
    for code, message in (("A202", problem), ("A203", rule.cycle(plan.layers))):
        if message:
            raise fail(code, message, **place)
