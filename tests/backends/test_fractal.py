"""FractalNet: the rule against the recursive definition, drop-path, and the deepest column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from archdsl.api import check_text
from archdsl.language.rules import Fractal
from archdsl.language.rules.fractal import fractal
from archdsl.oracle.comparison import compare, load_module, network_class

SPEC = """
archdsl: 1
name: fractal
params: {columns: 3, drop_path: 0.4}
input: [3, 8, 8]
stages:
  count: 2
  unit: {kind: basic, order: post, width: [4, 6]}
  connect: {rule: fractal, columns: columns}
  aggregate: {kind: mean, drop_path: drop_path}
between: [{pool: {kind: max, kernel: 2}}]
head: [{pool: {to: 1}}, flatten, {linear: {width: 5}}]
"""

Joined = tuple[str, ...] | str


def expand(columns: int, z: Joined, names: list[tuple[str, Joined]]) -> Joined:
    """f_1 is a unit, f_(C+1)(z) = join(f_C(f_C(z)), unit(z)): each unit with what it reads."""
    if columns == 1:
        names.append((f"u{len(names)}", z))
        return (names[-1][0],)
    deep = expand(columns - 1, expand(columns - 1, z, names), names)
    names.append((f"u{len(names)}", z))
    return (*deep, names[-1][0])


def flat(z: Joined) -> tuple[str, ...]:
    return (z,) if isinstance(z, str) else z


@pytest.mark.parametrize("columns", range(1, 8))
def test_reads_are_those_of_the_recursive_definition(columns: int) -> None:
    units: list[tuple[str, Joined]] = []
    joined = expand(columns, "z", units)
    # The same graph, whatever units are called: a unit is what it reads, as numbers of such sets.
    known: dict[frozenset[tuple[int, int]], int] = {}
    meaning = {"z": 0}
    for name, reads in units:
        meaning[name] = known.setdefault(counted(meaning[s] for s in flat(reads)), len(known) + 1)
    ours = [0]
    for layer in range(1, 2**columns):
        ours.append(known[counted(ours[source] for source in fractal(layer))])
    assert sorted(ours[1:]) == sorted(meaning[name] for name, _ in units)
    assert [ours[s] for s in fractal(2**columns)] == [meaning[name] for name in flat(joined)]


def counted(members: Iterable[int]) -> frozenset[tuple[int, int]]:
    """A multiset."""
    return frozenset(Counter(members).items())


@pytest.mark.parametrize("columns", range(1, 13))
def test_links_have_a_closed_form(columns: int) -> None:
    rule, layers = Fractal(rule="fractal", columns=columns), 2**columns - 1
    counted = sum(len(fractal(layer)) for layer in range(1, layers + 1))
    assert rule.depth_given() == layers
    assert rule.links(layers) == counted <= rule.bound(layers)


@cache
def emitted(**settings: object) -> ModuleType:
    return load_module(check_text(SPEC, settings).emit())


def network(**settings: object) -> nn.Module:
    torch.manual_seed(3)
    return network_class(emitted(**settings))().double()


@pytest.mark.parametrize("seed", range(12))
def test_drop_path_is_the_oracles_under_a_seed(seed: int) -> None:
    found = check_text(SPEC)
    same = compare(network(), found.graph, seed=seed)
    assert same.worst < 1e-12


def test_drop_path_only_trains() -> None:
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    dropping, whole = network(), network(drop_path=0)
    whole.load_state_dict(dropping.state_dict())
    assert torch.equal(dropping.eval()(x), whole.eval()(x)) or torch.allclose(
        dropping(x), whole(x), rtol=1e-12
    )
    dropping.train()
    results = {float(dropping(x).detach().sum()) for _ in range(20)}
    assert len(results) > 3


def test_an_output_that_is_left_out_may_be_infinite() -> None:
    """Of three outputs one is infinite: means without it are those of the others."""
    outputs = [torch.full((2,), value, requires_grad=True) for value in (1.0, torch.inf, 5.0)]
    means = []
    for seed in range(40):
        torch.manual_seed(seed)
        mean = emitted().DropPath(3, True, outputs[0]).mean(outputs, 0.5)
        means.append(float(mean[0].detach()))
        gradients = torch.autograd.grad(mean.sum(), outputs)
        assert not any(gradient.isnan().any() for gradient in gradients)
        assert (means[-1] == torch.inf) == bool(gradients[1].any())
    assert set(means) == {1.0, 3.0, 5.0, torch.inf}


def test_symbolic_trace_in_evaluation() -> None:
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    whole = network().eval()
    traced = torch.fx.symbolic_trace(whole)
    assert torch.equal(traced(x), whole(x))


def test_symbolic_trace_in_training_does_not_freeze_what_is_drawn() -> None:
    whole = network().train()
    traced, x = torch.fx.symbolic_trace(whole), torch.randn(2, 3, 8, 8, dtype=torch.float64)
    outputs = []
    for seed in range(8):
        torch.manual_seed(seed)
        outputs.append(traced(x))
        torch.manual_seed(seed)
        assert torch.equal(outputs[-1], whole(x))
    assert len({float(output.detach().sum()) for output in outputs}) > 1


@pytest.mark.parametrize("training", [False, True])
def test_compile_in_one_graph(training: bool) -> None:
    torch.compiler.reset()
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    plain = network().train(training)
    compiled = torch.compile(plain, fullgraph=True, backend="eager")
    for seed in range(6):
        torch.manual_seed(seed)
        found = compiled(x)
        torch.manual_seed(seed)
        assert torch.allclose(found, plain(x), rtol=1e-12)


def test_export_in_evaluation() -> None:
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    whole = network().eval()
    program = torch.export.export(whole, (x,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    other = torch.randn(5, 3, 8, 8, dtype=torch.float64)
    assert torch.allclose(program.module()(other), whole(other), rtol=1e-12)


@pytest.mark.parametrize("training", [False, True])
def test_autocast_keeps_its_dtype(training: bool) -> None:
    narrow = network().float().train(training)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert narrow(torch.randn(2, 3, 8, 8)).dtype == torch.bfloat16


def kept_positions(seed: int, count: int, p: float) -> tuple[bool, list[float]]:
    path_class = emitted().DropPath
    torch.manual_seed(seed)
    path = path_class(3, True, torch.zeros(1))
    return bool(path.alone), path.kept(count, p).tolist()


def test_half_of_the_passes_keep_one_column_and_no_join_is_empty() -> None:
    drawn = [kept_positions(seed, 3, 0.9) for seed in range(400)]
    alone = [kept for single, kept in drawn if single]
    local = [kept for single, kept in drawn if not single]
    assert 140 < len(alone) < 260
    assert all(sum(kept) == 1 for kept in alone)
    assert {kept.index(1.0) for kept in alone} == {0, 1, 2}
    assert all(sum(kept) >= 1 for kept in local)
    assert any(sum(kept) > 1 for kept in local)


def test_a_join_without_the_column_keeps_everything() -> None:
    draws = [kept_positions(seed, 2, 0.5) for seed in range(100)]
    assert any(single and kept == [1.0, 1.0] for single, kept in draws)


def test_the_deepest_column_is_a_plain_network() -> None:
    module: Any = network().eval()
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    found: Tensor = module.deepest(x)
    y = x
    for index in (0, 1):
        # Rows 1 to 4 begin with the units 1, 2, 4 and 5: one, two, one and three columns wide.
        for unit in (1, 2, 4, 5):
            y = module.stages[index].layers[unit - 1](y)
        y = module.between[0](y) if index == 0 else y
    assert torch.equal(found, module.head(y))


def test_layers_follow_from_columns() -> None:
    assert [stage.depth for stage in check_text(SPEC, {"columns": 4}).graph.stages] == [15, 15]
