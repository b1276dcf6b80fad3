"""`draw --open`: a block inside a unit as a stage in miniature."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from apps.draw.test_layout import assert_clear
from archdsl.analysis.parameters import state_shapes
from archdsl.api import check_text, load
from archdsl.apps.draw.dot import dot
from archdsl.apps.draw.opened import blocks, find, scene
from archdsl.apps.draw.showing import picture, subject
from archdsl.apps.draw.views import focus
from archdsl.errors import ArchdslError
from archdsl.lowering import lower
from backends.test_blocks import CASES
from cli.commands import SPECS, archdsl

NAMES = ["branches", "dense", "one-shot aggregation", "blocks in a block", "gate"]


@pytest.mark.parametrize("name", CASES)
def test_every_block_can_be_opened_by_the_prefix_of_its_weights(name: str) -> None:
    graph = check_text(CASES[name]).graph
    keys = state_shapes(graph)
    for path, block in blocks(graph).items():
        drawn = scene("nested", path, find(graph, path))
        assert_clear(drawn, "paper")
        links = {(curve.source, curve.target) for curve in drawn.curves}
        ends = [*block.reads, block.exit]
        assert links == {(f"{s}", f"{r}") for r, read in enumerate(ends, start=1) for s in read}
        own = {f"{path}.{key}" for key in block.weights() | block.statistics()}
        assert own <= keys.keys()


@pytest.mark.parametrize("name", NAMES)
def test_pictures(name: str, golden: Callable[[str, str], None]) -> None:
    graph = check_text(CASES[name]).graph
    path, block = next(iter(blocks(graph).items()))
    golden(f"{name.replace(' ', '-')}.dot", dot(scene("nested", path, block)))


def test_blocks_inside_are_named() -> None:
    graph = check_text(CASES["blocks in a block"]).graph
    paths = list(blocks(graph))
    assert paths[:2] == [
        "stages.0.layers.0.block", "stages.0.layers.0.block.layers.0.residual",
    ]  # fmt: skip
    sentences = " ".join(
        text.text for text in scene("nested", paths[0], find(graph, paths[0])).texts
    ).replace("\n", " ")
    assert f"Blocks inside: {paths[1]}" in sentences


def test_the_focus_view_names_the_blocks_of_its_layer() -> None:
    checked = check_text(CASES["blocks in a block"])
    (text,) = [
        text.text for text in focus.scene(subject(checked, "1.2")).texts if "F2 reads" in text.text
    ]
    assert "Inside: stages.1.layers.1.block, stages.1.layers.1.block.layers.0.residual" in " ".join(
        text.split()
    )


def test_from_python() -> None:
    spec = load(SPECS / "se-resnet-imagenet.yaml")
    assert picture(spec, "dot", open="stages.1.layers.0.gate").view == "stages.1.layers.0.gate"
    with pytest.raises(ArchdslError, match="no views"):
        picture(spec, "dot", view="arc", open="stages.1.layers.0.gate")
    assert len(blocks(lower(spec).graph)) == 16


def test_a_wrong_path_lists_what_can_be_opened(tmp_path: Path) -> None:
    for path, help in (
        ("stages.0.layers.9.gate", "stages.0.layers.0.gate"),
        ("nothing", "stages.0.layers.0.gate, "),
    ):
        spec = SPECS / "se-resnet-imagenet.yaml"
        ran = archdsl("draw", spec, "--open", path, "-o", tmp_path / "a.svg")
        assert ran.code == 2
        assert f"[A414]: `{path}` is not a block of se-resnet-imagenet" in ran.err
        assert help in ran.err.replace("\n", " ")
    ran = archdsl("draw", SPECS / "plain-cifar.yaml", "--open", "x", "-o", tmp_path / "a.svg")
    assert "plain-cifar has no blocks to open" in ran.err
