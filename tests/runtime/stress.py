"""Random attacks on fused networks: nothing may differ from the plain network without an error.

    PYTHONPATH=.:tests python tests/runtime/stress.py --seconds 600

Each seed builds a small network and its snapshot, keeps a plain copy, and then runs, changes,
copies, compiles and interrupts them and shares them between threads, in random order. A snapshot is
compared with the plain copy of the network as it was when the snapshot was made.
"""

from __future__ import annotations

import argparse
import copy
import pickle
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor, nn

from archdsl.api import Checked, check_text
from backends.networks import REPRESENTATIVES
from backends.test_corners import CORNERS, MEANINGLESS, TOP
from runtime.fused import STATISTICS, built, fused
from runtime.test_check import ACCEPTED, REFUSED

TEXTS = {
    **REPRESENTATIVES,
    **{name: TOP + text for name, text in CORNERS.items() if name not in MEANINGLESS},
}
MUTATIONS = {**{name: change for name, (change, _) in REFUSED.items()}, **ACCEPTED}
SLOW = {"a compiled part"}


@cache
def checked(name: str) -> Checked:
    return check_text(TEXTS[name])


class Attack:
    """One network under attack; `counts` says how often each outcome was seen."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        torch.manual_seed(seed)
        self.counts: Counter[str] = Counter()
        self.checked = checked(self.random.choice(sorted(TEXTS)))
        self.device = self.random.choice(["cpu", "cuda"])
        self.renew()

    def renew(self) -> None:
        """Start from a new network and its snapshot."""
        self.network: Any = built(self.checked)
        randomise: Any = self.random.choice(list(STATISTICS.values()))
        randomise(self.network)
        self.plain = copy.deepcopy(self.network)
        self.fast = fused(self.network, self.device)

    def images(self) -> Tensor:
        """Return random images, mostly of the size of the spec, sometimes not finite."""
        channels, *sides = self.checked.graph.input.op.shape  # type: ignore[union-attr]
        if self.random.random() < 0.4:
            sides = [
                self.random.choice([side, side // 2 or 1, side + 1, 2 * side]) for side in sides
            ]
        x = torch.randn(self.random.choice([1, 1, 2, 3, 5]), channels, *sides)
        if self.random.random() < 0.15:
            x.view(-1)[self.random.randrange(x.numel())] = self.random.choice(
                [torch.nan, torch.inf, -torch.inf]
            )
        if self.random.random() < 0.3:
            x = x.contiguous(memory_format=torch.channels_last)
        return x

    def compare(self, plain: nn.Module, fast: Any, x: Tensor) -> str:
        """Return an outcome; raise AssertionError where results differ.

        The plain network gets channels-last images, as snapshots use that order inside: how far
        torch's convolutions spread NaN depends on it.
        """
        with torch.inference_mode():
            try:
                wanted = plain(x.contiguous(memory_format=torch.channels_last))
            except RuntimeError:
                wanted = None
            try:
                found = fast(x)
            except RuntimeError:
                return "both refuse" if wanted is None else "the snapshot refuses alone"
        assert wanted is not None, "the plain network refuses"
        assert_same(found, wanted)
        return "equal"

    def run(self) -> None:
        """Compare on one input."""
        self.counts[self.compare(self.plain, self.fast, self.images())] += 1

    def mutate(self) -> None:
        """Change the network: the snapshot stays, and a new one follows or is refused."""
        name = self.random.choice(sorted(MUTATIONS.keys() - SLOW))
        try:
            MUTATIONS[name](self.network)
        except (AttributeError, IndexError, RuntimeError, ValueError, TypeError):
            self.counts["mutations that do not apply"] += 1
            return self.renew()
        self.run()
        try:
            fast = self.network.fuse(self.device)
        except RuntimeError as error:
            if type(error).__name__ != "FusedError":
                raise
            self.counts["fuse() refuses"] += 1
            return self.renew()
        self.counts["fuse() accepts"] += 1
        self.plain, self.fast = copy.deepcopy(self.network), fast
        return self.run()

    def threads(self) -> None:
        """Run in several threads at once, while the network changes."""
        inputs = [self.images() for _ in range(4)]
        wrong: list[BaseException] = []

        def work(x: Tensor) -> None:
            try:
                for _ in range(3):
                    self.counts[self.compare(self.plain, self.fast, x)] += 1
            except BaseException as error:  # told to the main thread
                wrong.append(error)

        workers = [threading.Thread(target=work, args=(x,)) for x in inputs]
        for worker in workers:
            worker.start()
        with torch.no_grad():
            for weight in self.network.parameters():
                weight.mul_(1.1)
        for worker in workers:
            worker.join()
        if wrong:
            raise wrong[0]
        assert len(self.fast.pool.idle) <= self.fast.pool.MOST

    def copies(self) -> None:
        """Go on with a copy."""
        pickled = self.random.random() < 0.5
        self.fast = pickle.loads(pickle.dumps(self.fast)) if pickled else copy.deepcopy(self.fast)
        self.run()

    def compiled(self) -> None:
        """Run within a compiled function, which leaves the snapshot out."""
        torch._dynamo.reset()
        inner = self.fast
        with torch.inference_mode():
            x = self.images()
            compiler: Any = partial(torch.compile, backend="eager")
            try:
                found = compiler(lambda y: inner(y) * 2)(x)
            except RuntimeError:
                self.counts["compiled: refused"] += 1
                return
            wanted = self.plain(x.contiguous(memory_format=torch.channels_last))
            assert_same(found, wanted * 2)
        self.counts["compiled: equal"] += 1

    def interrupt(self) -> None:
        """Raise in the middle of a recorded run."""
        x = self.images()
        if self.compare(self.plain, self.fast, x) != "equal" or not self.fast.pool.idle:
            return
        recording = self.fast.pool.idle[-1][1]
        index = self.random.randrange(len(recording.calls))
        function, inputs, dead = recording.calls[index]

        def stop(*values: Any) -> Any:
            function(*values)
            raise KeyboardInterrupt

        recording.calls[index] = (stop, inputs, dead)
        try:
            with torch.inference_mode():
                self.fast(torch.full_like(x, torch.nan))
        except KeyboardInterrupt:
            self.counts["interrupted"] += 1
        self.counts[self.compare(self.plain, self.fast, x)] += 1


ACTIONS: list[Callable[[Attack], None]] = [
    Attack.run, Attack.run, Attack.run, Attack.mutate, Attack.mutate, Attack.threads, Attack.copies,
    Attack.interrupt, Attack.compiled,
]  # fmt: skip


def assert_same(found: Tensor, wanted: Tensor) -> None:
    """Assert that results agree to rounding, and are NaN and infinite in the same places."""
    assert found.shape == wanted.shape
    assert found.dtype == wanted.dtype
    assert torch.equal(found.isnan(), wanted.isnan()), "NaN in other places"
    assert torch.equal(found.isinf(), wanted.isinf()), "infinity in other places"
    finite = wanted.isfinite()
    size = wanted[finite].double().norm().clamp(min=max(1e-3, int(finite.sum()) ** 0.5 / 10))
    error = (found - wanted)[finite].double().norm() / size
    assert float(error) < 1e-3, f"relative error {float(error):.1e}"


def attack(seed: int, actions: int = 12) -> Counter[str]:
    """Attack one random network; return how often each outcome was seen."""
    attacked = Attack(seed)
    for _ in range(actions):
        attacked.random.choice(ACTIONS)(attacked)
    return attacked.counts


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    given = parser.parse_args()
    torch.set_num_threads(1)
    total: Counter[str] = Counter()
    start, seed = time.monotonic(), given.first
    while time.monotonic() - start < given.seconds:
        try:
            total += attack(seed)
        except Exception:
            print(f"seed {seed}")
            raise
        seed += 1
    print(
        f"{seed - given.first} networks: "
        + ", ".join(f"{n} {what}" for what, n in total.most_common())
    )


if __name__ == "__main__":
    main()
