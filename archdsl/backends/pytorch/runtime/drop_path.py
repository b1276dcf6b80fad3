"""The means of a network trained with drop-path; pasted into emitted files."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


class DropPath:
    """Which outputs the means keep in one forward pass (Larsson et al. 2016, section 3.1).

    In half of the training passes one column alone: the same position at every join, where a join
    has it. In the others each output is dropped with probability p, but never all of a join. In
    evaluation every output is kept. Tensors instead of branches, so that it can be compiled.
    """

    def __init__(self, columns: int, training: bool) -> None:
        self.training = training
        if training:
            self.alone = torch.rand(()) < 0.5
            self.column = torch.randint(columns, ())

    def mean(self, outputs: list[Tensor], p: float) -> Tensor:
        """The mean of the outputs that are kept."""
        if len(outputs) == 1:
            return outputs[0]
        count: Tensor | int = len(outputs)
        if self.training:
            # Selected, not multiplied by 0: an output that is left out may be infinite.
            kept = self.kept(len(outputs), p).to(outputs[0].device)
            zero = torch.zeros((), dtype=outputs[0].dtype, device=outputs[0].device)
            outputs = [
                torch.where(keep, output, zero) for keep, output in zip(kept, outputs, strict=True)
            ]
            count = kept.sum()
        result = outputs[0]
        for output in outputs[1:]:
            result = result + output
        return result / count

    def kept(self, count: int, p: float) -> Tensor:
        """Whether each of `count` outputs is kept."""
        kept = torch.rand(count) >= p
        one = functional.one_hot(torch.randint(count, ()), count).bool()
        kept = torch.where(kept.any(), kept, one)
        column = torch.arange(count) == self.column
        column = torch.where(column.any(), column, torch.ones(count, dtype=torch.bool))
        return torch.where(self.alone, column, kept)
