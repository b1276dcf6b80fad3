"""Aligned text for terminals: at most 80 columns where numbers allow, no colour, no markup."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

from archdsl.aligned import aligned
from archdsl.analysis.block_links import BlockLinks
from archdsl.analysis.parameters import state_shapes
from archdsl.analysis.recomputed import training_bytes
from archdsl.analysis.report import Report
from archdsl.analysis.traffic import Crossing
from archdsl.api import Checked
from archdsl.cli.render import visible
from archdsl.counted import counted
from archdsl.ir import text
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Chain
from archdsl.ir.shapes import show

WIDTH = 80


def table(checked: Checked) -> str:
    """Return a table of the parts of a network, one per line, with their costs."""
    report = checked.report
    rows = [("part", "layers", "reads", "out", "parameters", "MACs", "links")]
    stages = {f"stages.{stage.index}": stage for stage in report.stages}
    for part in report.parts:
        stage = stages.get(part.name)
        rows.append(
            (
                part.name,
                f"{stage.layers:,}" if stage else "",
                f"{stage.rule} {stage.aggregation}" if stage else "",
                show(part.shape),
                f"{part.parameters:,}",
                f"{part.macs:,}",
                f"{stage.links:,}" if stage else "",
            )
        )
    rows.append(
        ("total", f"{report.layers:,}", "", "", f"{report.parameters:,}", f"{report.macs:,}",
         f"{report.links:,}")
    )  # fmt: skip
    lines = aligned(rows, "<" + ">" * (len(rows[0]) - 1))
    return "\n".join([checked.spec.name, "", *lines, ""])


def totals(checked: Checked) -> str:
    """Return the numbers of the whole network, and its published figures."""
    report = checked.report
    layers = f"{report.layers:,} in {counted(len(report.stages), 'stage')}, depth {report.depth:,}"
    links = f"{report.links:,} (bound {report.links_bound:,}); skip links {report.skip_links:,}"
    shortest = report.shortest_gradient_path
    paths = "not counted: the rule has no distances, and too many layers"
    if shortest is not None:
        paths = f"at most {counted(shortest, 'link')} between two layers of a stage"
    memory, moved = report.activation_bytes, report.aggregation_bytes
    lines = [
        ("layers", f"{layers} (convolutions and linear layers)"),
        ("links", f"{links}; at the exits {report.exit_links:,}"),
        ("aggregated", f"at most {counted(report.max_aggregated_outputs, 'output')} in one layer"),
        ("gradient path", paths),
        ("parameters", f"{report.parameters:,}"),
        ("MACs", f"{report.macs:,}; FLOPs (2 per MAC) {report.flops:,}; one input"),
        ("receptive field", f"{counted(report.receptive_field, 'place')}, stride {report.stride}"),
        (
            "activations",
            f"{memory.inference:,} bytes to infer, {memory.training:,} to train (one, float32)",
        ),
        (
            "aggregations",
            f"{moved.read:,} bytes read, {moved.written:,} written{_by_stage(report)}",
        ),
        ("cuts", _cuts(report.crossing_bytes)),
    ]
    lines[2:2] = _blocks(report)
    lines += [
        ("published", visible(verdict.says(), 1_000))
        for verdict in checked.verdicts
        if verdict.holds is not None
    ]
    if elsewhere := sum(verdict.holds is None for verdict in checked.verdicts):
        figures = f"{elsewhere} figure{'s are' if elsewhere > 1 else ' is'} for other settings"
        lines.append(("published", f"{figures}: not applicable"))
    return "\n".join(_line(name, entry) for name, entry in lines)


def _line(name: str, entry: str) -> str:
    """Return a name and what is said of it, in lines of limited width."""
    return fill(f"    {name:<16}{entry}", WIDTH, subsequent_indent=" " * 20)


def kept(checked: Checked) -> str:
    """Return what training keeps if parts of the forward pass are computed again."""
    counts = training_bytes(checked.graph, checked.report.activation_bytes.training)
    if counts.memory_efficient == counts.eager:
        return _line("training", "no stage can be trained as one operator")
    checkpointed = f"{counts.checkpointed:,} bytes kept with checkpoints"
    return _line("training", f"{checkpointed}, {counts.memory_efficient:,} with --memory-efficient")


def _blocks(report: Report) -> list[tuple[str, str]]:
    """Return lines on the links inside units; none if no unit holds blocks."""
    if not report.blocks:
        return []
    count = sum(block.count for block in report.blocks)
    exits = sum(block.count * block.exit_links for block in report.blocks)
    links = f"{report.block_links:,} in {counted(count, 'block')}"
    total = f"{links}; skip links {report.block_skip_links:,}"
    return [
        ("inside units", f"{total}; at the exits {exits:,}"),
        *((f"  {block.block}", _block(block)) for block in report.blocks),
    ]


def _block(block: BlockLinks) -> str:
    """Return the links of one block in words."""
    rule = f"{block.rule} " if block.rule else ""
    leaving = "" if block.exit_aggregation == block.aggregation else f", {block.exit_aggregation}"
    bound = f" (bound {block.links_bound:,})" if block.rule else ""
    return (
        f"{block.count:,} of {counted(block.parts, 'part')}, {rule}{block.aggregation}{leaving}: "
        f"{counted(block.links, 'link')}{bound}, at the exit {block.exit_links:,}"
    )


def _by_stage(report: Report) -> str:
    """Return the bytes that the aggregations of each stage move, where there are several."""
    if len(report.stages) == 1:
        return ""
    moved = [stage.aggregation_bytes for stage in report.stages]
    return "; by stage " + ", ".join(f"{each.read:,} / {each.written:,}" for each in moved)


def _cuts(crossing: Crossing) -> str:
    """Return the largest cut between two layers in words."""
    if crossing.after is None:
        return "none: there is one layer"
    return f"at most {crossing.largest:,} bytes cross, after {crossing.after}"


def expansions(checked: Checked) -> str:
    """Return the layers of each unit, the reads of each layer, and the state dict."""
    graph = checked.graph
    lines = ["", "units"]
    lines += [f"    {name}: {layers}" for name, layers in chains(graph)]
    for stage in graph.stages:
        lines.append(f"reads of stages.{stage.index} (output 0 is the input)")
        for layer in range(1, stage.depth + 1):
            lines.append(f"    layer {layer}: {_numbers(stage.sources(layer))}")
        lines.append(f"    exit: {_numbers(stage.exit_sources())}")
    lines.append("state dict")
    lines += [f"    {name}: {list(shape)}" for name, shape in state_shapes(graph).items()]
    return "\n".join(lines)


def chains(graph: Graph) -> list[tuple[str, str]]:
    """Return each different chain once, with the name of the first node that has it."""
    seen: dict[tuple[object, ...], tuple[str, str]] = {}
    for node in graph:
        if isinstance(node.op, Chain):
            seen.setdefault(node.op.layers, (node.name, text.layers(node.op.layers)))
    return list(seen.values())


def _numbers(numbers: Sequence[int]) -> str:
    return " ".join(map(str, numbers))
