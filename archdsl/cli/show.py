"""`archdsl show` and `archdsl check`: print the numbers of a network, and check specs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

from archdsl import api
from archdsl.analysis.recomputed import training_bytes
from archdsl.analysis.stage_operator import obstacles
from archdsl.cli import inputs, listings, options, terminal
from archdsl.cli.render import report
from archdsl.cli.tables import expansions, kept, table, totals
from archdsl.cli.watch import watch
from archdsl.errors import ArchdslError, Diagnostic, Exit, fail
from archdsl.frontend.nearest import suggestion
from archdsl.ir import text
from archdsl.ir.graph import Graph
from archdsl.lowering.limits import Limits
from archdsl.passes.pipeline import FOR_EXPORT, FOR_INFERENCE, PASSES, Pass
from archdsl.passes.pipeline import run as run_passes

VIEWS: dict[str, tuple[Pass, ...]] = {
    "exploded": (),
    "compact": PASSES,
    "placed": FOR_INFERENCE,
    "simplified": FOR_EXPORT,
}
"""Which passes are run before the graph is printed."""


ViewName = Annotated[
    str,
    typer.Option(metavar="exploded|compact|placed|simplified", help="View of the graph for --ir."),
]
Expand = Annotated[
    bool, typer.Option("--expand", help="Also print units, reads per layer, and state-dict keys.")
]
Plan = Annotated[
    bool, typer.Option("--plan", help="Print how `fuse` runs the network and how it is trained.")
]
PerLayer = Annotated[bool, typer.Option("--per-layer", help="Print the cost of every layer.")]
Edges = Annotated[bool, typer.Option("--edges", help="Print every link: reader, output, channels.")]
Watch = Annotated[
    bool, typer.Option("--watch", help="Print again when a file changes, until Ctrl-C.")
]


@dataclass(frozen=True)
class Shown:
    """What `show` prints."""

    json: bool
    ir: bool
    view: str
    expand: bool
    plan: bool
    layers: bool
    edges: bool


@options.limited()
def show(
    spec: options.SpecPath,
    sets: options.Sets = None,
    as_json: options.Json = False,
    ir: Annotated[bool, typer.Option("--ir", help="Print the graph as text.")] = False,
    view: ViewName = "exploded",
    expand: Expand = False,
    plan: Plan = False,
    layers: PerLayer = False,
    edges: Edges = False,
    watched: Watch = False,
    form: options.Format = "text",
    *,
    limits: Limits = options.DEFAULT,
    extend: options.Extend = (),
) -> int:
    """Print a network's stages, parameters, MACs, links and memory."""
    if view not in VIEWS:
        near = suggestion(view, VIEWS)
        hint = near.help if near else f"views: {', '.join(VIEWS)}"
        raise fail("A414", f"`{view[:40]}` is not a view", help=hint)
    shown = Shown(as_json, ir, view, expand, plan, layers, edges)

    def run() -> None:
        checked = options.checked(spec, sets, limits, extend)
        report(checked.remarks, form)
        printed(checked, shown)

    if not watched:
        run()
        return Exit.FINE
    if spec == inputs.STDIN:
        raise fail("A414", "standard input cannot be watched", help="name a file")
    return watch(run, [spec], form)


def printed(checked: api.Checked, shown: Shown) -> None:
    """Print a network.

    Args:
        checked: the network.
        shown: what to print.

    Raises:
        ArchdslError: A301 if there are too many links to list.
    """
    graph = checked.graph
    if shown.ir:
        print(text.graph(run_passes(graph, VIEWS[shown.view])), end="")
    elif shown.plan:
        print(fused_plan(checked), end="")
        print(training_plan(graph))
    elif shown.json:
        lists = {"per_layer": shown.layers, "edges": shown.edges}
        listed = listings.as_json(graph, [key for key, wanted in lists.items() if wanted])
        print(json.dumps({**facts(checked), **listed}, indent=2))
    elif shown.layers or shown.edges:
        tables = {listings.layer_table: shown.layers, listings.edge_table: shown.edges}
        print("\n\n".join(table(graph) for table, wanted in tables.items() if wanted))
    else:
        print(table(checked))
        print(totals(checked))
        print(kept(checked))
    if shown.expand and not shown.json:
        print(expansions(checked))


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
