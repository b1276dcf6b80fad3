"""The benchmark of training prints the rows that it promises, and measures what is counted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from archdsl.analysis.recomputed import training_bytes
from archdsl.api import check, load
from cli.commands import ROOT, SPECS, environment
from runtime.counting import Counting

NAMES = ("stage", "eager", "memory-efficient", "selective-checkpoint")
FIELDS = {
    "network", "batch", "variant", "step_ms", "iqr_ms", "saved_bytes", "peak_bytes",
    "gradient_error",
}  # fmt: skip


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Import a file of the benchmarks into this process."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return import_module


def test_rows_are_json() -> None:
    patterns = ",".join(f"{name}*" for name in NAMES)
    ran = subprocess.run(
        [
            sys.executable, "benchmarks/training.py", "--networks", "densenet-bc-40-12", "--batch",
            "2", "--rounds", "1", "--threads", "1", "--variants", patterns, "--json",
        ],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert [row["variant"] for row in found] == [
        name + ending for name in NAMES for ending in ("", "-channels-last")
    ]
    counts = training_bytes(check(load(SPECS / "densenet-bc-cifar.yaml", {"depth": 40})).graph)
    counted = {
        "stage": counts.memory_efficient,
        "eager": counts.eager,
        "memory-efficient": counts.checkpointed,
    }
    for row in found:
        assert set(row) == FIELDS
        assert row["step_ms"] > 0
        assert row["peak_bytes"] > row["saved_bytes"] > counted["stage"]
        # A value near zero may pass a ReLU in float32 and not in float64.
        assert row["gradient_error"] < 0.02
        name = row["variant"].removesuffix("-channels-last")
        if name in counted:
            assert row["saved_bytes"] == pytest.approx(2 * counted[name], rel=0.03)


def test_the_floor_is_all_convolutions_and_nothing_else(
    script: Callable[[str], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    trained = script("trained").Trained("densenet-bc-cifar", 2, {"depth": 16})
    floor = script("trained").ready(trained, "convolutions", 2, "cpu")
    assert len(floor.parts) == 15  # the classifier is the 16th layer
    counting = Counting()
    with counting:
        floor()
    assert counting.counts["convolution"] == 15
    assert counting.counts["convolution_backward"] == 15
    assert not any("norm" in name or name == "relu" for name in counting.counts)


def test_networks_share_weights_and_no_code(script: Callable[[str], Any]) -> None:
    """`torch.compile` would run for all variants what it compiled for the first one."""
    trained = script("trained").Trained("densenet-bc-cifar", 2, {"depth": 16})
    networks = [trained.build() for _ in range(2)]
    codes = [network.stages[0].forward.__code__ for network in networks]
    assert codes[0] is not codes[1]
    weights = [torch.cat([w.flatten() for w in network.parameters()]) for network in networks]
    assert weights[0].equal(weights[1])


def test_separate_kernels_are_another_operator(
    script: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the weights of `stage`; its layers read by kernels that do not multiply."""
    module = script("trained")
    trained, x = module.Trained("densenet-bc-cifar", 2, {"depth": 16}), torch.randn(2, 3, 32, 32)
    steps = [make(trained, x) for make in (module.stages_as_operators, module.separate_kernels)]
    stages = [step.network.stages[0] for step in steps]
    scopes = [type(stage.operator).__call__.__globals__ for stage in stages]
    assert scopes[0]["STAGE_OPERATOR"] is not scopes[1]["STAGE_OPERATOR"]
    for step in steps:
        step()
    assert steps[0].gradient().equal(steps[1].gradient())
    readers = []
    for scope in scopes:
        monkeypatch.setitem(scope, "stage_triton", lambda _: True)
        readers.append(scope["stage_reader"](scope["StageOutputs"](x), "relu").__name__)
    assert readers == ["StageProductRead", "StageFusedRead"]


def test_memory_at_several_depths(script: Callable[[str], Any]) -> None:
    found = json.loads(script("depths").series([16, 22, 28], as_json=True))
    assert len(found) == 12
    for row in found:
        assert row["saved_bytes"] == pytest.approx(row["counted_bytes"], rel=0.03)
    saved = [row["saved_bytes"] for row in found if row["spec"] == "densenet-bc-cifar"]
    stage, eager = saved[:3], saved[3:]
    assert stage[2] - stage[1] == pytest.approx(stage[1] - stage[0], rel=0.02)
    assert eager[2] - eager[1] > 1.05 * (eager[1] - eager[0])


def test_comparisons_choose_the_budget_to_beat(script: Callable[[str], Any]) -> None:
    """The fastest one within the peak of `stage`, and the one that saves least in its time."""
    names = ("network", "variant", "step_ms", "saved_bytes", "peak_bytes")
    measured = [
        SimpleNamespace(**dict(zip(names, ("net", *values), strict=True)))
        for values in [
            ("stage", 100, 10, 20),
            ("eager", 200, 40, 50),
            ("eager-channels-last", 125, 40, 50),
            ("compile-budget-0.1", 160, 5, 16),
            ("compile-budget-0.2", 200, 5, 16),
            ("compile-budget-0.9", 80, 25, 40),
        ]
    ]
    text = script("compared").comparison(measured)
    assert text.splitlines()[2:] == [
        "| net | eager-channels-last | 0.80 | 0.25 | 0.40 |",
        "| net | compile-budget-0.1, fastest with at most its peak | 0.62 | 2.00 | 1.25 |",
        "| net | compile-budget-0.9, least saved in at most its time | 1.25 | 0.40 | 0.50 |",
    ]
    within = [row for row in measured if row.variant != "compile-budget-0.9"]
    text = script("compared").comparison(within)
    assert (
        text.splitlines()[-1]
        == "| net | no compile budget: least saved in at most its time | | | |"
    )


@pytest.mark.parametrize(
    "words", [["--networks", "vgg"], ["--variants", "stage,jit"], ["--rounds", "many"]]
)
def test_refusals(
    words: list[str],
    script: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["training.py", *words])
    with pytest.raises(SystemExit) as stopped:
        script("training").arguments()
    assert stopped.value.code == 2
    assert words[0] in capsys.readouterr().err
