"""Whether the rule of a stage fits it."""

from __future__ import annotations

from archdsl.errors import fail
from archdsl.lowering.stage_plan import StagePlan


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
            f"`{plan.operator.kind}` holds every earlier output, so its rule is `full`, "
            f"not `{rule.rule}`",
            help="write `connect: full`, or another aggregation, such as `sum`",
            **place,
        )
    if plan.operator.weights():
        _check_weights(plan)
    if not plan.layers:
        return
    problem = rule.problem(plan.layers)
    table = getattr(rule, "table", None)
    if problem is None and plan.leaves == "rule" and table and len(table) == plan.layers:
        problem = "the exit by `rule` needs a list of its own, after those of the layers"
    for code, message in (("A202", problem), ("A203", rule.cycle(plan.layers))):
        if message:
            raise fail(code, message, **place)


def _check_weights(plan: StagePlan) -> None:
    """Refuse aggregations whose weights could not belong to one reader each. Raises A121."""
    operator = plan.operator
    problem = None
    if operator.associative:
        problem = "so an aggregate cannot be made of another reader's"
        help = "leave out `associative`"
    elif operator.running and plan.leaves == "last":
        problem = "but the last of them would be read by nothing"
        help = "write `exit: rule`"
    elif operator.dropped():
        problem = "so drop-path cannot leave some of them out"
        help = "let `dropped` return 0"
    if problem:
        message = f"every reader of `{operator.kind}` has its own weights, {problem}"
        raise fail("A121", message, help=help, **plan.place("aggregate"))
