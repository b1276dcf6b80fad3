"""The heat map as numbers: a mean for each link, and the means divided by the layer's largest."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from archdsl.version import __version__

Link = tuple[int, int]
"""(source, layer); layer N + 1 is the layer after the stage."""


@dataclass(frozen=True)
class Panel:
    """A stage of `depth` layers: the mean absolute weight of each link that exists.

    With a path in `block`, a block of `depth` parts in the stage. `stage` is None for a block in
    the stem, in the head, or between stages.
    """

    stage: int | None
    depth: int
    means: Mapping[Link, float]
    block: str = ""

    @property
    def title(self) -> str:
        """Return what the panel shows: `stage 0`, or the path of a block."""
        return self.block or f"stage {self.stage}"

    @property
    def rescaled(self) -> dict[Link, float]:
        """Return the means divided by the largest of their layer, as in Figure 3: from 0 to 1."""
        most: dict[int, float] = {}
        for (_, layer), mean in self.means.items():
            most[layer] = max(most.get(layer, 0.0), mean)
        return {
            (source, layer): mean / most[layer] if most[layer] else 0.0
            for (source, layer), mean in self.means.items()
        }


@dataclass(frozen=True)
class HeatMap:
    """All stages with separate weights for each output; `left` are the indices of the others."""

    name: str
    panels: tuple[Panel, ...]
    left: Sequence[int] = ()

    def as_json(self) -> str:
        """Return each link with its mean and its rescaled mean, as JSON."""
        stages = [
            {"stage": panel.stage, "layers": panel.depth, "links": _links(panel)}
            | ({"block": panel.block} if panel.block else {})
            for panel in self.panels
        ]
        facts = {"archdsl": __version__, "name": self.name, "stages": stages}
        return json.dumps(facts, indent=2) + "\n"

    def as_csv(self) -> str:
        """Return a line for each link, as CSV."""
        out = StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["stage", "layer", "source", "mean", "rescaled", "block"])
        for panel in self.panels:
            for link in _links(panel):
                row = (link["layer"], link["source"], link["mean"], link["rescaled"])
                writer.writerow([panel.stage, *row, panel.block])
        return out.getvalue()


def _links(panel: Panel) -> list[dict[str, float]]:
    rescaled = panel.rescaled
    return [
        {"layer": layer, "source": source, "mean": mean, "rescaled": rescaled[source, layer]}
        for (source, layer), mean in sorted(panel.means.items(), key=lambda item: item[0][::-1])
    ]
