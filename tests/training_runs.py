"""Runs of emitted training files, in processes that start quickly: torch is imported once."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import socket
import sys
from collections.abc import Mapping
from contextlib import closing
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits

from archdsl import api
from archdsl.apps.train.folder import files
from archdsl.apps.train.recipe import parse_recipe
from archdsl.frontend.load import parse

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        "torch._dynamo", "torch.distributed.checkpoint.state_dict", "torch.distributed.fsdp",
        "torch.optim.swa_utils", "numpy",
    ]
)  # fmt: skip

SPEC = """\
archdsl: 1
name: digits
input: [1, 8, 8]
stem: [{conv: {width: 8, kernel: 3}}]
stages:
  count: 1
  layers: 4
  unit: {kind: basic, order: pre, width: 8, dropout: 0.1}
  connect: exponential
  aggregate: concat
head: [norm, relu, {pool: {to: 1}}, flatten, {linear: {width: 10}}]
"""

WITHOUT_NORMS = """\
archdsl: 1
name: digits-plain
input: [1, 8, 8]
stem: [{conv: {width: 8, kernel: 3}}, relu, {conv: {width: 8, kernel: 3, stride: 2}}, relu]
stages:
  count: 1
  layers: 1
  unit: [{conv: {width: 8, kernel: 3}}, relu]
  connect: plain
  aggregate: sum
head: [{pool: {to: 1}}, flatten, {linear: {width: 10}}]
"""

RECIPE = """\
recipe: 1
name: digits
data: npz
epochs: 3
batch: 32
rate: 0.05
weight_decay: 0.0005
optimizer: {sgd: {momentum: 0.9, nesterov: true}}
schedule: {cosine: {warmup: 1/10}}
augment: [mirror, {shift: 1}]
ema: 0.9
clip: 1
label_smoothing: 0.1
checkpoint_steps: 3
keep_every: 2
"""
"""With all that a resumed run has to restore: dropout, an average, momentum and augmentation."""


def digits(path: Path, images: int = 320) -> Path:
    """Write some of scikit-learn's digits as an npz file: 8 x 8 pixels, 200 to test with."""
    pixels, labels = load_digits(return_X_y=True)
    pixels = (pixels * 15).astype("uint8").reshape(-1, 8, 8)
    np.savez(
        path, train_images=pixels[:images], train_labels=labels[:images].astype("uint8"),
        test_images=pixels[-200:], test_labels=labels[-200:].astype("uint8"),
    )  # fmt: skip
    return path


def written(folder: Path, spec: str = SPEC, recipe: str = RECIPE, **keys: Any) -> Path:
    """Write the files of a run, and return its folder."""
    chosen = parse_recipe(recipe)
    texts = files(api.check(parse(spec)), chosen.with_keys(keys))
    folder.mkdir(parents=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="ascii")
    return folder


def started(
    folder: Path, *options: str | Path, env: Mapping[str, str] | None = None
) -> BaseProcess:
    """Start `python train.py` in another process, which writes to `log` in the folder."""
    words = [str(option) for option in options]
    process = CONTEXT.Process(target=_run, args=(folder, words, dict(env or {})))
    process.start()
    return process


def finished(
    folder: Path, *options: str | Path, env: Mapping[str, str] | None = None
) -> int | None:
    """Run `python train.py`, and return its exit code."""
    process = started(folder, *options, env=env)
    process.join(timeout=120)
    return process.exitcode


def together(folder: Path, *options: str | Path) -> list[BaseProcess]:
    """Start two processes that train together, as torchrun does."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    common = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    envs = [{**common, "RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(2)]
    return [started(folder, *options, env=env) for env in envs]


def log(folder: Path) -> str:
    """What the last process printed."""
    return (folder / "log").read_text("utf-8")


def checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint, as a stranger's is loaded."""
    state: dict[str, Any] = torch.load(path, weights_only=True)
    return state


def _run(folder: Path, options: list[str], env: dict[str, str]) -> None:
    os.environ.update(env)
    file = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(file, 2)
    torch.set_num_threads(1)
    sys.argv = [str(folder / "train.py"), *options]
    sys.path.insert(0, str(folder))
    runpy.run_path(str(folder / "train.py"), run_name="__main__")
