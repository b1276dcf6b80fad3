"""Names in emitted files: of the network's class, and of its weights."""

from __future__ import annotations

import builtins
import keyword
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from archdsl.analysis.parameters import state_shapes
from archdsl.api import check, check_text, load, lower
from archdsl.backends.pytorch import guard
from archdsl.backends.pytorch.naming import camel, class_of
from archdsl.codegen.program import TAKEN
from archdsl.errors import ArchdslError
from archdsl.oracle.comparison import load_module, network_class
from backends.networks import HEAD
from strategies import Case, specs

FOLDER = Path(__file__).parent.parent.parent / "specs"
SPECS = sorted(FOLDER.glob("*.yaml"))

EVERYTHING = f"""
archdsl: 1
name: NAME
input: [2, 8, 8]
stem: [{{conv: {{width: 4}}}}]
stages:
  - layers: 3
    unit: {{kind: basic, order: pre, width: 4}}
    connect: full
    aggregate: concat
  - layers: 3
    unit: {{kind: double, order: pre, inner: 6}}
    connect: exponential
    aggregate: sum
    entry: projection
  - unit: {{kind: bottleneck, order: post, inner: 2}}
    connect: {{rule: fractal, columns: 2}}
    aggregate: {{kind: mean, drop_path: 0.1}}
  - layers: 2
    unit: {{kind: dense-bottleneck, order: pre, width: 4}}
    connect: {{rule: window, last: 2}}
    aggregate: concat
between: {{kind: transition, width: 4, pool: none}}
{HEAD}"""
"""A network whose file holds every kind of class, and many functions."""

NAMES = [
    "none", "true", "false", "torch", "tensor", "nn", "functional", "spec", "s-p-e-c", "settings",
    "stem", "stage", "head", "transition", "basic", "double", "bottleneck", "projection", "class",
    "import", "concat-buffer", "drop-path", "module", "full", "exponential", "mean", "range", "sum",
    "type", "not-implemented", "ellipsis", "exception", "a", "a-", "a--b", "a_b", "a-1", "x" * 40,
]  # fmt: skip

CHOSEN = sorted({*guard.BUILTINS, "full", "exponential", "fractal", "window", "total", "mean"})
"""What the files themselves use: builtins and pasted functions."""

WORDS = {
    "stem", "stages", "between", "head", "layers", "projection", "entry",
    "gate", "residual", "parallel", "block", "nest", "inner", "carries",
    "joins", "exit_join", "query", "read", "mix", "write", "by",
    "weight", "bias", "running_mean", "running_var", "num_batches_tracked", "index",
}  # fmt: skip
KINDS = (
    "conv", "deconv", "norm", "linear", "prelu", "scale", "select", "residual", "gate",
    "parallel", "block", "nest", "inner",
)  # fmt: skip
LAYERS = {f"{kind}{place}" for kind in KINDS for place in ("", *range(1, 65))}


def trains(text: str, name: str) -> None:
    """The file runs as a module, its class has the name, and a step of training changes it."""
    module = load_module(text)
    assert module.__all__ == [name]
    network = network_class(module)()
    assert type(network).__name__ == name
    x = torch.randn(2, 2, 8, 8)
    before = [weight.detach().clone() for weight in network.parameters()]
    network.train()(x).square().sum().backward()
    torch.optim.SGD(network.parameters(), 0.1).step()
    assert any(not torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))
    with torch.no_grad():
        assert network.eval()(x).shape == (2, 5)


@pytest.mark.parametrize("name", NAMES)
def test_any_name_of_a_network_makes_a_class(name: str) -> None:
    text = EVERYTHING.replace("NAME", f'"{name}"')
    first, second = (check_text(text).emit() for _ in range(2))
    assert first == second
    trains(first, camel(name))


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("sparsenet-bc-cifar", {}, "SparseNetBC100"),
        ("sparsenet-bc-cifar", {"depth": 1001}, "SparseNetBC1001"),
        ("densenet-cifar", {"depth": 40}, "DenseNet40"),
        ("densenet-imagenet", {}, "DenseNet"),
        ("resnet-preact-cifar", {}, "ResNetPreAct100"),
        ("wide-resnet-cifar", {}, "WideResNet28"),
        ("fractalnet-cifar", {}, "FractalNet"),
        ("plain-cifar", {}, "PlainCifar"),
    ],
)
def test_known_families_are_spelled_as_in_the_literature(
    name: str, settings: dict[str, Any], expected: str
) -> None:
    checked = check(load(FOLDER / f"{name}.yaml", settings))
    assert class_of(checked.spec) == expected
    assert f'__all__ = ["{expected}"]' in checked.emit()


@given(st.from_regex(r"[a-z][a-z0-9_-]{0,39}", fullmatch=True))
def test_class_names_are_identifiers_that_mean_nothing_else(name: str) -> None:
    made = camel(name)
    assert made.isidentifier()
    assert made.isascii()
    assert not keyword.iskeyword(made)
    assert made not in TAKEN
    assert made not in guard.BUILTINS


def emitted_as(name: str) -> str | None:
    """The file with a class of that name, or None if such a name is refused."""
    try:
        return check_text(EVERYTHING.replace("NAME", "net")).emit(name)
    except ArchdslError as error:
        if [finding.code for finding in error.diagnostics] != ["A413"]:
            raise
        return None


@pytest.mark.parametrize("name", CHOSEN)
def test_a_chosen_name_is_refused_or_works(name: str) -> None:
    """A class named `range` would shadow the one that the file counts with."""
    text = emitted_as(name)
    if text is not None:
        trains(text, name)


@pytest.mark.parametrize(
    "name", ["Net", "x", "self", "Stage", "ConvBlock", "DenseLayer", "Head", "Stage2", "A" * 80]
)
def test_a_chosen_name_works(name: str) -> None:
    text = emitted_as(name)
    assert text is not None
    trains(text, name)


@pytest.mark.parametrize("name", ["1a", "a b", "a-b", "caf\u00e9", "class", "None", "_", *TAKEN])
def test_a_name_that_cannot_work_is_refused(name: str) -> None:
    assert emitted_as(name) is None


def assert_fixed_vocabulary(keys: set[str]) -> None:
    parts = {part for key in keys for part in key.split(".") if not part.isdecimal()}
    assert parts <= WORDS | LAYERS


def test_weights_have_names_of_a_fixed_vocabulary() -> None:
    for path in SPECS:
        assert_fixed_vocabulary(set(state_shapes(lower(load(path)))))


@given(specs())
def test_weights_of_any_network_have_names_of_a_fixed_vocabulary(case: Case) -> None:
    assert_fixed_vocabulary(set(state_shapes(check_text(case.text, case.settings).graph)))


def test_no_name_of_a_part_hides_what_a_module_has() -> None:
    """A child called `children` or `type` would break the module that holds it."""
    taken = set(dir(nn.Module())) | set(dir(builtins))
    parts = (WORDS | LAYERS) - {"weight", "bias", "running_mean", "running_var"}
    assert not parts & taken
