"""`archdsl show` and `archdsl check`: print the numbers of a network, and check specs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

from archdsl import api
from archdsl.analysis.recomputed import training_bytes
from archdsl.analysis.stage_operator import obstacles
from archdsl.cli import listings, options, terminal
from archdsl.cli.render import report
from archdsl.cli.tables import expansions, kept, table, totals
from archdsl.errors import ArchdslError, Diagnostic, Exit, fail
from archdsl.ir import text
from archdsl.ir.graph import Graph
from archdsl.lowering.limits import Limits
from archdsl.passes.pipeline import FOR_EXPORT, FOR_INFERENCE, PASSES, Pass, run

VIEWS: dict[str, tuple[Pass, ...]] = {
    "exploded": (),
    "compact": PASSES,
    "placed": FOR_INFERENCE,
    "simplified": FOR_EXPORT,
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
        typer.Option(
            metavar="exploded|compact|placed|simplified", help="View of the graph for --ir."
        ),
    ] = "exploded",
    expand: Annotated[
        bool,
        typer.Option("--expand", help="Also print units, reads per layer, and state-dict keys."),
    ] = False,
    plan: Annotated[
        bool,
        typer.Option("--plan", help="Print how `fuse` runs the network and how it is trained."),
    ] = False,
    layers: Annotated[
        bool, typer.Option("--per-layer", help="Print the cost of every layer.")
    ] = False,
    edges: Annotated[
        bool, typer.Option("--edges", help="Print every link: reader, output, channels.")
    ] = False,
    form: options.Format = "text",
    *,
    limits: Limits = options.DEFAULT,
    extend: options.Extend = (),
) -> int:
    """Print a network's stages, parameters, MACs, links and memory."""
    checked = options.checked(spec, sets, limits, extend)
    report(checked.remarks, form)
    if view not in VIEWS:
        raise fail("A414", f"`{view}` is not a view", help=f"views: {', '.join(VIEWS)}")
    if ir:
        print(text.graph(run(checked.graph, VIEWS[view])), end="")
    elif plan:
        print(fused_plan(checked), end="")
        print(training_plan(checked.graph))
    elif as_json:
        lists = [key for key, wanted in (("per_layer", layers), ("edges", edges)) if wanted]
        print(json.dumps({**facts(checked), **listings.as_json(checked.graph, lists)}, indent=2))
    elif layers or edges:
        tables = {listings.layer_table: layers, listings.edge_table: edges}
        print("\n\n".join(table(checked.graph) for table, wanted in tables.items() if wanted))
    else:
        print(table(checked))
        print(totals(checked))
        print(kept(checked))
    if expand and not as_json:
        print(expansions(checked))
    return Exit.FINE


def fused_plan(checked: api.Checked) -> str:
    """Return how the network runs after `fuse`, or "" if it cannot be fused."""
    from archdsl.cli.plan import text as plan_text
    from archdsl.codegen.fusing import DEVICES
    from archdsl.codegen.program import program

    fusing = program(checked.graph, "Network", fuse=DEVICES).fusing
    return plan_text(fusing) if fusing else ""


def training_plan(graph: Graph) -> str:
    """Return how each stage is trained with `--memory-efficient`, in lines."""
    lines = ["training with --memory-efficient"]
    for index, reason in enumerate(obstacles(graph)):
        how = f"layer by layer: {reason}" if reason else "one operator"
        lines.append(f"  stages.{index}  {how}")
    return "\n".join(lines)


@options.limited()
def check(
    specs: options.SpecPaths,
    sets: options.Sets = None,
    form: options.Format = "text",
    *,
    limits: Limits = options.DEFAULT,
    extend: options.Extend = (),
) -> int:
    """Check specs and their published figures."""
    findings: list[Diagnostic] = []
    for path in specs:
        try:
            checked = options.checked(path, sets, limits, extend)
        except ArchdslError as error:
            findings += error.diagnostics
            continue
        findings += [*checked.remarks, *checked.failures]
        if not checked.failures:
            terminal.say(f"ok  {checked.spec.name}\n{totals(checked)}")
    report(findings, form)
    return max((finding.exit for finding in findings), default=Exit.FINE)


def facts(checked: api.Checked) -> dict[str, Any]:
    """Return the report, the settings and the published figures as plain values for JSON."""
    counts = training_bytes(checked.graph, checked.report.activation_bytes.training)
    return {
        **checked.report.as_dict(),
        "training_bytes": asdict(counts),
        "memory_efficient_obstacles": obstacles(checked.graph),
        "settings": dict(checked.spec.settings),
        "sha256": checked.spec.sha256,
        "expectations": [verdict.as_dict() for verdict in checked.verdicts],
        "remarks": [remark.as_dict() for remark in checked.remarks],
    }
