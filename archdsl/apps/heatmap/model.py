"""The heat map as numbers: a mean for each link, and the same rescaled for each layer."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from archdsl.version import __version__

Link = tuple[int, int]
"""(source, layer); layer N + 1 is what comes after the stage."""


@dataclass(frozen=True)
class Panel:
    """A stage of `depth` layers: the mean absolute weight of each link. No link, no entry."""

    stage: int
    depth: int
    means: Mapping[Link, float]

    @property
    def rescaled(self) -> dict[Link, float]:
        """Each divided by the largest of its layer, as in Figure 3: between 0 and 1."""
        most: dict[int, float] = {}
        for (_, layer), mean in self.means.items():
            most[layer] = max(most.get(layer, 0.0), mean)
        return {
            (source, layer): mean / most[layer] if most[layer] else 0.0
            for (source, layer), mean in self.means.items()
        }


@dataclass(frozen=True)
class HeatMap:
    """All stages whose outputs have weights of their own; `left` are the others."""

    name: str
    panels: tuple[Panel, ...]
    left: Sequence[int] = ()

    def as_json(self) -> str:
        """Each link with its mean and its share of the layer's largest."""
        stages = [
            {"stage": panel.stage, "layers": panel.depth, "links": _links(panel)}
            for panel in self.panels
        ]
        facts = {"archdsl": __version__, "name": self.name, "stages": stages}
        return json.dumps(facts, indent=2) + "\n"

    def as_csv(self) -> str:
        """A line for each link."""
        out = StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["stage", "layer", "source", "mean", "rescaled"])
        for panel in self.panels:
            for link in _links(panel):
                row = (link["layer"], link["source"], link["mean"], link["rescaled"])
                writer.writerow([panel.stage, *row])
        return out.getvalue()


def _links(panel: Panel) -> list[dict[str, float]]:
    rescaled = panel.rescaled
    return [
        {"layer": layer, "source": source, "mean": mean, "rescaled": rescaled[source, layer]}
        for (source, layer), mean in sorted(panel.means.items(), key=lambda item: item[0][::-1])
    ]
