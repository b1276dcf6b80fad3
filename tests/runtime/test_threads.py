"""Fused networks shared by threads, interrupted and forked; and what they keep in memory."""

from __future__ import annotations

import multiprocessing
import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from archdsl.backends.pytorch.runtime.fuse.pool import FusedPool
from runtime.fused import assert_close, fused, run


def together(count: int, work: Callable[[int], None]) -> None:
    """Run a function in several threads at once."""
    threads = [threading.Thread(target=work, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_threads_do_not_share_memory(device: str, network: Any) -> None:
    """Eight threads at once, each with its own inputs; some of them have the same shape."""
    fast = fused(network, device)
    inputs = [torch.randn(1 + index % 2, 3, 32, 32) for index in range(8)]
    wanted = [run(network, x) for x in inputs]
    wrong: list[int] = []

    def work(index: int) -> None:
        for _ in range(10):
            if not torch.allclose(run(fast, inputs[index]), wanted[index], rtol=1e-3, atol=1e-3):
                wrong.append(index)

    together(8, work)
    assert wrong == []


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_recordings_are_bounded_whatever_threads_do(device: str, network: Any) -> None:
    fast = fused(network, device)
    inputs = {(n, side): torch.randn(n, 3, side, 16) for n in range(1, 5) for side in (8, 16, 24)}
    wanted = {key: run(network, x) for key, x in inputs.items()}
    wrong: list[Any] = []

    def work(seed: int) -> None:
        chosen = random.Random(seed)
        for _ in range(12):
            key = chosen.choice(list(inputs))
            if not torch.allclose(run(fast, inputs[key]), wanted[key], rtol=1e-3, atol=1e-3):
                wrong.append(key)

    together(8, work)
    assert wrong == []
    assert 0 < len(fast.pool.idle) <= FusedPool.MOST
    for side in range(16, 16 + 4 * FusedPool.MOST, 2):
        assert_close(network, fast, torch.randn(1, 3, side, 16))
        assert 0 < len(fast.pool.idle) <= FusedPool.MOST


def test_weights_packed_for_old_shapes_are_dropped(network: Any) -> None:
    fast = fused(network)
    for side in range(40, 40 + 4 * FusedPool.MOST, 2):
        run(fast, torch.randn(4, 3, side, 32))
    convs = [step.conv for part in fast.parts for step in getattr(part, "steps", ())
             if hasattr(step, "conv")]  # fmt: skip
    assert convs
    assert all(0 < len(conv.layouts.kept) <= conv.layouts.SIZES for conv in convs[:1])
    assert all(len(conv.layouts.kept) <= conv.layouts.SIZES for conv in convs)


def test_weights_may_change_while_threads_run(network: Any, x: Tensor) -> None:
    """Every answer is the snapshot's, during the change and after it."""
    fast = fused(network)
    wanted, wrong, done = run(fast, x), list[int](), threading.Event()

    def work(index: int) -> None:
        while not done.is_set():
            if not torch.equal(run(fast, x), wanted):
                wrong.append(index)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        with torch.no_grad():
            for weight in network.parameters():
                weight.mul_(1.01)
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert torch.equal(run(fast, x), wanted)
    assert_close(network, fused(network), x)


class Interrupted(BaseException):
    """Comes from outside, like KeyboardInterrupt."""


def test_interrupted_runs_leave_nothing_behind(network: Any, x: Tensor) -> None:
    """In the middle of a recording and of a run, at every call."""
    fast = fused(network)
    wanted = run(fast, x)
    ((_, recording),) = fast.pool.idle
    calls = recording.calls
    for index in range(0, len(calls), 5):
        run(fast, x)
        ((_, recording),) = fast.pool.idle
        function, inputs, dead = recording.calls[index]

        def stop(*values: Tensor, function: Any = function) -> Tensor:
            function(*values)
            raise Interrupted

        recording.calls[index] = (stop, inputs, dead)
        with pytest.raises(Interrupted):
            run(fast, torch.full_like(x, torch.nan))
        assert fast.pool.idle == []
        assert torch.equal(run(fast, x), wanted)


def in_a_child(fast: Any, x: Tensor, results: Any) -> None:
    torch.set_num_threads(1)
    results.put(run(fast, x).tolist())


def forks(network: Any, x: Tensor) -> None:
    """Fork children while two threads run a snapshot, and compare what they make of it."""
    torch.set_num_threads(1)  # the threads of OpenMP do not survive a fork
    fast = fused(network)
    wanted = run(fast, x)
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            run(fast, torch.randn(random.randint(1, 4), 3, 16, 16))

    threads = [threading.Thread(target=work, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    children = [context.Process(target=in_a_child, args=(fast, x, results)) for _ in range(3)]
    for child in children:
        child.start()
    found = [torch.tensor(results.get(timeout=120)) for _ in children]
    done.set()
    for thread in threads:
        thread.join()
    for child in children:
        child.join()
    for result in found:
        assert torch.allclose(result, wanted, rtol=1e-5, atol=1e-5)


def test_forked_processes(network: Any, x: Tensor) -> None:
    """A child inherits the recordings, whatever threads of the parent were doing.

    In a process of its own: what other tests have loaded may not survive a fork.
    """
    process = multiprocessing.get_context("spawn").Process(target=forks, args=(network, x))
    process.start()
    process.join(300)
    assert process.exitcode == 0
