"""What the tests of emitted files share: a network of a text, and how far it is from the oracle."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from archdsl.api import Checked, check_text
from archdsl.ir.graph import Graph
from archdsl.oracle.comparison import load_module, network_class, randomise
from archdsl.oracle.interpret import interpret

TOLERANCE = 1e-9

TOP = "archdsl: 1\nname: net\ninput: [3, 8, 8]\nstem: [{conv: {width: 4, kernel: 3}}]\n"
HEAD = "head: [norm, relu, {pool: {to: 1}}, flatten, {linear: {width: 5}}]\n"

REPRESENTATIVES = {
    "concat exponential": f"""{TOP}
stages:
  count: 1
  layers: 4
  unit: {{kind: dense-bottleneck, order: pre, width: 4, inner: 6}}
  connect: exponential
  aggregate: concat
{HEAD}""",
    "concat full": f"""{TOP}
stages:
  count: 1
  layers: 3
  unit: {{kind: basic, order: pre, width: 4}}
  connect: full
  aggregate: concat
between: {{kind: transition, width: incoming // 2}}
{HEAD}""",
    "sum projected": f"""{TOP}
stages:
  count: 1
  layers: 3
  unit: {{kind: basic, order: pre, width: 6}}
  connect: exponential
  aggregate: sum
  entry: projection
  stride: 2
{HEAD}""",
    "running": f"""{TOP}
stages:
  count: 1
  layers: 3
  unit: {{kind: basic, order: post, width: 6, final_relu: false}}
  connect: full
  aggregate: running
  entry: projection
  stride: 2
head: [{{pool: {{to: 1}}}}, flatten, {{linear: {{width: 5}}}}]
""",
}
"""One network for each way of keeping what a stage makes."""

torch.set_num_threads(1)  # the networks are tiny: more threads only wait for each other


@dataclass(frozen=True)
class Emitted:
    """A spec that was checked, its file, and a network made by that file."""

    checked: Checked
    text: str
    network: nn.Module

    @property
    def graph(self) -> Graph:
        return self.checked.graph


def emitted(text: str, settings: Mapping[str, Any] | None = None) -> Emitted:
    """Compile a spec and run its file; in float64, with norms that are not fresh."""
    checked = check_text(text, settings)
    return of_checked(checked)


def of_checked(checked: Checked) -> Emitted:
    """The same of a spec that was checked already."""
    text = checked.emit()
    torch.manual_seed(0)
    network = network_class(load_module(text))().double()
    randomise(network)
    return Emitted(checked, text, network)


def inputs(graph: Graph, batch: int = 2) -> Tensor:
    """Random input for a network."""
    shape = graph.input.op.shape  # type: ignore[union-attr]
    return torch.randn(batch, *shape, dtype=torch.float64)


def copied(network: nn.Module) -> dict[str, Tensor]:
    """A state dict that the network does not share."""
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


def gradients(output: Tensor, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The gradient of every weight, for a fixed direction of the output."""
    toward = torch.randn(output.shape, dtype=output.dtype, generator=torch.manual_seed(1))
    found = torch.autograd.grad(output, list(weights.values()), toward, allow_unused=True)
    zeros = map(torch.zeros_like, weights.values())
    pairs = zip(found, zeros, strict=True)
    return {n: z if f is None else f for n, (f, z) in zip(weights, pairs, strict=True)}


def differences(network: nn.Module, graph: Graph, batch: int = 2) -> Iterator[tuple[str, float]]:
    """Relative differences of network and oracle by name: outputs, gradients, statistics.

    A gradient is held against the size of all gradients together: some are zero but for rounding,
    such as that of a bias before a norm.
    """
    x = inputs(graph, batch)
    state = copied(network)
    with torch.no_grad():
        yield "output in evaluation", apart(network.eval()(x), interpret(graph, state, x))
    weights = dict(network.named_parameters())
    for name in weights:
        state[name].requires_grad_()
    torch.manual_seed(2)
    output = network.train()(x)
    torch.manual_seed(2)
    expected = interpret(graph, state, x, training=True)
    yield "output in training", apart(output, expected)
    if weights:
        found = gradients(output, weights)
        wanted = gradients(expected, {name: state[name] for name in weights})
        size = float(torch.stack([value.norm() for value in wanted.values()]).norm())
        for name in weights:
            yield f"gradient of {name}", apart(found[name], wanted[name], size)
    for name, value in network.named_buffers():
        yield f"statistic {name}", apart(value.double(), state[name].double())


def apart(found: Tensor, wanted: Tensor, least: float = 0.0) -> float:
    """Norm of the difference over the norm of what is wanted, or over `least` if that is more."""
    assert found.shape == wanted.shape
    scale = max(float(wanted.detach().norm()), least)
    return float((found - wanted).detach().norm()) / (scale or 1.0)


def assert_equals_oracle(network: nn.Module, graph: Graph, batch: int = 2) -> None:
    """Every number of a network is the oracle's."""
    worse = {n: d for n, d in differences(network, graph, batch) if not d <= TOLERANCE}
    assert not worse


def assert_laid_out(folder: Path, texts: Mapping[str, str]) -> None:
    """How the files are laid out, and what ruff finds in them, in two calls of ruff."""
    for name, text in texts.items():
        path = folder / f"{name.replace(' ', '_').replace(',', '')}.py"
        path.write_text(text, encoding="ascii")
    for arguments in (
        ["format", "--diff", "--line-length", "100"],
        ["check", "--select", "E7,E9,F,I,W", "--line-length", "100"],
    ):
        command = [sys.executable, "-m", "ruff", *arguments, "--isolated", "--no-cache", "."]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{done.stdout}{done.stderr}"


def evaluated(network: nn.Module, x: Tensor) -> list[list[float]]:
    """What a network makes of an input, as numbers that need no torch; for other processes."""
    with torch.no_grad():
        numbers: list[list[float]] = network(x).tolist()
        return numbers
