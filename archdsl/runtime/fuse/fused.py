"""The network that `fuse` gives, which runs by tapes while it may; pasted into emitted files."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from archdsl.runtime.fuse.watch import FusedWatch


class Fused(nn.Module):
    """A network for inference: norms folded, outputs gathered in one pass, memory used again.

    The weights are the network's, and may change: what was folded is folded anew when they have.
    Where this path does not apply the network itself is run, and `why` says why.
    """

    SIZES = 8  # of input that are kept ready; with one more, all begin anew

    def __init__(
        self, network: nn.Module, parts: list[nn.Module], plan: Any, stages: Any, **tapes: Any
    ) -> None:
        super().__init__()
        self.network = network
        self.parts, self.plan, self.stages = parts, plan, stages
        self.kinds = tapes  # by device
        self.why = "it was not run yet"
        self.watch: FusedWatch | None = None
        self.hooked = False
        self.folded: dict[Any, Any] = {}
        self.tapes: dict[Any, list[Any]] = {}
        self.training = network.training

    def __getstate__(self) -> dict[str, Any]:
        """For copies and pickles, which fold for themselves."""
        return {**self.__dict__, "watch": None, "folded": {}, "tapes": {}}

    def forward(self, x: Tensor) -> Tensor:
        """What the network makes of a batch (N, C, H, W)."""
        self.why = self.obstacle(x) or self.unfit(x)
        if self.why:
            made: Tensor = self.network(x)
            return made
        kind = self.kinds[x.device.type]
        key = (x.shape, x.dtype, x.device, kind.switches(x))
        if key not in self.tapes and len(self.tapes) == self.SIZES:
            self.folded, self.tapes = {}, {}
        idle = self.tapes.setdefault(key, [])
        with torch.cuda.device_of(x):
            # A run has its tape to itself: another thread that comes meanwhile records its own.
            tape, result = (idle.pop(), None) if idle else self.record(x)
            result = tape.run(x) if result is None else result
        idle.append(tape)
        return result

    def record(self, x: Tensor) -> tuple[Any, Tensor]:
        """The steps for inputs like this one, and what they make of it."""
        with torch.inference_mode(False), torch.no_grad():
            tape = self.kinds[x.device.type](self.plan, self.folded, x)
            result = tape.record(self.parts, self.stages)
            return tape.ready(x), result

    def train(self, mode: bool = True) -> Any:
        """What is folded is dropped: a write through `.data` leaves no other trace."""
        self.forget()
        return super().train(mode)

    def forget(self) -> None:
        """Drop all that was made of the weights."""
        self.watch, self.folded, self.tapes = None, {}, {}

    def obstacle(self, x: Tensor) -> str:
        """Why an input is given to the network itself; empty if it is not."""
        if torch.compiler.is_compiling() or torch.jit.is_tracing():
            return "it is being compiled or traced"
        if self.network.training:
            return "the network is training: call eval()"
        if torch.is_grad_enabled():
            return "gradients are on: use torch.inference_mode()"
        if type(x) is not Tensor or x.dim() != 4 or not x.numel():
            return "the input is no batch of maps"
        kind = self.kinds.get(x.device.type)
        if kind is None or x.dtype not in kind.TYPES:
            return f"there is no fast path for {x.dtype} on {x.device.type}"
        if torch.is_autocast_enabled(x.device.type):
            return "autocast is on"
        if x.is_cuda and torch.cuda.is_current_stream_capturing():
            return "a graph is being captured"
        hooked = nn.modules.module._has_any_global_hook()
        return "hooks want to see what passes" if hooked else ""

    def unfit(self, x: Tensor) -> str:
        """The same for what the network is now; what was made of what it was is dropped."""
        if self.watch is None or self.watch.changed():
            self.forget()
            self.watch = FusedWatch(self.network)
            self.hooked = any(part._forward_hooks or part._forward_pre_hooks for part in self.parts)
        if self.hooked:
            return "hooks want to see what passes"
        weight = x if self.watch.weight is None else self.watch.weight
        if (weight.dtype, weight.device) != (x.dtype, x.device):
            return "the weights are of another kind or elsewhere"
        return "the weights are inference tensors" if weight.is_inference() else ""
