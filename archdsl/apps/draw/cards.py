"""Contents of the boxes of the overview: the facts of each part, and its share of the cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archdsl.analysis.parts import PartReport
from archdsl.analysis.report import StageReport
from archdsl.apps.draw.looks import Look
from archdsl.apps.draw.scene import SIZE, text_width
from archdsl.apps.draw.subject import Subject, ruled
from archdsl.counted import counted
from archdsl.ir.graph import Graph
from archdsl.ir.ops import Chain, Layer
from archdsl.ir.shapes import show

PARTS = 18
"""Maximum number of boxes; if there are more, those in the middle are combined."""

PITCH = 15.0
BAR = 56.0
PAD = 7.0
STAGE = Look(fill="#eaf1f8", width=0.9)
OTHER = Look(fill="#f4f4f4", width=0.9)


@dataclass(frozen=True, slots=True)
class Card:
    """The contents of a box: pairs of label and text, then shares of the cost from 0 to 1.

    `leaves` is the shape of the output, which is written on the arrow to the next box.
    """

    name: str
    title: str
    look: Look
    pairs: tuple[tuple[str, str], ...]
    shares: tuple[tuple[str, float], ...]
    leaves: str

    @property
    def width(self) -> float:
        """Return the width in points, by the widest line."""
        pairs = [text_width(one) + text_width(other) + 14 for one, other in self.pairs]
        shares = [text_width(one) + 14 + BAR + 36 for one, _ in self.shares]
        return 2 * PAD + max([text_width(self.title, SIZE + 1), *pairs, *shares])

    @property
    def height(self) -> float:
        """Return the height in points, by the number of lines."""
        return PITCH * (1 + len(self.pairs) + len(self.shares)) + PAD


def cards(subject: Subject) -> list[Card]:
    """Return a card for each part of a network; of many, those in the middle share one."""
    report = subject.report
    stages = {f"stages.{stage.index}": stage for stage in report.stages}
    parts = report.parts
    first, last = (
        (parts, ()) if len(parts) <= PARTS else (parts[: PARTS // 2], parts[-PARTS // 2 :])
    )
    boxes = [_card(subject, part, stages.get(part.name)) for part in first]
    if last:
        left = parts[len(first) : len(parts) - len(last)]
        boxes.append(_folded(subject, left))
        boxes += [_card(subject, part, stages.get(part.name)) for part in last]
    return boxes


def _card(subject: Subject, part: PartReport, stage: StageReport | None) -> Card:
    leaves = show(part.shape)
    if stage is None:
        chain = subject.graph[part.name].op
        layers = summary(chain.layers) if isinstance(chain, Chain) else ""
        pairs = tuple(("", line) for line in (layers, f"to {leaves}") if line)
        return Card(part.name, _title(part.name), OTHER, pairs, _shares(subject, [part]), leaves)
    full = stage.layers * (stage.layers + 1) // 2
    fan = stage.fan_in
    reads = (
        f"{fan.min:,}" if fan.min == fan.max else f"{fan.min:,} to {fan.max:,}, mean {fan.mean:.1f}"
    )
    pairs = (
        ("unit", unit(subject.graph, stage.index)),
        ("rule", ruled(stage)),
        ("reads", f"{reads} a layer"),
        ("links", f"{stage.links:,} ({percent(stage.links / full)} of the full rule's)"),
        ("channels", f"{stage.channels_in:,} to {stage.channels_out:,}"),
        ("map", show(stage.size)),
    )  # fmt: skip
    title = f"stage {stage.index}: {counted(stage.layers, 'layer')}"
    return Card(
        part.name, title, STAGE, tuple(p for p in pairs if p[1]), _shares(subject, [part]), leaves
    )


def _folded(subject: Subject, parts: Sequence[PartReport]) -> Card:
    shares = _shares(subject, parts)
    return Card(
        "folded", counted(len(parts), "more part"), OTHER, (), shares, show(parts[-1].shape)
    )


def _title(name: str) -> str:
    return name.replace(".", " ")


def _shares(subject: Subject, parts: Sequence[PartReport]) -> tuple[tuple[str, float], ...]:
    report = subject.report
    weights, macs = sum(p.parameters for p in parts), sum(p.macs for p in parts)
    return (
        ("parameters", weights / max(1, report.parameters)),
        ("MACs", macs / max(1, report.macs)),
    )


def unit(graph: Graph, index: int) -> str:
    """Describe the unit of a stage; `...` if its layers differ.

    Args:
        graph: the network.
        index: the index of the stage.

    Returns:
        The shortest description of a unit, followed by `...` if there are others; empty for a stage
        without layers.
    """
    stage = graph.stages[index]
    units = {summary(op.layers) for name in stage.layers if isinstance(op := graph[name].op, Chain)}
    ordered = sorted(units, key=lambda text: (len(text), text))
    return ordered[0] + (", ..." if len(ordered) > 1 else "") if ordered else ""


def summary(layers: Sequence[Layer]) -> str:
    """Return the convolutions, poolings and linear layers, in order: `conv 1x1, conv 3x3`."""
    words = [word for layer in layers if (word := layer.summary())]
    return ", ".join(words[:4]) + (f", {len(words) - 4} more" if len(words) > 4 else "")


def percent(share: float) -> str:
    """Return a share as a percentage.

    >>> percent(0.0001), percent(0.4), percent(1.0)
    ('<0.1%', '40.0%', '100%')
    """
    if 0 < share < 0.001:
        return "<0.1%"
    return f"{share:.0%}" if share in {0.0, 1.0} else f"{share:.1%}"
