"""`archdsl show`: the facts of a network, as a table, as JSON, and as its graph."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from cli.commands import ROOT, SMALL, SPECS, archdsl, written

SPARSE = SPECS / "sparsenet-bc-cifar.yaml"
COUNTS = (
    "parameters", "macs", "flops", "depth", "layers", "links", "skip_links", "links_bound",
    "shortest_gradient_path", "max_aggregated_outputs",
)  # fmt: skip


def facts(*words: str | Path) -> dict[str, Any]:
    ran = archdsl("show", *words, "--json")
    assert ran.code == 0
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_json_of_a_network_of_the_paper() -> None:
    found = facts(SPARSE, "--set", "depth=1001", "--set", "growth=12", "--set", "stem=12")
    assert found["name"] == "sparsenet-bc-cifar"
    assert found["settings"] == {"depth": 1001, "growth": 12, "stem": 12}
    wanted = {
        "parameters": 4623856,
        "links": 3243,
        "skip_links": 2745,
        "shortest_gradient_path": 7,
        "max_aggregated_outputs": 8,
    }
    assert {key: found[key] for key in wanted} == wanted
    assert [remark["code"] for remark in found["remarks"]] == ["A224"]
    assert {v["verdict"] for v in found["expectations"]} == {"holds", "not applicable"}


def test_a_command_line_of_the_documentation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    line = (
        "archdsl show specs/sparsenet-bc-cifar.yaml "
        "--set depth=400 --set growth=12 --set stem=12 --json"
    )
    ran = archdsl(*shlex.split(line)[1:])
    assert ran.code == 0
    assert json.loads(ran.out)["parameters"] == 1698424


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_count_is_a_whole_number(path: Path) -> None:
    found = facts(path)
    for key in COUNTS:
        assert type(found[key]) is int, key
    assert found["activation_bytes"].keys() == {"inference", "training"}
    for count in found["activation_bytes"].values():
        assert type(count) is int
    assert found["flops"] == 2 * found["macs"]
    assert found["stages"]
    for key in ("layers", "links", "skip_links", "links_bound"):
        assert sum(stage[key] for stage in found["stages"]) == found[key]
    assert sum(part["parameters"] for part in found["parts"]) == found["parameters"]
    assert re.fullmatch(r"[0-9a-f]{64}", found["sha256"])


def test_the_table_says_what_json_says() -> None:
    found, ran = facts(SPARSE), archdsl("show", SPARSE)
    said = " ".join(ran.out.split())
    total = f"total {found['layers']:,} {found['parameters']:,} {found['macs']:,}"
    assert f"{total} {found['links']:,} " in said
    assert f"links {found['links']:,} (bound {found['links_bound']:,});" in said
    assert f"skip links {found['skip_links']:,};" in said
    assert f"FLOPs (2 per MAC) {found['flops']:,}" in said
    assert f"{found['activation_bytes']['training']:,} to train" in said
    assert max(map(len, ran.out.splitlines())) <= 80


def test_ir_is_the_graph_as_text(tmp_path: Path) -> None:
    spec = written(tmp_path)
    exploded = archdsl("show", spec, "--ir")
    assert (exploded.code, exploded.err) == (0, "")
    assert exploded.out.startswith("network small\n")
    assert archdsl("show", spec, "--ir", "--view", "exploded").out == exploded.out
    for layer in range(4):
        assert f"stages.0.layers.{layer}" in exploded.out


def test_the_compact_view_reads_earlier_aggregates(tmp_path: Path) -> None:
    ran = archdsl("show", written(tmp_path), "--ir", "--view", "compact")
    assert ran.code == 0
    assert "stages.0.join.2 = concat <- stages.0.join.1, stages.0.layers.1\n" in ran.out
    exploded = archdsl("show", tmp_path / "small.yaml", "--ir").out
    assert "stages.0.join.2 = concat <- input, stages.0.layers.0, stages.0.layers.1\n" in exploded


def test_expand_says_units_reads_and_weights(tmp_path: Path) -> None:
    ran = archdsl("show", written(tmp_path), "--expand")
    assert ran.code == 0
    assert "    layer 3: 0 1 2\n" in ran.out
    assert "    exit: 0 1 2 3 4\n" in ran.out
    assert "    stages.0.layers.0.conv.weight: [8, 3, 3, 3]\n" in ran.out
    both = archdsl("show", tmp_path / "small.yaml", "--expand", "--ir")
    assert both.out.startswith("network small\n")
    assert both.out.endswith(ran.out[ran.out.index("units\n") :])


def test_there_is_no_other_view(tmp_path: Path) -> None:
    ran = archdsl("show", written(tmp_path), "--ir", "--view", "exlpoded")
    assert ran.code == 2
    assert "exlpoded" in ran.err


def test_a_figure_that_fails_is_shown_and_fails_nothing(tmp_path: Path) -> None:
    figure = "expect: {parameters: {value: 3, source: me}}\n"
    spec = written(tmp_path, SMALL + figure)
    ran = archdsl("show", spec)
    assert ran.code == 0
    assert "parameters 3 (me): does not match; the count is 4,440" in " ".join(ran.out.split())
    assert [v["verdict"] for v in facts(spec)["expectations"]] == ["fails"]


def test_a_description_is_nowhere_obeyed(tmp_path: Path) -> None:
    text = r'description: "[/red] {x} %s a\u202eb </svg><script>"'
    for options in ([], ["--ir"], ["--expand"], ["--json"]):
        ran = archdsl("show", written(tmp_path, f"{SMALL}{text}\n"), *options)
        assert ran.code == 0
        assert all(c.isprintable() or c == "\n" for c in ran.out)


def test_the_plan_in_words(tmp_path: Path) -> None:
    """Four layers that read everything: nothing dies, every layer reads one prefix."""
    said = archdsl("show", written(tmp_path), "--plan").out.splitlines()
    assert said == [
        "DenseLayer",
        "  norm alone, relu",
        "  convolution conv",
        "stages.0  outputs in a buffer, side by side",
        "  35 channels hold outputs of 35",
        "  y0  0:3", "  y1  3:11", "  y2  11:19", "  y3  19:27", "  y4  27:35",
        "  F1  reads 0:3", "  F2  reads 0:11", "  F3  reads 0:19", "  F4  reads 0:27",
        "  exit  reads 0:35",
        "training with --memory-efficient", "  stages.0  one operator",
    ]  # fmt: skip


def test_the_plan_of_a_sum_and_of_bottlenecks() -> None:
    said = archdsl("show", SPECS / "resnet-imagenet.yaml", "--plan").out
    assert "stages.0  one sum, added to in place" in said
    said = archdsl("show", SPECS / "sparsenet-bc-cifar.yaml", "--plan").out
    assert (
        "  convolution conv1 after norm1 and relu as bounds, with norm2 folded in, relu\n" in said
    )
    assert "  convolution conv after norm and relu as bounds, on places pooled 2x2\n" in said
    assert "stages.0  outputs in a buffer, each in its own feature map\n" in said


def test_the_plan_says_why_a_stage_is_not_an_operator() -> None:
    reason = "nothing in it reads more than one output"
    for name, index in (("hardnet-68ds-imagenet", 5), ("resnet-preact-cifar", 0)):
        said = archdsl("show", SPECS / f"{name}.yaml", "--plan").out.splitlines()
        reasons = facts(SPECS / f"{name}.yaml")["memory_efficient_obstacles"]
        assert f"  stages.{index}  layer by layer: {reasons[index]}" in said
        assert (reasons[index] == reason) == (index == 5)
        assert [f"  stages.{at}  one operator" in said for at in range(len(reasons))] == [
            not reason for reason in reasons
        ]


def test_the_placed_view(tmp_path: Path) -> None:
    said = archdsl("show", written(tmp_path), "--ir", "--view", "placed").out
    assert "\n  prefix in 35 channels: 0:3, 3:11, 11:19, 19:27, 27:35\n" in said
    ran = archdsl("show", written(tmp_path), "--ir", "--view", "odd")
    assert ran.code == 2
    assert "views: exploded, compact, placed, simplified" in ran.err


def test_every_layer_has_a_line_and_the_last_one_is_the_total(tmp_path: Path) -> None:
    ran = archdsl("show", written(tmp_path), "--per-layer")
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert lines[0].split() == ["layer", "out", "parameters", "MACs", "bytes"]
    assert "stages.0.layers.1.conv 8x8x8 792 50,688 2,048" in lines
    assert "stages.0.join.1 concat 11x8x8 0 0 2,816" in lines
    assert lines[-1].split()[:2] == ["total", "4,440"]
    assert max(map(len, archdsl("show", SPARSE, "--per-layer").out.splitlines())) <= 80


def test_every_edge_has_a_line(tmp_path: Path) -> None:
    ran = archdsl("show", written(tmp_path), "--edges")
    assert ran.out.splitlines()[:4] == [
        "stage  reader             reads                  channels  from",
        "0      stages.0.layers.0  y_0 input                     3     0",
        "0      stages.0.layers.1  y_0 input                     3     0",
        "0      stages.0.layers.1  y_1 stages.0.layers.0         8     3",
    ]


def test_json_lists_layers_and_edges_if_asked(tmp_path: Path) -> None:
    spec = written(tmp_path)
    listed = facts(spec, "--per-layer", "--edges")
    assert facts(spec).items() <= listed.items()
    assert listed["per_layer"][0] == {
        "name": "stages.0.layers.0.norm", "layer": "norm", "shape": [3, 8, 8],
        "parameters": 6, "macs": 0, "activation_bytes": 768,
    }  # fmt: skip
    assert listed["edges"][2] == {
        "stage": 0, "writer": 1, "reader": 2, "writer_name": "stages.0.layers.0",
        "reader_name": "stages.0.layers.1", "channels": 8, "first_channel": 3,
    }  # fmt: skip
    assert listed["edges"][-1]["reader_name"] == "stages.0.exit"


def test_edges_are_bounded(tmp_path: Path) -> None:
    spec = written(tmp_path, SMALL.replace("layers: 4", "layers: 450"))
    ran = archdsl("show", spec, "--edges", "--json")
    assert (ran.code, ran.out) == (3, "")
    assert "error[A301]: the network has 101,926 links to list (limit 100,000)" in ran.err
