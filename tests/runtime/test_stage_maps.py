"""Outputs of a stage as maps of their own: where few of many are read, on a CPU."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from archdsl.backends.pytorch.runtime.memory_efficient.outputs import StageOutputs, stage_outputs
from archdsl.backends.pytorch.runtime.memory_efficient.plan import stage_plan, stage_scattered
from backends.networks import apart
from runtime.operators import assert_same, batch, gradients, imported, network, plain, spec
from runtime.test_stage_operator import UNITS, worst

LAST = torch.channels_last
SCATTERED = (
    "exponential", "harmonic", "{rule: offsets, offsets: [1, 3]}", "{rule: strided, step: 2}",
    "{rule: explicit, reads: [[0], [1], [2, 0], [3, 0], [4, 2]]}",
)  # fmt: skip
NARROW = "[norm, relu, {conv: {width: 3}}, norm, relu, {conv: {width: 1, kernel: 3}}]"


def lasting(made: Any, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Put the images of a network in channels-last order; what each of its stages then has."""
    seen: list[bool] = []
    kind = type(made.stages[0].operator)
    decide = kind.maps

    def noted(operator: Any, x: Tensor) -> bool:
        seen.append(decide(operator, x))
        return seen[-1]

    monkeypatch.setattr(kind, "maps", noted)
    made.register_forward_pre_hook(lambda _, given: (given[0].to(memory_format=LAST),))
    return seen


@pytest.mark.parametrize("connect", SCATTERED)
@pytest.mark.parametrize("unit", [*UNITS, "one channel"])
def test_every_unit_equals_the_oracle(
    unit: str, connect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = spec({**UNITS, "one channel": NARROW}[unit], connect)
    made = network(checked)
    seen = lasting(made, monkeypatch)
    assert not worst(made, checked)
    assert seen[0]
    assert seen[1] or unit == "one channel"  # whose layout torch does not see


@pytest.mark.usefixtures("alone")
def test_some_images_at_a_time_equal_the_oracle(monkeypatch: pytest.MonkeyPatch) -> None:
    made = imported()
    seen = lasting(made, monkeypatch)
    assert not worst(made, spec())
    assert seen == [True, True]


@pytest.mark.parametrize("leaves", ["rule", "last", "newest-first", "{connect: every}"])
def test_every_exit_equals_the_oracle(leaves: str, monkeypatch: pytest.MonkeyPatch) -> None:
    checked = spec(more=f"exit: {leaves}")
    made = network(checked)
    seen = lasting(made, monkeypatch)
    assert not worst(made, checked)
    assert seen == [True, True]


@pytest.mark.parametrize(
    ("connect", "leaves", "scattered"),
    [
        ("exponential", "rule", True),
        ("exponential", "all", False),  # the buffer leaves without a copy
        ("full", "last", False),
        ("{rule: full, order: newest}", "last", True),  # neighbours in another order
        ("{rule: window, last: 2}", "rule", True),
        ("{rule: window, last: 2, order: oldest}", "rule", False),
    ],
)
def test_stages_that_read_neighbours_have_a_buffer(
    connect: str, leaves: str, scattered: bool
) -> None:
    operator = network(spec(connect=connect, more=f"exit: {leaves}")).stages[0].operator
    x = torch.zeros(2, 3, 4, 4)
    assert operator.maps(x.to(memory_format=LAST)) == scattered
    assert not operator.maps(x)
    assert not operator.maps(x.to("meta").to(memory_format=LAST))
    if leaves != "all":
        assert stage_scattered(stage_plan(operator.plan)) == scattered


def frozen(made: Any) -> None:
    for norm in [m for m in made.modules() if isinstance(m, nn.BatchNorm2d)][::2]:
        norm.eval()


def test_frozen_norms_equal_those_of_the_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    made = network()
    seen = lasting(made, monkeypatch)
    frozen(made)
    other = plain(made)
    for each in (made, other):
        each(batch(5)).square().sum().backward()
    assert_same(made, other)
    assert seen == [True, True]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_as_exact_as_with_a_buffer(
    dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = []
    for maps in (True, False):
        made = network().to(dtype)
        exact = plain(made).double()
        seen = lasting(made, monkeypatch)
        if not maps:
            monkeypatch.setattr(type(made.stages[0].operator), "maps", lambda *_: False)
        x = batch().to(dtype)
        for each in (made, exact):
            each(x.to(next(each.parameters()).dtype)).double().square().sum().backward()
        errors.append(apart(gradients(made).double(), gradients(exact)))
        assert seen == [True, True][: 2 * maps]
    assert errors[0] < 1.5 * errors[1]


def test_a_compiled_network_holds_the_operator_in_one_graph(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = network().float()
    other = plain(made)
    x = batch().float().to(memory_format=LAST)
    assert made.stages[0].operator.maps(made.stem(x))
    compiled = torch.compile(made, fullgraph=True, backend="aot_eager")
    for each in (compiled, other):
        each(x).square().sum().backward()
    assert_same(made, other, 1e-5)


def test_the_operator_is_as_torch_wants_it() -> None:
    stage = network().stages[0]
    operator, layers = stage.operator, stage.layers
    op = type(operator).__call__.__globals__["STAGE_OPERATOR"]
    norms = operator.norms(layers)
    scales, shifts = [norm.weight for norm in norms], [norm.bias for norm in norms]
    weights = [convolution.weight for convolution in operator.convolutions(layers)]
    x = torch.randn(2, 6, 4, 4, dtype=torch.float64).to(memory_format=LAST)
    none, eps = [-1] * len(norms), [norm.eps for norm in norms]
    arguments: Any = (
        x.requires_grad_(), weights, [], scales, shifts, [], [], [], none, eps, operator.plan, True
    )  # fmt: skip
    assert set(torch.library.opcheck(op, arguments).values()) == {"SUCCESS"}


def test_an_output_is_where_it_was_written() -> None:
    x = torch.randn(2, 3, 4, 5).to(memory_format=LAST)
    for maps in (True, False):
        outputs = stage_outputs(x, 10, maps=maps)
        for number, place in enumerate(((0, 3), (3, 4), (4, 10))):
            outputs.output(place).fill_(number)
        assert outputs.output((0, 3)).is_contiguous(memory_format=LAST) == maps
        seen = StageOutputs(outputs.tensor, maps=maps).split([3, 1, 6])
        assert [part.shape[1] for part in seen] == [3, 1, 6]
        assert [set(part.flatten().tolist()) for part in seen] == [{0}, {1}, {2}]
        pieces = outputs.read(((0, 3), (3, 4)))
        assert [piece.shape[1] for piece in pieces] == ([3, 1] if maps else [4])
