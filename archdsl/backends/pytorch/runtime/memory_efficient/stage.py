"""What runs the layers of a stage as one operator, where that is the same as one after another."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from archdsl.backends.pytorch.runtime.memory_efficient.changes import (
    stage_around,
    stage_change,
    stage_described,
    stage_recomputing,
)
from archdsl.backends.pytorch.runtime.memory_efficient.norms import (
    stage_advance,
    stage_affine,
    stage_running,
    stage_tracks,
)
from archdsl.backends.pytorch.runtime.memory_efficient.outputs import StageOutputs
from archdsl.backends.pytorch.runtime.memory_efficient.plan import (
    StageUnit,
    stage_plan,
    stage_scattered,
    stage_text,
)
from archdsl.backends.pytorch.runtime.memory_efficient.register import STAGE_OPERATOR
from archdsl.backends.pytorch.runtime.memory_efficient.steps import (
    stage_layout,
    stage_precise,
)


class StageOperator:
    """The operator of a stage. It holds no weights: it is called with the layers.

    Args:
        units: what a layer computes, by the name of its class.
        layers: the layers, which are not kept.
        widths: channels of the outputs y_0, y_1, ...
        reads: the outputs that each layer reads.
        exit: the outputs that leave the stage.
    """

    def __init__(
        self, units: dict[str, StageUnit], layers: nn.ModuleList, widths: list[int],
        reads: list[Any], exit: Any,
    ) -> None:  # fmt: skip
        self.enabled = True
        self.units = [units[type(layer).__name__] for layer in layers]
        self.plan = stage_text(self.units, list(layers), widths, reads)
        self.widths, self.reads, self.exit = list(widths), [list(r) for r in reads], list(exit)
        self.whole = self.exit == list(range(len(widths)))
        self.scattered = not self.whole and stage_scattered(stage_plan(self.plan))
        self.expected = [stage_described(module) for module in self.modules(layers)]

    def __call__(self, layers: nn.ModuleList, x: Tensor) -> Tensor:
        """Return the output of the stage, and update the running statistics of its norms.

        Args:
            layers: the layers of the stage.
            x: the input of the stage, (N, C, ...).
        """
        norms, maps = self.norms(layers), self.maps(x)
        outputs, _, means, variances = STAGE_OPERATOR(
            *self.cast(x, self.convolutions(layers)),
            *stage_affine(norms, x),
            self.masks(layers, x),
            *stage_running(norms, stage_precise(x)),
            [norm.eps for norm in norms],
            self.plan,
            maps,
        )
        if not stage_recomputing():
            self.advance(norms, means, variances, x.numel() // x.shape[1])
        return self.leaving(StageOutputs(outputs, maps=maps))

    def __eq__(self, other: object) -> bool:
        """Whether both stand for the same layers."""
        if not isinstance(other, StageOperator):
            return False
        mine, theirs = ((x.expected, x.plan, x.exit) for x in (self, other))
        return mine == theirs

    def __hash__(self) -> int:
        return hash(self.plan)

    def maps(self, x: Tensor) -> bool:
        """Return whether outputs lie in maps of their own: see `stage_scattered`."""
        last = stage_layout(x) == torch.channels_last
        return self.scattered and last and x.device.type == "cpu"

    def leaving(self, outputs: StageOutputs) -> Tensor:
        """Return the outputs that leave the stage, side by side."""
        if self.whole:
            return outputs.tensor
        every = outputs.split(self.widths)
        return torch.cat([every[source] for source in self.exit], dim=1)

    def obstacle(self, layers: nn.ModuleList, x: Tensor) -> str:
        """Return why the layers have to be run one after another, or nothing.

        Args:
            layers: the layers of the stage.
            x: the input of the stage.
        """
        if not self.enabled:
            return "memory_efficient is off"
        if not torch.is_grad_enabled():
            return "nothing is kept without gradients"
        if around := stage_around():
            return around
        modules = self.modules(layers)
        if len(set(modules)) < len(modules):
            return "a module is in several places"
        weights = [x, *(weight for m in modules for weight in m._parameters.values())]
        if any(type(weight) not in {Tensor, nn.Parameter, type(None)} for weight in weights):
            return "the input or a weight is a subclass of Tensor"
        if x.numel() <= x.shape[1]:
            return "there is only one value per channel"
        changes = map(stage_change, modules, self.expected)
        return next((change for change in changes if change), "")

    def norms(self, layers: Any) -> list[Any]:
        """Return the norms of all layers in order."""
        pairs = zip(layers, self.units, strict=True)
        return [x._modules[a.norm] for x, unit in pairs for a in unit.activations if a.norm]

    def convolutions(self, layers: Any) -> list[Any]:
        """Return the convolutions of all layers in order."""
        pairs = zip(layers, self.units, strict=True)
        return [layer._modules[name] for layer, unit in pairs for name in unit.convolutions]

    def modules(self, layers: Any) -> list[nn.Module]:
        """Return the modules that the operator stands for."""
        return [*layers, *self.norms(layers), *self.convolutions(layers)]

    def cast(self, x: Tensor, convolutions: list[Any]) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """Return an input, weights and biases in the dtype of autocast, if it is on.

        Args:
            x: the input of the stage.
            convolutions: its convolutions.
        """
        weights = [convolution.weight for convolution in convolutions]
        biases = [c.bias for c in convolutions if c.bias is not None]
        device = x.device.type
        if not torch.is_autocast_enabled(device) or x.dtype == torch.float64:
            return x, weights, biases
        dtype = torch.get_autocast_dtype(device)
        return x.to(dtype), [w.to(dtype) for w in weights], [b.to(dtype) for b in biases]

    def masks(self, layers: Any, x: Tensor) -> list[Tensor]:
        """Return what dropout multiplies the output of each layer by; nothing if none drops.

        Args:
            layers: the layers of the stage.
            x: the input of the stage.
        """
        rates = [stage_rate(layer, unit) for layer, unit in zip(layers, self.units, strict=True)]
        if not any(rates):
            return []
        masks = []
        for rate, width in zip(rates, self.widths[1:], strict=True):
            ones = x.new_ones((x.shape[0], width, *x.shape[2:]))
            ones = ones.contiguous(memory_format=stage_layout(x))
            masks.append(functional.dropout(ones, rate))
        return masks

    def advance(
        self, norms: list[Any], means: list[Tensor], variances: list[Tensor], values: int
    ) -> None:
        """Update the running statistics of all norms.

        Args:
            norms: the norms of all layers in order.
            means: of the outputs' channels, then of each norm inside a unit.
            variances: the same.
            values: number of values per channel in the batch.
        """
        inside, remaining, updates = zip(means[1:], variances[1:], strict=True), iter(norms), []
        widths = self.widths if len(means[0]) else []  # without norms of the batch that read them
        outputs = [numbers[0].split(widths) for numbers in (means, variances)]
        for unit, read in zip(self.units, self.reads, strict=True):
            for place, activation in enumerate(unit.activations):
                if not activation.norm:
                    continue
                norm, pair = next(remaining), next(inside) if place else None
                if not stage_tracks(norm):
                    continue
                mean, variance = pair or (torch.cat([x[n] for n in read]) for x in outputs)
                updates.append((norm, mean, variance))
        stage_advance(updates, values)


def stage_rate(layer: nn.Module, unit: StageUnit) -> float:
    """Return the probability of the dropout of a layer, 0 in evaluation.

    Args:
        layer: the layer.
        unit: what it computes.
    """
    if not layer.training:
        return 0.0
    rate = getattr(layer, unit.dropout) if isinstance(unit.dropout, str) else unit.dropout
    return float(rate)
