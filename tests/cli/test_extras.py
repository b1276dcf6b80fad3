"""Commands that need an optional package name the extra that installs it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from archdsl.extras import EXTRAS
from cli.commands import ROOT, child, written
from cli.commands import archdsl as command

HIDE = (
    "import sys\n"
    "for name in {names}: sys.modules[name] = None\n"
    "from archdsl.cli.main import run\n"
    "sys.exit(run())"
)

NEEDS = [
    ("pygraphviz", ("draw", "small.yaml", "-o", "new.svg")),
    ("pygraphviz", ("diff", "small.yaml", "--to", "depth=2", "-o", "new.pdf")),
    ("matplotlib", ("scaling", "small.yaml", "--depths", "1:4", "--plot", "new.svg")),
    ("matplotlib", ("heatmap", "net.pt", "small.yaml", "-o", "new.png")),
    ("matplotlib", ("compare", "small.yaml", "--html", "new.html")),
    ("jinja2", ("compare", "small.yaml", "--html", "new.html")),
    ("matplotlib", ("report", "run", "-o", "new.html")),
    ("jinja2", ("report", "run", "-o", "new.html")),
    ("torch", ("heatmap", "net.pt", "small.yaml", "--json")),
    ("torch", ("verify", "small.py")),
    ("torch", ("export", "small.yaml", "-o", "new.onnx")),
    ("onnxruntime", ("export", "small.yaml", "-o", "new.onnx")),
    ("openvino", ("export", "small.yaml", "-o", "new.xml")),
]

PLAIN = [
    ("check", "small.yaml"),
    ("show", "small.yaml", "--expand"),
    ("compile", "small.yaml", "--fuse", "-o", "new.py"),
    ("draw", "small.yaml", "-o", "new.dot"),
    ("compare", "small.yaml", "--vary", "depth=3,4"),
    ("diff", "small.yaml", "--to", "depth=3", "-o", "new.dot"),
    ("scaling", "small.yaml", "--depths", "1:8"),
    ("solve", "small.yaml", "--over", "depth", "--parameters", "9000"),
    ("reconcile", "small.yaml", "--parameters", "4440"),
    ("schema",),
    ("init",),
    ("explain", "A422"),
]

SPEC = """archdsl: 1
name: small
params: {depth: 4}
input: [3, 8, 8]
stages:
  count: 1
  layers: depth
  unit: {kind: basic, order: pre, width: 8}
  connect: full
  aggregate: concat
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, SPEC)
    command("compile", "small.yaml")
    return tmp_path


@pytest.mark.parametrize(("package", "words"), NEEDS)
def test_a_command_names_the_extra_it_needs(
    package: str, words: tuple[str, ...], folder: Path
) -> None:
    before = sorted(folder.iterdir())
    ran = child(*words, cwd=folder, python=("-c", HIDE.format(names=[package])))
    assert ran.returncode == 2
    assert ran.stdout == b""
    error, install, *_ = ran.stderr.decode().splitlines()
    assert error == f"error[A422]: this needs {package}, which is not installed"
    assert install.strip().endswith(f'pip install "archdsl[{EXTRAS[package]}]"')
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("words", PLAIN, ids=" ".join)
def test_other_commands_need_no_optional_package(words: tuple[str, ...], folder: Path) -> None:
    hidden = [*EXTRAS, "networkx", "numpy"]
    ran = child(*words, cwd=folder, python=("-c", HIDE.format(names=hidden)))
    assert ran.stderr == b""
    assert ran.returncode == 0


def test_each_extra_installs_the_package_it_is_named_for() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = settings["project"]["optional-dependencies"]
    plain = settings["project"]["dependencies"]
    for package, extra in EXTRAS.items():
        assert any(line.startswith(package) for line in extras[extra])
        assert not any(line.startswith(package) for line in plain)
