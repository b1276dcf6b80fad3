"""`archdsl reconcile`: what a paper left unsaid, if a spec has other parameters than it prints."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from archdsl import api
from archdsl.apps.search.reconcile import LARGEST, MOST, Outcome, Reconciled
from archdsl.apps.search.reconcile import reconcile as find
from archdsl.cli import options
from archdsl.cli.progress import Progress
from archdsl.cli.render import report, visible
from archdsl.cli.solve import flag
from archdsl.errors import Exit
from archdsl.lowering.limits import Limits

SHOWN = 10
NUMBERS = ("no change", "one change", "two changes", "three changes")


@options.limited()
def reconcile(
    spec: options.SpecPath,
    parameters: Annotated[
        str, typer.Option(metavar="N", help="The figure as printed, such as 0.76M.")
    ],
    sets: options.Sets = None,
    as_json: options.Json = False,
    most: Annotated[
        int | None,
        typer.Option(
            "--max-networks",
            min=1,
            help=f"Maximum sets of changes to count. [default: {MOST:,}, fewer for large networks]",
            show_default=False,
        ),
    ] = None,
    form: options.Format = "text",
    *,
    limits: Limits = options.DEFAULT,
) -> int:
    """Find unstated choices that explain a printed count."""
    start = api.load(spec, options.settings(sets))
    with Progress() as progress:

        def told(done: int, total: int) -> None:
            progress.show(f"{done:,} of {total:,} sets of changes counted")

        found = find(start, parameters, limits, most=most, told=told)
    report(found.spec.notes, form)
    print(json.dumps(facts(found), indent=2) if as_json else text(found))
    if found.interrupted:
        print("interrupted", file=sys.stderr)
        return Exit.INTERRUPTED
    return Exit.FINE if found.hits else Exit.WRONG_SPEC


def text(found: Reconciled) -> str:
    """What was found, for people."""
    given = "".join(f" {name}={value}" for name, value in found.spec.settings.items())
    lines = [
        f"{found.spec.name}{visible(given, 400)}: {found.parameters:,} parameters",
        f"printed: {found.figure.text}",
    ]
    if not found.hits:
        lines += ["", "nothing that was tried prints so; the nearest:"]
    told = found.hits or found.nearest
    for number, said in enumerate(NUMBERS):
        group = [outcome for outcome in told[:SHOWN] if len(outcome.changes) == number]
        if group:
            lines += ["", said]
            lines += [line for outcome in group for line in paragraph(outcome)]
    if len(told) > SHOWN:
        lines += ["", f"{len(told) - SHOWN:,} more, which --json prints"]
    return "\n".join([*lines, "", *closing(found)])


def paragraph(outcome: Outcome) -> list[str]:
    """An outcome: its changes, its count, and what makes it so."""
    said = " and ".join(change.said for change in outcome.changes) or "as it is written"
    how = f", {outcome.how}" if outcome.how else ""
    said = f"{outcome.parameters:,}{how}: {said}"
    flags = " ".join(flag(name, value) for name, value in outcome.settings.items())
    lines = [f"  {said}"]
    lines += [f"      {visible(line)}" for line in [flags, *outcome.edit] if line]
    return lines


def closing(found: Reconciled) -> list[str]:
    """How much was looked at, so that a reader can judge what chance may have done."""
    if found.hits and not found.hits[0].changes and found.counted == 1:
        return ["nothing is left to explain"]
    lines = [
        f"tried {found.counted:,} sets of changes with {found.different:,} different counts; "
        f"printing as {found.figure.text}: {found.printing:,}"
    ]
    if found.interrupted:
        lines.append("the search was interrupted")
    elif not found.complete:
        lines.append(f"not all sets of {found.size} were counted: raise --max-networks")
    elif not found.hits and found.size < LARGEST:
        lines.append(f"sets of more than {found.size} were not tried: there are too many")
    return lines


def facts(found: Reconciled) -> dict[str, Any]:
    """What was found, for programs."""
    return {
        "name": found.spec.name,
        "settings": dict(found.spec.settings),
        "printed": found.figure.text,
        "parameters": found.parameters,
        "hits": [outcome_facts(outcome) for outcome in found.hits],
        "nearest": [outcome_facts(outcome) for outcome in found.nearest],
        "counted": found.counted,
        "different": found.different,
        "printing": found.printing,
        "largest_sets": found.size,
        "complete": found.complete,
    }


def outcome_facts(outcome: Outcome) -> dict[str, Any]:
    """One outcome, for programs."""
    return {
        "changes": [{"kind": change.kind, "said": change.said} for change in outcome.changes],
        "settings": outcome.settings,
        "edit": list(outcome.edit),
        "norms_counted": all(change.norms for change in outcome.changes),
        "parameters": outcome.parameters,
        "how": outcome.how,
    }
