"""The networks whose training is measured, and every way to run a training step of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from types import MethodType
from typing import Any

import torch
from peers import leaves, randomise, same_weights, torchvision
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint, create_selective_checkpoint_contexts

import archdsl
from archdsl.analysis.recomputed import training_bytes
from archdsl.api import Spec
from archdsl.oracle.comparison import load_module, network_class

ROOT = Path(__file__).resolve().parent.parent
BUDGETS = tuple(tenths / 10 for tenths in range(1, 10))
LAST = "-channels-last"
NUMBERS = count(1)
Settings = dict[str, Any]


@dataclass(frozen=True)
class Trained:
    """A network: its spec and settings, the batch by default, and torchvision's name of it."""

    spec: str
    batch: int
    settings: Settings = field(default_factory=dict)
    peer: str = ""

    def load(self) -> Spec:
        return archdsl.load(ROOT / "specs" / f"{self.spec}.yaml", self.settings)

    def build(self, memory_efficient: bool = False) -> nn.Module:
        """The network with the same random weights in each call, in training mode.

        The class has another name in each call, and so code of its own. `torch.compile` keeps its
        results with the code: a second variant would run what was compiled for the first one.
        """
        torch.manual_seed(0)
        name = f"Network{next(NUMBERS)}"
        network = archdsl.build(self.load(), name, memory_efficient=memory_efficient)
        randomise(network)
        return network.train()

    def counted_of(self, variant: str) -> int:
        """Bytes that the analysis counts for one image in a variant, 0 if it does not count it."""
        counts = training_bytes(archdsl.lower(self.load()))
        return {
            "eager": counts.eager,
            "memory-efficient": counts.checkpointed,
            "stage": counts.memory_efficient,
        }.get(variant.removesuffix(LAST), 0)

    def images(self, batch: int) -> Tensor:
        shape = archdsl.lower(self.load()).input.op.shape
        return torch.randn(batch, *shape, generator=torch.Generator().manual_seed(1))


NETWORKS = {
    "densenet-121": Trained("densenet-imagenet", 8, peer="densenet121"),
    "densenet-bc-100-12": Trained("densenet-bc-cifar", 64),
    "sparsenet-bc-100-24": Trained("sparsenet-bc-cifar", 64),
    "sparsenet-bc-1001-12": Trained(
        "sparsenet-bc-cifar", 8, {"depth": 1001, "growth": 12, "stem": 12}
    ),
    "densenet-bc-40-12": Trained("densenet-bc-cifar", 64, {"depth": 40}),
    "sparsenet-bc-40-24": Trained("sparsenet-bc-cifar", 64, {"depth": 40}),
}
"""The last two are small, for trying out."""


class Step:
    """A training step on a fixed batch.

    Args:
        network: what is run.
        x: the images.
        weights: its parameters in the order of those of the plain network.
    """

    def __init__(self, network: Any, x: Tensor, weights: list[Tensor] | None = None) -> None:
        self.network, self.x = network, x
        self.weights = list(network.parameters()) if weights is None else weights
        self.labels = torch.arange(len(x), device=x.device)

    def __call__(self) -> None:
        """Run the forward and the backward pass, without earlier gradients."""
        self.clear()
        self.backward(self.forward())

    def forward(self) -> Tensor:
        result: Tensor = self.network(self.x)
        return result

    def backward(self, result: Tensor) -> None:
        functional.cross_entropy(result, self.labels).backward()

    def clear(self) -> None:
        for weight in self.weights:
            weight.grad = None

    def gradient(self) -> Tensor:
        """The gradients of all weights in one tensor, in float64."""
        return torch.cat([weight.grad.cpu().double().flatten() for weight in self.weights])


class Floor:
    """The forward and backward pass of each convolution on inputs that are ready, and no more.

    No step that computes all of them with torch takes less time. It makes no gradient of the
    network, and what it keeps says nothing.

    Args:
        network: whose convolutions are run, on the device and in the layout of the batch.
        x: the images.
    """

    def __init__(self, network: nn.Module, x: Tensor) -> None:
        self.parts = [
            (module, given.detach().requires_grad_(number > 0), torch.randn_like(made))
            for number, (module, given, made) in enumerate(leaves(network, x))
            if isinstance(module, nn.Conv2d)
        ]

    def __call__(self) -> None:
        """Run each of them."""
        for module, x, gradient in self.parts:
            sources = [x, module.weight] if x.requires_grad else [module.weight]
            torch.autograd.grad(module(x), sources, gradient)


def placed(network: nn.Module, x: Tensor) -> Step:
    """A step of a network on the device and in the layout of its batch."""
    last = x.is_contiguous(memory_format=torch.channels_last)
    layout = torch.channels_last if last else torch.contiguous_format
    return Step(network.to(x.device).to(memory_format=layout), x)


def stages_as_operators(trained: Trained, x: Tensor) -> Step:
    return placed(trained.build(memory_efficient=True), x)


