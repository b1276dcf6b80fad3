"""The means of a network trained with drop-path; pasted into emitted files."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


class DropPath:
    """Choose the outputs that means keep in one forward pass (Larsson et al. 2016, section 3.1).

    Half of the training passes keep one column alone: the same position at every join that has it.
    The others drop each output with probability p, but never all outputs of a join. Evaluation
    keeps every output. Tensors are used instead of branches, so that torch.compile can trace it.
    """

    def __init__(self, columns: int, training: bool) -> None:
        self.training = training
        if training:
            self.alone = torch.rand(()) < 0.5
            self.column = torch.randint(columns, ())

    def mean(self, outputs: list[Tensor], p: float) -> Tensor:
        """Return the mean of the outputs that are kept."""
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
        """Return which of `count` outputs are kept, as booleans of shape (count,)."""
        kept = torch.rand(count) >= p
        one = functional.one_hot(torch.randint(count, ()), count).bool()
        kept = torch.where(kept.any(), kept, one)
        column = torch.arange(count) == self.column
        column = torch.where(column.any(), column, torch.ones(count, dtype=torch.bool))
        return torch.where(self.alone, column, kept)
