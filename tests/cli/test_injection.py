"""Text of a spec never becomes Python: names and descriptions that try to."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from archdsl import api
from archdsl.frontend.load import parse
from cli.commands import SMALL, archdsl, written


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def shapes(text: str) -> list[str]:
    """What kind of statements a file has."""
    tree = ast.parse(text)
    return [type(node).__name__ for node in ast.walk(tree) if not isinstance(node, ast.Constant)]


DESCRIPTIONS = [
    '"""\nimport os\n"""', "'''\nimport os\n'''", "ends with \\", 'ends with "', "ends with '",
    "\\N{BULLET}", "{} {0} {x!r:>99}", "%s %(x)s %", "{{7*7}} ${x} `id`", "[/red]",
    "</svg><script>alert(1)</script>", "#\n# coding: rot13", "a\\\nimport os", "\u202eimport os",
    "\u2028import os", "caf\u00e9 \U0001f600", "\t", 'SPEC = """\\\n', "x" * 4_000, "- [",
    "null", "12", "a: b", "&a *b !c", "%YAML", "---", "...", "? x", "|",
]  # fmt: skip


@pytest.mark.parametrize("description", DESCRIPTIONS, ids=lambda text: ascii(text)[:24])
def test_a_description_stays_a_literal(description: str) -> None:
    archdsl("compile", written(Path()), "-o", "plain.py")
    quoted = json.dumps(description).replace("\\ud83d\\ude00", "\\U0001f600")
    spec = written(Path(), f"{SMALL}description: {quoted}\n")
    assert archdsl("compile", spec).code == 0
    text = Path("small.py").read_text(encoding="ascii")
    assert set(text) <= {"\n", *map(chr, range(32, 127))}
    plain = Path("plain.py").read_text(encoding="ascii")
    assert shapes(text) == shapes(plain)
    (carried,) = (
        ast.literal_eval(node.value)
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SPEC"
    )
    assert parse(carried).words.description == description


NAMES = [
    "class", "none", "match", "self", "torch", "nn", "training", "to", "forward", "tensor",
    "module", "functional", "spec", "settings", "a--b", "a-_-b", "x" + "-" * 39, "a1", "print",
    "super", "init",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_any_name_makes_a_network(name: str) -> None:
    ran = archdsl("compile", written(Path(), SMALL.replace("small", name)), "-o", "net.py")
    assert (ran.code, ran.err) == (0, "")
    ast.parse(Path("net.py").read_text(encoding="ascii"))


def test_any_name_makes_a_network_that_trains() -> None:
    torch = pytest.importorskip("torch")
    for name in ("class", "self", "torch", "nn", "training", "to"):
        module = api.build(parse(SMALL.replace("small", name)))
        assert module.training
        module(torch.zeros(2, 3, 8, 8)).sum().backward()
        assert not module.eval().training
        assert module.state_dict()
