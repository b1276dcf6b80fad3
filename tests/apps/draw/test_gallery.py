"""The pictures of docs/gallery.md are what the commands above them make."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from archdsl.api import analyse, load, lower
from archdsl.counted import counted
from cli.commands import ROOT, SPECS, archdsl

PAGE = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^\$ archdsl (.*)\n```\n\n!\[(.+)\]\((pictures/.*)\)$", PAGE, re.MULTILINE)
COMMANDS = re.findall(r"^\$ archdsl (.*)$", PAGE, re.MULTILINE)
CARD = re.compile(
    r"^\[([^\n]+?)\]\(\.\./specs/([\w-]+\.yaml)\) "
    r"\(\[[^\n]+? \d{4}\]\(https://arxiv\.org/abs/\d{4}\.\d+\)\): "
    r"([^\n]+? multiply-adds)\.",
    re.MULTILINE,
)
"""The line of a card: the name, the spec, the paper and the counts."""

CARDS = list(CARD.finditer(PAGE))
PLACED = re.compile(rb'(<text[^>]*?) x="[^"]*" y="[^"]*"')


def shapes(svg: bytes) -> bytes:
    """A picture without the places of its letters, which depend on the fonts of a machine."""
    return PLACED.sub(rb"\1", svg)


def test_every_picture_is_shown_with_its_command() -> None:
    pictures = {path.name for path in (ROOT / "docs" / "pictures").iterdir()}
    assert len(SHOWN) == len(COMMANDS) >= 10
    assert {Path(shown).name for _, _, shown in SHOWN} == pictures
    for command, _, shown in SHOWN:
        assert command.endswith(f"-o docs/{shown}")


@pytest.mark.parametrize(("command", "shown"), [(words, path) for words, _, path in SHOWN])
def test_picture_is_what_its_command_makes(
    command: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    *words, option, _ = shlex.split(command)
    made = tmp_path / "made.svg"
    ran = archdsl(*words, option, made)
    assert (ran.code, ran.err) == (0, "")
    old = (ROOT / "docs" / shown).read_bytes()
    assert shapes(made.read_bytes()) == shapes(old), "make gallery"


def test_every_spec_has_a_card() -> None:
    """A line with its name and paper, and below it a command that draws it."""
    specs = {path.name for path in SPECS.glob("*.yaml")}
    cards = [match[2] for match in CARDS]
    assert sorted(cards) == sorted(specs)
    for match in CARDS:
        command = PAGE[match.end() :].split("```console\n$ archdsl ")[1].split("\n")[0]
        assert command.startswith(f"draw specs/{match[2]} "), match[1]
    compiled = (ROOT / "compiled" / "manifest.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"spec: \.\./specs/([\w-]+\.yaml)", compiled)) == specs


@pytest.mark.parametrize("match", CARDS, ids=lambda match: match[2])
def test_counts_of_a_card_are_those_of_the_spec_as_written(match: re.Match[str]) -> None:
    report = analyse(lower(load(SPECS / match[2])))
    assert match[3] == (
        f"{counted(report.layers, 'layer')}, {counted(report.links, 'link')}, "
        f"{report.parameters:,} parameters, {report.macs:,} multiply-adds"
    )


def test_sentences_below_pictures_are_true() -> None:
    said = {Path(path).stem: text for _, text, path in SHOWN}
    diff = archdsl("diff", *shlex.split(COMMANDS[-1])[1:-2]).out
    assert said["diff"].endswith("14 links added, 25 removed")
    assert "14 added, 25 removed" in diff
