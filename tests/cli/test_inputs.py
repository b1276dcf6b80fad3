"""Specs from standard input, and those that generated files carry."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from cli.commands import BAD_SPECS, SMALL, SPECS, archdsl, child, written

SPARSE = SPECS / "sparsenet-bc-cifar.yaml"
COMMANDS = (
    ["show", "-"], ["check", "-"], ["compile", "-"], ["draw", "-", "-o", "small.dot"],
    ["compare", "-", str(SPARSE)], ["diff", "-", str(SPARSE)], ["diff", "-", "--to", "k=4"],
    ["scaling", "-", "--depths", "16:32"], ["solve", "-", "--over", "k", "--parameters", "9000"],
    ["reconcile", "-", "--parameters", "4.44K"],
)  # fmt: skip
TEXT = SMALL.replace("width: 8", "width: k") + "params: {k: 8}\n"


def stdin(monkeypatch: pytest.MonkeyPatch, text: str | bytes) -> None:
    data = text.encode() if isinstance(text, str) else text
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_dash_is_standard_input(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = written(tmp_path, TEXT)
    stdin(monkeypatch, TEXT)
    piped = archdsl(*words)
    assert piped.code == 0, piped.err
    for file in tmp_path.glob("small.[pd]*"):
        file.unlink()
    read = archdsl(*[str(spec) if word == "-" else word for word in words])
    assert piped.out == read.out


def test_standard_input_of_a_process(tmp_path: Path) -> None:
    ran = child("show", "-", "--json", cwd=tmp_path, stdin=SMALL)
    assert json.loads(ran.stdout)["parameters"] == 4440


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "error[A011]: the spec is empty"),
        (b"\xff\xfe", "error[A012]: standard input is not UTF-8 at byte 0"),
        ("#" * 300_000, "error[A001]: standard input is larger than 256 KiB"),
        ((BAD_SPECS / "word-rule.yaml").read_text("utf-8"), " --> -:11:19\n"),
    ],
)
def test_mistakes_in_standard_input(
    text: str | bytes, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin(monkeypatch, text)
    ran = archdsl("check", "-")
    assert ran.code != 0
    assert message in ran.err


def test_a_generated_file_carries_its_spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    archdsl("compile", SPARSE, "--set", "depth=40", "-o", "net.py")
    shown = json.loads(archdsl("show", "net.py", "--json").out)
    direct = json.loads(archdsl("show", SPARSE, "--set", "depth=40", "--json").out)
    assert shown["settings"] == direct["settings"] == {"depth": 40}
    assert shown["sha256"] == direct["sha256"]
    assert shown["parameters"] == direct["parameters"]
    other = json.loads(archdsl("show", "net.py", "--set", "growth=12", "--json").out)
    assert other["settings"] == {"depth": 40, "growth": 12}
    assert archdsl("compile", "net.py", "-o", "again.py").code == 0
    assert Path("again.py").read_bytes() == Path("net.py").read_bytes()


def test_a_python_file_without_a_spec_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "import this\n", "mine.py")
    ran = archdsl("show", path)
    assert ran.code == 1
    assert "error[A420]" in ran.err


def test_a_dilated_file_is_not_taken_for_its_spec(tmp_path: Path) -> None:
    path = tmp_path / "dilated.py"
    words = ("resnet-50", "--backbone", "--output-stride", "8", "-o", path)
    assert archdsl("compile", *words).code == 0
    ran = archdsl("show", path)
    assert ran.code != 0
    assert "A414" in ran.err
