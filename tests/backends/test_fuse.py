"""Files with `fuse`: laid out as ruff would, checked, verified; plain files stay as they are."""

from __future__ import annotations

import ast
import re
from dataclasses import MISSING, fields
from importlib import resources
from pathlib import Path
from typing import get_args

import pytest

from archdsl.api import check, check_text, load
from archdsl.backends.pytorch import guard
from archdsl.backends.pytorch.file import pasted
from archdsl.backends.pytorch.fuse import runs
from archdsl.backends.pytorch.naming import camel
from archdsl.backends.pytorch.pasted import FUSE, runtime_source
from archdsl.backends.pytorch.runtime.fuse import plan, stages
from archdsl.backends.pytorch.runtime.fuse.stages import fused_spread
from archdsl.codegen.fusing import DEVICES, BufferStage, StageRun
from archdsl.codegen.program import program
from archdsl.errors import ArchdslError
from archdsl.ir.steps import Step
from backends.networks import REPRESENTATIVES, assert_laid_out
from backends.test_corners import CORNERS, MEANINGLESS, TOP
from cli.commands import SPECS, archdsl

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


def defined(text: str) -> list[str]:
    """The classes, functions and annotated constants of a file, in order."""
    kinds = (ast.ClassDef, ast.FunctionDef)
    return [
        node.name if isinstance(node, kinds) else ast.unparse(node.target)
        for node in ast.parse(text).body
        if isinstance(node, (*kinds, ast.AnnAssign))
    ]


def assigned(text: str, name: str) -> str:
    """What a file assigns to a name, as text."""
    (found,) = [
        ast.unparse(node.value)
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    ]
    return found


def test_the_plan_is_in_the_file() -> None:
    text = check(load(SPECS / "sparsenet-imagenet.yaml")).emit(fuse=True)
    assert 'ConvStep("conv1", pre_norm="norm1", post_norm="norm2", relu=True),\n' in text
    assert '    "Transition": (ConvStep("conv", pre_norm="norm", pool=(2, 2)),),\n' in text
    assert (
        assigned(text, "STAGES").count(
            "BufferStage({'cpu': FusedApart, 'cuda': FusedPlanar}, widths="
        )
        == 4
    )
    text = check(load(SPECS / "densenet-imagenet.yaml")).emit(fuse=True)
    assert assigned(text, "STAGES").count("{'cpu': FusedPrefix, 'cuda': FusedPlanar}") == 4


def test_the_compilers_records_are_those_of_the_file() -> None:
    """A plan is made of the compiler's classes and read with those of the same names."""
    for kind in get_args(Step):
        record = getattr(plan, kind.__name__)
        defaults = {
            field.name: field.default for field in fields(kind) if field.default is not MISSING
        }
        assert record._fields == tuple(field.name for field in fields(kind))
        assert record._field_defaults == defaults
    for kind in set(get_args(StageRun)) - {BufferStage}:
        record = getattr(stages, kind.__name__)
        assert record._field_defaults == {field.name: field.default for field in fields(kind)}


SOURCE = {item.name for item in runtime_source([
    "Fused", "FusedCpu", "FusedGpu", "FusedApart", "FusedPrefix", "FusedPlanar",
    "BufferStage", "SumStage", "ListStage", "LineStage",
])}  # fmt: skip
"""Everything that a file may be given."""


def test_all_of_the_source_is_reachable() -> None:
    folder = Path(str(resources.files("archdsl.backends.pytorch.runtime"))) / "fuse"
    assert {path.stem for path in folder.glob("*.py")} == {*FUSE, "__init__"}
    written = {name for file in FUSE for name in defined((folder / f"{file}.py").read_text())}
    assert written == SOURCE


@pytest.mark.parametrize("fuse", [True, "cpu", "cuda"])
@pytest.mark.parametrize("name", REPRESENTATIVES)
def test_only_what_is_used_is_pasted(name: str, fuse: bool | str) -> None:
    """Every definition is named somewhere else in the file, and nothing is missing."""
    text = check_text(REPRESENTATIVES[name]).emit(fuse=fuse)
    names = [name for name in defined(text) if name in SOURCE]
    assert len(names) == len(set(names))
    for name in names:
        assert len(re.findall(rf"\b{name}\b", text)) > 1
    used = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    assert used & SOURCE == set(names)


def test_devices() -> None:
    """A file for one kind of device has nothing of the other."""
    checked = check(load(SPECS / "densenet-cifar.yaml"))
    found = {fuse: set(defined(checked.emit(fuse=fuse))) for fuse in (True, *DEVICES)}
    assert {"FusedCpu", "FusedGpu"} <= found[True] == found["cpu"] | found["cuda"]
    assert "FusedGpu" not in found["cpu"]
    assert "fused_gemm_kernel" not in found["cpu"]
    assert "FusedConv" not in found["cuda"]
    assert "triton" not in checked.emit(fuse="cpu")
    with pytest.raises(ArchdslError, match="A414"):
        checked.emit(fuse="tpu")


