"""Variants on a CPU, each in a process of its own that is stopped while others run.

Thread pools of several runtimes spin for a while after a run, and take the cores from whoever runs
next. A worker therefore has its own pool, is pinned to as many cores as it has threads, and is
stopped by a signal between its turns. What it runs when it is woken up is run once untimed, so that
its pool is awake and its weights are in the caches.

    python benchmarks/workers.py VARIANT THREADS FOLDER

reads requests from stdin, one JSON object per line, and answers each by one line on stdout.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

PROBE = "probe"
"""The variant that is a matrix product of fixed size, for other work on the machine to show in."""


LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


class Left(Exception):  # noqa: N818 (not an error of the benchmark)
    """A variant that cannot be run here, and why."""


class Worker:
    """The parent's side: a process with one variant, of any network and batch."""

    def __init__(self, variant: str, threads: int, folder: Path) -> None:
        words = [sys.executable, __file__, variant, str(threads), str(folder)]
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True,
            # A stopped process would outlive a parent that is killed.
            preexec_fn=partial(LIBC.prctl, PR_SET_PDEATHSIG, signal.SIGKILL),
        )  # fmt: skip
        self.pause()

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def ask(self, **request: Any) -> dict[str, Any]:
        """Wake the process for one request, and return its answer. Raises Left."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.send_signal(signal.SIGCONT)
        try:
            print(json.dumps(request), file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Left(f"the process ended with {self.process.wait()}")
        self.pause()
        answer: dict[str, Any] = json.loads(line)
        if "left" in answer:
            raise Left(answer["left"])
        return answer

    def make(self, network: str, batch: int) -> str:
        """Make a run ready and return the file of its output; "" if it has none. Raises Left."""
        return str(self.ask(network=network, batch=batch, make=True)["output"])

    def seconds(self, network: str, batch: int) -> float:
        """Return the seconds of one run."""
        return float(self.ask(network=network, batch=batch)["seconds"])

    def end(self) -> None:
        """End the process, which is stopped."""
        self.process.kill()
        self.process.wait()


class Child:
    """The worker's side."""

    def __init__(self, variant: str, folder: Path) -> None:
        self.variant, self.folder = variant, folder
        self.runs: dict[tuple[str, int], Any] = {}

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make a run ready, or time one."""
        key = (request["network"], request["batch"])
        if request.get("make"):
            return {"output": self.make(*key)}
        run = self.runs[key]
        run()
        start = time.perf_counter()
        run()
        return {"seconds": time.perf_counter() - start}

    def make(self, network: str, batch: int) -> str:
        import torch
        from peers import Case, built, images, variants

        if self.variant == PROBE:
            one = torch.ones(512, 512)
            self.runs[network, batch] = lambda: [one @ one for _ in range(3)]
            return ""
        case = Case(network, built(network), images(batch), self.folder)
        run = self.runs[network, batch] = variants(network, "cpu")[self.variant](case)
        output = run()
        run()
        if not isinstance(output, torch.Tensor):
            return ""
        path = self.folder / f"{self.variant}-{network}-{batch}.output"
        torch.save(output.clone(), path)
        return str(path)


def main(variant: str, threads: str, folder: str) -> None:
    cores = sorted(os.sched_getaffinity(0))[: int(threads)]
    os.sched_setaffinity(0, cores)  # before any thread is started
    os.environ["OMP_NUM_THREADS"] = threads
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # native code prints, too
    import torch

    torch.set_num_threads(int(threads))
    child = Child(variant, Path(folder))
    with torch.no_grad():
        for line in sys.stdin:
            try:
                answer = child.answer(json.loads(line))
            except Exception as error:  # whatever a peer does
                lines = str(error).strip().splitlines()
                answer = {"left": f"{type(error).__name__}: {lines[0][:120] if lines else ''}"}
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
