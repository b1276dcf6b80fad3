"""`archdsl solve`: the setting of a parameter that makes a network as large as a budget."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from archdsl import api
from archdsl.aligned import aligned
from archdsl.apps.search.counting import QUANTITIES, amount, measure
from archdsl.apps.search.solve import Budget, Point, Setting, Solution
from archdsl.apps.search.solve import solve as find
from archdsl.cli import options
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
) -> int:
    """Find the parameter setting that is nearest to a budget."""
    given = {"parameters": parameters, "macs": macs, "activation-bytes": activation_bytes}
    if like_sets and not like:
        raise fail("A414", "--like-set goes with --like", help="name the other spec")
    budget = budget_of(given, like, like_sets, by, limits)
    found = find(api.load(spec, options.settings(sets)), over, budget, limits)
    report(found.spec.notes, form)
    print(json.dumps(facts(found), indent=2) if as_json else text(found))
    return Exit.FINE


def budget_of(
    given: dict[str, str | None],
    like: Path | None,
    like_sets: list[str] | None,
    by: str,
    limits: Limits,
) -> Budget:
    """The one budget that was given. Raises ArchdslError (A414, or as checking `like` does)."""
    written = {name: value for name, value in given.items() if value is not None}
    if len(written) + (like is not None) != 1:
        flags = ", ".join(f"--{name}" for name in QUANTITIES)
        raise fail("A414", f"one budget is needed: {flags} or --like", help="--parameters 7.2M")
    if like is None:
        ((by, value),) = written.items()
        return Budget(by, amount(value))
    return Budget(by, measure(api.load(like, options.settings(like_sets)), by, limits))


def text(found: Solution) -> str:
    """The solution for people."""
    heading = ("", found.over, QUANTITIES[found.budget.by][0], "of budget")
    lines = [f"{found.spec.name}: {found.over} for {found.budget.said}", ""]
    lines += aligned([heading, *(row(found, point) for point in found.points())], "<>>>")
    lines += ["", *(f"note: {note}" for note in found.notes)]
    if found.nearest.setting != found.nearest.last:
        same = f"{flow(found.nearest.setting)} to {flow(found.nearest.last)}"
        lines.append(f"note: {found.over} from {same} gives the same")
    return "\n".join([*lines, f"use {flag(found.over, found.nearest.setting)}"])


def row(found: Solution, point: Point) -> tuple[str, ...]:
    """One line of the table."""
    mark = "nearest" if point is found.nearest else "next"
    return (mark, flow(point.setting), f"{point.count:,}", f"{point.ratio:.2%}")


def flag(name: str, value: Setting) -> str:
    """The option that sets a parameter, as a shell takes it."""
    return f"--set {shlex.quote(f'{name}={flow(value)}')}"


def facts(found: Solution) -> dict[str, Any]:
    """The solution for programs."""
    below, above = (point and point.as_dict() for point in (found.below, found.above))
    return {
        "name": found.spec.name,
        "over": found.over,
        "by": found.budget.by,
        "budget": found.budget.amount,
        "nearest": found.nearest.as_dict(),
        "below": below,
        "above": above,
        "settings": {**found.spec.settings, found.over: found.nearest.setting},
        "evaluations": found.evaluations,
        "notes": list(found.notes),
    }
