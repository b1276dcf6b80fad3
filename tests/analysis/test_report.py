"""The report as a whole: what it holds, that it adds up, and what it costs."""

from __future__ import annotations

import cProfile
import json
import pstats
from typing import Any, Literal

import pytest

from analysis.networks import EVERY_KIND, network, published, stage
from archdsl.analysis import analyse
from archdsl.errors import ArchdslError
from archdsl.frontend.load import parse
from archdsl.ir.graph import Graph
from archdsl.language.rules import Full
from archdsl.lowering import lower

KEYS = {
    "name", "parameters", "macs", "flops", "depth", "layers", "links", "skip_links", "exit_links",
    "links_bound", "shortest_gradient_path", "longest_gradient_path", "max_aggregated_outputs",
    "receptive_field", "stride", "activation_bytes", "aggregation_bytes",
    "crossing_bytes", "parts", "stages", "blocks", "block_links", "block_skip_links",
}  # fmt: skip
STAGE_KEYS = {
    "index", "layers", "rule", "arguments", "aggregation", "exit", "channels_in", "channels_out",
    "size", "parameters", "macs", "flops", "links", "skip_links", "exit_links", "links_bound",
    "fan_in", "shortest_gradient_path", "longest_gradient_path", "max_aggregated_outputs",
    "receptive_field", "stride", "aggregation_bytes",
}  # fmt: skip


def test_a_published_network() -> None:
    found = analyse(published("sparsenet-bc-cifar", depth=100)).as_dict()
    stages = found.pop("stages")
    parts = found.pop("parts")
    assert len(found["crossing_bytes"].pop("cuts")) == 1 + 48 + 2
    assert found == {
        "name": "sparsenet-bc-cifar",
        "parameters": 1_461_124,
        "macs": 641_003_232,
        "flops": 1_282_006_464,
        "depth": 100,
        "layers": 48,
        "links": 162,
        "skip_links": 114,
        "exit_links": 15,
        "links_bound": 240,
        "shortest_gradient_path": 4,
        "longest_gradient_path": 15,
        "max_aggregated_outputs": 5,
        "receptive_field": 230,
        "stride": 4,
        "activation_bytes": {"inference": 1_867_776, "training": 33_578_400},
        "aggregation_bytes": {"read": 8_060_928, "written": 8_060_928},
        "crossing_bytes": {"largest": 1_081_344, "after": "stages.0.layers.8"},
        "blocks": [],
        "block_links": 0,
        "block_skip_links": 0,
    }
    assert stages[1] == {
        "index": 1,
        "layers": 16,
        "rule": "exponential",
        "arguments": [2],
        "aggregation": "concat",
        "exit": "rule",
        "channels_in": 60,
        "channels_out": 120,
        "size": [16, 16],
        "parameters": 479_496,
        "macs": 121_208_832,
        "flops": 242_417_664,
        "links": 54,
        "skip_links": 38,
        "exit_links": 5,
        "links_bound": 80,
        "fan_in": {"min": 1, "max": 5, "mean": 3.375},
        "shortest_gradient_path": 4,
        "longest_gradient_path": 15,
        "max_aggregated_outputs": 5,
        "receptive_field": 100,
        "stride": 2,
        "aggregation_bytes": {"read": 1_572_864, "written": 1_572_864},
    }
    assert parts[2] == {
        "name": "between.0",
        "parameters": 2 * 120 + 120 * 60,
        "macs": 120 * 60 * 32 * 32,
        "flops": 2 * 120 * 60 * 32 * 32,
        "shape": [60, 16, 16],
    }
    assert [part["name"] for part in parts] == [
        "stem", "stages.0", "between.0", "stages.1", "between.1", "stages.2", "head",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_columns_add_up(kind: str) -> None:
    found = analyse(EVERY_KIND[kind]).as_dict()
    for key in ("parameters", "macs", "flops"):
        assert sum(part[key] for part in found["parts"]) == found[key]
    for key in ("layers", "links", "skip_links", "exit_links", "links_bound"):
        assert sum(one[key] for one in found["stages"]) == found[key]
    for one in found["stages"]:
        (part,) = (p for p in found["parts"] if p["name"] == f"stages.{one['index']}")
        assert part["shape"] == [one["channels_out"], *one["size"]]
        for key in ("parameters", "macs", "flops"):
            assert part[key] == one[key]


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_it_is_json_with_whole_numbers(kind: str) -> None:
    found = analyse(EVERY_KIND[kind]).as_dict()
    assert json.loads(json.dumps(found)) == found
    assert set(found) == KEYS
    assert [set(one) for one in found["stages"]] == [STAGE_KEYS] * len(found["stages"])
    fractions = {path for path, value in leaves(found) if isinstance(value, float)}
    assert fractions == {"stages.fan_in.mean"}


def leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every number and word, by its keys."""
    if isinstance(value, dict):
        return [leaf for key, v in value.items() for leaf in leaves(v, f"{path}.{key}".strip("."))]
    if isinstance(value, list):
        return [leaf for entry in value for leaf in leaves(entry, path)]
    return [(path, value)]


def test_a_stage_that_starts_where_another_ends_owns_its_own_nodes_alone() -> None:
    """Without anything between them, the last layer of one is the entry of the next."""
    graph = network(stages=stage(count="2", layers="1", exit="last"))
    first, second = (part for part in analyse(graph).parts if part.name.startswith("stages"))
    assert first.parameters == second.parameters == 2 * 8 + 9 * 8 * 8


def test_stages_differ() -> None:
    found = analyse(network(stages=stage(count="2", layers="[9, 3]", connect="plain"))).as_dict()
    assert [one["shortest_gradient_path"] for one in found["stages"]] == [8, 2]
    assert found["shortest_gradient_path"] == found["longest_gradient_path"] == 8


class Liar(Full):
    """Says that a layer reads one output at most."""

    rule: Literal["liar"]  # type: ignore[assignment]

    def fan_in_bound(self, layer: int) -> int:
        return 1


class Shy(Full):
    """Says nothing of distances, so paths have to be counted."""

    rule: Literal["shy"]  # type: ignore[assignment]

    def offsets(self, layers: int) -> None:  # type: ignore[override]
        return None


def own(rule: type[Full], layers: int) -> Graph:
    """A network of a rule of one's own, with a cheap unit."""
    text = f"""
archdsl: 1
name: net
input: [1, 2, 2]
stages:
  - {{layers: {layers}, unit: [relu], connect: {rule.__name__.lower()}, aggregate: sum}}
"""
    return lower(parse(text, extend=[rule])).graph


def test_a_rule_that_breaks_its_word_has_no_report() -> None:
    with pytest.raises(ArchdslError, match=r"A205.*layer 2 reads at most 1 output, but it reads 2"):
        analyse(own(Liar, 4))


def test_a_rule_without_distances_has_one() -> None:
    assert analyse(own(Shy, 20)).shortest_gradient_path == 1


def test_the_cost_grows_with_the_links() -> None:
    """From depth 1001 to 10,001 there are fifteen times as many; calls are counted, not time."""
    calls = []
    for depth in (1001, 10_001):
        graph = published("sparsenet-bc-cifar", depth=depth)
        profile = cProfile.Profile()
        profile.runcall(analyse, graph)
        calls.append(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]
    assert calls[1] < 20 * calls[0]
