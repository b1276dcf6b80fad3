"""Receptive fields, by hand and by where gradients arrive."""

from __future__ import annotations

import pytest
import torch

from analysis.networks import network, published, stage
from analysis.running import run, state
from archdsl.analysis.receptive_field import Field, fields, receptive_field
from archdsl.ir.graph import Graph

LARGE = "[1, 64, 64]"
CONV = "{conv: {width: 2, kernel: 3}}"
HALVE = "{conv: {width: 2, kernel: 3, stride: 2}}"
NETWORKS = {
    "plain": network(
        input=LARGE, stem="", stages=stage(connect="plain", unit=f"[{CONV}]"), head=""
    ),
    "branches of many sizes": network(
        input=LARGE,
        stem=f"[{HALVE}]",
        stages=stage(layers="5", connect="{rule: exponential, base: 2}", unit=f"[{CONV}, relu]"),
        head="",
    ),
    "pooled between stages": network(
        input=LARGE,
        stem="[{conv: {width: 2, kernel: 5}}]",
        stages=stage(count="2", layers="2", unit=f"[{CONV}]"),
        between="[{pool: {kernel: 2}}]",
        head="",
    ),
    "strided beside a projection": network(
        input=LARGE,
        stem="[{conv: {width: 4, kernel: 1}}]",
        stages=stage(
            count="2",
            unit=f"[{HALVE.replace(', stride: 2', '')}, {CONV}]",
            aggregate="sum",
            entry="projection",
            stride="2",
            layers="1",
        ),
        head="",
    ),
    "only the first": network(
        input=LARGE,
        stages=stage(
            unit=f"[{CONV}]", connect="{rule: explicit, reads: [[0], [0], [0]]}", exit="last"
        ),
        head="",
    ),
}


@pytest.mark.parametrize("kind", NETWORKS)
def test_gradients_arrive_from_just_this_far(kind: str) -> None:
    graph = NETWORKS[kind]
    assert seen(graph) == receptive_field(graph).size


def seen(graph: Graph) -> int:
    """Input places along a side that the middle of the last exit depends on."""
    x = torch.ones(1, 1, 64, 64, requires_grad=True)
    exit = run(graph, state(graph, fill=1.0), x)[graph.stages[-1].exit]
    middle = exit.shape[-1] // 2
    (gradient,) = torch.autograd.grad(exit[..., middle, middle].sum(), x)
    rows = gradient[0, 0].sum(dim=1).nonzero().flatten()
    return int(rows[-1] - rows[0]) + 1


def test_resnet_50() -> None:
    assert receptive_field(published("resnet-imagenet")) == Field(427, 32)
    found = fields(published("resnet-imagenet"))
    assert [found[name] for name in ("input", "stem", "stages.0.join.3")] == [
        Field(1, 1), Field(11, 4), Field(35, 4)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("head", "size"),
    [
        ("[{pool: {to: 1}}]", 3 + 15),
        ("[{pool: {to: 2}}]", 3 + 7),
        ("[{pool: {to: 3}}]", 3 + 5),
        ("[flatten, {linear: {width: 2}}]", 3 + 15),
    ],
)
def test_heads_see_the_places_they_gather(head: str, size: int) -> None:
    """Of 16 places in 3 windows, the middle one takes 6: places 5 to 10."""
    graph = network(stages=stage(unit="[relu]"), head=head)
    assert fields(graph)["head"].size == size
    assert receptive_field(graph) == Field(3, 1)


def test_of_two_sides_the_longer_counts() -> None:
    graph = network(input="[3, 4, 10]", stages=stage(unit="[relu]"), head="[{pool: {to: 1}}]")
    assert fields(graph)["head"].size == 3 + 9
