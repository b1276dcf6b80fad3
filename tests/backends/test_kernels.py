"""Convolutions that differ in their window share a class, which takes the kernel as an argument."""

from __future__ import annotations

from pathlib import Path

import pytest

import archdsl
from archdsl.api import check_text
from archdsl.oracle.comparison import compare_fused
from archdsl.oracle.verification import verify_text
from backends.networks import assert_equals_oracle, assert_laid_out, of_checked

HEAD = "head: [norm, relu, {pool: {to: 1}}, flatten, {linear: {width: 3}}]\n"


def spec(*convs: str, shape: str = "[3, 16, 16]", before: str = "") -> str:
    """Stages of one form, whose units differ in the last convolution."""
    stages = "".join(
        f"  - {{layers: {layers}, unit: [norm, relu, {before}{{conv: {{width: 4, {conv}}}}}], "
        "connect: full, aggregate: sum}\n"
        for layers, conv in enumerate(convs, start=2)
    )
    top = f"archdsl: 2\nname: net\ninput: {shape}\nstem: [{{conv: {{width: 4}}}}]\n"
    return f"{top}stages:\n{stages}{HEAD}"


ALIKE = {
    "kernels": (spec("kernel: 3", "kernel: 5", "kernel: 1"), "padding=kernel // 2"),
    "kernels after a 1x1 convolution": (
        spec("kernel: 1", "kernel: 3", before="{conv: {width: 8, kernel: 1}}, norm, relu, "),
        "kernel_size=kernel",
    ),
    "one dimension": (
        spec("kernel: 3", "kernel: 5", shape="[3, 16]"),
        "nn.Conv1d(4, 4, kernel_size=kernel",
    ),
    "three dimensions": (
        spec("kernel: 3", "kernel: 1", shape="[3, 4, 4, 4]"),
        "nn.Conv3d(4, 4, kernel_size=kernel",
    ),
}  # fmt: skip
"""Networks, and what their class of units has."""


@pytest.mark.parametrize("name", ALIKE)
def test_equals_the_oracle(name: str) -> None:
    checked = check_text(ALIKE[name][0])
    emitted = of_checked(checked)
    assert_equals_oracle(emitted.network, emitted.graph)
    assert verify_text(emitted.text, checked.graph, checked.report).problems == []


@pytest.mark.parametrize("name", ["kernels", "kernels after a 1x1 convolution"])
def test_a_snapshot_equals_its_network(name: str) -> None:
    checked = check_text(ALIKE[name][0])
    fusions = compare_fused(archdsl.build(checked.spec, fuse=True), checked.graph)
    assert [fusion.holds for fusion in fusions] == [True, True]


@pytest.mark.parametrize("name", ALIKE)
def test_units_and_stages_share_a_class(name: str) -> None:
    text = check_text(ALIKE[name][0]).emit()
    assert ALIKE[name][1] in text
    assert text.count("class ") == 5  # the unit, the stage, the stem, the head, the network


@pytest.mark.parametrize(
    ("conv", "window"),
    [
        ("kernel: 1x3", "kernel_size=(1, 3), padding=(0, 1)"),
        ("kernel: 3, dilation: 2", "kernel_size=3, padding=2, dilation=2"),
        ("kernel: 3, bias: true", "kernel_size=3, padding=1)"),
    ],
)
def test_other_windows_have_a_class_of_their_own(conv: str, window: str) -> None:
    emitted = of_checked(check_text(spec("kernel: 3", conv)))
    assert window in emitted.text
    assert_equals_oracle(emitted.network, emitted.graph)


def test_a_transition_that_keeps_the_size_shares_a_class() -> None:
    """As in RDNet, where it is a 1x1 convolution instead of one of 2x2 pixels that move by 2."""
    window = "{conv: {width: 4, kernel: down, stride: down, padding: 0}}"
    text = spec("kernel: 3", "kernel: 3", "kernel: 3").replace(
        "name: net", "name: net\nparams: {down: [2, 1, 1]}"
    )
    emitted = of_checked(check_text(f"{text}between: [norm, {window}]\n"))
    assert "nn.Conv2d(4, 4, kernel_size=kernel, stride=stride, bias=False)" in emitted.text
    assert_equals_oracle(emitted.network, emitted.graph)


def test_files_are_laid_out_as_a_formatter_would(tmp_path: Path) -> None:
    assert_laid_out(tmp_path, {name: check_text(text).emit() for name, (text, _) in ALIKE.items()})
