"""What changed between two networks, as data: text, JSON and the picture say the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from archdsl.analysis.parts import PartReport
from archdsl.analysis.report import Report, StageReport
from archdsl.api import Checked
from archdsl.apps.diff.alignment import align
from archdsl.apps.diff.edits import Edit, chain_edits, chain_layers, stage_edits, units
from archdsl.apps.diff.links import LayerLinks, LinkDiff, link_diff
from archdsl.apps.diff.topology import Topology, topology
from archdsl.apps.diff.words import chain_words, unit_words, widths
from archdsl.ir.graph import Graph, Stage
from archdsl.ir.shapes import show

Value = int | str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One quantity or word before and after; None where there is none."""

    name: str
    before: Value
    after: Value

    @property
    def differs(self) -> bool:
        """Return whether it changed."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class PartDiff:
    """A part of both networks, or of one: a stem, a stage, what lies between, a head.

    `changes` hold every quantity, changed or not; `links` are a stage's. `edits` are the layers
    that were inserted, removed or replaced, inside blocks too.
    """

    name: str
    changes: tuple[Change, ...]
    links: LinkDiff | None = None
    stages: tuple[Stage | None, Stage | None] = (None, None)
    edits: tuple[Edit, ...] = ()

    @property
    def status(self) -> str:
        """Return `same`, `changed`, `added` or `removed`."""
        if all(change.before is None for change in self.changes):
            return "added"
        if all(change.after is None for change in self.changes):
            return "removed"
        moved = self.links is not None and self.links.changed
        return (
            "changed"
            if moved or self.edits or any(change.differs for change in self.changes)
            else "same"
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that is compared; `labels` name the two networks.

    `topology` is None if comparing all nodes is too much work.
    """

    labels: tuple[str, str]
    totals: tuple[Change, ...]
    parts: tuple[PartDiff, ...]
    topology: Topology | None = None

    @property
    def same(self) -> bool:
        """Return whether the networks are equal in all that is compared."""
        parts = all(part.status == "same" for part in self.parts)
        return parts and not any(change.differs for change in self.totals)

    def as_dict(self) -> Mapping[str, Any]:
        """Return plain values, ready for JSON; links are null if they are too many."""
        return {
            "before": self.labels[0],
            "after": self.labels[1],
            "same": self.same,
            "topology": self.topology,
            "totals": {c.name: {"before": c.before, "after": c.after} for c in self.totals},
            "parts": [_part(part) for part in self.parts],
        }


def difference(labels: tuple[str, str], one: Checked, other: Checked) -> Difference:
    """Return what changed between two networks.

    Stages are matched by their index. The topologies are compared without names and indices.

    Args:
        labels: what to call the two networks.
        one: the network before the change.
        other: the network after it.
    """
    totals = tuple(_changes(_totals(one.report), _totals(other.report)))
    parts = tuple(_parts(one, other))
    return Difference(labels, totals, parts, topology(one.graph, other.graph))


def _totals(report: Report) -> dict[str, Value]:
    names = (
        "parameters", "macs", "flops", "depth", "layers", "links", "skip_links", "exit_links",
        "shortest_gradient_path", "longest_gradient_path", "max_aggregated_outputs",
        "receptive_field",
    )  # fmt: skip
    totals: dict[str, Value] = {name: getattr(report, name) for name in names}
    totals["activation_bytes_inference"] = report.activation_bytes.inference
    totals["activation_bytes_training"] = report.activation_bytes.training
    return totals


def _changes(one: Mapping[str, Value], other: Mapping[str, Value]) -> Iterator[Change]:
    for name in dict.fromkeys([*one, *other]):
        yield Change(name, one.get(name), other.get(name))


def _parts(one: Checked, other: Checked) -> Iterator[PartDiff]:
    """Yield the parts in the order of computation: stem, stages and what lies between, head."""
    parts_by_name = [{part.name: part for part in net.report.parts} for net in (one, other)]
    for name in _merged(*(list(parts) for parts in parts_by_name)):
        stages = (_stage(one, name), _stage(other, name))
        facts = [
            _facts(net, parts.get(name), stage)
            for net, parts, stage in zip((one, other), parts_by_name, stages, strict=True)
        ]
        changes = tuple(_changes(*facts))
        if any(stages):
            old, new = units(one.graph, stages[0]), units(other.graph, stages[1])
            alignment = align(*(side.words if side else None for side in (old, new)))
            links, edits = link_diff(*stages, alignment), stage_edits(old, new, alignment)
            yield PartDiff(name, changes, links, stages, edits)
        else:
            edits = chain_edits(*(chain_layers(net.graph, name) for net in (one, other)))
            yield PartDiff(name, changes, edits=edits)


def _merged(one: Sequence[str], other: Sequence[str]) -> Iterable[str]:
    """Return the names of both in one order; extra parts come before the head."""
    names = list(dict.fromkeys(name for pair in zip_longest(one, other) for name in pair if name))
    return sorted(names, key=lambda name: name == "head")


def _stage(net: Checked, name: str) -> Stage | None:
    return next((s for s in net.graph.stages if f"stages.{s.index}" == name), None)


def _facts(net: Checked, part: PartReport | None, stage: Stage | None) -> dict[str, Value]:
    if part is None:
        return {}
    costs: dict[str, Value] = {"parameters": part.parameters, "macs": part.macs}
    if stage is None:
        return {"does": chain_words(net.graph, part.name), "out": show(part.shape), **costs}
    return {**_stage_facts(net.graph, net.report.stages[stage.index], stage), **costs}


def _stage_facts(graph: Graph, report: StageReport, stage: Stage) -> dict[str, Value]:
    rule = " ".join([report.rule, *map(_argument, report.arguments)])
    return {
        "layers": report.layers,
        "unit": unit_words(graph, stage),
        "rule": rule,
        "aggregation": report.aggregation,
        "exit": report.exit,
        "widths": widths(graph, stage),
        "channels": f"{report.channels_in:,} to {report.channels_out:,}",
        "map": show(report.size),
        "links": report.links,
        "exit_links": report.exit_links,
        "shortest_gradient_path": report.shortest_gradient_path,
        "longest_gradient_path": report.longest_gradient_path,
        "max_aggregated_outputs": report.max_aggregated_outputs,
    }


def _argument(argument: int | tuple[int, ...]) -> str:
    return str(argument) if isinstance(argument, int) else f"[{', '.join(map(str, argument))}]"


def _part(part: PartDiff) -> Mapping[str, Any]:
    facts: dict[str, Any] = {
        "name": part.name,
        "status": part.status,
        "changes": {
            c.name: {"before": c.before, "after": c.after} for c in part.changes if c.differs
        },
    }
    if part.edits:
        facts["edits"] = [
            {"first": edit.first, "last": edit.last, "removed": list(edit.removed),
             "added": list(edit.added)}
            for edit in part.edits
        ]  # fmt: skip
    if part.links is not None:
        layers = part.links.layers
        facts["links"] = {
            "before": part.links.before,
            "after": part.links.after,
            "added": part.links.added,
            "removed": part.links.removed,
            "layers": None if layers is None else [*map(_layer, layers)],
            "exit": {"added": list(part.links.exit.added),
                     "removed": list(part.links.exit.removed)},
        }  # fmt: skip
    return facts


def _layer(links: LayerLinks) -> Mapping[str, Any]:
    return {
        "layer": links.before if links.after is None else links.after,
        "before": links.before,
        "after": links.after,
        "added": list(links.added),
        "removed": list(links.removed),
    }
