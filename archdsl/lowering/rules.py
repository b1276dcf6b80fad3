"""Whether the rule of a stage or a block fits it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archdsl.errors import Place, fail
from archdsl.language.aggregation import Aggregation
from archdsl.language.rule import Rule
from archdsl.lowering.wiring import Wiring


def check_rule(plan: Wiring) -> None:
    """Whether a rule fits its stage. Raises ArchdslError (A202, A203, A219, A221), located."""
    rule, place = plan.rule, plan.place("connect")
    if plan.operator.running and not rule.reads_all:
        raise fail(
            "A219",
            f"`{plan.operator.kind}` holds every earlier output, so its rule is `full`, "
            f"not `{rule.rule}`",
            help="write `connect: full`, or another aggregation, such as `sum`",
            **place,
        )
    _check_order(plan.operator, rule, place)
    if plan.operator.weights():
        _check_weights(plan.operator, plan.leaves == "last", plan.place("aggregate"))
    if not plan.layers:
        return
    _check_exit(plan)
    problem = rule.problem(plan.layers)
    if problem is None and plan.leaves == "rule":
        problem = rule.same_exit_problem(plan.layers)
    for code, message in (("A202", problem), ("A203", rule.cycle(plan.layers))):
        if message:
            raise fail(code, message, **place)


def _check_order(operator: Aggregation, rule: Rule, place: Place) -> None:
    """Raise A219 if a rule names an order in which a state does not join outputs."""
    if (operator.running or operator.folds) and rule.reverses and rule.newest_first:
        raise fail(
            "A219",
            f"`{operator.kind}` joins the outputs in their order, the oldest first",
            help="leave out `order`",
            **place,
        )


def check_reads(
    sources: Sequence[int], count: int, reader: str, place: Callable[..., Place]
) -> None:
    """Raise A203 if a reader names no outputs, one of them twice, or one that does not exist.

    Args:
        sources: indices of the outputs.
        count: how many outputs exist.
        reader: what the diagnostic calls the reader.
        place: returns where a key of the reader is written, here `connect`.
    """
    exist = all(map(range(count).__contains__, sources))
    if not sources or len(set(sources)) < len(sources) or not exist:
        raise fail(
            "A203",
            f"{reader} reads {list(sources)[:8]}: a rule names one or more different outputs of "
            f"0 to {count - 1}",
            **place("connect"),
        )


def _check_exit(plan: Wiring) -> None:
    """Refuse exits that do not fit the stage. Raises ArchdslError (A121, A202, A219, A221)."""
    place, rule, operator = plan.place("exit"), plan.leaving, plan.joining
    if plan.operator.running and plan.leaves not in {"rule", "all", "last"}:
        message = "a running sum holds the outputs together, so its exit cannot select some of them"
        raise fail("A219", message, help="write `exit: rule` or `exit: last`", **place)
    if plan.exit_operator.folds and plan.leaves == "newest-first":
        message = f"`{plan.exit_operator.kind}` joins the outputs in their order, the oldest first"
        raise fail("A219", message, help="write `exit: all`", **place)
    if rule is not None:
        _check_order(plan.exit_operator, rule, place)
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
