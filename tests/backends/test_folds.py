"""Aggregations of a user that fold: each reader joins what it reads, one output after another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import pytest
import torch
from torch import Tensor

import archdsl
from archdsl.analysis.parameters import state_shapes
from archdsl.api import check
from archdsl.frontend.load import parse
from archdsl.language.values import Real
from archdsl.oracle.verification import verify_text
from backends.networks import assert_equals_oracle, of_checked


def doubled(output: Tensor) -> Tensor:
    return 2.0 * output


def faded(outputs: list[Tensor], keep: float) -> Tensor:
    state, output = outputs
    return keep * state + output


def gated(outputs: list[Tensor], gate: Tensor) -> Tensor:
    state, output = outputs
    return state + gate.reshape(1, -1, *[1] * (output.dim() - 2)) * output


def halves(*sizes: int) -> Tensor:
    return torch.full(sizes, 0.5)


class Fading(archdsl.Aggregation):
    """A state without weights, with a number."""

    kind: Literal["fading"]
    keep: Real = 0.5
    folds: ClassVar[bool] = True
    first: ClassVar = staticmethod(doubled)
    join: ClassVar = staticmethod(faded)

    def arguments(self) -> tuple[float]:
        return (self.keep,)


class Gated(archdsl.Aggregation):
    """A state with a weight for each channel of an output."""

    kind: Literal["gated"]
    folds: ClassVar[bool] = True
    first: ClassVar = staticmethod(doubled)
    join: ClassVar = staticmethod(gated)

    def weights(self) -> Mapping[str, archdsl.Weight]:
        return {"gate": archdsl.Weight(("channels",), halves)}


SPEC = """
archdsl: 2
name: folding
input: [3, 8, 8]
stem: [{conv: 4}]
stages:
  count: 2
  layers: [4, 5]
  unit: {kind: basic, order: pre, width: 4}
  connect: RULE
  aggregate: KIND
  entry: ENTRY
head: [norm, relu, {pool: {to: 1}}, flatten, {linear: 5}]
"""
RULES = ["plain", "full", "exponential", "harmonic", "{rule: every, step: 2}"]


@pytest.mark.parametrize("entry", ["identity", "first"])
@pytest.mark.parametrize("kind", ["fading", "{kind: fading, keep: [0.5, 0.25]}", "gated"])
@pytest.mark.parametrize("rule", RULES)
def test_equals_the_oracle(rule: str, kind: str, entry: str) -> None:
    text = SPEC.replace("RULE", rule).replace("KIND", kind).replace("ENTRY", entry)
    made = of_checked(check(parse(text, extend=[Fading, Gated])))
    assert_equals_oracle(made.network, made.graph)
    assert verify_text(made.text, made.graph, made.checked.report).problems == []


def test_weights_belong_to_outputs() -> None:
    text = SPEC.replace("RULE", "harmonic").replace("KIND", "gated").replace("ENTRY", "identity")
    shapes = state_shapes(check(parse(text, extend=[Gated])).graph)
    names = {name for name in shapes if name.startswith("stages.0.joins")}
    assert names == {f"stages.0.joins.{index}.gate" for index in (0, 1, 2)}
