"""`archdsl compile`: what is written, where, and when nothing is."""

from __future__ import annotations

import ast
import json
import os
from pathlib import Path

import pytest

from archdsl import api
from cli.commands import SMALL, SPECS, archdsl, child, written


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path)


def test_the_file_lies_here_and_has_the_networks_name() -> None:
    ran = archdsl("compile", SPECS / "sparsenet-cifar.yaml")
    assert ran.code == 0
    assert ran.err == ""
    assert ran.out.splitlines()[0] == (
        "wrote  sparsenet_cifar.py  2,522,404 parameters, 1,050,085,440 MACs"
    )
    text = Path("sparsenet_cifar.py").read_text(encoding="ascii")
    assert text == api.emit(api.load(SPECS / "sparsenet-cifar.yaml"))


def test_o_names_a_folder_or_a_file() -> None:
    Path("folder").mkdir()
    archdsl("compile", "small.yaml", "-o", "folder")
    archdsl("compile", "small.yaml", "--output", "folder/other.py")
    assert sorted(p.name for p in Path("folder").iterdir()) == ["other.py", "small.py"]
    assert Path("folder/other.py").read_bytes() == Path("folder/small.py").read_bytes()


def test_the_mode_is_that_of_any_new_file() -> None:
    archdsl("compile", "small.yaml")
    Path("new").touch()
    assert Path("small.py").stat().st_mode == Path("new").stat().st_mode


def test_an_unchanged_file_is_left_alone() -> None:
    archdsl("compile", "small.yaml")
    os.utime("small.py", (1, 1))
    ran = archdsl("compile", "small.yaml")
    assert ran.out.startswith("unchanged  small.py  ")
    assert Path("small.py").stat().st_mtime == 1


def test_a_changed_spec_changes_the_file() -> None:
    archdsl("compile", "small.yaml")
    before = Path("small.py").read_text(encoding="ascii")
    ran = archdsl("compile", written(Path(), SMALL.replace("width: 8", "width: 9")))
    assert ran.out.startswith("wrote  small.py  ")
    assert Path("small.py").read_text(encoding="ascii") != before


def test_check_of_a_fresh_file() -> None:
    archdsl("compile", "small.yaml")
    os.utime("small.py", (1, 1))
    ran = archdsl("compile", "small.yaml", "--check")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("up to date  small.py  ")
    assert Path("small.py").stat().st_mtime == 1


def test_check_of_a_stale_file_prints_the_difference_and_writes_nothing() -> None:
    archdsl("compile", "small.yaml")
    before = Path("small.py").read_bytes()
    ran = archdsl("compile", written(Path(), SMALL.replace("width: 8", "width: 9")), "--check")
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.startswith("--- small.py\n+++ small.py (compiled now)\n@@ ")
    assert "\n-" in ran.out
    assert "\n+" in ran.out
    assert "\nstale  small.py  " in ran.out
    assert Path("small.py").read_bytes() == before


def test_check_of_a_file_that_is_not_there() -> None:
    ran = archdsl("compile", "small.yaml", "--check")
    assert ran.code == 1
    assert "stale  small.py" in ran.out
    assert not Path("small.py").exists()


def test_a_stale_file_cannot_move_the_cursor() -> None:
    Path("small.py").write_text("\x1b[2J\u202e\n", encoding="utf-8")
    ran = archdsl("compile", "small.yaml", "--check")
    assert ran.code == 1
    assert "-\\x1b[2J\\u202e\n" in ran.out
    assert "\x1b" not in ran.out


def test_json_says_what_was_made() -> None:
    spec = SPECS / "sparsenet-bc-cifar.yaml"
    sets = ["--set", "depth=40", "--set", "growth=[8, 16, 32]"]
    ran = archdsl("compile", spec, *sets, "--class-name", "Tiny", "--json")
    said = json.loads(ran.out)
    checked = api.check(api.load(spec, {"depth": 40, "growth": [8, 16, 32]}))
    assert said == {
        "file": "sparsenet_bc_cifar.py",
        "class": "Tiny",
        "name": "sparsenet-bc-cifar",
        "settings": {"depth": 40, "growth": [8, 16, 32]},
        "sha256": checked.spec.sha256,
        "parameters": checked.report.parameters,
        "changed": True,
        "lines": Path("sparsenet_bc_cifar.py").read_text("ascii").count("\n"),
        "expectations": [verdict.as_dict() for verdict in checked.verdicts],
    }
    assert {verdict["verdict"] for verdict in said["expectations"]} == {"not applicable"}
    again = archdsl("compile", spec, *sets, "--class-name", "Tiny", "--json")
    assert json.loads(again.out) == {**said, "changed": False}


