"""The buffer that a concatenating stage keeps its outputs in; pasted into emitted files."""

from __future__ import annotations

import torch
from torch import Tensor


class ConcatBuffer:
    """The outputs of a stage, to be read side by side along the channels.

    Without gradients each output is written once into one tensor, and neighbours are read as a
    slice. Autograd and tracers need outputs that are not written into, and an output of another
    class, size, dtype, device or memory layout cannot be written: `torch.cat` joins those, or
    refuses to. The layouts, and so the elements that a dropout draws, are those with gradients.
    """

    def __init__(self, x: Tensor, channels: int) -> None:
        self.starts = [0]
        self.outputs: list[Tensor] = []
        self.tensor: Tensor | None = None
        recorded = torch.is_grad_enabled() or torch.compiler.is_compiling()
        recorded = recorded or torch.jit.is_tracing() or torch._C._len_torch_dispatch_stack() > 0
        if not recorded and self.is_plain(x):
            # A contiguous map of one channel is contiguous in both layouts; its strides differ.
            last = x.dim() == 4 and x.stride(1) == 1
            layout = torch.channels_last if last else torch.contiguous_format
            shape = (x.shape[0], channels, *x.shape[2:])
            self.tensor = torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=layout)
        self.append(x)

    def append(self, output: Tensor) -> None:
        """Add an output."""
        if self.tensor is not None:
            start, end = self.starts[-1], self.starts[-1] + output.shape[1]
            place = self.tensor[:, start:end]
            alike = place.shape == output.shape and place.dtype == output.dtype
            alike = alike and place.device == output.device and self.is_plain(output)
            if alike and (place.stride(1) == 1) == (output.stride(1) == 1):
                self.starts.append(end)
                output = place.copy_(output)
            else:
                self.tensor = None
        self.outputs.append(output)

    def read(self, sources: list[int] | range) -> Tensor:
        """Return the outputs at these positions, concatenated in this order."""
        first, last = sources[0], sources[-1]
        if self.tensor is not None and list(sources) == list(range(first, last + 1)):
            return self.tensor[:, self.starts[first] : self.starts[last + 1]]
        parts = [self.outputs[source] for source in sources]
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)

    def is_plain(self, x: Tensor) -> bool:
        """Return whether this is an ordinary tensor with memory; vmap and others wrap tensors."""
        try:
            return type(x) is Tensor and x.data_ptr() is not None
        except RuntimeError:
            return False
