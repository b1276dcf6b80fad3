"""Heat maps of blocks inside units, and of layers that rearrange what they read."""

from __future__ import annotations

import json
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

import archdsl  # noqa: E402
from archdsl.api import check_text  # noqa: E402
from archdsl.apps.heatmap.checkpoint import heat_map  # noqa: E402
from archdsl.apps.heatmap.plot import draw  # noqa: E402

DENSE = "{block: {layers: 3, unit: [norm, {conv: {width: 2, kernel: 1}}], connect: full, aggregate: concat}}"  # noqa: E501


def network(unit: str, stage: str = "connect: plain, aggregate: sum", layers: int = 1) -> Any:
    text = "archdsl: 2\nname: net\ninput: [4, 8, 8]\n"
    return check_text(text + f"stages: {{count: 1, layers: {layers}, unit: {unit}, {stage}}}\n")


def heat(checked: Any, **weights: Any) -> Any:
    state = archdsl.build(checked.spec).state_dict()
    return heat_map(checked.graph, state | weights)


def test_the_parts_of_a_block_that_concatenates_have_a_panel() -> None:
    checked = network(f"[{DENSE}, {{conv: 4}}]", layers=2)
    key = "stages.0.layers.1.block.layers.2.conv.weight"
    weight = torch.tensor([[1.0] * 4 + [2.0] * 2 + [-4.0] * 2] * 2).reshape(2, 8, 1, 1)
    found = heat(checked, **{key: weight})
    blocks = {panel.block: panel for panel in found.panels if panel.block}
    assert list(blocks) == ["stages.0.layers.0.block", "stages.0.layers.1.block"]
    panel = blocks["stages.0.layers.1.block"]
    assert panel.means.keys() == {(0, 2), (1, 2), (0, 3), (1, 3), (2, 3)}
    assert [panel.rescaled[source, 3] for source in range(3)] == [0.25, 0.5, 1.0]
    assert panel.title == "stages.0.layers.1.block"
    stages = json.loads(found.as_json())["stages"]
    assert [stage.get("block") for stage in stages if "block" in stage] == list(blocks)
    assert found.as_csv().splitlines()[-1].endswith(",stages.0.layers.1.block")
    assert draw(found, "svg").startswith(b"<?xml")


@pytest.mark.parametrize(
    "layer", ["{shuffle: 2}", "{keep: {width: 4}}", "{select: 4}", "{residual: [relu]}"]
)
def test_a_layer_that_rearranges_channels_hides_which_output_a_weight_reads(layer: str) -> None:
    """Behind it, the channels of a convolution are not in the order of the outputs."""
    concat = "connect: full, aggregate: concat"
    assert heat(network("[norm, {conv: 4}]", concat, 3)).panels
    nested = DENSE.replace("[norm, ", f"[{layer}, ")
    for checked in (
        network(f"[{layer}, {{conv: 4}}]", concat, 3), network(f"[{nested}, {{conv: 4}}]"),
    ):  # fmt: skip
        with pytest.raises(archdsl.ArchdslError, match="no separate weights"):
            heat(checked)


WEIGHTED = (
    "{block: {layers: 2, unit: [norm, {conv: 4}], connect: full, aggregate: weighted, exit: all}}"
)


def test_weights_of_readers_in_a_block_have_a_panel() -> None:
    checked = network(f"[{WEIGHTED}]")
    path = "stages.0.layers.0.block"
    weights = {
        f"{path}.joins.1.weight": torch.tensor([-3.0, 1.0]),
        f"{path}.exit_join.weight": torch.tensor([0.5, 1.0, -2.0]),
    }
    (panel,) = heat(checked, **weights).panels
    assert panel.title == path
    assert panel.means == {(0, 2): 3, (1, 2): 1, (0, 3): 0.5, (1, 3): 1, (2, 3): 2}


def test_a_stage_without_layers_is_refused_as_others_without_weights_are() -> None:
    """With `entry: first`, a stage of one unit has no layer that could read anything."""
    checked = network("[norm, {conv: 4}]", "connect: full, aggregate: sum, entry: first")
    assert checked.graph.stages[0].depth == 0
    with pytest.raises(archdsl.ArchdslError, match=r"\[A442\]"):
        heat(checked)


def test_blocks_of_an_entry_have_a_panel_in_their_stage() -> None:
    checked = network(
        "[norm, {conv: 4}]",
        f"connect: full, aggregate: sum, exit: all, entry: [{DENSE}, {{conv: 4}}]",
    )
    *_, panel = heat(checked).panels
    assert (panel.stage, panel.block) == (0, "stages.0.entry.block")
    assert panel.means.keys() == {(0, 2), (1, 2), (0, 3), (1, 3), (2, 3)}


def test_blocks_outside_of_stages_have_a_panel_without_a_stage() -> None:
    text = (
        f"archdsl: 2\nname: net\ninput: [4, 8, 8]\nstem: [{DENSE}]\nhead: [{DENSE}]\n"
        "stages: {count: 2, layers: 1, unit: [norm, {conv: incoming}], aggregate: sum,"
        f" connect: {{rule: plain, scope: network}}, carry: [{DENSE}, {{conv: 8}}]}}\n"
    )
    found = heat(check_text(text))
    blocks = [(panel.stage, panel.block) for panel in found.panels if panel.block]
    assert blocks == [
        (None, "stem.block"), (0, "stages.0.carries.0.0.block"), (None, "head.block"),
    ]  # fmt: skip
    assert json.loads(found.as_json())["stages"][-1]["stage"] is None
    assert found.as_csv().splitlines()[-1].startswith(",")
    weights = archdsl.build(check_text(text).spec).state_dict()
    shown = archdsl.strengths(check_text(text), weights).blocks
    assert list(shown) == [block for _, block in blocks]


def test_branches_at_the_beginning_of_a_unit_count_together() -> None:
    """The mean is over all weights that read an output, of kernels of any size."""
    unit = (
        "[norm, {parallel: [[{conv: {width: 2, kernel: 1}}], [relu, {conv: 2}]],"
        " aggregate: concat}]"
    )
    checked = network(unit, "connect: full, aggregate: concat", 3)
    path = "stages.0.layers.1.parallel"
    weights = {f"{path}.layers.0.conv.weight": torch.randn(2, 8, 1, 1),
               f"{path}.layers.1.conv.weight": torch.randn(2, 8, 3, 3)}  # fmt: skip
    panel = heat(checked, **weights).panels[0]
    for source, own in enumerate([slice(4), slice(4, 8)]):
        read = torch.cat([weight[:, own].flatten() for weight in weights.values()])
        assert panel.means[source, 2] == pytest.approx(float(read.abs().mean()), rel=1e-6)
