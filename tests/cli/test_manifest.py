"""`archdsl compile` without a spec: all that a manifest lists, or nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.commands import SMALL, archdsl, written

TWO = """files:
  - {file: first.py, spec: ../small.yaml}
  - file: second.py
    spec: ../small.yaml
    settings: {width: 9, reach: [2]}
    class_name: Second
"""


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = SMALL.replace("width: 8", "width: width").replace("full", "{rule: window, last: reach}")
    written(tmp_path, text + "params: {width: 8, reach: 1}\n")
    Path("compiled").mkdir()
    manifest(TWO)


def manifest(text: str) -> None:
    Path("compiled/manifest.yaml").write_text(text, encoding="utf-8")


def files() -> list[str]:
    return sorted(path.name for path in Path("compiled").glob("*.py"))


def test_all_are_written_beside_the_manifest() -> None:
    ran = archdsl("compile")
    assert (ran.code, ran.err) == (0, "")
    assert [line.split()[:2] for line in ran.out.splitlines()] == [
        ["wrote", "compiled/first.py"],
        ["wrote", "compiled/second.py"],
    ]
    assert files() == ["first.py", "second.py"]
    assert "class Second(" in Path("compiled/second.py").read_text("ascii")


def test_another_manifest_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert archdsl("compile", "--manifest", tmp_path / "compiled/manifest.yaml").code == 0
    assert len(list(tmp_path.glob("compiled/*.py"))) == 2


def test_json_is_a_list() -> None:
    said = json.loads(archdsl("compile", "--json").out)
    assert [(entry["class"], entry["settings"]) for entry in said] == [
        ("Small", {}),
        ("Second", {"reach": [2], "width": 9}),
    ]


def test_check_is_stale_if_one_is() -> None:
    archdsl("compile")
    assert archdsl("compile", "--check").code == 0
    Path("compiled/second.py").unlink()
    ran = archdsl("compile", "--check")
    assert ran.code == 1
    assert [line.split()[0] for line in ran.out.splitlines() if ".py  " in line] == ["up", "stale"]
    assert files() == ["first.py"]


def test_one_wrong_spec_and_nothing_is_written() -> None:
    written(Path(), SMALL.replace("full", "ful"), "wrong.yaml")
    worse = "  - {file: third.py, spec: ../wrong.yaml}\n  - {file: fourth.py, spec: ../none.yaml}\n"
    manifest(TWO + worse)
    ran = archdsl("compile", "--format", "json")
    assert (ran.code, ran.codes()) == (2, ["A105", "A401"])
    assert files() == []
    assert "2 errors. Nothing written. More: " in archdsl("compile").err


def test_one_foreign_file_and_nothing_is_written() -> None:
    Path("compiled/second.py").write_text("mine\n", encoding="utf-8")
    ran = archdsl("compile", "--format", "json")
    assert (ran.code, ran.codes()) == (2, ["A411"])
    assert files() == ["second.py"]
    assert archdsl("compile", "--force").code == 0
    assert files() == ["first.py", "second.py"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["A430"]),
        ("- small.yaml\n", ["A430"]),
        ("file: []\n", ["A102"]),
        ("files: small.yaml\n", ["A106"]),
        ("files: [small.yaml]\n", ["A106"]),
        ("files: [{file: a.py}]\n", ["A103"]),
        ("files: [{file: ../a.py, spec: b.yaml}]\n", ["A104"]),
        ("files: [{file: a.txt, spec: b.yaml}]\n", ["A104"]),
        ("files: [{file: /etc/passwd.py, spec: b.yaml}]\n", ["A104"]),
        ('files: [{file: "a\\nb.py", spec: b.yaml}]\n', ["A104"]),
        ("files: [{file: a.py, spec: b.yaml, sets: {}}]\n", ["A102"]),
        ("files: [{file: a.py, spec: b.yaml, settings: [1]}]\n", ["A106"]),
        ("files: [{file: a.py, spec: ../small.yaml, settings: {w: 1}}]\n", ["A114"]),
        ("files: [{file: a.py, spec: ../small.yaml, class_name: None}]\n", ["A413"]),
        ("files: [&a {file: a.py, spec: b.yaml}]\n", ["A002"]),
        ("files: [\n", ["A000"]),
        (TWO.replace("second.py", "first.py"), ["A430"]),
    ],
)
def test_what_is_no_manifest(text: str, codes: list[str]) -> None:
    manifest(text)
    ran = archdsl("compile", "--format", "json")
    assert ran.codes() == codes
    assert ran.code in {1, 2}
    assert files() == []


def test_no_manifest() -> None:
    ran = archdsl("compile", "--manifest", "none.yaml", "--format", "json")
    assert (ran.code, ran.codes()) == (2, ["A401"])


@pytest.mark.parametrize("option", [["--set", "a=1"], ["-o", "a.py"], ["--class-name", "A"]])
def test_options_that_go_with_a_spec(option: list[str]) -> None:
    ran = archdsl("compile", *option, "--format", "json")
    assert (ran.code, ran.codes()) == (2, ["A414"])