def separate_kernels(trained: Trained, x: Tensor) -> Step:
    """The same, but on an accelerator cuDNN computes 1x1 convolutions too, between the kernels.

    The text of the file is changed, and so is the name by which torch finds its operators.
    """
    text = archdsl.emit(trained.load(), memory_efficient=True)
    for old, new in (
        ("return StageProductRead if", "return StageFusedRead if"),
        ('STAGE_NAMESPACE: str = "archdsl', 'STAGE_NAMESPACE: str = "separate'),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    torch.manual_seed(0)
    network = network_class(load_module(text))()
    randomise(network)
    return placed(network.train(), x)


def eager(trained: Trained, x: Tensor) -> Step:
    return placed(trained.build(), x)


def checkpointed(trained: Trained, x: Tensor) -> Step:
    return (torchvision_step if trained.peer else checkpointed_layers)(trained, x)


def torchvision_step(trained: Trained, x: Tensor) -> Step:
    """torchvision's network with `memory_efficient=True`."""
    ours = trained.build()
    theirs = same_weights(torchvision(trained.peer, memory_efficient=True), ours.eval(), x.cpu())
    runs = [[module for module, *_ in leaves(net, x.cpu())] for net in (ours, theirs)]
    pairs = dict(zip(*runs, strict=True))
    weights = [
        getattr(pairs[module], name)
        for module in ours.modules() if module in pairs
        for name, _ in module.named_parameters(recurse=False)
    ]  # fmt: skip
    step = placed(theirs.train(), x)
    return Step(step.network, x, weights)


def checkpointed_layers(trained: Trained, x: Tensor) -> Step:
    """What torchvision does with `memory_efficient=True`, in the emitted network."""
    step = placed(trained.build(), x)
    for stage in step.network.stages:
        stage.forward = MethodType(layer_by_layer, stage)
    return step


def layer_by_layer(stage: Any, x: Tensor) -> Tensor:
    """Run a stage, and checkpoint each layer from its concatenation to its first convolution."""
    outputs = [x]
    for layer, reads in zip(stage.layers, stage.reads, strict=True):
        sources = [outputs[source] for source in reads]
        inner = checkpoint(partial(bottleneck, layer), *sources, use_reentrant=False)
        outputs.append(layer.conv2(torch.relu(layer.norm2(inner))))
    return torch.cat([outputs[source] for source in stage.exit], dim=1)


def bottleneck(layer: Any, *sources: Tensor) -> Tensor:
    result: Tensor = layer.conv1(torch.relu(layer.norm1(torch.cat(sources, dim=1))))
    return result


def checkpointed_stages(trained: Trained, x: Tensor) -> Step:
    """Keep the results of convolutions; compute joins, norms and ReLUs of each stage again."""
    step = placed(trained.build(), x)
    keep = partial(create_selective_checkpoint_contexts, [torch.ops.aten.convolution.default])
    for stage in step.network.stages:
        stage.forward = partial(checkpoint, stage.forward, use_reentrant=False, context_fn=keep)
    return step


def compiled(trained: Trained, x: Tensor, budget: float | None = None) -> Step:
    """The network in `torch.compile`, within a part of the memory that it would keep.

    Raises: AttributeError if torch has no such setting.
    """
    step = placed(trained.build(), x)
    step.network = torch.compile(step.network, dynamic=False, fullgraph=True)
    if budget is not None:
        import torch._functorch.config as config  # not public

        with config.patch(activation_memory_budget=budget):
            step()
    return step


def convolutions(trained: Trained, x: Tensor) -> Floor:
    """The convolutions of the plain network, as convolutions."""
    step = placed(trained.build(), x)
    return Floor(step.network, x)


def exact(trained: Trained, batch: int) -> Tensor:
    """The gradient of the plain network in float64."""
    step = Step(trained.build().double(), trained.images(batch).double())
    step()
    return step.gradient()


MAKE: dict[str, Callable[[Trained, Tensor], Step | Floor]] = {
    "stage": stages_as_operators,
    "separate-kernels": separate_kernels,
    "eager": eager,
    "memory-efficient": checkpointed,
    "selective-checkpoint": checkpointed_stages,
    "convolutions": convolutions,
    "compile": compiled,
    **{f"compile-budget-{budget}": partial(compiled, budget=budget) for budget in BUDGETS},
}
VARIANTS = {
    name + ending: (make, layout)
    for name, make in MAKE.items()
    for ending, layout in (("", torch.contiguous_format), (LAST, torch.channels_last))
}
"""What makes a variant ready, and the layout of its batch."""


def ready(trained: Trained, variant: str, batch: int, device: str) -> Step | Floor:
    """A step of a variant, which was run once. All have the same weights and the same batch."""
    make, layout = VARIANTS[variant]
    step = make(trained, trained.images(batch).to(device).contiguous(memory_format=layout))
    step()
    return step
