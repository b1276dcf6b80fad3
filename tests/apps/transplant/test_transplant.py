"""Weights of a network give, sliced, the outputs of the network with its other links zeroed."""

from __future__ import annotations

import random

import pytest
import torch
from torch import Tensor

from archdsl.api import Checked, check_text
from archdsl.apps.transplant.plan import plan
from archdsl.apps.transplant.slicing import transplant
from archdsl.errors import ArchdslError
from backends.networks import Emitted, apart, inputs, of_checked

DENSE = """archdsl: 2
name: net
input: [3, 8, 8]
stem: [{conv: {width: 6, kernel: 3}}]
stages:
  count: 3
  layers: 5
  unit: {kind: dense-bottleneck, order: pre, width: 4, inner: 5}
  connect: full
  aggregate: concat
  exit: rule
between: {kind: transition, width: [9, 10, 10], pool: average}
head: [norm, relu, {pool: {to: 2}}, flatten, {linear: 7}]
"""

TARGETS = {
    "exponential": ("connect: full", "connect: exponential"),
    "base 3": ("connect: full", "connect: {rule: exponential, base: 3}"),
    "window": ("connect: full", "connect: {rule: window, last: 2}"),
    "plain": ("connect: full", "connect: plain"),
    "newest first": ("connect: full", "connect: {rule: full, order: newest}"),
    "another exit": ("exit: rule", "exit: last"),
    "one base per stage": ("connect: full", "connect: {rule: exponential, base: [2, 3, 4]}"),
    "fewer layers": ("layers: 5", "layers: [5, 3, 4]"),
    "explicit": (
        "connect: full",
        "connect: {rule: explicit, reads: [[0], [0], [2, 0], [1], [4, 3, 0], [5, 0]]}",
    ),
    "the same": ("layers: 5", "layers: 5"),
}

UNITS = {
    "pre": "{kind: dense-bottleneck, order: pre, width: 4, inner: 5}",
    "post": "{kind: basic, order: post, width: 4}",
    "relu and prelu": "[relu, prelu, {conv: {width: 4}}, norm]",
    "grouped later": "[norm, {conv: {width: 4, kernel: 1}}, {conv: {width: 4, groups: 2}}]",
    "with a block": "[norm, {conv: {width: 4}}, {residual: [{conv: {width: 4}}, norm]}]",
}


def changed(text: str, old: str, new: str) -> Checked:
    assert old in text
    return check_text(text.replace(old, new))


def outputs(network: Emitted, state: dict[str, Tensor], x: Tensor) -> Tensor:
    network.network.load_state_dict(state)
    with torch.no_grad():
        result: Tensor = network.network.eval()(x)
        return result


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("target", TARGETS)
def test_outputs_are_those_with_zeroed_links(target: str, unit: str) -> None:
    text = DENSE.replace(UNITS["pre"], UNITS[unit])
    dense, sparse = of_checked(check_text(text)), of_checked(changed(text, *TARGETS[target]))
    state = {name: value.clone() for name, value in dense.network.state_dict().items()}
    transplanted = transplant({"model": state}, dense.graph, sparse.graph)
    x = inputs(dense.graph)
    sliced = outputs(sparse, transplanted.state, x)
    assert apart(sliced, outputs(dense, transplanted.silenced(), x)) < 1e-12
    untouched = apart(sliced, outputs(dense, state, x))
    if target in {"newest first", "the same"}:
        assert untouched < 1e-12
    else:
        assert untouched > 1e-3


@pytest.mark.parametrize("seed", range(8))
def test_random_subsets_in_random_order(seed: int) -> None:
    chosen = random.Random(seed)
    reads = [chosen.sample(range(layer), chosen.randint(1, layer)) for layer in range(1, 7)]
    fewer = [chosen.sample(own, chosen.randint(1, len(own))) for own in reads]
    rules = (f"connect: {{rule: explicit, reads: {own}}}" for own in (reads, fewer))
    dense, sparse = (of_checked(changed(DENSE, "connect: full", rule)) for rule in rules)
    state = dense.network.state_dict()
    transplanted = transplant(state, dense.graph, sparse.graph)
    x = inputs(dense.graph)
    sliced = outputs(sparse, transplanted.state, x)
    assert apart(sliced, outputs(dense, transplanted.silenced(), x)) < 1e-12


def test_zeros_are_in_the_removed_links_alone() -> None:
    dense, sparse = of_checked(check_text(DENSE)), changed(DENSE, *TARGETS["exponential"])
    state = dense.network.state_dict()
    transplanted = transplant(state, dense.graph, sparse.graph)
    silenced = transplanted.silenced()
    different = {name for name in state if not torch.equal(state[name], silenced[name])}
    assert different == {mixed.key for mixed in transplanted.plan.mixed if mixed.dropped}
    key = "stages.1.layers.4.conv1.weight"  # reads outputs 4, 3 and 1 of 0 to 4
    zero = (silenced[key] == 0).all(dim=0).flatten().tolist()
    assert zero == [True] * 9 + [False] * 4 + [True] * 4 + [False] * 8
    assert transplanted.plan.kept == 3 * (2 + 2 + 3 + 3 + 3)
    assert transplanted.plan.links == 3 * (2 + 3 + 4 + 5 + 6)


