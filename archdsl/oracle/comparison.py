"""The comparison of a network with the oracle; `loading` runs its text."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from archdsl.backends.pytorch.fuse import STEPS
from archdsl.ir.graph import Graph
from archdsl.loading import load_module, network_class
from archdsl.oracle.interpret import interpret

__all__ = [
    "Comparison",
    "Fusion",
    "as_exact",
    "compare",
    "compare_fused",
    "load_module",
    "network_class",
    "randomise",
    "relative",
]


@dataclass(frozen=True)
class Comparison:
    """Largest relative differences (norm of the difference over the norm) in float64."""

    outputs: float
    gradients: float
    statistics: float
    tensors: int

    @property
    def worst(self) -> float:
        """Return the largest of the three differences."""
        return max(self.outputs, self.gradients, self.statistics)


def compare(module: nn.Module, graph: Graph, *, batch: int = 2, seed: int = 0) -> Comparison:
    """Compare a module with the oracle in evaluation and in training, in float64.

    The module is moved to float64 and its norms get random scales and statistics.

    Args:
        module: a network on the CPU.
        graph: the graph of the same network.
        batch: number of samples of the random input.
        seed: of the weights, the input, and the random numbers that training draws.

    Raises:
        KeyError: if the module lacks a weight of the graph.
    """
    torch.manual_seed(seed)
    module.double()
    randomise(module)
    x = torch.randn(batch, *graph.input.op.shape, dtype=torch.float64)  # type: ignore[union-attr]
    state = {name: value.detach().clone() for name, value in module.state_dict().items()}
    module.eval()
    with torch.no_grad():
        evaluated = relative(module(x), interpret(graph, state, x))
    names = [name for name, _ in module.named_parameters()]
    for name in names:
        state[name].requires_grad_()
    module.train()
    torch.manual_seed(seed)
    trained = module(x)
    torch.manual_seed(seed)
    expected = interpret(graph, state, x, training=True)
    toward = torch.randn_like(expected)
    gradients = _gradients(trained, [p for _, p in module.named_parameters()], toward)
    wanted = _gradients(expected, [state[name] for name in names], toward)
    statistics = [
        relative(value.double(), state[name].double()) for name, value in module.named_buffers()
    ]
    return Comparison(
        max(evaluated, relative(trained.detach(), expected.detach())),
        relative(torch.cat(gradients), torch.cat(wanted)) if names else 0.0,
        max(statistics, default=0.0),
        len(state),
    )


@dataclass(frozen=True)
class Fusion:
    """Relative errors of the fused and of the plain network in float32, against float64.

    Both run on the CPU, where the steps for accelerators run their kernels in plain torch.
    """

    device: str
    fused: float
    plain: float

    @property
    def holds(self) -> bool:
        """Return whether the fused path is as exact as float32 allows."""
        return as_exact(self.fused, self.plain)


def as_exact(error: float, plain: float) -> bool:
    """Return whether an error is one that float32 allows; False for NaN.

    Args:
        error: relative to float64.
        plain: the same error of the plain network in float32.
    """
    return error <= max(10 * plain, 1e-5)


def compare_fused(
    module: Any, graph: Graph, *, batch: int = 2, seed: int = 0
) -> tuple[Fusion, ...]:
    """Compare a network's snapshots, one for each device, with the network; empty if it has none.

    The module is moved to float32 and its norms get random scales and statistics.

    Args:
        module: a network on the CPU; it has a method `fuse` unless it was compiled without.
        graph: the graph of the same network, for the shape of the input.
        batch: number of samples of the random input.
        seed: of the weights and the input.
    """
    if not hasattr(module, "fuse"):
        return ()
    torch.manual_seed(seed)
    module.float().eval()
    randomise(module)
    x = torch.randn(batch, *graph.input.op.shape)  # type: ignore[union-attr]
    wanted = copy.deepcopy(module).double()(x.double()).detach()
    with torch.inference_mode():
        plain = relative(module(x).double(), wanted)
        return tuple(
            Fusion(device, relative(module.fuse(device)(x).double(), wanted), plain)
            for device in fused_devices(module)
        )


def fused_devices(module: Any) -> tuple[str, ...]:
    """Return the devices for which a network's file has fused steps."""
    scope = module.fuse.__func__.__globals__
    return tuple(device for device, steps in STEPS.items() if steps in scope)


def randomise(module: nn.Module) -> None:
    """Give scales, shifts and statistics values that are not those of a fresh network.

    Whatever the layers are: every bias, other parameters with one number per feature or with zeros,
    which would hide what they are multiplied with, and buffers.
    """
    for name, weight in module.named_parameters():
        if name.endswith("bias"):
            nn.init.normal_(weight, std=0.3)
        elif weight.dim() == 1 or not weight.all():
            nn.init.uniform_(weight, 0.5, 1.5)
    for name, buffer in module.named_buffers():
        if name.endswith("mean"):
            buffer.normal_(std=0.3)
        elif buffer.is_floating_point():
            buffer.uniform_(0.5, 1.5)


def _gradients(output: Tensor, weights: list[Tensor], toward: Tensor) -> list[Tensor]:
    gradients = torch.autograd.grad(output, weights, toward, allow_unused=True)
    return [
        (torch.zeros_like(weight) if gradient is None else gradient).flatten()
        for gradient, weight in zip(gradients, weights, strict=True)
    ]


def relative(actual: Tensor, expected: Tensor) -> float:
    """Return the norm of the difference over the norm of the expected tensor.

    If that is zero, return the norm of the difference.

    Args:
        actual: the tensor to judge.
        expected: a tensor of the same shape.
    """
    scale = float(expected.norm())
    return float((actual - expected).norm()) / (scale or 1.0)
