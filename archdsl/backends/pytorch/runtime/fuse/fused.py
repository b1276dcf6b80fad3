"""The module that `fuse()` returns; pasted into emitted files."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from archdsl.backends.pytorch.runtime.fuse.check import FusedError, fused_check, fused_weight
from archdsl.backends.pytorch.runtime.fuse.freeze import fused_channels, fused_freeze
from archdsl.backends.pytorch.runtime.fuse.pool import FusedPool
from archdsl.backends.pytorch.runtime.fuse.recorder import FusedRecorder, fused_ordered


class Fused(nn.Module):
    """A snapshot of a network for fast inference, as its method `fuse()` makes it.

    It holds folded copies of the weights and no reference to the network, so later changes of the
    network do not reach it: after training, or on another device, call `fuse()` again. It has no
    parameters and no state dict, can be copied and pickled, and may be shared between threads.

    Args:
        network: what to copy. In eval mode, without hooks, as its class makes it.
        kind: the network's class.
        parts: the names of its parts in order.
        plan: the steps of each class.
        stages: how each stage is run.
        channels: of the input, where the network's constructor does not take them.
        density: numbers of the network's largest map for each pixel of its input; 0 if an image may
            depend on others of the batch.
        device: whose steps to take, `cpu` or `cuda`; None for the device of the weights.
        devices: the steps for each device.

    Raises:
        FusedError: if the network is not what the plan was made for, with the reason.
    """

    def __init__(
        self, network: nn.Module, kind: type[nn.Module], parts: list[str], plan: Any,
        stages: Any, channels: int, density: int, device: str | None, **devices: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        fresh = fused_check(network, kind)
        weight = fused_weight(network)
        self.dtype, self.device = weight.dtype, weight.device
        self.steps: Any = devices.get(device or weight.device.type)
        if self.steps is None or weight.dtype not in self.steps.DTYPES:
            raise FusedError(f"there are no fused steps for {weight.dtype} on {weight.device.type}")
        self.channels = fused_channels(network, fresh, channels)
        self.density = density
        self.parts = fused_freeze(network, parts, plan, stages, self.steps)
        self.pool = FusedPool()
        self.eval()

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without recordings: a copy or an unpickled network records its own."""
        return {**self.__dict__, "pool": FusedPool()}

    def forward(self, x: Tensor) -> Tensor:
        """Compute the network's output.

        Args:
            x: (N, C, H, W), in any memory format, of the dtype and on the device of the weights.

        Raises:
            FusedError: if `x` is not such a tensor, requires gradients, or is being traced.
        """
        if "_dynamo" in vars(torch):  # which would compile the steps one by one
            result: Tensor = torch.compiler.disable(self.compute)(x)
            return result
        return self.compute(x)

    def compute(self, x: Tensor) -> Tensor:
        """Compute the output, of a large batch part by part."""
        self.check(x)
        if not len(x):  # the steps need an input; its result has the right shape and dtype
            return self.compute(x.new_zeros((1, *x.shape[1:])))[:0]
        x = x.resolve_neg()  # kernels read memory as it is
        with torch.no_grad(), torch.cuda.device_of(x):
            results = [self.run(part) for part in x.tensor_split(self.split(x))]
            return results[0] if len(results) == 1 else torch.cat(results)

    def split(self, x: Tensor) -> int:
        """Return in how many parts to compute a batch: the largest map of each fits caches."""
        n, _, h, w = x.shape
        parts: int = -(-n * h * w * self.density // self.steps.largest())
        return max(1, min(n, parts))

    def run(self, x: Tensor) -> Tensor:
        """Compute the output by a recording, which is made first if there is none."""
        key = (x.shape, self.steps.switches(x))
        recording = self.pool.take(key)
        if recording is None:
            recording, result = self.record(x)
        else:
            result = recording.run(x)
        self.pool.give(key, recording)  # not after an exception: its memory may be half written
        return result

    def record(self, x: Tensor) -> tuple[Any, Tensor]:
        """Run the steps on an input, and return their recording and their result."""
        # Memory made in inference mode could not be written outside of it. Leaving that mode turns
        # gradients on.
        with torch.inference_mode(False), torch.no_grad():
            recorder = FusedRecorder(self.steps.DEVICE, x)
            values = [recorder.call(fused_ordered, 0)]
            for part in self.parts:
                values = part.record(recorder, values)
            recording, result = recorder.finish(values)
            return self.steps.ready(recording, x), result

    def check(self, x: Tensor) -> None:
        """Raise FusedError if the network cannot compute this input, or not here."""
        if torch.jit.is_tracing() or type(x) not in (Tensor, nn.Parameter) or not fused_stored(x):
            raise FusedError("a fused network computes plain tensors: use the network itself")
        if x.dim() != 4 or x.shape[1] != self.channels:
            wanted = f"(N, {self.channels}, H, W)"
            raise FusedError(f"expected an input of shape {wanted}, not {tuple(x.shape)}")
        if not all(x.shape[1:]):
            raise FusedError(f"an input of shape {tuple(x.shape)} has no pixels")
        if (x.dtype, x.device) != (self.dtype, self.device):
            wanted, got = f"{self.dtype} on {self.device}", f"{x.dtype} on {x.device}"
            raise FusedError(f"expected an input of {wanted}, not {got}")
        if torch.is_autocast_enabled(x.device.type):
            raise FusedError("autocast is on: convert the network first, and call fuse() again")
        if (x.requires_grad and torch.is_grad_enabled()) or fused_tangent(x):
            raise FusedError("a fused network has no gradients: use the network itself")
        if x.is_cuda and torch.cuda.is_current_stream_capturing():
            raise FusedError("a CUDA graph is being captured: capture the network itself")

    def train(self, mode: bool = True) -> Any:
        """Raise FusedError for training mode."""
        if mode:
            raise FusedError("a fused network cannot be trained: train the network, then fuse()")
        return super().train(mode)

    def state_dict(self, *args: Any, **kwargs: Any) -> Any:
        """Raise FusedError: the folded weights fit no other network."""
        raise FusedError("a fused network has no state dict: save that of the network itself")

    def load_state_dict(self, *args: Any, **kwargs: Any) -> Any:
        """Raise FusedError."""
        raise FusedError(
            "a fused network loads no weights: load them into the network, then fuse()"
        )

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        self.load_state_dict()

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        """Accept what changes nothing, such as `to` the same device; raise FusedError otherwise."""
        probe = torch.empty(0, dtype=self.dtype, device=self.device)
        moved = fn(probe)
        if (moved.dtype, moved.device) != (probe.dtype, probe.device):
            raise FusedError("a fused network cannot be moved or converted: do so, then fuse()")
        return self


def fused_stored(x: Tensor) -> bool:
    """Whether a tensor has memory of its own, unlike those inside `vmap` or `torch.func.grad`."""
    try:
        return x.layout is torch.strided and bool(x.data_ptr() or not x.numel())
    except RuntimeError:
        return False


def fused_tangent(x: Tensor) -> bool:
    """Whether a tensor carries a tangent of forward-mode differentiation."""
    return torch.autograd.forward_ad.unpack_dual(x).tangent is not None
