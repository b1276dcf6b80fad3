"""Emitted text: short, the same everywhere, and safe with what a spec's author wrote as prose."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import os
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archdsl.api import check, check_text, load
from archdsl.backends.pytorch.literal import lines
from archdsl.backends.pytorch.provenance import SPEC
from archdsl.errors import ArchdslError
from archdsl.frontend.load import parse

ROOT = Path(__file__).parent.parent.parent
CIFAR = sorted((ROOT / "specs").glob("*-cifar.yaml"))
LISTED = {"mixnet-cifar", "resnet-stochastic-cifar"}
"""A number that grows from unit to unit, channels or a probability, is listed for each of them."""

DEEP = [path for path in CIFAR if "depth" in load(path).parameters.values]

MARKED = """
archdsl: 1
name: net
description: {mark} "quoted" {mark}
params:
  {mark}: 4
  other_{mark}: 2 * {mark}
  choice_{mark}: basic | double
input: [3, 8, 8]
stem: [{{conv: {{width: {mark}}}}}]
stages:
  count: 1
  layers: 2
  unit: {{kind: choice_{mark}, order: pre, width: "{mark} * 1"}}
  connect: full
  aggregate: concat
expect:
  - when: {{{mark}: 4}}
    parameters: {{value: 10M, tolerance: 100%, source: "{mark}"}}
# {mark}
"""

PLAIN = """
archdsl: 1
name: net
description: %s
input: [3, 8, 8]
stages: {count: 1, layers: 2, unit: [relu], connect: full, aggregate: concat}
"""

ELSEWHERE = """
import hashlib, json, sys
from archdsl.api import check, load

jobs = json.loads(sys.argv[1])
texts = [check(load(path, settings)).emit() for path, settings in jobs]
print(json.dumps([hashlib.sha256(text.encode()).hexdigest() for text in texts]))
"""


@pytest.mark.parametrize("path", DEEP, ids=lambda path: path.stem)
def test_depth_costs_no_lines(path: Path) -> None:
    short = check(load(path, {"depth": 100})).emit()
    long = check(load(path, {"depth": 1001})).emit()
    listed = load(path, {"depth": 1001}).name in LISTED
    lines = 1001 if listed else 0
    assert long.count("\n") <= 1.5 * short.count("\n") + lines
    assert listed or len(long) <= 1.5 * len(short)


def test_densenet_121_is_a_short_file() -> None:
    text = check(load(ROOT / "specs" / "densenet-imagenet.yaml")).emit()
    assert text.count("\n") < 220


@pytest.mark.parametrize(
    ("seed", "zone", "locale"),
    [("0", "UTC", "C"), ("1", "Asia/Kathmandu", "C.UTF-8"), ("2", "America/New_York", "POSIX")],
)
def test_same_bytes_wherever_it_runs(tmp_path: Path, seed: str, zone: str, locale: str) -> None:
    """Another hash seed, folder, time zone and locale."""
    jobs: list[tuple[str, dict[str, Any]]] = [(str(path), {}) for path in CIFAR]
    plain = str(ROOT / "specs" / "plain-cifar.yaml")
    jobs += [(plain, {"width": [8, 4, 2], "depth": 22, "dropout": 0.1, "classes": 7})]
    made = [check(load(path, settings)).emit() for path, settings in jobs]
    own = {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, json.dumps(jobs)],
        cwd=tmp_path, env={**os.environ, **own}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [hashlib.sha256(t.encode()).hexdigest() for t in made]


def names(tree: ast.Module) -> Iterator[str]:
    """Everything in a file that is a name: variables, attributes, arguments, keywords, imports."""
    for node in ast.walk(tree):
        for key in ("id", "attr", "name", "arg", "asname", "module"):
            if isinstance(found := getattr(node, key, None), str):
                yield found


def test_prose_stays_in_strings() -> None:
    mark = "qzmark"
    checked = check_text(MARKED.format(mark=mark))
    assert not checked.failures
    text = checked.emit()
    tree = ast.parse(text)
    strings = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    marked = [value for value in strings if isinstance(value, str) and mark in value]
    described = f'{mark} "quoted" {mark}.'
    assert checked.spec.text in marked
    marked.remove(checked.spec.text)
    assert all(value.startswith(described) for value in marked)
    assert len(marked) == 2
    assert text.count(mark) == checked.spec.text.count(mark) + 4
    assert not [name for name in names(tree) if mark in name]
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    assert comments
    assert not [comment for comment in comments if mark in comment]
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = [
        ast.get_docstring(n, clean=False) for n in ast.walk(tree) if isinstance(n, documented)
    ]
    assert set(marked) <= set(docstrings)


def test_published_figures_are_no_part_of_what_is_built() -> None:
    with_figures = check_text(MARKED.format(mark="width"))
    without = check_text(MARKED.format(mark="width").split("expect:")[0])
    assert with_figures.spec.sha256 == without.spec.sha256
    assert with_figures.emit() == without.emit()


def spec_of(text: str) -> str:
    """The spec that an emitted file carries."""
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "SPEC":
            return str(ast.literal_eval(statement.value))
    raise AssertionError("no SPEC")


def assert_survives(description: str) -> None:
    """A description comes back from the file as YAML gave it, and so does the file."""
    checked = check_text(PLAIN % json.dumps(description, ensure_ascii=False))
    text = checked.emit()
    assert text.isascii()
    again = parse(spec_of(text))
    assert again.words.description == checked.spec.words.description
    shown = " ".join(description.split())
    docstring = ast.get_docstring(ast.parse(text), clean=False) or ""
    assert docstring.startswith(("net: ", shown))
    assert check(again).emit() == text


HOSTILE = [
    '"""', "'''", '\'\'\'"""', "ends in a backslash\\", "\\", "two\nlines\n", "{}", "{0.__class__}",
    "%s %d %(x)s", "\\N{BULLET}", "\\x41\\u0041", "\u2022 bullet", "caf\u00e9", "\U0001f600",
    "\u2028 and \u2029", "# no comment", "): import os", "*/ -->", "\t", " ", "null", "true", "1e3",
    "0x1F", "- item", "key: value", "&a *a !tag", "[1, 2", "{a", "|", ">", "@", "`", "<<",
]  # fmt: skip


@pytest.mark.parametrize("description", HOSTILE)
def test_hostile_prose_survives(description: str) -> None:
    assert_survives(description)


@given(st.text(max_size=40).filter(lambda text: not refused(text)))
def test_any_prose_survives(description: str) -> None:
    assert_survives(description)


@given(st.text(alphabet='" \\\n\t\ra\u00e9\u2028\x00', max_size=40))
def test_any_text_survives_as_a_literal_of_several_lines(text: str) -> None:
    ended = text if text.endswith("\n") else f"{text}\n"
    shown = lines(text)
    assert ast.literal_eval(shown) == ended
    assert shown.isascii()
    assert shown.count("\n") == ended.count("\n") + 1
    assert " \n" not in shown
    assert f"\nSPEC = {shown}".rfind(SPEC) == 0


def refused(description: str) -> bool:
    """Whether text holds what no spec may hold: control characters, and what YAML forbids."""
    try:
        check_text(PLAIN % json.dumps(description, ensure_ascii=False))
    except ArchdslError as error:
        return {finding.code for finding in error.diagnostics} <= {"A000", "A008"}
    return False
