"""Whether the rule of a stage or a block fits it."""

from __future__ import annotations

from archdsl.errors import Place, fail
from archdsl.language.aggregation import Aggregation
from archdsl.lowering.reads import check_reads, check_running
from archdsl.lowering.wiring import Wiring


def check_rule(plan: Wiring) -> None:
    """Whether a rule fits its stage. Raises ArchdslError (A202, A203, A219, A221), located."""
    place = plan.place("connect")
    check_running(plan.rule, plan.operator, place)
    if plan.operator.weights():
        _check_weights(plan.operator, plan.leaves == "last", plan.place("aggregate"))
    if not plan.layers:
        return
    _check_exit(plan)
    check_reads(plan.rule, plan.layers, plan.leaves, place)


def _check_exit(plan: Wiring) -> None:
    """Refuse exits that do not fit the stage. Raises ArchdslError (A121, A202, A219, A221)."""
    place, rule, operator = plan.place("exit"), plan.leaving, plan.joining
    if plan.operator.running and plan.leaves not in {"rule", "all", "last"}:
        message = "a running sum holds the outputs together, so its exit cannot select some of them"
        raise fail("A219", message, help="write `exit: rule` or `exit: last`", **place)
    if operator is not None and operator.running:
        message = f"`{operator.kind}` joins outputs layer by layer, not all at once as an exit does"
        raise fail("A219", message, help="write `aggregate: sum`", **place)
    if operator is not None and operator.weights():
        _check_weights(operator, False, place)
    if rule is not None and rule.scope != "stage":
        message = "the exit of a stage reads outputs of its own sequence"
        raise fail("A221", message, help="leave out `scope`", **place)
    problem = rule.exit_problem(plan.layers) if rule is not None else None
    if problem:
        raise fail("A202", problem, **place)


def _check_weights(operator: Aggregation, last: bool, place: Place) -> None:
    """Refuse aggregations whose weights could not belong to one reader each. Raises A121."""
    problem = None
    if operator.associative:
        problem = "so an aggregate cannot be made of another reader's"
        help = "leave out `associative`"
    elif operator.running and last:
        problem = "but the last of them would be read by nothing"
        help = "write `exit: rule`"
    elif operator.dropped():
        problem = "so drop-path cannot leave some of them out"
        help = "let `dropped` return 0"
    if problem:
        message = f"every reader of `{operator.kind}` has its own weights, {problem}"
        raise fail("A121", message, help=help, **place)
