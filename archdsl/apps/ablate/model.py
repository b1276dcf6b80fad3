"""The result of an ablation: the change of the output for each removed link."""

from __future__ import annotations

import json
from dataclasses import dataclass

from archdsl.aligned import aligned
from archdsl.counted import counted
from archdsl.version import __version__


@dataclass(frozen=True)
class Change:
    """A link, and the change of the output without it.

    Attributes:
        stage: index of the stage; None for a block outside of the stages.
        block: path of a block inside a unit of the stage; empty for a link of the stage itself.
        layer: the layer that reads, from 1; one more than the last is what reads the exit.
        source: the output that it reads; 0 is the input of the stage.
        change: relative L2 distance of the outputs, over all images: norm of the difference over
            the norm of the output of the whole network.
    """

    stage: int | None
    block: str
    layer: int
    source: int
    change: float


@dataclass(frozen=True)
class Ablation:
    """The changes of all links of a network.

    Attributes:
        network: name of the network.
        images: number of images.
        changes: one for each link, in the order of the network.
        left: indices of stages whose links share weights, which are left out.
    """

    network: str
    images: int
    changes: tuple[Change, ...]
    left: tuple[int, ...] = ()

    def text(self) -> str:
        """Return a table with a line for each link."""
        rows = [("stage", "layer", "reads", "change")]
        for change in self.changes:
            stage = change.block or str(change.stage)
            rows.append((stage, f"{change.layer}", f"{change.source}", f"{change.change:.2e}"))
        links, images = counted(len(self.changes), "link"), counted(self.images, "image")
        title = f"{self.network}: relative change of the output, {links}, {images}"
        lines = [title, "", *aligned(rows, "<>>>")]
        if self.left:
            lines += [
                "",
                f"stages {', '.join(map(str, self.left))} add outputs, which share weights",
            ]
        return "\n".join(lines) + "\n"

    def as_json(self) -> str:
        """Return the changes as JSON."""
        links = [
            {"stage": change.stage, "layer": change.layer, "source": change.source}
            | ({"block": change.block} if change.block else {})
            | {"change": change.change}
            for change in self.changes
        ]
        facts = {
            "archdsl": __version__,
            "name": self.network,
            "images": self.images,
            "left": list(self.left),
            "links": links,
        }
        return json.dumps(facts, indent=2) + "\n"
