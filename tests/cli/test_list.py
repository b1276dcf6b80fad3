"""`archdsl list`, and names of networks in place of spec files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archdsl.frontend.shipped import networks
from cli.commands import archdsl


def test_every_name_is_listed_with_its_parameters_and_paper() -> None:
    ran = archdsl("list")
    assert (ran.code, ran.err) == (0, "")
    head, *lines = ran.out.splitlines()
    assert head.split() == ["name", "parameters", "spec", "paper"]
    assert [line.split()[0] for line in lines] == list(networks())
    (line,) = (line for line in lines if line.startswith("densenet-121 "))
    paper = "Huang et al. 2016, arXiv 1608.06993"
    assert line.split(maxsplit=3) == ["densenet-121", "7,978,856", "densenet-imagenet", paper]


def test_a_word_chooses_names_and_json_has_the_settings() -> None:
    ran = archdsl("list", "hardnet", "--json")
    named = {entry["name"]: entry for entry in json.loads(ran.out)}
    assert sorted(named) == ["hardnet-39ds", "hardnet-68", "hardnet-68ds", "hardnet-85"]
    assert named["hardnet-68"]["settings"] == {}
    assert named["hardnet-85"]["settings"]["down"] == [2, 1, 2, 1, 2, 1]
    assert archdsl("list", "vgg").code == 2


@pytest.mark.parametrize(
    "words",
    [
        ("check", "resnet-18", "densenet-121"),
        ("show", "densenet-imagenet"),
        ("compare", "resnet-18", "resnet-34"),
        ("diff", "densenet-bc-100-12", "sparsenet-bc-100-24"),
        ("draw", "highway-10", "-o", "net.dot"),
        ("solve", "resnet-20", "--over", "depth", "--parameters", "1M"),
        ("scaling", "sparsenet-bc-cifar"),
    ],
)
def test_commands_take_names(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = archdsl(*words)
    assert ran.code == 0, ran.err


def test_a_compiled_name_names_the_file_and_its_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = archdsl("compile", "densenet-169")
    assert ran.out.startswith("wrote  densenet_169.py  14,149,480 parameters")
    text = Path("densenet_169.py").read_text(encoding="ascii")
    assert '__all__ = ["DenseNet169"]' in text
    assert archdsl("compile", "densenet-169", "--check").code == 0


def test_init_takes_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = archdsl("init", "resnet-18")
    assert ran.out.startswith("wrote  resnet-imagenet.yaml\n")
    assert "--set 'block=double' --set 'layers=[2, 2, 2, 2]'\n" in ran.out
