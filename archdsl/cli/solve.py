"""`archdsl solve`: find the setting of a parameter whose network is nearest to a budget."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from archdsl.aligned import aligned
from archdsl.apps.search.counting import QUANTITIES, amount, measure
from archdsl.apps.search.solve import Budget, Point, Setting, Solution
from archdsl.apps.search.solve import solve as find
from archdsl.cli import inputs, options
from archdsl.cli.progress import working
from archdsl.cli.render import report
from archdsl.errors import Exit, fail
from archdsl.frontend.dump import flow
from archdsl.lowering.limits import Limits


@options.limited()
def solve(
    spec: options.SpecPath,
    over: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="The parameter to vary: an integer, or a list that is scaled as a whole.",
        ),
    ],
    sets: options.Sets = None,
    parameters: Annotated[
        str | None, typer.Option(metavar="N", help="Budget: parameters, such as 7.2M.")
    ] = None,
    macs: Annotated[
        str | None, typer.Option(metavar="N", help="Budget: multiply-adds, such as 1.5G.")
    ] = None,
    activation_bytes: Annotated[
        str | None,
        typer.Option(metavar="N", help="Budget: activation bytes for inference, batch 1."),
    ] = None,
    like: Annotated[
        Path | None, typer.Option(metavar="SPEC", help="Budget: the cost of another network.")
    ] = None,
    like_sets: Annotated[
        list[str] | None,
        typer.Option("--like-set", metavar="NAME=VALUE", help="Set a parameter of that network."),
    ] = None,
    by: Annotated[
        Literal["parameters", "macs", "activation-bytes"],
        typer.Option(help="The cost to take from that network."),
    ] = "parameters",
    as_json: options.Json = False,
    form: options.Format = "text",
    *,
    limits: Limits = options.DEFAULT,
    extend: options.Extend = (),
) -> int:
    """Find the parameter setting that is nearest to a budget."""
    budgets = {"parameters": parameters, "macs": macs, "activation-bytes": activation_bytes}
    if like_sets and not like:
        raise fail("A414", "--like-set goes with --like", help="name the other spec")
    with working(f"{spec}: solving for {over}"):
        budget = budget_of(budgets, like, like_sets, by, limits, extend)
        start = inputs.load(spec, options.settings(sets), extend=extend)
        solution = find(start, over, budget, limits)
    report(solution.spec.notes, form)
    print(json.dumps(facts(solution), indent=2) if as_json else text(solution))
    return Exit.FINE


def budget_of(
    budgets: dict[str, str | None],
    like: Path | None,
    like_sets: list[str] | None,
    by: str,
    limits: Limits,
    extend: options.Extend = (),
) -> Budget:
    """Return the one budget that the options name.

    Args:
        budgets: the options by quantity, such as `7.2M`; None where an option is not used.
        like: a spec whose cost is the budget, or None.
        like_sets: the settings of that spec as `NAME=VALUE`, or None.
        by: the quantity to take from that spec.
        limits: how large its network may be.
        extend: custom rules, units, aggregations and layers.

    Raises:
        ArchdslError: A414 unless there is exactly one budget; the errors of the spec `like`.
    """
    written = {name: value for name, value in budgets.items() if value is not None}
    if len(written) + (like is not None) != 1:
        flags = ", ".join(f"--{name}" for name in QUANTITIES)
        raise fail("A414", f"one budget is needed: {flags} or --like", help="--parameters 7.2M")
    if like is None:
        ((by, value),) = written.items()
        return Budget(by, amount(value))
    spec = inputs.load(like, options.settings(like_sets), extend=extend)
    return Budget(by, measure(spec, by, limits))


def text(solution: Solution) -> str:
    """Return the solution as text."""
    heading = ("", solution.over, QUANTITIES[solution.budget.by][0], "of budget")
    lines = [f"{solution.spec.name}: {solution.over} for {solution.budget.words}", ""]
    lines += aligned([heading, *(row(solution, point) for point in solution.points())], "<>>>")
    lines += ["", *(f"note: {note}" for note in solution.notes)]
    if solution.nearest.setting != solution.nearest.last:
        same = f"{flow(solution.nearest.setting)} to {flow(solution.nearest.last)}"
        lines.append(f"note: {solution.over} from {same} gives the same")
    return "\n".join([*lines, f"use {flag(solution.over, solution.nearest.setting)}"])


def row(solution: Solution, point: Point) -> tuple[str, ...]:
    """Return the cells of one line of the table.

    Args:
        solution: the settings next to the budget.
        point: one of them, which is marked if it is the nearest.

    Returns:
        Mark, setting, count, and ratio of the count to the budget.
    """
    mark = "nearest" if point is solution.nearest else "next"
    return (mark, flow(point.setting), f"{point.count:,}", f"{point.ratio:.2%}")


def flag(name: str, value: Setting) -> str:
    """Return the option that sets a parameter, quoted for a shell.

    >>> flag("widths", [16, 32])
    "--set 'widths=[16, 32]'"

    Args:
        name: the parameter.
        value: a number or a list of numbers.
    """
    return f"--set {shlex.quote(f'{name}={flow(value)}')}"


def facts(solution: Solution) -> dict[str, Any]:
    """Return the solution as plain values, ready for JSON."""
    below, above = (point and point.as_dict() for point in (solution.below, solution.above))
    return {
        "name": solution.spec.name,
        "over": solution.over,
        "by": solution.budget.by,
        "budget": solution.budget.amount,
        "nearest": solution.nearest.as_dict(),
        "below": below,
        "above": above,
        "settings": {**solution.spec.settings, solution.over: solution.nearest.setting},
        "evaluations": solution.evaluations,
        "notes": list(solution.notes),
    }
