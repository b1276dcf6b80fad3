"""What is reported of weights that fit, and of those that do not."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from torch import Tensor

from archdsl.analysis.parameters import state_shapes
from archdsl.api import check_text
from archdsl.apps.weights.conversion import convert, reverse
from archdsl.apps.weights.report import Pair, Report
from archdsl.errors import ArchdslError

SPEC = """archdsl: 2
name: tiny-resnet
input: [3, 8, 8]
stem: [{conv: {width: 4, kernel: 3}}, norm, relu]
stages:
  count: 1
  layers: 1
  unit: {kind: double, order: post, inner: 4, final_relu: false}
  connect: full
  aggregate: running
head: [{pool: {to: 1}}, flatten, {linear: 5}]
"""
GRAPH = check_text(SPEC).graph
NAMES = {
    "stem.conv": "conv1", "stem.norm": "bn1", "head.linear": "fc",
    "stages.0.layers.0.conv1": "layer1.0.conv1", "stages.0.layers.0.norm1": "layer1.0.bn1",
    "stages.0.layers.0.conv2": "layer1.0.conv2", "stages.0.layers.0.norm2": "layer1.0.bn2",
}  # fmt: skip


def own() -> dict[str, Tensor]:
    return {name: torch.rand(shape) for name, shape in state_shapes(GRAPH).items()}


def theirs() -> dict[str, Tensor]:
    parts = (name.rpartition(".") for name in state_shapes(GRAPH))
    return {f"{NAMES[layer]}.{key}": own()[f"{layer}.{key}"] for layer, _, key in parts}


def report(state: object, source: str = "torchvision") -> Report:
    return convert(GRAPH, state, source).report


def diagnostics(result: Report) -> list[tuple[str, str, str | None, str | None]]:
    with pytest.raises(ArchdslError) as raised:
        result.require()
    return [(d.code, d.message, d.note, d.help) for d in raised.value.diagnostics]


def test_everything_fits() -> None:
    converted = convert(GRAPH, theirs(), "torchvision")
    converted.report.require()
    assert converted.report.complete
    assert list(converted.state) == list(state_shapes(GRAPH))
    assert Pair("stem.norm.bias", "bn1.bias") in converted.report.loaded
    assert len(converted.report.loaded) == len(converted.state)


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.module.", "module._orig_mod."])
@pytest.mark.parametrize("keys", [[], ["state_dict"], ["net"], ["ema", "model"]])
def test_wrapped_checkpoints(prefix: str, keys: list[str]) -> None:
    state: dict[str, Any] = {"n_averaged": torch.tensor(9)}
    state |= {prefix + name: value for name, value in theirs().items()}
    for key in keys:
        state = {key: state, "epoch": 3}
    converted = report(state, "auto")
    converted.require()
    assert converted.map == "resnet"
    assert converted.where == ".".join([*reversed(keys), prefix.rstrip(".")])


def test_our_own_names_need_no_map() -> None:
    converted = convert(GRAPH, {"model": own()})
    converted.report.require()
    assert (converted.report.map, converted.report.where) == ("archdsl", "model")


def test_missing_and_unexpected() -> None:
    state = theirs()
    state["fc.more"] = state.pop("fc.bias")
    assert diagnostics(report(state)) == [
        ("A445", "the checkpoint lacks 1 weight", "head.linear.bias (fc.bias)",
         "convert the others with --partial"),
        ("A445", "tiny-resnet does not have 1 weight of the checkpoint", "fc.more",
         "leave them out with --partial"),
    ]  # fmt: skip


def test_another_number_of_classes_is_named() -> None:
    state = theirs() | {"fc.weight": torch.rand(7, 4), "fc.bias": torch.rand(7)}
    ((code, message, note, help),) = diagnostics(report(state))
    assert (code, message) == ("A445", "the checkpoint has other shapes for 2 weights")
    assert (
        note == "head.linear.weight (fc.weight): 7x4, not 5x4; head.linear.bias (fc.bias): 7, not 5"
    )
    assert help is not None
    assert help.startswith("the checkpoint is for 7 classes, the network for 5")
    assert "head.linear.weight" not in convert(GRAPH, state).state


def test_a_long_list_is_cut() -> None:
    ((_, message, note, _),) = diagnostics(report({"conv1.weight": theirs()["conv1.weight"]}))
    assert message == "the checkpoint lacks 16 weights"
    assert note is not None
    assert note.endswith("; and 8 more")


def test_sizes_of_1_are_added_and_removed_and_nothing_else() -> None:
    state = theirs()
    state["fc.weight"] = state["fc.weight"][:, :, None, None]
    converted = report(state)
    converted.require()
    assert [pair.ours for pair in converted.reshaped] == ["head.linear.weight"]
    state["fc.weight"] = state["fc.weight"].reshape(4, 5)
    assert [m.pair.ours for m in report(state).mismatched] == ["head.linear.weight"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (torch.ones(5, device="meta"), "fc.bias is on the meta device and has no values"),
        (torch.ones(5, dtype=torch.complex64), "fc.bias has the dtype torch.complex64"),
        ([1.0] * 5, "fc.bias is a list, not a tensor"),
    ],
)
def test_values_that_are_not_numbers(value: object, message: str) -> None:
    with pytest.raises(ArchdslError) as raised:
        convert(GRAPH, {**theirs(), "fc.bias": value})
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.code == "A440"
    assert diagnostic.message.startswith(message)


def test_sparse_and_half_values_are_kept() -> None:
    state = theirs()
    state["fc.weight"] = state["fc.weight"].half().to_sparse()
    weight = convert(GRAPH, state).state["head.linear.weight"]
    assert weight.dtype == torch.float16
    assert torch.equal(weight, state["fc.weight"].to_dense())


def test_counters_that_old_files_lack_are_0() -> None:
    state = {name: value for name, value in theirs().items() if not name.endswith("tracked")}
    converted = convert(GRAPH, state)
    converted.report.require()
    assert len(converted.report.filled) == 3
    assert converted.state["stem.norm.num_batches_tracked"] == torch.tensor(0)


def test_the_way_back() -> None:
    state = theirs()
    back = reverse(GRAPH, convert(GRAPH, state).state, "torchvision").state
    assert back.keys() == state.keys()
    assert all(torch.equal(back[name], state[name]) for name in state)


@pytest.mark.parametrize(
    ("source", "code", "message"),
    [
        ("torchvison", "A414", "`torchvison` is not a source of weights"),
        ("hardnet", "A446", "there are no names of hardnet for tiny-resnet"),
    ],
)
def test_no_way_back(source: str, code: str, message: str) -> None:
    with pytest.raises(ArchdslError) as raised:
        reverse(GRAPH, own(), source)
    (diagnostic,) = raised.value.diagnostics
    assert (diagnostic.code, diagnostic.message) == (code, message)


def test_several_families_fit() -> None:
    graph = check_text(SPEC.replace("tiny-resnet", "mine")).graph
    with pytest.raises(ArchdslError) as raised:
        reverse(graph, own(), "torchvision")
    assert "could have the names of densenet or regnet-torchvision or resnet or" in str(
        raised.value
    )
    assert "layer1.0.bn1.bias" in reverse(graph, own(), "resnet").state


def test_names_of_nothing_that_is_known() -> None:
    with pytest.raises(ArchdslError) as raised:
        convert(GRAPH, {"weight": torch.rand(3)})
    assert raised.value.diagnostics[0].code == "A446"


def test_json_lists_everything() -> None:
    state = theirs()
    state["other"] = state.pop("fc.bias")
    facts = json.loads(report(state).as_json())
    assert facts["map"] == "resnet"
    assert facts["missing"] == [{"name": "head.linear.bias", "checkpoint": "fc.bias"}]
    assert facts["unexpected"] == ["other"]
    assert len(facts["loaded"]) == 19
