"""A run: a training, and the folder that it fills."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch

from archdsl.apps.train.source.checkpoint import load, write
from archdsl.apps.train.source.error import RunError
from archdsl.apps.train.source.filled import ORIGIN, make_trackers
from archdsl.apps.train.source.record import Record
from archdsl.apps.train.source.stop import Stop
from archdsl.apps.train.source.training import Training

FREE: set[str] = {"workers", "checkpoint_steps", "keep_every"}
"""Settings that may change when a run is continued."""


class Run:
    """A training and the folder that it fills. It continues from `last.pt` if that is there.

    Args:
        training: at its beginning.
        folder: the folder of the run.
        limit: the step after which it ends early.
    """

    def __init__(self, training: Training, folder: Path, limit: int) -> None:
        self.training, self.folder, self.limit = training, folder, limit
        self.settings, self.first = training.settings, training.world.rank == 0
        if (folder / "last.pt").exists():
            self.resume(load(folder / "last.pt"))
        trackers = make_trackers(folder) if self.first else []
        self.record = Record(folder / "metrics.jsonl", training.step, trackers, self.first)
        self.stop = Stop(training.world)

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint.

        Args:
            state: the checkpoint.
        """
        now, then = asdict(self.settings), state["settings"]
        changed = [name for name in now if now[name] != then.get(name) and name not in FREE]
        if changed:
            was = ", ".join(f"{name} {then.get(name)}" for name in changed)
            raise RunError(f"{self.folder} was trained with {was}; choose another --folder")
        self.training.restore(state)

    def finish(self) -> int:
        """Train until all epochs are done, and return the exit code of the process."""
        training = self.training
        while training.epoch < self.settings.epochs and training.step < self.limit:
            if number := self.run_epoch():
                self.save("last")
                self.record.say(f"stopped after step {training.step}; run it again to continue")
                return 128 + number
            if training.done == training.feed.steps:
                self.end_epoch()
        if training.done:
            self.save("last")
        self.summarise()
        return 0

    def run_epoch(self) -> int:
        """Run the steps of the epoch that are left. Return the signal that ended it, or 0."""
        training, first, steps = self.training, self.training.done, self.training.feed.steps
        begun = time.monotonic() - training.seconds
        training.model.train()
        for images, labels in training.feed.batches(training.epoch, first):
            training.update(images, labels)
            training.seconds = time.monotonic() - begun
            if training.done % 10 == 0 or training.done == steps:
                loss, seconds = training.mean_loss(), training.seconds
                bar = "=" * (20 * training.done // steps)
                line = f"[{bar:<20}] {training.done}/{steps}  loss {loss:.4f}  {seconds:.0f} s"
                self.record.progress(line, log=training.step % 500 == 0)
            if (number := self.stop.asked(training.step)) or training.step >= self.limit:
                return number
            if training.step % self.settings.checkpoint_steps == 0 and training.done < steps:
                self.save("last")
        return 0

    def end_epoch(self) -> None:
        """Evaluate, write a row of metrics and checkpoints, and begin the next epoch."""
        training, loss, rate = self.training, self.training.mean_loss(), self.training.rate
        test_loss, error = training.evaluate(training.feed.validation)
        training.epoch += 1
        training.loss.zero_()
        row = {
            "step": training.step, "epoch": training.epoch, "loss": loss, "test_loss": test_loss,
            "error": error, "rate": rate, "seconds": round(training.seconds, 2),
        }  # fmt: skip
        names = ["last"]
        if self.settings.keep_every and training.epoch % self.settings.keep_every == 0:
            names.insert(0, f"epoch-{training.epoch:04}")
        if error < training.best:
            training.best = error
            names.insert(0, "best")
        self.record.row(row)
        self.save(*names)
        epochs = f"epoch {training.epoch}/{self.settings.epochs}"
        self.record.say(f"{epochs}  loss {loss:.4f}  error {error:.2f}%  {training.seconds:.0f} s")

    def save(self, *names: str) -> None:
        """Write checkpoints.

        Args:
            names: of the files, `last` at the end: a run continues from it, with the others there.
        """
        state = self.training.state()
        for name in names if self.first else ():
            write(self.folder / f"{name}.pt", partial(torch.save, state))

    def summarise(self) -> None:
        """Write what came out of the run to summary.json."""
        training = self.training
        loss, error = training.evaluate(training.feed.test)
        weights = training.network.parameters()
        summary = {
            **ORIGIN, "parameters": sum(weight.numel() for weight in weights), "error": error,
            "test_loss": loss, "best_error": training.best if training.epoch else None,
            "finished": training.epoch == self.settings.epochs, "epochs": training.epoch,
            "steps": training.step, "seconds": round(training.seconds, 2),
            "peak_memory_bytes": training.world.peak_bytes(), "processes": training.world.size,
            "device": training.world.device.type, "torch": torch.__version__,
            "settings": asdict(self.settings),
        }  # fmt: skip
        text = json.dumps(summary, indent=2) + "\n"
        if self.first:
            write(self.folder / "summary.json", lambda file: file.write(text.encode()))
        self.record.say(f"error {error:.2f}% on {len(training.feed.test)} test images")
        for tracker in self.record.trackers:
            tracker.close()
