"""Layers that a user defines outside the package compile, verify, draw and print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from torch import Tensor, nn

import archdsl
from archdsl.analysis.memory import training
from archdsl.api import check_text
from archdsl.apps.draw.showing import picture
from archdsl.errors import ArchdslError
from archdsl.ir import text
from archdsl.language.layer import RESERVED
from archdsl.language.layers import Conv, LayerWords, Relu
from archdsl.language.values import Width
from backends.networks import assert_equals_oracle, of_checked

SPEC = """
archdsl: 1
name: own-layers
input: [3, 8, 8]
stem: [{conv: {width: 8, kernel: 3}}, {group_norm: {groups: 2}}, relu]
stages:
  count: 2
  layers: 3
  unit: [{group_norm: {groups: 4}}, relu, {conv: {width: 8, kernel: 3}}]
  connect: full
  aggregate: concat
between: [running_scale, {pool: {kernel: 2}}]
head: [group_norm, relu, {pool: {to: 1}}, flatten, {linear: {width: 5}}]
"""


class GroupNorm(archdsl.Layer):
    """Wu and He 2018: normalisation over groups of channels and all pixels."""

    layer: Literal["group_norm"] = "group_norm"
    groups: Width = 4
    module = "GroupNorm"
    normalises = True

    def problem(self, shape: tuple[int, ...]) -> str | None:
        """Groups divide the channels."""
        return f"{self.groups} groups, {shape[0]} channels" if shape[0] % self.groups else None

    def arguments(self, shape: tuple[int, ...]) -> dict[str, int | float | bool]:
        return {"num_groups": self.groups, "num_channels": shape[0]}

    def weights(self, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        return {"weight": (shape[0],), "bias": (shape[0],)}

    def kept_bytes(self, shape: tuple[int, ...]) -> int:
        """The mean and the inverse standard deviation of each group."""
        return 2 * 4 * self.groups

    def compute(self, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
        grouped = x.reshape(x.shape[0], self.groups, -1)
        mean = grouped.mean(2, keepdim=True)
        variance = ((grouped - mean) ** 2).mean(2, keepdim=True)
        normal = ((grouped - mean) / torch.sqrt(variance + 1e-5)).reshape(x.shape)
        each = (1, -1, *[1] * (x.dim() - 2))
        return normal * own["weight"].reshape(each) + own["bias"].reshape(each)


class RunningScale(archdsl.Layer):
    """A norm with statistics and without weights: `BatchNorm2d(affine=False, momentum=0.2)`."""

    layer: Literal["running_scale"] = "running_scale"
    module = "BatchNorm2d"

    def arguments(self, shape: tuple[int, ...]) -> dict[str, int | float | bool]:
        return {"num_features": shape[0], "momentum": 0.2, "affine": False}

    def statistics(self, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        each = shape[:1]
        return {"running_mean": each, "running_var": each, "num_batches_tracked": ()}

    def kept_bytes(self, shape: tuple[int, ...]) -> int:
        return 2 * 4 * shape[0]

    def compute(self, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
        mean, variance = own["running_mean"], own["running_var"]
        if training:
            count = x.numel() // x.shape[1]
            batch_mean = x.mean((0, 2, 3))
            batch_variance = x.var((0, 2, 3), unbiased=False)
            with torch.no_grad():
                own["num_batches_tracked"].add_(1)
                mean.copy_(0.8 * mean + 0.2 * batch_mean)
                variance.copy_(0.8 * variance + 0.2 * batch_variance * count / (count - 1))
            mean, variance = batch_mean, batch_variance
        each = (1, -1, 1, 1)
        return (x - mean.view(each)) / torch.sqrt(variance.view(each) + 1e-5)


OWN = (GroupNorm, RunningScale)


def test_equals_the_oracle_in_outputs_gradients_and_statistics() -> None:
    checked = of_checked(check_text(SPEC, extend=OWN))
    assert_equals_oracle(checked.network, checked.graph)
    kinds = [type(module) for module in checked.network.modules()]
    assert kinds.count(nn.GroupNorm) == 8
    assert kinds.count(nn.BatchNorm2d) == 1
    assert "import archdsl" not in checked.text
    assert "from archdsl" not in checked.text


def test_channels_are_an_argument_where_they_vary() -> None:
    emitted = check_text(SPEC, extend=OWN).emit()
    assert "nn.GroupNorm(num_groups=4, num_channels=channels)" in emitted
    assert "momentum=0.2, affine=False)" in emitted


def test_costs_are_counted() -> None:
    checked = check_text(SPEC, extend=OWN)
    module = of_checked(checked).network
    counted = sum(weight.numel() for weight in module.parameters())
    assert checked.report.parameters == counted
    plain = check_text(SPEC.replace("running_scale, ", ""), extend=OWN)
    # The layer keeps its input, 32 x 8 x 8, and the average pooling keeps its result.
    assert training(checked.graph) - training(plain.graph) == 4 * 32 * 64 + 2 * 4 * 32


def test_is_printed_drawn_and_described() -> None:
    checked = check_text(SPEC, extend=OWN)
    assert "group_norm:num_groups=4,num_channels=8 relu conv:8->8/k3p1" in text.graph(checked.graph)
    assert picture(checked.graph, view="overview")
    assert "Group norm, ReLU" in checked.emit()


def test_a_refused_shape_is_located() -> None:
    with pytest.raises(ArchdslError) as raised:
        check_text(SPEC.replace("groups: 2", "groups: 3"), extend=OWN)
    (diagnostic,) = raised.value.diagnostics
    assert (diagnostic.code, diagnostic.message) == ("A101", "`group_norm`: 3 groups, 8 channels")
    assert diagnostic.span is not None
    assert diagnostic.span.line == 5


def test_unknown_without_the_extension() -> None:
    with pytest.raises(ArchdslError) as raised:
        check_text(SPEC)
    assert {diagnostic.code for diagnostic in raised.value.diagnostics} == {"A105"}


@pytest.mark.parametrize("word", ["conv", "forward", "group-norm", "class"])
def test_a_word_that_cannot_name_a_layer_is_refused(word: str) -> None:
    named = type("Named", (archdsl.Layer,), {"__annotations__": {"layer": Literal[word]}})
    with pytest.raises(ArchdslError) as raised:
        check_text(SPEC, extend=(*OWN, named))
    assert [diagnostic.code for diagnostic in raised.value.diagnostics] == ["A120"]


def test_reserved_words_are_all_public_attributes_of_a_module() -> None:
    public = {name for name in dir(nn.Module()) if not name.startswith("_")} - {"T_destination"}
    assert public <= RESERVED


@pytest.mark.parametrize("module", ["", "nn.GroupNorm", "x); import os; ("])
def test_a_module_that_is_not_a_class_of_torch_is_refused(module: str) -> None:
    named = type("Named", (GroupNorm,), {"module": module})
    with pytest.raises(ArchdslError) as raised:
        check_text(SPEC, extend=(named, RunningScale))
    assert [diagnostic.code for diagnostic in raised.value.diagnostics] == ["A121"]


@pytest.mark.parametrize(
    "arguments", [{"self": 1}, {"a b": 1}, {"class": 1}, {"one": "x"}, {"one": float("nan")}]
)
def test_arguments_that_cannot_be_written_are_refused(arguments: dict[str, object]) -> None:
    named = type("Named", (GroupNorm,), {"arguments": lambda self, shape: arguments})
    with pytest.raises(ArchdslError) as raised:
        check_text(SPEC, extend=(named, RunningScale))
    assert [diagnostic.code for diagnostic in raised.value.diagnostics] == ["A101"]


class NormedUnit(archdsl.Unit):
    """A unit of a user with a layer of a user."""

    kind: Literal["normed"]
    width: Width

    def layers(self, stride: int) -> Sequence[LayerWords]:
        return (GroupNorm(groups=2), Relu(), Conv(width=self.width, kernel=3, stride=stride))


@pytest.mark.parametrize("entry", ["identity", "projection"])
def test_a_unit_may_use_it(entry: str) -> None:
    unit = f"{{kind: normed, width: [8, 12]}}\n  entry: {entry}\n  stride: [1, 2]"
    listed = "[{group_norm: {groups: 4}}, relu, {conv: {width: 8, kernel: 3}}]"
    source = SPEC.replace(listed, unit)
    if entry == "projection":
        source = source.replace("aggregate: concat", "aggregate: sum")
    else:
        source = source.replace("stride: [1, 2]", "stride: 1")
    checked = of_checked(check_text(source, extend=(*OWN, NormedUnit)))
    assert_equals_oracle(checked.network, checked.graph)


def test_a_fused_network_runs_it_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "own-layers.yaml"
    path.write_text(SPEC, encoding="utf-8")
    network: Any = archdsl.build(archdsl.load(path, extend=OWN), fuse=True).eval()
    x = torch.randn(2, 3, 8, 8)
    with torch.inference_mode():
        torch.testing.assert_close(network.fuse()(x), network(x))


def test_numbers_in_another_form_are_refused_by_the_name_of_the_layer() -> None:
    with pytest.raises(ArchdslError) as raised:
        check_text(SPEC.replace("{groups: 2}", "2"), extend=OWN)
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.code == "A106"
    assert diagnostic.message == "`group_norm` takes a mapping of its numbers, not 2"