@pytest.mark.parametrize("numbers", [[], [5], [0, 64, 96, 128, 7], [3, 3, 3], [9, 8, 7, 7]])
def test_runs_say_the_same_numbers(numbers: list[int]) -> None:
    assert fused_spread(list(runs(numbers))) == numbers


def test_source_that_is_not_ours_is_refused() -> None:
    checked = check(load(SPECS / "sparsenet-cifar.yaml"))
    decided = program(checked.graph, camel(checked.spec.name), fuse=DEVICES)
    source = "\n".join(pasted(decided))
    text = checked.emit(fuse=True)
    guard.check(text, decided, source)
    for ours, theirs in (
        ("return torch.cat(parts, dim=1)", "return eval(parts)"),
        ("tl: Any = None", "tl: Any = eval('1')"),
        ("tl: Any = None", "tl: Any = None; eval('1')"),
        ("@cache\n", "@eval\n"),
        ("def fused_concatenate", "@eval\ndef fused_concatenate"),
        ("def fused_concatenate", "@(\neval)\ndef fused_concatenate"),
        ('(ConvStep("conv"),)', "tl"),
        ("    BufferStage(\n", "    open(\n"),
        ("    BufferStage(\n", "    FusedPool(\n"),
        ('(ConvStep("conv"),)', '(ConvStep(eval("1")),)'),
        ('{"cpu": FusedApart', '{"cpu": Tensor'),
    ):
        assert ours in text
        with pytest.raises(guard.GuardError):
            guard.check(text.replace(ours, theirs), decided, source)
    with pytest.raises(guard.GuardError):
        guard.check(text, decided)


def test_names_that_the_file_needs() -> None:
    assert camel("fused") == "FusedNetwork"
    assert camel("plain-cifar") == "PlainCifar"
    checked = check(load(SPECS / "sparsenet-cifar.yaml"))
    with pytest.raises(ArchdslError, match=r"A413"):
        checked.emit("FusedConv")
    with pytest.raises(ArchdslError, match=r"A413"):
        checked.emit("ConvStep", fuse=True)
    assert "class ConvStep(nn.Module):" in checked.emit("ConvStep")


def test_compile_and_verify(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    spec = SPECS / "sparsenet-bc-cifar.yaml"
    assert archdsl("compile", spec, "--set", "depth=22", "--fuse", "-o", path).code == 0
    said = archdsl("verify", path).out
    assert said.endswith("ok\n")
    for device in DEVICES:
        assert re.search(rf"^fused {device} +relative error \S+ \(plain \S+;", said, re.MULTILINE)
    path.write_text(path.read_text().replace('"conv1"', '"conv2"'), encoding="utf-8")
    ran = archdsl("verify", path)
    assert (ran.code, "error[A420]" in ran.err) == (1, True)


@pytest.mark.parametrize("device", DEVICES)
def test_compile_and_verify_for_one_device(tmp_path: Path, device: str) -> None:
    path = tmp_path / "net.py"
    spec = SPECS / "densenet-cifar.yaml"
    made = archdsl("compile", spec, "--set", "depth=16", "--fuse-for", device, "-o", path)
    assert made.code == 0
    said = archdsl("verify", path).out
    assert said.endswith("ok\n")
    assert re.findall(r"^fused (\w+)", said, re.MULTILINE) == [device]


def test_there_is_no_other_device(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    ran = archdsl("compile", SPECS / "densenet-cifar.yaml", "--fuse-for", "tpu", "-o", path)
    assert ran.code == 2
    assert "error[A414]: there is no fast path for `tpu`" in ran.err
    assert "devices: cpu and cuda" in ran.err
    assert not path.exists()


def test_manifests_may_ask_for_it(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(TOP + CORNERS["one layer"], encoding="utf-8")
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text(
        "files:\n  - {file: net.py, spec: net.yaml, fuse: true}\n", encoding="utf-8"
    )
    assert archdsl("compile", "--manifest", manifest).code == 0
    assert "def fuse(self, " in (tmp_path / "net.py").read_text(encoding="utf-8")
    assert archdsl("compile", "--manifest", manifest, "--check").code == 0
    assert archdsl("compile", "--fuse").code == 2
    text = "files:\n  - {file: net.py, spec: net.yaml, fuse: cpu}\n"
    manifest.write_text(text, encoding="utf-8")
    assert archdsl("compile", "--manifest", manifest).code == 0
    assert "FusedGpu" not in (tmp_path / "net.py").read_text(encoding="utf-8")
    manifest.write_text(text.replace("cpu", "tpu"), encoding="utf-8")
    assert "error[A1" in archdsl("compile", "--manifest", manifest).err
