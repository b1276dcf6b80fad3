"""Bytes that a training step allocates: what its forward pass leaves, and the most at one time.

On a CPU the profiler of torch records each allocation. It does not see the scratch memory of oneDNN
and of BLAS. On an accelerator the allocator counts blocks, which are rounded up to 512 bytes, and
the workspaces of cuDNN are among them.
"""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile, record_function

MARK = "forward pass is done"
Forward = Callable[[], Tensor]
Backward = Callable[[Tensor], None]


@dataclass(frozen=True)
class Allocated:
    """Bytes beside weights and the batch: `kept` after the forward pass, and the `peak`.

    `kept` does not count the result of the network. `peak` counts everything, gradients too.
    """

    kept: int
    peak: int


def allocated(forward: Forward, backward: Backward, device: str) -> Allocated:
    """Measure one training step.

    Args:
        forward: returns the result of the network.
        backward: takes the result, and leaves no gradients.
        device: "cpu" or "cuda".
    """
    gc.collect()
    return on_cuda(forward, backward) if device == "cuda" else on_cpu(forward, backward)


def on_cuda(forward: Forward, backward: Backward) -> Allocated:
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    result = forward()
    gc.collect()
    kept = torch.cuda.memory_allocated() - before - result.nbytes
    backward(result)
    return Allocated(kept, torch.cuda.max_memory_allocated() - before)


def on_cpu(forward: Forward, backward: Backward) -> Allocated:
    """Everything is freed while the profiler runs: what is freed later disturbs a later one."""
    os.environ.setdefault("KINETO_LOG_LEVEL", "9")  # it would note each profile on stderr
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        result = forward()
        gc.collect()
        size = result.nbytes
        with record_function(MARK):
            pass
        backward(result)
        del result
        gc.collect()
    records, done = memory_records(profiler)
    after = [record["args"]["Total Allocated"] for record in records]
    before = after[0] - records[0]["args"]["Bytes"]
    kept = [total for total, record in zip(after, records, strict=True) if record["ts"] < done]
    return Allocated(kept[-1] - before - size, max(after) - before)


def memory_records(profiler: profile) -> tuple[list[dict[str, Any]], float]:
    """Allocations on the CPU in the order of time, and the time at which the forward pass ends."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        profiler.export_chrome_trace(str(path))
        events = json.loads(path.read_text(encoding="utf-8"))["traceEvents"]
    records = [
        event for event in events
        if event["name"] == "[memory]" and event["args"]["Device Type"] == 0
    ]  # fmt: skip
    done = next(event["ts"] for event in events if event["name"] == MARK)
    return sorted(records, key=lambda record: record["ts"]), done
