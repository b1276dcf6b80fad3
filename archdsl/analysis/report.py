"""Report all numbers of a network: `analyse(graph).as_dict()` is ready for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from dataclasses import fields as fields_of
from math import floor
from typing import Any

from archdsl.analysis import html, memory, paths, traffic
from archdsl.analysis.aggregated import aggregated
from archdsl.analysis.block_links import BlockLinks, block_links
from archdsl.analysis.depth import depth
from archdsl.analysis.links import FanIn, Links, links
from archdsl.analysis.parts import PartReport, name, parts
from archdsl.analysis.receptive_field import Field, fields
from archdsl.analysis.shapes import Trace, trace
from archdsl.analysis.traffic import Crossing, Moved
from archdsl.ir.graph import Graph, Stage
from archdsl.ir.layers.layer import Span
from archdsl.ir.ops import Shape


@dataclass(frozen=True, slots=True)
class StageReport:
    """Numbers of a stage. `size` is (h, w) at its exit; paths that were not counted are None."""

    index: int
    layers: int
    rule: str
    arguments: tuple[int | tuple[int, ...], ...]
    aggregation: str
    exit: str
    channels_in: int
    channels_out: int
    size: tuple[int, ...]
    parameters: int
    macs: int
    flops: int
    links: int
    skip_links: int
    exit_links: int
    links_bound: int
    fan_in: FanIn
    shortest_gradient_path: int | None
    longest_gradient_path: int
    max_aggregated_outputs: int
    receptive_field: int
    stride: int | float
    aggregation_bytes: Moved


@dataclass(frozen=True, slots=True)
class ActivationBytes:
    """Bytes of activations at batch size 1 in float32, counted as in `archdsl.analysis.memory`."""

    inference: int
    training: int


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """Numbers of a network. Links and layers are sums over its stages, paths are the longest.

    Links inside units are not among `links`; `block_links` are those of all blocks together.

    `receptive_field` and `stride` are those at the input of the head, in input pixels.
    """

    name: str
    parameters: int
    macs: int
    flops: int
    depth: int
    layers: int
    links: int
    skip_links: int
    exit_links: int
    links_bound: int
    shortest_gradient_path: int | None
    longest_gradient_path: int
    max_aggregated_outputs: int
    receptive_field: int
    stride: int | float
    activation_bytes: ActivationBytes
    aggregation_bytes: Moved
    crossing_bytes: Crossing
    parts: tuple[PartReport, ...]
    stages: tuple[StageReport, ...]
    block_links: int
    block_skip_links: int
    blocks: tuple[BlockLinks, ...]

    def __repr__(self) -> str:
        return f"<Report {self.name}: {self.parameters:,} parameters, {self.macs:,} multiply-adds>"

    def _repr_html_(self) -> str:
        """Return the tables that a notebook shows: the parts of the network, and its counts."""
        return html.report(self)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain dictionaries, lists, text and numbers."""
        plain: dict[str, Any] = _plain(self)
        return plain


def analyse(graph: Graph) -> Report:
    """Return all numbers of a network. Raise A202 to A205 if a rule contradicts its closed form."""
    costs = parts(graph)
    stages = _stages(graph, costs, fields(graph), trace(graph))
    blocks = block_links(graph)
    shortest = [stage.shortest_gradient_path for stage in stages]
    return Report(
        name=graph.name,
        parameters=sum(part.parameters for part in costs),
        macs=sum(part.macs for part in costs),
        flops=sum(part.flops for part in costs),
        depth=depth(graph),
        layers=sum(stage.layers for stage in stages),
        links=sum(stage.links for stage in stages),
        skip_links=sum(stage.skip_links for stage in stages),
        exit_links=sum(stage.exit_links for stage in stages),
        links_bound=sum(stage.links_bound for stage in stages),
        shortest_gradient_path=_largest(shortest),
        longest_gradient_path=max(stage.longest_gradient_path for stage in stages),
        max_aggregated_outputs=max(stage.max_aggregated_outputs for stage in stages),
        receptive_field=stages[-1].receptive_field,
        stride=stages[-1].stride,
        activation_bytes=ActivationBytes(memory.inference(graph), memory.training(graph)),
        aggregation_bytes=traffic.total(stage.aggregation_bytes for stage in stages),
        crossing_bytes=traffic.crossing(graph),
        parts=costs,
        stages=stages,
        block_links=sum(block.count * block.links for block in blocks),
        block_skip_links=sum(block.count * block.skip_links for block in blocks),
        blocks=blocks,
    )


def _stages(
    graph: Graph,
    costs: Sequence[PartReport],
    fields: Mapping[str, Field],
    shapes: Trace,
) -> tuple[StageReport, ...]:
    by_name = {part.name: part for part in costs}
    return tuple(
        _stage(
            stage,
            by_name[name(stage)],
            links(stage),
            most=max(counts, default=1),
            entering=shapes[stage.entry][-1],
            field=fields[stage.exit],
            moved=moved,
        )
        for stage, counts, moved in zip(
            graph.stages, aggregated(graph), traffic.moved(graph), strict=True
        )
    )


def _stage(
    stage: Stage,
    cost: PartReport,
    links: Links,
    most: int,
    entering: Shape,
    field: Field,
    moved: Moved,
) -> StageReport:
    return StageReport(
        index=stage.index,
        layers=stage.unit_count,
        rule=stage.rule.rule,
        arguments=stage.rule.arguments(),
        aggregation=stage.operator.kind,
        exit=stage.exit_words,
        channels_in=entering[0],
        channels_out=cost.shape[0],
        size=cost.shape[1:],
        parameters=cost.parameters,
        macs=cost.macs,
        flops=cost.flops,
        links=links.links,
        skip_links=links.skip_links,
        exit_links=links.exit_links,
        links_bound=links.bound,
        fan_in=links.fan_in,
        shortest_gradient_path=paths.shortest(stage.rule, stage.depth) if stage.depth else 0,
        longest_gradient_path=paths.longest(stage.rule, stage.depth) if stage.depth else 0,
        max_aggregated_outputs=most,
        receptive_field=floor(field.size),
        stride=_number(field.stride),
        aggregation_bytes=moved,
    )


def _number(number: Span) -> int | float:
    """Return a fraction as a number that JSON has."""
    return int(number) if number == int(number) else float(number)


def _largest(numbers: Sequence[int | None]) -> int | None:
    """Return the largest number, or None if one of them was not counted."""
    counted = [number for number in numbers if number is not None]
    return max(counted) if len(counted) == len(numbers) else None


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields_of(value)}
    if isinstance(value, tuple):  # there is a number for each layer
        return [entry if isinstance(entry, int) else _plain(entry) for entry in value]
    return value
