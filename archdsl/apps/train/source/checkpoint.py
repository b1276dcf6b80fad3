"""Files that are written completely or not at all, and checkpoints, read without running code."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import torch

from archdsl.apps.train.source.error import RunError


def write(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """Write a file completely or not at all.

    Args:
        path: the file, which is replaced.
        fill: writes its content.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except (OSError, RuntimeError) as error:  # torch hides errors of the system in RuntimeError
        part.unlink(missing_ok=True)
        raise RunError(f"{path} cannot be written ({error}). It is as it was before") from None


def load(path: Path) -> dict[str, Any]:
    """Return a checkpoint, without running code in it.

    Args:
        path: the file.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file can raise almost any error
        raise RunError(f"{path} is not a checkpoint of this run ({error})") from None
    return state


def seed(number: int) -> None:
    """Set the random generators of this process.

    Args:
        number: the seed.
    """
    random.seed(number)
    torch.manual_seed(number)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(number % 2**32)


def random_states() -> dict[str, Any]:
    """Return the states of the random generators of this process."""
    states: dict[str, Any] = {"python": random.getstate(), "torch": torch.get_rng_state()}
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state()
    if "numpy" in sys.modules:
        name, keys, *rest = sys.modules["numpy"].random.get_state()
        states["numpy"] = (name, keys.tolist(), *rest)
    return states


def set_random_states(states: dict[str, Any]) -> None:
    """Set the random generators of this process to what `random_states` returned.

    Args:
        states: the states.
    """
    random.setstate(states["python"])
    torch.set_rng_state(states["torch"])
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state(states["cuda"])
    if "numpy" in states and "numpy" in sys.modules:
        sys.modules["numpy"].random.set_state(states["numpy"])