def test_the_class_can_be_named() -> None:
    archdsl("compile", "small.yaml", "--class-name", "Mine2")
    tree = ast.parse(Path("small.py").read_text(encoding="ascii"))
    assert "Mine2" in {node.name for node in tree.body if isinstance(node, ast.ClassDef)}


@pytest.mark.parametrize(
    "name",
    ["X: pass\nimport os", "lambda", "\ufb01", " ", "a b", "9a", "None", "__class__", "x" * 81,
     "torch", "nn", "Tensor", "SPEC", "-x", "os.system", "A\n"],
)  # fmt: skip
def test_what_is_no_class_name(name: str) -> None:
    ran = archdsl("compile", "small.yaml", f"--class-name={name}", "--format", "json")
    assert (ran.code, ran.codes()) == (2, ["A413"])
    assert not Path("small.py").exists()


EXPECT = "expect: {when: {}, parameters: {value: %s, source: me}}\n"


def test_a_figure_that_holds() -> None:
    ran = archdsl("compile", written(Path(), SMALL + EXPECT % "4440"))
    assert ran.code == 0
    assert "    published: parameters 4,440 (me): matches; the count is 4,440\n" in ran.out


def test_a_figure_that_fails_stops_it() -> None:
    ran = archdsl("compile", written(Path(), SMALL + EXPECT % "4441"), "--format", "json")
    assert (ran.code, ran.codes(), ran.out) == (1, ["A220"], "")
    assert not Path("small.py").exists()


def test_a_figure_for_other_settings_fails_nothing() -> None:
    text = (
        SMALL.replace("layers: 4", "layers: depth")
        + "params: {depth: 4}\n"
        + EXPECT.replace("{}", "{depth: 9}") % "1"
    )
    ran = archdsl("compile", written(Path(), text))
    assert (ran.code, ran.err) == (0, "")
    assert "published" not in ran.out


def test_a_figures_source_is_shown_escaped() -> None:
    figure = EXPECT.replace("source: me", r'source: "a\u202eb [/red]\nok"') % "4440"
    for command in ("compile", "check", "show"):
        ran = archdsl(command, written(Path(), SMALL + figure))
        assert ran.code == 0
        assert "a\\u202eb [/red]\\nok" in " ".join(ran.out.split())


def test_a_depth_that_rounds_is_remarked_and_written() -> None:
    ran = archdsl("compile", SPECS / "densenet-bc-cifar.yaml", "--set", "depth=101")
    assert ran.code == 0
    assert "note[A224]: depth 101 builds 100 convolutions and linear layers" in ran.err
    assert Path("densenet_bc_cifar.py").exists()


@pytest.mark.parametrize("name", ["con", "nul", "aux", "prn", "com1", "lpt9"])
def test_a_reserved_file_name_wants_o(name: str) -> None:
    spec = written(Path(), SMALL.replace("small", name))
    ran = archdsl("compile", spec, "--format", "json")
    assert (ran.code, ran.codes()) == (1, ["A109"])
    assert archdsl("compile", spec, "-o", "network.py").code == 0
    assert sorted(p.name for p in Path().iterdir()) == ["network.py", "small.yaml"]


def test_the_bytes_do_not_depend_on_where_and_when() -> None:
    archdsl("compile", "small.yaml")
    Path("deep/folder").mkdir(parents=True)
    for number, seed in enumerate(("0", "1")):
        env = {"PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo", "LC_ALL": "C", "USER": "somebody"}
        output = f"{number}.py"
        child("compile", "../../small.yaml", "-o", output, cwd=Path("deep/folder"), env=env)
        assert Path("deep/folder", output).read_bytes() == Path("small.py").read_bytes()


def test_backbones_and_output_strides_are_kept_by_verify(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    sets = ["--set", "depth=8", "--set", "width=[4, 6, 8]"]
    ran = archdsl("compile", "resnet-basic-cifar", *sets, "--backbone", "--output-stride", "2",
                  "-o", "net.py")  # fmt: skip
    assert ran.code == 0, ran.err
    text = Path("net.py").read_text(encoding="ascii")
    assert "class ResNetBasic8(Backbone):" in text
    assert "dilation=2" in text
    assert archdsl("verify", "net.py").out.endswith("\nok\n")
    Path("net.py").write_text(text.replace("STRIDE = 2", "STRIDE = 4"), encoding="ascii")
    assert archdsl("verify", "net.py").code == 1
    ran = archdsl("compile", "densenet-bc-cifar", "--output-stride", "2", "-o", "other.py")
    assert "`average pool 2x2` cannot be dilated" in ran.err
    assert archdsl("compile", "--output-stride", "8").code == 2
