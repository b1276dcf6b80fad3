"""`--extend FILE.py`: commands take custom words from a file, and say what is wrong in it."""

from __future__ import annotations

import inspect
import json
from importlib import import_module
from pathlib import Path

import pytest

from archdsl.cli.main import COMMANDS
from cli.commands import SMALL, archdsl

RULE = """
from typing import ClassVar, Literal

import archdsl


def nearest(layer: int) -> list[int]:
    return list(range(layer - 1, max(layer - 3, -1), -1))


class Nearest(archdsl.Rule):
    rule: Literal["nearest"]
    sources: ClassVar = staticmethod(nearest)
"""

OWN = SMALL.replace("connect: full", "connect: nearest").replace("layers: 4", "layers: depth")
SPEC = OWN.replace("input:", "params: {depth: 4}\ninput:")

WITHOUT = {"init", "explain", "list", "reproduce"}
"""Commands that do not depend on the words of the language."""

RUNS = {
    "show": ["own.yaml"],
    "check": ["own.yaml"],
    "compile": ["own.yaml", "-o", "own.py"],
    "draw": ["own.yaml", "-o", "own.dot"],
    "compare": ["own.yaml", "small.yaml", "--json"],
    "diff": ["own.yaml", "small.yaml"],
    "solve": ["own.yaml", "--over", "depth", "--like", "own.yaml"],
    "reconcile": ["own.yaml", "--parameters", "2,240", "--max-networks", "4"],
    "scaling": ["own.yaml", "--depths", "16:64"],
}
"""Arguments of each command that needs no torch."""


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in {"own.yaml": SPEC, "small.yaml": SMALL, "words.py": RULE}.items():
        Path(name).write_text(text, encoding="utf-8")
    return tmp_path


def test_every_command_that_depends_on_words_has_the_option() -> None:
    for name, module in COMMANDS.items():
        command = getattr(import_module(f"archdsl.cli.{module}"), name)
        assert ("extend" in inspect.signature(command).parameters) == (name not in WITHOUT), name


@pytest.mark.parametrize("command", RUNS)
def test_a_word_is_known_with_the_file_alone(command: str) -> None:
    without = archdsl(command, *RUNS[command])
    assert "[A105]" in without.err
    ran = archdsl(command, *RUNS[command], "--extend", "words.py")
    assert "[A105]" not in ran.err
    assert ran.code == 0 or command == "reconcile"
    assert ran.out


@pytest.mark.parametrize("runtime", ["paste", "import"])
def test_a_compiled_file_is_verified_with_the_file_alone(runtime: str) -> None:
    pytest.importorskip("torch")
    archdsl("compile", "own.yaml", "-o", "own.py", "--runtime", runtime, "--extend", "words.py")
    assert "def nearest(" in Path("own.py").read_text(encoding="utf-8")
    assert "[A105]" in archdsl("verify", "own.py").err
    assert archdsl("verify", "own.py", "--extend", "words.py").out.endswith("ok\n")


def test_the_schema_has_the_words_with_the_file_alone() -> None:
    assert "Own1" not in archdsl("schema").out
    rule = json.loads(archdsl("schema", "--extend", "words.py").out)["$defs"]["Own1"]
    assert rule["title"] == "Nearest"
    assert {"const": "nearest", "title": "Rule", "type": "string"} in (
        rule["properties"]["rule"]["anyOf"]
    )


def test_a_file_without_words_has_no_schema() -> None:
    Path("words.py").write_text("x = 1\n", encoding="utf-8")
    ran = archdsl("schema", "-o", "schema.json", "--extend", "words.py")
    assert (ran.code, "[A431]" in ran.err) == (2, True)
    assert not Path("schema.json").exists()


def test_a_heat_map_takes_the_file() -> None:
    torch = pytest.importorskip("torch")
    import archdsl as package

    Path("sum.yaml").write_text(SPEC.replace("nearest", "full"), encoding="utf-8")
    network = package.build(package.load("sum.yaml"))
    torch.save(network.state_dict(), "sum.pt")
    ran = archdsl("heatmap", "sum.pt", "own.yaml", "--json", "--extend", "words.py")
    assert "[A105]" not in ran.err


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("x = 1\ny = x / 0\n", "ZeroDivisionError: division by zero", 2),
        ("x = 1\n\nx = (\n", "SyntaxError: '(' was never closed", 3),
        ("import nowhere_to_be_found\n", "ModuleNotFoundError: No module named", 1),
        ("raise SystemExit(3)\n", "SystemExit: 3", 1),
        ("x = 1\n", "defines no rule, unit, aggregation or layer", None),
        ("import archdsl\n\nclass A(archdsl.Rule):\n    pass\n", "A needs its word", None),
        (RULE.replace("return list", "raise ValueError('no')  #"), "ValueError: no", 8),
    ],
)
def test_a_file_that_fails_is_shown_with_its_line(
    text: str, message: str, line: int | None
) -> None:
    Path("words.py").write_text(text, encoding="utf-8")
    ran = archdsl("show", "own.yaml", "--extend", "words.py", "--format", "json")
    (finding,) = ran.findings()
    assert (ran.code, finding["code"], finding["line"]) == (2, "A431", line)
    assert message in finding["message"]


def test_a_file_that_is_missing() -> None:
    ran = archdsl("check", "own.yaml", "--extend", "none.py", "--format", "json")
    assert (ran.code, ran.codes()) == (2, ["A401"])


def test_a_file_may_be_named_twice() -> None:
    ran = archdsl("check", "own.yaml", "--extend", "words.py", "--extend", "./words.py")
    assert ran.code == 0


def test_a_spec_names_no_file() -> None:
    for key in ("extend", "import", "words"):
        Path("own.yaml").write_text(f"{SMALL}{key}: words.py\n", encoding="utf-8")
        assert archdsl("check", "own.yaml", "--format", "json").codes() == ["A102"]


TWO = RULE + RULE.replace("nearest", "other").replace("Nearest", "Other")


def test_one_class_of_a_file(desk: Path) -> None:
    (desk / "two.py").write_text(TWO, encoding="utf-8")
    assert archdsl("check", "own.yaml", "--extend", "two.py:Nearest").code == 0
    assert "[A105]" in archdsl("check", "own.yaml", "--extend", "two.py:Other").err
    both = ("--extend", "two.py:Other", "--extend", "two.py:Nearest")
    assert archdsl("check", "own.yaml", *both).code == 0
    ran = archdsl("check", "own.yaml", "--extend", "two.py:Third")
    assert ran.code != 0
    assert "[A431]" in ran.err
    assert "it defines Nearest, Other" in ran.err


@pytest.mark.parametrize("value", ["of_a_package", "of_a_package:Nearest"])
def test_words_of_an_installed_package(
    desk: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    (desk / "of_a_package.py").write_text(RULE, encoding="utf-8")
    info = desk / "of_a_package-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: of-a-package\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[archdsl]\nmine = {value}\nwrong = json:loads\n")
    monkeypatch.syspath_prepend(desk)
    assert archdsl("check", "own.yaml", "--extend", "mine").code == 0
    unknown = archdsl("check", "own.yaml", "--extend", "yours").err
    assert "[A431]" in unknown
    assert "mine" in unknown
    assert (
        "is neither a module nor a class" in archdsl("check", "own.yaml", "--extend", "wrong").err
    )


def test_an_unknown_word_says_how_words_are_added() -> None:
    Path("own.yaml").write_text(SPEC.replace("nearest", "zzz"), encoding="utf-8")
    assert "a word of your own comes with `--extend FILE.py`" in archdsl("check", "own.yaml").err
