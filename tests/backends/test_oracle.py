"""Whatever the spec, the emitted module is what the oracle computes, and the file is sound text."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import torch
from hypothesis import given, settings

from archdsl.analysis.parameters import state_shapes
from archdsl.api import check, check_text
from archdsl.errors import Source
from archdsl.frontend.dump import dump
from archdsl.frontend.load import parse
from archdsl.frontend.reader import read
from archdsl.oracle.interpret import interpret
from backends.networks import (
    TOLERANCE,
    apart,
    assert_equals_oracle,
    assert_laid_out,
    copied,
    emitted,
    inputs,
)
from strategies import Case, specs

MANY = 2 * settings().max_examples


@settings(max_examples=MANY)
@given(specs())
def test_numbers_are_those_of_the_oracle(case: Case) -> None:
    made = emitted(case.text, case.settings)
    found = {name: tuple(value.shape) for name, value in made.network.state_dict().items()}
    assert found == state_shapes(made.graph)
    count = sum(weight.numel() for weight in made.network.parameters())
    assert count == made.checked.report.parameters
    assert_equals_oracle(made.network, made.graph)


@given(specs())
def test_gradients_on_or_off_give_the_same_numbers(case: Case) -> None:
    made = emitted(case.text, case.settings)
    x, before = inputs(made.graph), copied(made.network)
    for training in (False, True):
        made.network.train(training).load_state_dict(before)
        torch.manual_seed(3)
        with torch.enable_grad():
            kept_apart = made.network(x)
        statistics = copied(made.network)
        made.network.load_state_dict(before)
        torch.manual_seed(3)
        with torch.no_grad():
            side_by_side = made.network(x)
        assert apart(side_by_side, kept_apart) <= TOLERANCE
        for name, value in copied(made.network).items():
            assert apart(value.double(), statistics[name].double()) <= TOLERANCE


@given(specs())
def test_every_input_size_of_a_batch_is_treated_alike(case: Case) -> None:
    """In evaluation a batch is its members: nothing leaks from one to the next."""
    made = emitted(case.text, case.settings)
    x, state = inputs(made.graph, batch=3), copied(made.network)
    made.network.eval()
    with torch.no_grad():
        whole = made.network(x)
        alone = torch.cat([made.network(x[place : place + 1]) for place in range(3)])
        assert apart(whole, alone) <= TOLERANCE
        assert apart(whole, interpret(made.graph, state, x)) <= TOLERANCE
        assert made.network(x[:0]).shape == (0, *whole.shape[1:])


@given(specs())
def test_a_file_is_made_again_from_what_it_carries(case: Case) -> None:
    checked = check_text(case.text, case.settings)
    text = checked.emit()
    assert checked.emit() == text
    assert text.isascii()
    again = parse(checked.spec.text, checked.spec.settings)
    assert again.sha256 == checked.spec.sha256
    assert check(again).emit() == text
    root = checked.spec.document.root
    assert read(Source("dumped", dump(root))).root == root
    values = {
        statement.targets[0].id: ast.literal_eval(statement.value)
        for statement in ast.parse(text).body
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    }
    assert values["SPEC"] == checked.spec.text
    assert values.get("SETTINGS", {}) == case.settings
    assert f"# {checked.spec.sha256}." in text.splitlines()


def test_files_are_laid_out_as_ruff_would(tmp_path: Path) -> None:
    texts: set[str] = set()

    @settings(max_examples=MANY)
    @given(specs())
    def collect(case: Case) -> None:
        texts.add(check_text(case.text, case.settings).emit())

    collect()
    assert len(texts) > MANY // 2
    assert_laid_out(tmp_path, {f"network {n}": text for n, text in enumerate(sorted(texts))})


TWO_READERS = """archdsl: 1
name: net
input: [2, 8, 8]
stages:
  count: 1
  layers: 3
  unit: [{conv: {width: 2, kernel: 1}}, relu]
  connect: {rule: explicit, reads: [[0], [1], [0], EXIT]}
  aggregate: sum
"""


def test_every_layer_that_reads_the_input_takes_the_chosen_channels() -> None:
    made = emitted(TWO_READERS.replace("EXIT", "[2, 3]"))
    network = type(made.network)(in_channels=5)
    assert network(torch.rand(2, 5, 8, 8)).shape == (2, 2, 8, 8)


def test_a_network_whose_output_is_its_input_lets_nobody_choose_channels() -> None:
    made = emitted(TWO_READERS.replace("EXIT", "[0]"))
    assert list(inspect.signature(type(made.network)).parameters) == []


@given(specs())
def test_what_a_caller_may_choose_can_be_chosen(case: Case) -> None:
    """Other numbers of classes and of input channels than the spec's."""
    made = emitted(case.text, case.settings)
    kind, x = type(made.network), inputs(made.graph).float()
    shape = made.network.float()(x).shape
    names = list(inspect.signature(kind).parameters)
    assert names == [name for name in ("num_classes", "in_channels") if name in names]
    if "num_classes" in names:
        other = kind(num_classes=7)(x)
        assert other.shape == (*shape[:-1], 7)
    if "in_channels" in names:
        more = torch.cat([x, x, x], dim=1)
        assert kind(in_channels=more.shape[1])(more).shape == shape
