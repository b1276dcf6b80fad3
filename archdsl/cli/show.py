"""`archdsl show` and `archdsl check`: what a spec is, and whether it is right."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from archdsl import api
from archdsl.cli import options
from archdsl.cli import plan as planned
from archdsl.cli.render import report
from archdsl.cli.tables import expansions, table, totals
from archdsl.codegen.fusing import DEVICES
from archdsl.codegen.program import program
from archdsl.errors import ArchdslError, Diagnostic, Exit, fail
from archdsl.ir import text
from archdsl.lowering.limits import Limits
from archdsl.passes.pipeline import FOR_INFERENCE, PASSES, Pass, run

VIEWS: dict[str, tuple[Pass, ...]] = {
    "exploded": (),
    "compact": PASSES,
    "placed": FOR_INFERENCE,
}
"""Which passes are run before the graph is printed."""


@options.limited()
def show(
    spec: options.SpecPath,
    sets: options.Sets = None,
    as_json: options.Json = False,
    ir: Annotated[bool, typer.Option("--ir", help="Print the graph as text.")] = False,
    view: Annotated[
        str,
        typer.Option(metavar="exploded|compact|placed", help="View of the graph for --ir."),
    ] = "exploded",
    expand: Annotated[
        bool,
        typer.Option("--expand", help="Also print units, reads per layer, and state-dict keys."),
    ] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Print the plan of `fuse`: folded layers and buffers.")
    ] = False,
    form: options.Format = "text",
    *,
    limits: Limits = options.DEFAULT,
) -> int:
    """Print a network's stages, parameters, MACs, links and memory."""
    found = options.checked(spec, sets, limits)
    report(found.remarks, form)
    if view not in VIEWS:
        raise fail("A414", f"`{view}` is not a view", help=f"there are {', '.join(VIEWS)}")
    if ir:
        print(text.graph(run(found.graph, VIEWS[view])), end="")
    elif plan:
        fusing = program(found.graph, "Network", fuse=DEVICES).fusing
        print(planned.text(fusing) if fusing else "", end="")
    elif as_json:
        print(json.dumps(facts(found), indent=2))
    else:
        print(table(found))
        print(totals(found))
    if expand and not as_json:
        print(expansions(found))
    return Exit.FINE


@options.limited()
def check(
    specs: options.SpecPaths,
    sets: options.Sets = None,
    form: options.Format = "text",
    *,
    limits: Limits = options.DEFAULT,
) -> int:
    """Check specs and their published figures."""
    findings: list[Diagnostic] = []
    for path in specs:
        try:
            found = options.checked(path, sets, limits)
        except ArchdslError as error:
            findings += error.diagnostics
            continue
        findings += [*found.remarks, *found.failures]
        if not found.failures:
            print(f"ok  {found.spec.name}")
            print(totals(found))
    report(findings, form)
    return max((finding.exit for finding in findings), default=Exit.FINE)


def facts(found: api.Checked) -> dict[str, Any]:
    """The report with the settings and the published figures."""
    return {
        **found.report.as_dict(),
        "settings": dict(found.spec.settings),
        "sha256": found.spec.sha256,
        "expectations": [verdict.as_dict() for verdict in found.verdicts],
        "remarks": [remark.as_dict() for remark in found.remarks],
    }
