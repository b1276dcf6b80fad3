"""`archdsl reconcile`: find unstated choices that explain a printed number of parameters."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from archdsl.apps.search.outcomes import Outcome
from archdsl.apps.search.reconcile import LARGEST, MOST, Reconciled
from archdsl.apps.search.reconcile import reconcile as find
from archdsl.cli import inputs, options
from archdsl.cli.progress import Progress
from archdsl.cli.render import report, visible
from archdsl.cli.solve import flag
from archdsl.counted import counted
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
    extend: options.Extend = (),
) -> int:
    """Find unstated choices that explain a printed count."""
    start = inputs.load(spec, options.settings(sets), extend=extend)
    with Progress() as line:
        result = find(
            start, parameters, limits, most=most,
            progress=lambda done, total: line.show(
                f"{done:,} of {counted(total, 'set')} of changes counted"
            ),
        )  # fmt: skip
    report(result.spec.notes, form)
    print(json.dumps(facts(result), indent=2) if as_json else text(result))
    if result.interrupted:
        print("interrupted", file=sys.stderr)
        return Exit.INTERRUPTED
    return Exit.FINE if result.hits else Exit.WRONG_SPEC


def text(result: Reconciled) -> str:
    """Return the result as text."""
    settings = "".join(f" {name}={value}" for name, value in result.spec.settings.items())
    lines = [
        f"{result.spec.name}{visible(settings, 400)}: {counted(result.parameters, 'parameter')}",
        f"printed: {result.figure.text}",
    ]
    if not result.hits:
        lines += ["", "no set of changes prints as this figure; the nearest:"]
    outcomes = result.hits or result.nearest
    for number, title in enumerate(NUMBERS):
        group = [outcome for outcome in outcomes[:SHOWN] if len(outcome.changes) == number]
        if group:
            lines += ["", title]
            lines += [line for outcome in group for line in paragraph(outcome)]
    if len(outcomes) > SHOWN:
        lines += ["", f"{len(outcomes) - SHOWN:,} more, which --json prints"]
    return "\n".join([*lines, "", *closing(result)])


def paragraph(outcome: Outcome) -> list[str]:
    """Return the lines of an outcome: its count, its changes, and the options or edits for them."""
    changes = " and ".join(change.words for change in outcome.changes) or "as it is written"
    how = f", {outcome.how}" if outcome.how else ""
    flags = " ".join(flag(name, value) for name, value in outcome.settings.items())
    lines = [f"  {outcome.parameters:,}{how}: {changes}"]
    lines += [f"      {visible(line)}" for line in [flags, *outcome.edit] if line]
    return lines


def closing(result: Reconciled) -> list[str]:
    """Return how many sets were counted, so that a reader can judge whether a hit is by chance."""
    if result.hits and not result.hits[0].changes and result.counted == 1:
        return ["nothing is left to explain"]
    lines = [
        f"tried {counted(result.counted, 'set')} of changes with "
        f"{counted(result.different, 'different count')}; "
        f"printing as {result.figure.text}: {result.printing:,}"
    ]
    if result.interrupted:
        lines.append("the search was interrupted")
    elif not result.complete:
        lines.append(f"not all sets of {result.size} were counted: raise --max-networks")
    elif not result.hits and result.size < LARGEST:
        lines.append(f"sets of more than {result.size} were not tried: there are too many")
    return lines


def facts(result: Reconciled) -> dict[str, Any]:
    """Return the result as plain values, ready for JSON."""
    return {
        "name": result.spec.name,
        "settings": dict(result.spec.settings),
        "printed": result.figure.text,
        "parameters": result.parameters,
        "hits": [outcome_facts(outcome) for outcome in result.hits],
        "nearest": [outcome_facts(outcome) for outcome in result.nearest],
        "counted": result.counted,
        "different": result.different,
        "printing": result.printing,
        "largest_sets": result.size,
        "complete": result.complete,
    }


def outcome_facts(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as plain values, ready for JSON."""
    return {
        "changes": [{"kind": change.kind, "said": change.words} for change in outcome.changes],
        "settings": outcome.settings,
        "edit": list(outcome.edit),
        "norms_counted": all(change.norms for change in outcome.changes),
        "parameters": outcome.parameters,
        "how": outcome.how,
    }
