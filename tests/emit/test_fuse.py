"""Files with `fuse`: laid out as ruff would, checked, verified; plain files stay as they are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from archdsl.api import check, check_text, load
from archdsl.emit import guard
from archdsl.emit.fuse import runs
from archdsl.emit.pytorch import FUSED, camel, runtime_class
from archdsl.errors import ArchdslError
from archdsl.passes.program import program
from archdsl.runtime.staged import fused_spread
from cli.commands import SPECS, archdsl
from emit.networks import REPRESENTATIVES, assert_laid_out
from emit.test_corners import CORNERS, MEANINGLESS, TOP

SHIPPED = sorted(SPECS.glob("*.yaml"))


def test_files_are_laid_out_as_ruff_would(tmp_path: Path) -> None:
    texts = {path.stem: check(load(path)).emit(fuse=True) for path in SHIPPED}
    texts |= {
        name: check_text(TOP + text).emit(fuse=True)
        for name, text in CORNERS.items()
        if name not in MEANINGLESS
    }
    assert_laid_out(tmp_path, texts)


@pytest.mark.parametrize("name", REPRESENTATIVES)
def test_a_plain_file_is_the_beginning_of_a_fused_one(name: str) -> None:
    """Nothing but the method, what it needs, and one import is added."""
    checked = check_text(REPRESENTATIVES[name])
    plain, fused = (checked.emit(fuse=fuse).split("\n") for fuse in (False, True))
    left = iter(fused)
    assert all(line in left for line in plain)
    assert "Fused" not in "\n".join(plain)


def test_plans_are_literals() -> None:
    text = check(load(SPECS / "sparsenet-imagenet.yaml")).emit(fuse=True)
    values = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    assert values["PLAN"]["Bottleneck"][0] == ("clamp", "norm1")
    assert [stage[0] for stage in values["STAGES"]] == ["buffer"] * 4


@pytest.mark.parametrize("numbers", [[], [5], [0, 64, 96, 128, 7], [3, 3, 3], [9, 8, 7, 7]])
def test_runs_say_the_same_numbers(numbers: list[int]) -> None:
    assert fused_spread(list(runs(numbers))) == numbers


def test_source_that_is_not_ours_is_refused() -> None:
    checked = check(load(SPECS / "sparsenet-cifar.yaml"))
    decided = program(checked.graph, camel(checked.spec.name), fuse=True)
    source = "\n".join(map(runtime_class, FUSED))
    text = checked.emit(fuse=True)
    guard.check(text, decided, source)
    with pytest.raises(guard.GuardError):
        guard.check(text.replace("return parts[0]", "return eval(parts)"), decided, source)
    with pytest.raises(guard.GuardError):
        guard.check(text, decided)


def test_names_that_the_file_needs() -> None:
    assert camel("fused") == "FusedNetwork"
    assert camel("plain-cifar") == "PlainCifar"
    with pytest.raises(ArchdslError, match=r"A413"):
        check(load(SPECS / "sparsenet-cifar.yaml")).emit("FusedConv")


def test_compile_and_verify(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    spec = SPECS / "sparsenet-bc-cifar.yaml"
    assert archdsl("compile", spec, "--set", "depth=22", "--fuse", "-o", path).code == 0
    said = archdsl("verify", path).out
    assert said.endswith("ok\n")
    assert re.search(r"^fused        relative error \S+ \(plain \S+; float32", said, re.MULTILINE)
    path.write_text(path.read_text().replace('"clamp"', '"norm"'), encoding="utf-8")
    ran = archdsl("verify", path)
    assert (ran.code, "error[A420]" in ran.err) == (1, True)


def test_manifests_may_ask_for_it(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(TOP + CORNERS["one layer"], encoding="utf-8")
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text(
        "files:\n  - {file: net.py, spec: net.yaml, fuse: true}\n", encoding="utf-8"
    )
    assert archdsl("compile", "--manifest", manifest).code == 0
    assert "def fuse(self)" in (tmp_path / "net.py").read_text(encoding="utf-8")
    assert archdsl("compile", "--manifest", manifest, "--check").code == 0
    assert archdsl("compile", "--fuse").code == 2
