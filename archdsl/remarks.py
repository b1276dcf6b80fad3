"""Warnings and notes on a spec, once its network is known."""

from __future__ import annotations

from archdsl.analysis import Report
from archdsl.errors import Diagnostic
from archdsl.frontend.diagnose import by_place
from archdsl.frontend.load import Spec
from archdsl.ir.graph import Graph
from archdsl.lowering.network import Lowered


def remarks(spec: Spec, lowered: Lowered, report: Report) -> tuple[Diagnostic, ...]:
    """Return every warning and note on a valid spec, in the order of the file.

    Args:
        spec: the spec, with notes of its own.
        lowered: its network, with the remarks of single layers.
        report: counts of the network.
    """
    later = [*_plain_bases(spec, lowered.graph), *_rounded(spec, lowered, report)]
    return _once([*spec.notes, *lowered.remarks, *later])


def _plain_bases(spec: Spec, graph: Graph) -> list[Diagnostic]:
    """Return a warning for each stage whose rule reads what `plain` reads."""
    return [
        Diagnostic(
            "A223",
            f"{reason} of stage {stage.index}: this is the rule `plain`",
            level="warning",
            **spec.at_stage(stage.index, "connect"),
        )
        for stage in graph.stages
        if (reason := stage.rule.plain_because(stage.depth))
    ]


def _rounded(spec: Spec, lowered: Lowered, report: Report) -> list[Diagnostic]:
    """Return a note if the arithmetic of the spec rounds the depth down, such as 101 to 100."""
    asked = spec.parameters.values.get("depth")
    if not lowered.roundings or asked is None or asked == report.depth:
        return []
    stage, first = lowered.roundings[0]
    return [
        Diagnostic(
            "A224",
            f"depth {asked} builds {report.depth:,} convolutions and linear layers",
            note=f"{first.total} // {first.divisor} leaves {first.total % first.divisor}",
            level="note",
            **spec.at_stage(stage, "layers"),
        )
    ]


def _once(diagnostics: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return each diagnostic once, in the order of the file; equal layers give equal ones."""
    return tuple(sorted(dict.fromkeys(diagnostics), key=by_place))
