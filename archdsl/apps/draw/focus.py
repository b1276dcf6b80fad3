"""The layer in focus: all its links are drawn, even if others are omitted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from archdsl.errors import fail
from archdsl.ir.graph import Graph, Stage

FOCUS = re.compile(r"([0-9]{1,6})\.([0-9]{1,9})\Z")


@dataclass(frozen=True, slots=True)
class Focus:
    """Layer `layer` of stage `stage`; stages count from 0, layers from 1 as in equation 2."""

    stage: int
    layer: int

    @property
    def name(self) -> str:
        """Return the focus as `--focus` takes it, such as `1.128`."""
        return f"{self.stage}.{self.layer}"


def read_focus(text: str, graph: Graph) -> Focus:
    """Return the focus that `STAGE.LAYER` names.

    Args:
        text: such as `1.6`, the sixth layer of the second stage.
        graph: the network.

    Raises:
        ArchdslError: A414 if the text is not of this form, or there is no such layer.
    """
    match = FOCUS.match(text)
    stages = graph.stages
    if match and int(match[1]) < len(stages) and 1 <= int(match[2]) <= stages[int(match[1])].depth:
        return Focus(int(match[1]), int(match[2]))
    layers = ", ".join(f"{stage.index}.1 to {stage.index}.{stage.depth}" for stage in stages[:4])
    more = ", ..." if len(stages) > 4 else ""
    raise fail(
        "A414",
        f"`{text[:40]}` is not a layer of {graph.name}",
        help=f"write --focus STAGE.LAYER: {layers}{more}",
    )


def default_focus(graph: Graph) -> Focus:
    """Return the layer of the middle stage that reads most; of several the one nearest 2/3."""
    return focus_in(graph.stages[len(graph.stages) // 2])


def focus_in(stage: Stage) -> Focus:
    """Return the layer of a stage that reads most; of several the one nearest 2/3."""
    return Focus(stage.index, _most(stage))


def _most(stage: Stage) -> int:
    counts = {layer: stage.rule.fan_in(layer) for layer in range(1, stage.depth + 1)}
    most = max(counts.values(), default=0)
    aim = 2 * stage.depth / 3
    return min(
        (layer for layer, count in counts.items() if count == most),
        key=lambda layer: (abs(layer - aim), layer),
        default=1,  # the exit of a stage without layers
    )
