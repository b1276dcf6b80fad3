"""A rule of your own with the shape of a fractal block is treated as one."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import pytest
import torch
from torch import Tensor

from archdsl.api import check_text
from archdsl.apps.draw.showing import subject
from archdsl.apps.draw.views.paper import scene
from archdsl.apps.scaling.measured import measure
from archdsl.frontend.load import parse
from archdsl.language.rule import Rule
from archdsl.language.rules.fractal import fractal
from archdsl.language.values import Count
from archdsl.oracle.comparison import load_module, network_class

SPEC = """
archdsl: 1
name: columns
input: [3, 8, 8]
stages:
  count: 1
  unit: {kind: basic, order: post, width: 4}
  connect: {rule: RULE, columns: 3}
  aggregate: mean
"""


class Block(Rule):
    """The same answers as `fractal` gives, in a class that does not inherit from it."""

    rule: Literal["block"]
    columns: Count
    depth_is: ClassVar = "rows"
    deepest_first: ClassVar = True

    def reads(self, layer: int) -> list[int]:
        return fractal(layer)

    def depth_given(self) -> int:
        return int(2**self.columns - 1)

    def column_count(self, layers: int) -> int:
        return self.columns

    def at_depth(self, depth: int) -> tuple[Self, int]:
        rule = self.model_copy(update={"columns": depth.bit_length()})
        return rule, rule.depth_given()


@pytest.fixture(params=["fractal", "block"])
def text(request: pytest.FixtureRequest) -> str:
    return SPEC.replace("RULE", request.param)


def test_the_deepest_path_can_be_run_alone(text: str) -> None:
    network: Any = network_class(load_module(check_text(text, extend=[Block]).emit()))().eval()
    x = torch.randn(2, 3, 8, 8)
    y: Tensor = x
    for unit in (1, 2, 4, 5):  # the deepest of each row
        y = network.stages[0].layers[unit - 1](y)
    assert torch.equal(network.deepest(x), y)


def test_it_is_drawn_in_columns(text: str) -> None:
    names = [box.name for box in scene(subject(check_text(text, extend=[Block]))).boxes]
    assert [name for name in names if ".r" in name] == ["0.r2", "0.r4"]


def test_its_depth_is_counted_in_rows(text: str) -> None:
    found = measure(parse(text, extend=[Block]), [2, 4, 8])
    assert found.depth_is == "rows"
    assert [row.layers for row in found.counts] == [3, 7, 15]
    assert [row.max_aggregated_outputs for row in found.counts] == [1, 2, 3]
