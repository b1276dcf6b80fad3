"""The buffer that a concatenating stage keeps its outputs in; pasted into emitted files."""

from __future__ import annotations

import torch
from torch import Tensor


class ConcatBuffer:
    """The outputs of a stage, to be read side by side along the channels.

    Without gradients each output is written once into one tensor, and neighbours are read as a
    slice. Outputs are kept apart and concatenated on reading where writing in place is not safe:
    autograd forbids writing into a tensor it has saved a view of, and only eager tensors of one
    size, dtype and device can share memory. An output that does not fit ends the sharing, so that
    `torch.cat` alone decides which outputs can be joined.
    """

    def __init__(self, x: Tensor, channels: int) -> None:
        self.starts = [0]
        self.outputs: list[Tensor] = []
        self.tensor: Tensor | None = None
        if not torch.is_grad_enabled() and not self.is_traced() and self.is_ordinary(x):
            layout = torch.contiguous_format
            if x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last):
                layout = torch.channels_last
            shape = (x.shape[0], channels, *x.shape[2:])
            self.tensor = torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=layout)
        self.append(x)

    def append(self, output: Tensor) -> None:
        """Keep one more output."""
        if self.tensor is not None:
            start, end = self.starts[-1], self.starts[-1] + output.shape[1]
            place = self.tensor[:, start:end]
            alike = output.shape == place.shape and output.dtype == place.dtype
            if alike and output.device == place.device and self.is_ordinary(output):
                place.copy_(output)
                self.starts.append(end)
                return
            self.outputs = [self.read([source]) for source in range(len(self.starts) - 1)]
            self.tensor = None
        self.outputs.append(output)

    def read(self, sources: list[int] | range) -> Tensor:
        """The outputs at these places, side by side in this order."""
        if self.tensor is None:
            parts = [self.outputs[source] for source in sources]
        elif list(sources) == list(range(sources[0], sources[-1] + 1)):
            return self.tensor[:, self.starts[sources[0]] : self.starts[sources[-1] + 1]]
        else:
            parts = [self.tensor[:, self.starts[s] : self.starts[s + 1]] for s in sources]
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)

    def is_traced(self) -> bool:
        """Whether operations are recorded, by a compiler or by a mode such as that of `make_fx`."""
        compiling = torch.compiler.is_compiling() or torch.jit.is_tracing()
        return compiling or torch._C._len_torch_dispatch_stack() > 0

    def is_ordinary(self, output: Tensor) -> bool:
        """Whether a tensor is no subclass, and not wrapped by a transform such as `vmap`."""
        try:
            return type(output) is Tensor and output.data_ptr() is not None
        except RuntimeError:  # a wrapped tensor has no memory of its own
            return False
