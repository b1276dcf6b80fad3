"""A recording as a CUDA graph, which starts all its calls at once; pasted into emitted files."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class FusedGraph:
    """A recording whose calls are captured, so that starting them costs nothing.

    Input and output are copied: the memory that the graph reads and writes is its own.
    """

    PIXELS = 32 * 224 * 224  # of the input, up to which starting calls takes longer than their work

    def __init__(self, recording: Any, x: Tensor) -> None:
        self.x = x.clone(memory_format=torch.channels_last)
        aside: Any = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):  # set-up at a first use must not be captured
            recording.run(self.x)
        torch.cuda.current_stream().wait_stream(aside)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.output = recording.run(self.x)
        self.recording = recording  # its memory is the graph's

    def run(self, x: Tensor) -> Tensor:
        """Compute the output for an input."""
        self.x.copy_(x)
        self.graph.replay()
        output: Tensor = self.output.clone()
        return output


def fused_captured(recording: Any, x: Tensor) -> Any:
    """Return a recording as a graph, where that helps and all memory that it uses is known.

    Args:
        recording: the calls for one shape of input, a `FusedRecording`.
        x: an input of this shape, (N, C, H, W).

    Returns:
        A `FusedGraph` for small inputs on an accelerator, else the recording itself: also if it
        calls a module as it is, whose memory is not known.
    """
    n, _, h, w = x.shape
    small = n * h * w <= FusedGraph.PIXELS and not recording.foreign
    return FusedGraph(recording, x) if small and x.is_cuda else recording
