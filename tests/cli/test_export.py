"""`archdsl export`: what it writes and prints, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from cli.commands import archdsl, child, written

SMALL = """archdsl: 1
name: small
input: [3, 8, 8]
stem: [{conv: {width: 4, kernel: 1}}, {pool: {kind: average, kernel: 2}}]
stages: {count: 1, layers: 1, unit: {kind: basic, order: post, width: 4}, connect: full, aggregate: concat}
head: [{pool: {to: 1}}, flatten, {linear: {width: 5}}]
"""  # noqa: E501


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    return written(tmp_path, SMALL).name


def test_a_file_and_its_facts(spec: str) -> None:
    ran = archdsl("export", spec, "-o", "net.pt2")
    assert (ran.code, ran.err) == (0, "")
    first, *facts, last = ran.out.splitlines()
    assert first == "wrote  net.pt2"
    assert facts == [
        "  weights    newly initialised (seed 0)",
        f"  format     torch.export, {Path('net.pt2').stat().st_size / 1e6:.1f} MB",
        "  input      float32, batch x 3 x 8 x 8",
        "  output     float32, batch x 5",
        "  merged     1 norm or scale into weights",
        "  pooling    1 moved before 1x1 convolutions, 0 with a window",
    ]
    assert last.startswith("  checked    relative difference ")
    assert f"(torch {torch.__version__})" in last
    assert archdsl("export", spec, "-o", "net.pt2").out.startswith("unchanged  net.pt2\n")
    other = archdsl("export", spec, "-o", "net.pt2", "--seed", "1")  # its mark is recognised
    assert other.out.startswith("wrote  net.pt2\n  weights    newly initialised (seed 1)\n")


def test_facts_as_json(spec: str) -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    pytest.importorskip("onnxscript", reason="onnxscript is not installed")
    facts = json.loads(archdsl("export", spec, "-o", "net.onnx", "--json").out)
    assert (facts["file"], facts["format"]) == ("net.onnx", "ONNX, opset 18")
    assert facts["inputs"] == {"input": [-1, 3, 8, 8]}
    assert (facts["merged"], facts["moved"], facts["windows"]) == (1, 1, 0)
    assert max(facts["differences"].values()) < 1e-5
    assert archdsl("export", spec, "-o", "net.onnx", "--seed", "1").code == 0


def test_both_files_of_openvino_belong_together(spec: str) -> None:
    pytest.importorskip("openvino", reason="openvino is not installed")
    Path("net.bin").write_bytes(b"mine")
    ran = archdsl("export", spec, "-o", "net.xml", "--format", "json")
    assert (ran.code, ran.codes()) == (2, ["A411"])
    assert not Path("net.xml").exists()
    assert archdsl("export", spec, "-o", "net.xml", "--force").out.startswith("wrote  net.bin\n")
    again = archdsl("export", spec, "-o", "net.xml", "--seed", "1")
    assert again.out.startswith("wrote  net.bin\nwrote  net.xml\n")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["-o", "net.tflite"], "A414"),
        (["-o", "net"], "A414"),
        (["-o", "net.pt2", "--weights", "none.pt"], "A401"),
        (["-o", "net.pt2", "--weights", "small.yaml"], "A440"),
        (["-o", "net.pt2", "--weights", "other.pt"], "A441"),
        (["-o", "net.pt2", "--weights", "other.pt", "--seed", "1"], "A414"),
        (["-o", "taken.pt2"], "A411"),
        (["-o", "none/net.pt2"], "A412"),
        (["-o", "net.pt2", "--set", "depth=3"], "A114"),
    ],
)
def test_what_is_refused(words: list[str], code: str, spec: str) -> None:
    torch.save({"weight": torch.ones(3)}, "other.pt")
    Path("taken.pt2").write_bytes(b"PK\x03\x04 mine")
    before = sorted(Path().iterdir())
    ran = archdsl("export", spec, *words, "--format", "json")
    assert ran.codes() == [code]
    assert ran.code != 0
    assert ran.out == ""
    assert sorted(Path().iterdir()) == before


def test_a_checkpoint_is_never_overwritten(spec: str) -> None:
    torch.save({}, "weights.pt2")
    ran = archdsl(
        "export", spec, "-o", "weights.pt2", "--weights", "weights.pt2", "--force", "--format",
        "json",
    )  # fmt: skip
    assert ran.codes() == ["A410"]


def test_nothing_else_is_printed(spec: str, tmp_path: Path) -> None:
    """Native parts of torch complain at the end of a process if their objects are not freed."""
    ran = child("export", spec, "-o", "net.pt2", cwd=tmp_path)
    assert ran.returncode == 0
    assert ran.stderr == b""
