"""The buffer that a concatenating stage keeps its outputs in; pasted into emitted files."""

from __future__ import annotations

import torch
from torch import Tensor


class ConcatBuffer:
    """The outputs of a stage, side by side along the channels in the order they were made.

    Without gradients each output is written once into one tensor, and neighbours are read as a
    slice. Autograd forbids writing into a tensor it has saved a view of, so with gradients the
    outputs are kept apart and concatenated on reading.
    """

    def __init__(self, x: Tensor, channels: int) -> None:
        self.starts = [0]
        self.outputs: list[Tensor] = []
        self.tensor: Tensor | None = None
        if not torch.is_grad_enabled():
            layout = torch.contiguous_format
            if x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last):
                layout = torch.channels_last
            shape = (x.shape[0], channels, *x.shape[2:])
            self.tensor = torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=layout)
        self.append(x)

    def append(self, output: Tensor) -> None:
        """Keep one more output."""
        start = self.starts[-1]
        self.starts.append(start + output.shape[1])
        if self.tensor is None:
            self.outputs.append(output)
            return
        if output.dtype != self.tensor.dtype:  # under autocast; torch.cat would widen too
            self.tensor = self.tensor.to(torch.promote_types(output.dtype, self.tensor.dtype))
        self.tensor[:, start : self.starts[-1]] = output

    def read(self, sources: list[int] | range) -> Tensor:
        """The outputs at these places, side by side in this order."""
        if self.tensor is None:
            parts = [self.outputs[source] for source in sources]
        elif list(sources) == list(range(sources[0], sources[-1] + 1)):
            return self.tensor[:, self.starts[sources[0]] : self.starts[sources[-1] + 1]]
        else:
            parts = [self.tensor[:, self.starts[s] : self.starts[s + 1]] for s in sources]
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)
