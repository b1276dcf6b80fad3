"""The command line of an emitted file."""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import fields
from pathlib import Path

import torch

from archdsl.apps.train.source.error import RunError
from archdsl.apps.train.source.feed import Feed
from archdsl.apps.train.source.run import Run
from archdsl.apps.train.source.settings import Settings
from archdsl.apps.train.source.training import Training
from archdsl.apps.train.source.world import World


def arguments() -> argparse.Namespace:
    """Return the options: those of the run, and one for each of the settings."""
    parser = argparse.ArgumentParser(description=Settings.__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder or file of the data set")
    here = Path(__file__).resolve().parent
    parser.add_argument(
        "--folder", type=Path, default=here, help="folder of checkpoints and metrics"
    )
    parser.add_argument("--device", choices=["cpu", "cuda"], default="")
    parser.add_argument("--limit-steps", type=int, default=sys.maxsize, help="stop after a step")
    parser.add_argument("--dry-run", action="store_true", help="time two steps, and write nothing")
    for field in fields(Settings):
        name, default = "--" + field.name.replace("_", "-"), field.default
        if isinstance(default, bool):
            parser.add_argument(name, action=argparse.BooleanOptionalAction, default=default)
        else:
            parser.add_argument(name, type=type(default), default=default)
    return parser.parse_args()


def dry_run(training: Training) -> str:
    """Return how long a step takes and how much memory, measured on two steps.

    Args:
        training: at its beginning. Its weights change.
    """
    settings, steps = training.settings, training.feed.steps
    batch = next(training.feed.batches(0, 0))
    training.update(*batch)  # this step also compiles and allocates
    training.mean_loss()  # waits for accelerators
    start = time.monotonic()
    training.update(*batch)
    training.mean_loss()
    seconds, memory = time.monotonic() - start, training.world.peak_bytes() / 1e6
    hours = settings.epochs * steps * seconds / 3600
    return (
        f"{settings.epochs} epochs of {steps} steps, {seconds:.3f} s per step: {hours:.2f} hours "
        f"without evaluation; peak memory {memory:.0f} MB"
    )


def main() -> int:
    """Train, and return the exit code."""
    options = arguments()
    settings = Settings(**{field.name: getattr(options, field.name) for field in fields(Settings)})
    torch.backends.cudnn.benchmark = not settings.deterministic
    if settings.deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)
    try:
        world = World(options.device)
        feed = Feed(options.data, settings, world.device, world.rank, world.size)
        training = Training(settings, feed, world)
        if options.dry_run:
            print(dry_run(training))
            return 0
        options.folder.mkdir(parents=True, exist_ok=True)
        return Run(training, options.folder, options.limit_steps).finish()
    except (RunError, torch.OutOfMemoryError) as failure:
        print(f"train.py: {failure}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:  # the second one: the first ends a step
        return 130
