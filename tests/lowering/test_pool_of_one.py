"""A pool whose window is one pixel, and that moves by one, is left out."""

from __future__ import annotations

import pytest

from archdsl.api import check_text
from archdsl.ir.layers.pool import Pool
from backends.networks import assert_equals_oracle, of_checked

SPEC = """archdsl: 2
name: net
params: {down: [1, 2, 2]}
input: [3, 8, 8]
stem: [{conv: {width: 4}}]
stages:
  count: 3
  layers: 2
  unit: [norm, relu, {conv: {width: 4}}]
  connect: full
  aggregate: concat
between: GAP
head: [norm, relu, {pool: {to: 1}}, flatten, {linear: {width: 3}}]
"""
GAPS = (
    "[{conv: {width: 6, kernel: 1}}, {pool: {kind: max, kernel: down}}]",
    "[{pool: {kernel: down}}]",
    "[{pool: {kernel: down}}, {conv: {width: 6}}, {pool: {kernel: 1, stride: 1}}]",
)


@pytest.mark.parametrize("gap", GAPS)
def test_it_is_left_out(gap: str) -> None:
    checked = check_text(SPEC.replace("GAP", gap))
    pools = [layer for layer in checked.graph.layers() if isinstance(layer, Pool)]
    assert [layer.kernel for layer in pools] == [2]
    emitted = of_checked(checked)
    assert_equals_oracle(emitted.network, emitted.graph)


def test_one_that_skips_pixels_is_kept() -> None:
    checked = check_text(SPEC.replace("GAP", "[{pool: {kernel: 1, stride: 2}}]"))
    pools = [layer for layer in checked.graph.layers() if isinstance(layer, Pool)]
    assert [layer.stride for layer in pools] == [2, 2]
