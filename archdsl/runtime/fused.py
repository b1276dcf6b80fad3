"""A network for inference on a CPU, its norms folded; pasted into emitted files."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from archdsl.runtime.folded import (
    FusedClamp,
    FusedConv,
    FusedLayer,
    FusedLinear,
    FusedNorm,
    fused_join,
)
from archdsl.runtime.staged import (
    FusedBuffer,
    FusedChain,
    FusedLine,
    FusedList,
    FusedPlain,
    FusedSum,
)


class Fused(nn.Module):
    """A network for inference in float32 on a CPU: norms folded, outputs gathered in one pass.

    The weights are the network's, and may change: what was folded is folded anew when they have.
    Where this path does not apply the network itself is run, and `why` says why.
    """

    def __init__(self, network: nn.Module, parts: list[nn.Module], plan: Any, stages: Any) -> None:
        super().__init__()
        self.network = network
        self.parts, self.plan, self.stages = parts, plan, stages
        self.why = "it was not run yet"
        self.seen: list[Any] = []
        self.versions: list[Any] = []
        self.ready: list[Any] = []
        self.training = network.training

    def __getstate__(self) -> dict[str, Any]:
        """For copies and pickles, which fold for themselves."""
        return {**self.__dict__, "seen": [], "versions": [], "ready": []}

    def forward(self, x: Tensor) -> Tensor:
        """What the network makes of a batch (N, C, H, W)."""
        self.why = self.obstacle(x)
        if self.why:
            made: Tensor = self.network(x)
            return made
        if not self.fresh():
            self.fold()
        parts = [x.contiguous(memory_format=torch.channels_last)]
        for part in self.ready:
            parts = part.run(parts)
        return fused_join(parts)

    def train(self, mode: bool = True) -> Any:
        """What is folded is dropped: a write through `.data` leaves no other trace."""
        self.seen, self.versions, self.ready = [], [], []
        return super().train(mode)

    def obstacle(self, x: Tensor) -> str:
        """Why an input is given to the network itself; empty if it is not."""
        if self.network.training:
            return "the network is training: call eval()"
        if torch.is_grad_enabled():
            return "gradients are on: use torch.inference_mode()"
        if x.dtype != torch.float32 or x.device.type != "cpu" or x.dim() != 4:
            return "the input is no batch of float32 maps on a CPU"
        if torch.is_autocast_enabled("cpu"):
            return "autocast is on"
        if any(part._forward_hooks or part._forward_pre_hooks for part in self.parts):
            return "hooks want to see what passes"
        first = next(self.network.parameters(), x)
        if first.dtype != torch.float32 or first.device.type != "cpu":
            return "the weights are not float32 on a CPU"
        return "the weights are inference tensors" if first.is_inference() else ""

    def fresh(self) -> bool:
        """Whether the network is as it was when it was folded."""
        same = all(known.get(name) is value for known, name, value in self.seen)
        return bool(self.seen) and same and self.versions == self.stamps()

    def stamps(self) -> list[Any]:
        """What changes when a weight or a statistic does."""
        tensors = [value for _, _, value in self.seen if isinstance(value, Tensor)]
        return [(v.data_ptr(), 0 if v.is_inference() else v._version) for v in tensors]

    def fold(self) -> None:
        """Fold every part; those that cannot be are run as they are."""
        self.seen = [
            (known, name, value)
            for module in self.network.modules()
            for known in (module._parameters, module._buffers, module._modules)
            for name, value in known.items()
        ]
        self.versions = self.stamps()
        self.ready = []
        stages = list(self.stages)
        for part in self.parts:
            if "layers" not in part._modules:
                self.ready.append(self.chain(part))
                continue
            kind, *more = stages.pop(0)
            kinds = {
                "buffer": FusedBuffer,
                "line": FusedLine,
                "list": FusedList,
                "plain": FusedPlain,
                "sum": FusedSum,
            }
            layers = [self.chain(layer) for layer in part.get_submodule("layers").children()]
            self.ready.append(kinds[kind](part, layers, *more))

    def chain(self, module: nn.Module) -> Any:
        """The steps of a unit, a stem, a transition or a head; itself where it has none."""
        words = self.plan.get(type(module).__name__)
        if words is None or not fused_usual(module):
            return FusedPlain(module, [])
        kinds = {
            "clamp": FusedClamp,
            "norm": FusedNorm,
            "conv": FusedConv,
            "layer": FusedLayer,
            "linear": FusedLinear,
        }
        return FusedChain([kinds[word](module, *more) for word, *more in words])


def fused_usual(module: nn.Module) -> bool:
    """Whether the folding knows all layers of a module, and nothing wants to be told of them."""
    for part in module.modules():
        if part._forward_hooks or part._forward_pre_hooks:
            return False
    for part in module.children():
        norm = type(part) is nn.BatchNorm2d and part.affine and part.running_mean is not None
        conv = type(part) is nn.Conv2d and part.padding_mode == "zeros"
        if not norm and not conv and type(part) is not nn.Linear:
            return False
    return True