@pytest.mark.parametrize(
    ("source", "target", "code", "message"),
    [
        (("connect: full", "connect: exponential"), ("connect: full", "connect: full"), "A447",
         "layer 3 of stage 0 reads output 0 in the target, but not in the source"),
        (("connect: full", "connect: full"), ("layers: 5", "layers: 6"), "A447",
         "the source has no layer 6 of stage 0"),
        (("exit: rule", "exit: last"), ("exit: rule", "exit: rule"), "A447",
         "between.0 reads output 0 in the target, but not in the source"),
        (("connect: full", "connect: full"), ("[9, 10, 10]", "[8, 10, 10]"), "A448",
         "between.0 (conv:26->8/k1) makes 8 channels in the target, 9 in the source"),
        (("connect: full", "connect: full"), ("inner: 5", "inner: 6"), "A448",
         "stages.0.layers.0 (conv1:6->6/k1) makes 6 channels in the target, 5 in the source"),
        (("connect: full", "connect: full"), ("inner: 5", "inner: 5, kernel: 5"), "A448",
         "stages.0.layers.0 differs between target and source: "
         "conv2:5->4/k5p2, and conv2:5->4/k3p1"),
        (("connect: full", "connect: full"), ("[3, 8, 8]", "[3, 9, 9]"), "A448",
         "input differs between target and source: their inputs have different shapes"),
        (("norm, relu, {pool", "{norm: {kind: layer}}, relu, {pool"),
         ("exit: rule", "exit: last"), "A448",
         "head differs between target and source: norm:layer cannot be sliced by its input "
         "channels"),
    ],
)  # fmt: skip
def test_what_is_not_a_part_of_the_source(
    source: tuple[str, str], target: tuple[str, str], code: str, message: str
) -> None:
    text = DENSE.replace(*source) if "layer}" in source[1] else DENSE
    dense, sparse = changed(DENSE, *source), changed(text, *target)
    with pytest.raises(ArchdslError) as raised:
        plan(dense.graph, sparse.graph)
    (diagnostic,) = raised.value.diagnostics
    assert (diagnostic.code, diagnostic.message) == (code, message)


RESNET = """archdsl: 2
name: net
input: [3, 8, 8]
stem: [{conv: {width: 4, kernel: 3}}]
stages:
  count: 1
  layers: 4
  unit: {kind: basic, order: pre, width: 4}
  connect: full
  aggregate: sum
head: [{pool: {to: 1}}, flatten, {linear: 3}]
"""


@pytest.mark.parametrize("kind", ["sum", "weighted"])
def test_added_outputs_cannot_be_told_apart(kind: str) -> None:
    text = RESNET.replace("sum", kind)
    with pytest.raises(ArchdslError) as raised:
        plan(check_text(text).graph, changed(text, *TARGETS["exponential"]).graph)
    assert raised.value.diagnostics[0].code == "A447"
    network = of_checked(check_text(text))
    state = network.network.state_dict()
    same = transplant(state, network.graph, network.graph).state
    assert same.keys() == state.keys()
    assert all(torch.equal(same[name], state[name]) for name in state)


POOLED = DENSE.replace(
    "{kind: transition, width: [9, 10, 10], pool: average}", "[{pool: {kind: average, kernel: 2}}]"
)


@pytest.mark.parametrize("target", ["exponential", "newest first", "fewer layers"])
def test_channels_that_pass_a_transition_without_weights(target: str) -> None:
    dense, sparse = of_checked(check_text(POOLED)), of_checked(changed(POOLED, *TARGETS[target]))
    transplanted = transplant(dense.network.state_dict(), dense.graph, sparse.graph)
    x = inputs(dense.graph)
    sliced = outputs(sparse, transplanted.state, x)
    assert apart(sliced, outputs(dense, transplanted.silenced(), x)) < 1e-12


def test_channels_in_another_order_are_not_added() -> None:
    """The second stage adds to the first one's exit, of which channel i is another channel."""
    text = RESNET.replace("count: 1", "count: 2").replace(
        "order: pre, width: 4", "order: pre, width: [4, 20]"
    )
    text = text.replace("head:", "between: [{pool: {kind: average, kernel: 2}}]\nhead:")
    text = text.replace("sum", "sum\n  exit: [{connect: full, aggregate: concat}, last]")
    dense = check_text(text)
    newest = changed(text, "{connect: full,", "{connect: {rule: full, order: newest},")
    with pytest.raises(ArchdslError) as raised:
        plan(dense.graph, newest.graph)
    assert raised.value.diagnostics[0].code == "A448"
    assert "joins between.0, whose channels are other ones" in str(raised.value)
