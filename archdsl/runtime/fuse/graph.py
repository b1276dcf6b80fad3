"""A tape as a CUDA graph: all its steps started at once; pasted into emitted files."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class FusedGraph:
    """A recorded tape whose steps are captured, so that starting them costs nothing.

    Input and output are copied: the memory that the graph reads and writes is its own.
    """

    PLACES = 32 * 224 * 224  # of the input, up to which starting steps takes longer than their work

    def __init__(self, tape: Any, x: Tensor) -> None:
        self.x = x.clone(memory_format=torch.channels_last)
        aside: Any = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):  # what is set up at a first use must not be captured
            tape.run(self.x)
        torch.cuda.current_stream().wait_stream(aside)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.made = tape.run(self.x)
        self.tape = tape  # its memory is the graph's

    def run(self, x: Tensor) -> Tensor:
        """What the steps make of an input."""
        self.x.copy_(x)
        self.graph.replay()
        made: Tensor = self.made.clone()
        return made


def fused_captured(tape: Any, x: Tensor) -> Any:
    """A tape as a graph, where that helps, and a part that is run as it is needs nothing else."""
    n, _, h, w = x.shape
    small = n * h * w <= FusedGraph.PLACES and not tape.foreign
    return FusedGraph(tape, x) if small and x.is_cuda else tape
