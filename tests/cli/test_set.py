"""`--set NAME=VALUE`: a value is YAML as in the file, and a mistake points into the argument."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archdsl.cli.render import visible
from cli.commands import SPECS, archdsl

SPARSE = SPECS / "sparsenet-bc-cifar.yaml"
RESNET = SPECS / "resnet-imagenet.yaml"

WRONG = {
    "grwth=3": ("A114", None, "did you mean `growth`?"),
    "GROWTH=3": ("A114", None, "depth, growth, base, stem, classes, dropout"),
    "growth=": ("A114", 1, None),
    "growth=true": ("A114", 1, None),
    "growth={a: 1}": ("A114", 1, None),
    "growth=[]": ("A114", 1, None),
    "growth=[[1]]": ("A114", 1, None),
    "growth=[1, true]": ("A114", 1, None),
    "growth=&x 3": ("A002", 1, None),
    "growth=*x": ("A002", 1, None),
    'growth=!!python/object/apply:os.system ["id"]': ("A003", 1, None),
    "growth=010": ("A101", 1, "write 10 or 8, without quotes"),
    "growth=1_000": ("A101", 1, "write 1000, without quotes"),
    'growth="12"': ("A101", 1, "write 12, without quotes"),
    "growth=1e9": ("A101", 1, "write 1000000000"),
    "growth=.nan": ("A101", 1, None),
    "growth=1e400": ("A101", 1, None),
    "growth=dpth // 9": ("A111", 1, "did you mean `depth`?"),
    "growth=x": ("A111", 1, "base, classes, depth, dropout, stem"),
    "growth=growth": ("A115", 1, None),
    "growth=2 * stem": ("A115", None, None),
    "growth=os.system": ("A110", 3, None),
    "growth=a\u202eb": ("A110", 2, None),
    "growth=2 *** 3": ("A110", 5, None),
    "growth=\x1b[2J": ("A000", 1, None),
    "growth=a\0b": ("A000", 2, None),
    "growth=\ud800": ("A000", 1, None),
    "growth=@": ("A000", 1, None),
    "growth=\t12": ("A000", 1, "use spaces, not tabs"),
    "growth=[1": ("A000", 1, "write `]` at its end"),
    "growth=12\n---\n13": ("A004", 1, None),
    "growth={a: 1, a: 2}": ("A005", 8, None),
    "growth=" + "1" * 41: ("A007", 1, None),
    "growth=" + "1+" * 3_000 + "1": ("A007", 1, None),
    "growth=" + "1+" * 300 + "1": ("A110", 1, None),
    "growth=" + "[" * 50: ("A009", 33, None),
    "growth=1 / (depth - depth)": ("A113", 1, None),
}


@pytest.mark.parametrize("given", WRONG, ids=lambda given: ascii(given[:40]))
def test_a_mistake_points_into_the_argument(given: str) -> None:
    code, column, help = WRONG[given]
    ran = archdsl("check", SPARSE, "--set", given, "--format", "json")
    assert ran.code == 1
    assert ran.seconds < 1
    finding = ran.findings()[0]
    assert finding["code"] == code
    if column is not None or code == "A114":
        assert finding["path"] == f"--set {given.partition('=')[0]}"
        assert finding["column"] == column
    if help:
        assert help in finding["help"]


def test_it_is_shown_with_carets() -> None:
    ran = archdsl("check", SPARSE, "--set", "growth=12 +")
    assert ran.err.startswith(
        "error[A110]: expected a number, a name or `(`, found the end\n"
        " --> --set growth:1:1\n  |\n1 | 12 +\n  | ^^^^\n  = help: "
    )


FOLLOWING = {
    "growth=[1, 2]": ("A112", 1),
    "growth=0": ("A101", 1),
    "growth=-1": ("A101", 1),
    "growth=2.5": ("A101", 1),
    "growth=99999999": ("A302", 3),
    "depth=3": ("A101", 1),
    "depth=1000000000": ("A301", 3),
    "base=1": ("A201", 1),
    "dropout=1": ("A101", 1),
    "stem=[3, 4, 5]": ("A112", 1),
}


@pytest.mark.parametrize("given", FOLLOWING)
def test_a_value_that_the_spec_cannot_use_points_to_its_use(given: str) -> None:
    code, exit = FOLLOWING[given]
    ran = archdsl("compile", SPARSE, "--set", given, "--format", "json")
    assert (ran.code, ran.codes()) == (exit, [code])
    assert ran.findings()[0]["path"] == str(SPARSE)


NO_SETTING = ["growth", "=3", "", " = 3", "growth 3", "\x1b[2J"]


@pytest.mark.parametrize("given", NO_SETTING, ids=ascii)
def test_what_is_no_setting(given: str) -> None:
    ran = archdsl("check", SPARSE, "--set", given)
    assert ran.code == 2
    assert f"error[A414]: `{visible(given)}` is not a setting" in ran.err


def test_a_name_is_set_once() -> None:
    ran = archdsl("check", SPARSE, "--set", "growth=12", "--set", "growth=13")
    assert ran.code == 2
    assert "error[A414]: `growth` is set twice" in ran.err


@pytest.mark.parametrize("block", ["duble", "basic", "", "[1]", "true", "bottleneck | double"])
def test_a_choice_takes_its_words(block: str) -> None:
    ran = archdsl("check", RESNET, "--set", f"block={block}", "--format", "json")
    assert (ran.code, ran.codes()) == (1, ["A105"])
    assert "is not one of bottleneck, double" in ran.findings()[0]["message"]
    assert (ran.findings()[0]["help"] == "did you mean `double`?") == (block == "duble")
    assert "None" not in ran.err
    assert "True" not in ran.err


SET = {
    "growth=12": 12,
    " growth = 12 ": 12,
    "growth=12 # as in the paper": 12,
    "growth=[8, 16, 32]": [8, 16, 32],
    "growth=\n  - 8\n  - 16\n  - 32": [8, 16, 32],
    "growth=2 * 6": 12,
    "growth=depth // 10": 10,
    'growth="depth // 10"': 10,
    "growth=24 / 2": 12,
}


@pytest.mark.parametrize("given", SET, ids=ascii)
def test_what_is_set(given: str) -> None:
    ran = archdsl("show", SPARSE, "--set", given, "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["settings"] == {"growth": SET[given]}


def test_the_same_network_however_it_is_set(tmp_path: Path) -> None:
    for number, value in enumerate(("depth // 10 + 2", "12", "24 / 2")):
        archdsl("compile", SPARSE, "--set", f"growth={value}", "-o", tmp_path / f"{number}.py")
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1


@given(name=st.sampled_from(["growth", "block", "dropout"]), value=st.text(max_size=60))
def test_any_value_is_taken_or_refused(name: str, value: str) -> None:
    spec = RESNET if name == "block" else SPARSE
    ran = archdsl("check", spec, "--set", f"{name}={value}")
    assert ran.code in {0, 1, 3}
    assert all(visible(line, 10_000) == line for line in ran.err.split("\n"))
