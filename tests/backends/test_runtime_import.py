"""Files that import the source that runs their network compute what standalone files do."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from archdsl.analysis.shapes import shapes
from archdsl.api import build, check, check_text, load
from archdsl.backends.pytorch import guard
from archdsl.backends.pytorch.file import pasted, roots
from archdsl.backends.pytorch.naming import camel
from archdsl.backends.pytorch.pasted import runtime_imports
from archdsl.backends.pytorch.provenance import read_emitted
from archdsl.codegen.fusing import DEVICES
from archdsl.codegen.program import program
from archdsl.errors import ArchdslError
from archdsl.loading import load_module, network_class
from backends.networks import REPRESENTATIVES, assert_laid_out
from cli.commands import SPECS, archdsl

FUSE: list[bool | str] = [False, True, "cpu", "cuda"]


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", [*REPRESENTATIVES, "fractalnet-cifar"])
def test_outputs_and_gradients_are_equal(name: str, training: bool) -> None:
    checked = (
        check_text(REPRESENTATIVES[name])
        if name in REPRESENTATIVES
        else check(load(SPECS / f"{name}.yaml"))
    )
    shape = shapes(checked.graph)[checked.graph.input.name]
    results = []
    for runtime in ("paste", "import"):
        torch.manual_seed(0)
        network = network_class(load_module(checked.emit(runtime=runtime)))().train(training)
        x = torch.randn(2, *shape, requires_grad=True)
        y = network(x)
        y.sum().backward()
        results.append((y.detach(), x.grad, *(p.grad for p in network.parameters())))
    for pasted_result, imported_result in zip(*results, strict=True):
        assert (pasted_result is None) == (imported_result is None)
        assert pasted_result is None or torch.equal(pasted_result, imported_result)


@pytest.mark.parametrize("name", REPRESENTATIVES)
def test_fused_outputs_are_equal(name: str) -> None:
    checked = check_text(REPRESENTATIVES[name])
    x = torch.randn(2, *shapes(checked.graph)[checked.graph.input.name])
    results = []
    for runtime in ("paste", "import"):
        torch.manual_seed(0)
        module = load_module(checked.emit(fuse=True, runtime=runtime))
        network: Any = network_class(module)().eval()
        results.append([network.fuse(device)(x) for device in DEVICES])
    for pasted_result, imported_result in zip(*results, strict=True):
        assert torch.equal(pasted_result, imported_result)


def test_files_are_shorter_and_laid_out_as_ruff_would(tmp_path: Path) -> None:
    """Nearly all lines of a file with `fuse` are source of the runtime."""
    texts: dict[str, str] = {}
    pasted: dict[str, int] = {}
    for path in sorted(SPECS.glob("*.yaml")):
        checked = check(load(path))
        texts |= {path.stem: checked.emit(fuse=True, runtime="import")}
        texts |= {f"{path.stem}-plain": checked.emit(runtime="import")}
        pasted[path.stem] = checked.emit(fuse=True).count("\n")
    assert_laid_out(tmp_path, texts)
    for name, text in texts.items():
        assert text.count("\n") < pasted.get(name, 2_000) - 1_000, name
        assert not re.search(r"^class (Fused|ConcatBuffer|DropPath)", text, re.MULTILINE)


@pytest.mark.parametrize("fuse", FUSE)
@pytest.mark.parametrize("name", ["resnet-imagenet", "sparsenet-cifar", "fractalnet-cifar"])
def test_a_file_remembers_what_it_was_compiled_with(
    name: str, fuse: bool | str, tmp_path: Path
) -> None:
    path = tmp_path / "net.py"
    checked = check(load(SPECS / f"{name}.yaml"))
    text = checked.emit(fuse=fuse, runtime="import")
    path.write_text(text, encoding="utf-8")
    emitted = read_emitted(path)
    assert emitted.fast == fuse
    assert checked.emit(fuse=emitted.fast, runtime=emitted.runtime) == text


def test_a_description_that_looks_like_an_import_is_only_text(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    line = "from archdsl.backends.pytorch.runtime.fuse.cpu import FusedCpu"
    spec = REPRESENTATIVES["concat exponential"]
    path.write_text(check_text(f"# {line}\n{spec}\n# |\n#\n").emit(), encoding="utf-8")
    assert (read_emitted(path).runtime, read_emitted(path).fuse) == ("paste", ())


def test_compile_check_and_verify(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    arguments = (
        "compile", SPECS / "sparsenet-bc-cifar.yaml", "--set", "depth=22", "--fuse", "--runtime",
        "import", "-o", path,
    )  # fmt: skip
    assert archdsl(*arguments).code == 0
    assert archdsl(*arguments, "--check").code == 0
    said = archdsl("verify", path).out
    assert said.endswith("ok\n")
    assert re.findall(r"^fused (\w+)", said, re.MULTILINE) == list(DEVICES)
    path.write_text(path.read_text().replace("FusedGpu\n", "FusedGpu, fused_conv\n"), "utf-8")
    assert "error[A420]" in archdsl("verify", path).err


def test_manifests_may_ask_for_it(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(REPRESENTATIVES["concat full"], encoding="utf-8")
    manifest = tmp_path / "manifest.yaml"
    entry = "files:\n  - {file: net.py, spec: net.yaml, runtime: RUNTIME}\n"
    manifest.write_text(entry.replace("RUNTIME", "import"), encoding="utf-8")
    assert archdsl("compile", "--manifest", manifest).code == 0
    assert "runtime.concat_buffer import ConcatBuffer" in (tmp_path / "net.py").read_text()
    assert archdsl("compile", "--manifest", manifest, "--check").code == 0
    manifest.write_text(entry.replace("RUNTIME", "copy"), encoding="utf-8")
    assert "error[A1" in archdsl("compile", "--manifest", manifest).err


def test_there_is_no_other_way(tmp_path: Path) -> None:
    spec = SPECS / "densenet-cifar.yaml"
    ran = archdsl("compile", spec, "--runtime", "copy", "-o", tmp_path / "net.py")
    assert (ran.code, "error[A414]: `copy` is not a valid `runtime`" in ran.err) == (2, True)
    assert archdsl("compile", "--runtime", "import").code == 2
    with pytest.raises(ArchdslError, match="A414"):
        check(load(spec)).emit(runtime="copy")


def test_networks_and_their_snapshots_can_be_pickled() -> None:
    spec = load(SPECS / "densenet-cifar.yaml", {"depth": 16})
    network: Any = build(spec, fuse="cpu", runtime="import").eval()
    x = torch.randn(2, 3, 32, 32)
    for module in (network, network.fuse()):
        copied = pickle.loads(pickle.dumps(module))
        assert torch.equal(copied(x), module(x))


def test_no_other_import_passes_the_guard() -> None:
    checked = check(load(SPECS / "densenet-cifar.yaml", {"depth": 16}))
    decided = program(checked.graph, camel(checked.spec.name), fuse=DEVICES)
    imported = runtime_imports(decided, roots(decided))
    source = "\n".join(pasted(decided))
    text = checked.emit("DenseNet", fuse=True, runtime="import")
    guard.check(text, decided, source, imported)
    for ours, theirs in (
        ("import ConcatBuffer\n", "import ConcatBuffer, torch\n"),
        ("import FusedCpu\n", "import fused_onednn\n"),
        ("runtime.fuse.cpu import", "runtime.fuse.check import"),
        ("    BufferStage(\n", "    FusedPool(\n"),
        ("import torch\n", "import torch\nfrom archdsl.api import load\n"),
    ):
        assert ours in text
        with pytest.raises(guard.GuardError):
            guard.check(text.replace(ours, theirs), decided, source, imported)
    with pytest.raises(guard.GuardError):
        guard.check(text, decided, source)
