"""The tutorial's files, commands and Python give what the page shows; the guides' code runs."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.commands import ROOT, SMALL, archdsl

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(yaml|console|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


LARGEST = 25
"""Percent. The error after one epoch is about 17; chance has 90."""

ROUNDING = re.compile(r"\d\.\de-\d\d")
"""Errors of rounding, which differ between processors."""


def commands(block: str) -> Iterator[tuple[str, str]]:
    """The commands of a block, each with what the page shows below it."""
    for part in re.split(r"^\$ archdsl ", block, flags=re.MULTILINE)[1:]:
        line, _, output = part.partition("\n")
        yield line, output


def test_the_tutorial_can_be_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    pytest.importorskip("pygraphviz", reason="Graphviz is not installed")
    monkeypatch.chdir(tmp_path)
    for language, text in BLOCK.findall(PAGE):
        if language == "yaml":
            Path(text.partition("\n")[0].removeprefix("# ")).write_text(text, "utf-8")
        elif language == "console":
            for line, output in commands(text):
                ran = archdsl(*shlex.split(line))
                printed = ROUNDING.sub("~", ran.out + ran.err)
                assert printed == ROUNDING.sub("~", output), line
        else:
            (expected,) = re.findall(r"# (torch\.Size.*)", text)
            run = [sys.executable, "-c", text]
            assert subprocess.check_output(run, text=True).strip() == expected


def test_the_network_of_the_tutorial_can_be_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    if not Path("/usr/share/datasets/fashion-mnist").is_dir():
        pytest.skip("the package dataset-fashion-mnist is not installed")
    monkeypatch.chdir(tmp_path)
    for text in re.findall(r"^```yaml\n(# fashion.yaml\n.*?)^```$", PAGE, re.DOTALL | re.MULTILINE):
        Path("fashion.yaml").write_text(text, "utf-8")
    (lines,) = re.findall(r"^```shell\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    for line in lines.splitlines():
        ran = archdsl(*shlex.split(line.removeprefix("archdsl ")))
        assert ran.code == 0, ran.err
    summary = json.loads(Path("run/summary.json").read_text("utf-8"))
    assert (summary["finished"], summary["epochs"]) == (True, 1)
    assert summary["error"] < LARGEST
    assert Path("heat.svg").is_file()


def test_the_rule_of_the_guide_for_researchers_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    monkeypatch.chdir(tmp_path)
    guide = (ROOT / "docs" / "guide-researcher.md").read_text(encoding="utf-8")
    (rule,) = (text for language, text in BLOCK.findall(guide) if language == "python")
    Path("my_words.py").write_text(rule, "utf-8")
    Path("net.yaml").write_text(SMALL.replace("connect: full", "connect: fibonacci"), "utf-8")
    for line in re.findall(r"^archdsl (.* --extend my_words.py.*)$", guide, re.MULTILINE):
        ran = archdsl(*shlex.split(line))
        assert (ran.code, ran.err) == (0, ""), line
    shown = archdsl("show", "net.yaml", "--extend", "my_words.py", "--json")
    (stage,) = json.loads(shown.out)["stages"]
    assert stage["links"] == sum(len([d for d in (1, 2, 3, 5) if d <= n]) for n in range(1, 5))
