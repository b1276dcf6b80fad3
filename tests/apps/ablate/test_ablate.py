"""The change of a link is that of a network without it."""

from __future__ import annotations

import pytest
import torch

from archdsl.api import check_text
from archdsl.apps.ablate.measuring import ablate
from archdsl.apps.transplant.slicing import transplant
from archdsl.errors import ArchdslError
from backends.networks import apart, of_checked

DENSE = """archdsl: 2
name: net
input: [3, 8, 8]
stem: [{conv: {width: 4, kernel: 3}}]
stages:
  count: 2
  layers: 3
  unit: {kind: basic, order: pre, width: 4}
  connect: full
  aggregate: concat
between: {kind: transition, width: 6}
head: [norm, relu, {pool: {to: 1}}, flatten, {linear: 5}]
"""


ONE = DENSE.replace("count: 2", "count: 1").replace("between: {kind: transition, width: 6}\n", "")


@pytest.mark.parametrize(
    ("layer", "source", "reads"),
    [
        (2, 0, "[[0], [1], [0, 1, 2], [0, 1, 2, 3]]"),
        (3, 1, "[[0], [0, 1], [0, 2], [0, 1, 2, 3]]"),
        (4, 3, "[[0], [0, 1], [0, 1, 2], [0, 1, 2]]"),
    ],
)
def test_the_change_is_that_to_a_network_without_the_link(
    layer: int, source: int, reads: str
) -> None:
    dense = of_checked(check_text(ONE))
    rule = f"connect: {{rule: explicit, reads: {reads}}}\n  exit: rule"
    sparse = of_checked(check_text(ONE.replace("connect: full", rule)))
    state = dense.network.state_dict()
    sparse.network.load_state_dict(transplant(state, dense.graph, sparse.graph).state)
    images = torch.randn(40, 3, 8, 8)  # more than one batch
    with torch.no_grad():
        whole = dense.network.eval()(images.double())
        without = sparse.network.eval()(images.double())
    changes = ablate(dense.checked, {"model": state}, images).changes
    (change,) = (c.change for c in changes if (c.layer, c.source) == (layer, source))
    assert change == pytest.approx(apart(without, whole), rel=1e-4)


def test_every_link_is_listed_once() -> None:
    dense = of_checked(check_text(DENSE))
    changes = ablate(dense.checked, dense.network.state_dict(), torch.randn(1, 3, 8, 8)).changes
    links = [(change.stage, change.layer, change.source) for change in changes]
    readers = [(stage, layer) for stage in (0, 1) for layer in (1, 2, 3, 4)]
    assert links == [(*reader, source) for reader in readers for source in range(reader[1])]
    assert all(change.change > 0 for change in changes)


def test_weights_of_zero_change_nothing() -> None:
    dense = of_checked(check_text(DENSE))
    state = dense.network.state_dict()
    state["stages.1.layers.1.conv.weight"][:, :6] = 0
    changes = ablate(dense.checked, state, torch.randn(3, 3, 8, 8)).changes
    zero = [(c.stage, c.layer, c.source) for c in changes if c.change == 0]
    assert zero == [(1, 2, 0)]


def test_groups_and_blocks() -> None:
    unit = (
        "[{conv: {width: 4, groups: 2}}, {block: {unit: [{conv: {width: 4}}], layers: 2, "
        "connect: full, aggregate: concat}}, {conv: {width: 4, kernel: 1}}]"
    )
    text = DENSE.replace("{kind: basic, order: pre, width: 4}", unit)
    dense = of_checked(check_text(text))
    ablation = ablate(dense.checked, dense.network.state_dict(), torch.randn(2, 3, 8, 8))
    assert all(change.change > 0 for change in ablation.changes)
    assert any(change.block for change in ablation.changes)


SUMS = DENSE.replace("concat", "sum").replace("width: 6", "width: 4")


def test_added_outputs_are_left_out() -> None:
    exits = "sum\n  exit: [{connect: full, aggregate: concat}, last]"
    network = of_checked(check_text(SUMS.replace("sum", exits)))
    ablation = ablate(network.checked, network.network.state_dict(), torch.randn(1, 3, 8, 8))
    assert {(change.stage, change.layer) for change in ablation.changes} == {(0, 4)}
    assert ablation.left == (1,)
    assert ablation.text().endswith("stages 1 add outputs, which share weights\n")


def test_nothing_to_remove() -> None:
    network = of_checked(check_text(SUMS))
    with pytest.raises(ArchdslError, match="A442"):
        ablate(network.checked, network.network.state_dict(), torch.randn(1, 3, 8, 8))
