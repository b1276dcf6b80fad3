"""From when to when results are needed."""

from __future__ import annotations

import pytest

from analysis.networks import EVERY_KIND, network, stage
from archdsl.analysis.lifetimes import last_use, live


def test_by_hand() -> None:
    graph = network(stages=stage(connect="{rule: window, last: 1}", layers="2", exit="all"))
    assert list(graph.nodes) == [
        "input", "stem", "stages.0.layers.0", "stages.0.layers.1", "stages.0.exit", "head",
    ]  # fmt: skip
    assert last_use(graph) == dict(zip(graph.nodes, [1, 4, 4, 4, 5, 6], strict=True))
    sizes = [len(names) for names in live(graph)]
    assert sizes == [1, 2, 2, 3, 4, 2]


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_what_is_read_is_live_and_what_is_live_is_needed(kind: str) -> None:
    graph = EVERY_KIND[kind]
    nodes = list(graph)
    for index, (node, alive) in enumerate(zip(nodes, live(graph), strict=True)):
        later = {source for reader in nodes[index:] for source in reader.inputs}
        made = {made.name for made in nodes[: index + 1]}
        assert alive == {n for n in made if n in later or n in {node.name, graph.output}}


def test_what_nothing_reads_ends_at_once() -> None:
    graph = EVERY_KIND["unread outputs"]
    index = list(graph.nodes).index("stages.0.layers.1")
    assert last_use(graph)["stages.0.layers.1"] == index


def test_views_lengthen_the_life_of_what_they_view() -> None:
    graph = network(stages=stage(layers="2", connect="plain"))
    homes = {name: name for name in graph.nodes} | {"stages.0.layers.0": "stem"}
    ends = last_use(graph, homes)
    assert "stages.0.layers.0" not in ends
    assert ends["stem"] == list(graph.nodes).index("stages.0.layers.1")
