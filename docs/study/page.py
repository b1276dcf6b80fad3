"""Write docs/study.md and its pictures from runs of docs/study/runs.py.

python docs/study/page.py RUNS
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import mean, stdev

from runs import NETWORKS, SEEDS

from archdsl import api
from archdsl.apps.heatmap.checkpoint import heat_map
from archdsl.apps.heatmap.model import HeatMap, Panel
from archdsl.apps.heatmap.plot import draw
from archdsl.apps.report.runs.plots import curves, scatter
from archdsl.apps.runs.grouping import Group
from archdsl.apps.runs.model import Run
from archdsl.apps.runs.reading import Reader, load_checkpoint
from archdsl.cli import inputs

HERE = Path(__file__).resolve().parent
TITLES = {
    "densenet": "DenseNet-BC", "sparsenet": "SparseNet-BC[concat]", "resnet": "ResNet",
    "sparsenet-sum": "SparseNet[sum]", "sparsenet-weighted": "SparseNet[weighted]",
    "sparsenet-attention": "SparseNet[attention]", "fractalnet": "FractalNet",
}  # fmt: skip
MAPS = ("densenet", "sparsenet", "sparsenet-weighted")
"""Networks with weights of their own for each output that a layer reads."""

DISTANCES = (1, 2, 4, 8)
PAGE = (HERE / "page.txt").read_text("utf-8")


def alone(svg: str) -> str:
    """Return a picture of a page as a file, with colours that are legible on light and dark."""
    return svg.replace("currentColor", "#6e7781").replace("var(--rule)", "#6e778155").strip() + "\n"


def group(folder: Path, name: str) -> Group:
    """Return the runs of a network."""
    reader = Reader(inputs.load)
    runs = tuple(reader.run(folder / f"{name}-{seed}") for seed in SEEDS)
    assert all(run.finished for run in runs), name
    return Group(TITLES[name], runs)


def table(groups: Mapping[str, Group]) -> Iterator[str]:
    """Yield the rows of errors, time and memory."""
    for item in groups.values():
        errors = [run.error or 0.0 for run in item.runs]
        singles = ", ".join(f"{error:.2f}" for error in errors)
        loss = mean(run.rows[-1].loss or 0.0 for run in item.runs)
        minutes = mean((run.summary.seconds or 0.0) / 60 for run in item.runs)
        memory = max(run.summary.peak_memory_bytes or 0 for run in item.runs) / 1e6
        yield (
            f"| {item.label} | {item.first.parameters:,} | {spread(errors)} | {singles} "
            f"| {loss:.3f} | {minutes:.1f} | {memory:.0f} |"
        )


def heat_of(run: Run) -> HeatMap:
    """Return the heat map of the last weights of a run."""
    assert run.spec is not None
    return heat_map(api.lower(run.spec), load_checkpoint(run.path / "last.pt"))


def distance(link: tuple[int, int]) -> int:
    """Return how many outputs back a link reads: 1 for the previous one."""
    source, layer = link
    return layer - source


def several(panel: Panel) -> dict[tuple[int, int], float]:
    """Return the rescaled values of layers that read two outputs or more: others have 1 alone."""
    counts: dict[int, int] = {}
    for _, layer in panel.rescaled:
        counts[layer] = counts.get(layer, 0) + 1
    return {link: value for link, value in panel.rescaled.items() if counts[link[1]] > 1}


def uses(runs: list[HeatMap]) -> list[float]:
    """Return the mean rescaled value of each run."""
    return [mean(v for panel in heat.panels for v in several(panel).values()) for heat in runs]


def at_distance(runs: list[HeatMap], wanted: int) -> list[float]:
    """Return the mean rescaled value of each run at a distance."""
    return [
        mean(
            value
            for panel in heat.panels
            for link, value in several(panel).items()
            if distance(link) == wanted
        )
        for heat in runs
    ]


def trend(heat: HeatMap) -> float:
    """Return Spearman's rank correlation of distance and rescaled value over all links."""
    pairs = [(distance(k), v) for panel in heat.panels for k, v in several(panel).items()]
    first, second = (ranks([pair[side] for pair in pairs]) for side in (0, 1))
    return correlation(first, second)


def ranks(values: list[float]) -> list[float]:
    """Return the rank of each value; equal values share the mean of their ranks."""
    ordered = sorted(values)
    return [ordered.index(value) + (ordered.count(value) - 1) / 2 for value in values]


def correlation(first: list[float], second: list[float]) -> float:
    """Return Pearson's correlation."""
    a, b = mean(first), mean(second)
    shared = sum((x - a) * (y - b) for x, y in zip(first, second, strict=True))
    squares = sum((x - a) ** 2 for x in first) * sum((y - b) ** 2 for y in second)
    return float(shared / squares**0.5)


def spread(values: list[float]) -> str:
    """Return mean and standard deviation over seeds."""
    return f"{mean(values):.2f} ± {stdev(values):.2f}"


def links(heats: Mapping[str, list[HeatMap]]) -> Iterator[str]:
    """Yield the rows that test what the paper says of Figure 3."""
    for name, runs in heats.items():
        near = " | ".join(spread(at_distance(runs, wanted)) for wanted in DISTANCES)
        trends = spread([trend(heat) for heat in runs])
        yield f"| {TITLES[name]} | {spread(uses(runs))} | {near} | {trends} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("runs", type=Path)
    given = parser.parse_args()
    groups = {name: group(given.runs, name) for name in NETWORKS}
    heats = {name: [heat_of(run) for run in groups[name].runs] for name in MAPS}
    for name, plot in (("curves", curves), ("errors", scatter)):
        (HERE / f"{name}.svg").write_text(alone(plot([*groups.values()])), "utf-8")
    for name, runs in heats.items():
        (HERE / f"heat-{name}.svg").write_bytes(draw(runs[0], "svg"))
    torch = groups["densenet"].first.summary.torch
    page = PAGE.replace("{table}", "\n".join(table(groups)))
    page = page.replace("{links}", "\n".join(links(heats))).replace("{torch}", torch)
    (HERE.parent / "study.md").write_text(page, "utf-8")


if __name__ == "__main__":
    main()
