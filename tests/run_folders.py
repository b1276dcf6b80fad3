"""Folders of runs, made by hand as `archdsl train` leaves them."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import archdsl
from archdsl import api
from archdsl.cli import inputs
from archdsl.errors import Source
from archdsl.frontend.load import parse
from cli.commands import SMALL

SPEC = SMALL.replace("input:", "params: {growth: 8}\ninput:").replace("width: 8", "width: growth")
SPEC = SPEC.replace("name: small", "name: net")
RECIPE = "epochs: 3\nrate: 0.1\nseed: 0\noptimizer: {kind: sgd}\n"
SETTINGS: dict[str, Any] = {"epochs": 3, "batch": 64, "rate": 0.1, "seed": 0, "workers": 2}
SUMMARY: dict[str, Any] = {
    "network": "net", "spec": "net.yaml", "spec_sha256": "5" * 64, "recipe": "recipe.yaml",
    "recipe_sha256": "7" * 64, "data": "cifar10", "parameters": 1_234_567, "error": 5.0,
    "test_loss": 0.2, "best_error": 4.5, "finished": True, "epochs": 3, "steps": 30,
    "seconds": 3720.0, "peak_memory_bytes": 3 * 2**30, "processes": 1, "device": "cpu",
    "torch": "2.13.0",
}  # fmt: skip


@lru_cache
def emitted(growth: int, spec: str = SPEC) -> str:
    """The emitted network of a spec."""
    settings = {"growth": growth} if "growth" in spec else {}
    return api.emit(parse(Source("net.yaml", spec), settings))


def row(epoch: int, error: float = 50.0, **more: Any) -> dict[str, Any]:
    """A row of metrics."""
    values = {"step": 10 * epoch, "epoch": epoch, "loss": 2.0 / epoch, "test_loss": 2.0 / epoch}
    return {**values, "error": error / epoch, "rate": 0.1, "seconds": 20.0 * epoch, **more}


def run(
    folder: Path,
    *,
    growth: int = 8,
    spec: str = SPEC,
    settings: dict[str, Any] | None = None,
    recipe: str = RECIPE,
    rows: int = 3,
    finished: bool = True,
    **summary: Any,
) -> Path:
    """A folder of a run; a run that is not finished has no summary."""
    folder.mkdir()
    (folder / "net.py").write_text(emitted(growth, spec), "utf-8")
    (folder / "recipe.yaml").write_text(recipe, "utf-8")
    lines = [json.dumps(row(epoch)) + "\n" for epoch in range(1, rows + 1)]
    (folder / "metrics.jsonl").write_text("".join(lines), "utf-8")
    if finished:
        values = {**SUMMARY, "settings": {**SETTINGS, **(settings or {})}, **summary}
        (folder / "summary.json").write_text(json.dumps(values), "utf-8")
    return folder


def checkpoint(folder: Path, name: str = "best", **more: Any) -> dict[str, Any]:
    """Write a checkpoint of the run in a folder, with new weights."""
    import torch

    spec = inputs.load(folder / "net.py")
    network = archdsl.build(spec)
    state = {
        "model": network.state_dict(), "optimizer": {"state": {}}, "ema": None, "scaler": {},
        "settings": SETTINGS, "epoch": 2, "step": 20, "best": 25.0, "seconds": 40.0,
        "loss": [0.0], "random": [], **more,
    }  # fmt: skip
    torch.save(state, folder / f"{name}.pt")
    return state
