"""`archdsl check`: every mistake of every file in one go, in order, for people and for machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.commands import BAD_SPECS, SMALL, SPECS, archdsl, written

FIELDS = [
    "level", "code", "message", "path", "line", "column", "end_column", "note", "help",
]  # fmt: skip


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_spec_is_right(path: Path) -> None:
    ran = archdsl("check", path, "--format", "json")
    assert ran.code == 0
    assert {finding["level"] for finding in ran.findings()} <= {"note"}
    assert ran.out.startswith("ok  ")


def test_several_specs(tmp_path: Path) -> None:
    good = written(tmp_path)
    wrong = written(tmp_path, SMALL.replace("full", "ful"), "wrong.yaml")
    huge = written(tmp_path, SMALL.replace("layers: 4", "layers: 1000000"), "huge.yaml")
    warned = written(tmp_path, SMALL.replace("full", "{rule: exponential, base: 9}"), "warned.yaml")
    missing = tmp_path / "missing.yaml"
    ran = archdsl("check", wrong, good, missing, warned, huge, "--format", "json")
    assert ran.codes() == ["A105", "A401", "A223", "A301"]
    assert [finding["level"] for finding in ran.findings()] == [
        "error", "error", "warning", "error",
    ]  # fmt: skip
    assert ran.code == 3
    assert [line for line in ran.out.splitlines() if line.startswith("ok")] == ["ok  small"] * 2
    assert archdsl("check", wrong, missing).code == 2
    assert archdsl("check", good, wrong).code == 1
    assert archdsl("check", good, warned).code == 0


def test_all_mistakes_of_a_file_in_order(tmp_path: Path) -> None:
    text = (
        "hed: [norm]\n"
        + SMALL.replace("layers: 4", "layrs: 4").replace("full", "ful").replace("pre", "pro")
        + "params: {a: b, c: 010}\nhead: [nrom, {conv: {width: 0}}]\n"
    )
    ran = archdsl("check", written(tmp_path, text), "--format", "json")
    assert [(f["code"], f["line"]) for f in ran.findings()] == [
        ("A102", 1), ("A102", 7), ("A105", 8), ("A105", 9), ("A111", 11), ("A101", 11),
        ("A105", 12), ("A101", 12),
    ]  # fmt: skip
    text = archdsl("check", tmp_path / "small.yaml").err
    assert text.endswith("8 errors. More: archdsl explain A101 A102 A105 A111\n")


@pytest.mark.parametrize(("count", "shown"), [(19, 19), (20, 20), (21, 20), (200, 20)])
def test_at_most_20_are_shown(count: int, shown: int, tmp_path: Path) -> None:
    spec = written(tmp_path, SMALL + "".join(f"key{n}: 1\n" for n in range(count)))
    ran = archdsl("check", spec)
    assert ran.err.count("error[A102]: ") == shown
    assert (f"\n{count - 20} more\n" in ran.err) == (count > 20)
    assert ran.err.endswith(f"{count} errors. More: archdsl explain A102\n")
    assert len(archdsl("check", spec, "--format", "json").findings()) == count


def test_one_object_per_finding_and_line() -> None:
    ran = archdsl("check", BAD_SPECS / "word-unknown-key.yaml", "--format=json")
    assert ran.out == ""
    (line,) = ran.err.splitlines()
    assert json.loads(line) == {
        "level": "error",
        "code": "A102",
        "message": "there is no key `layrs` here",
        "path": str(BAD_SPECS / "word-unknown-key.yaml"),
        "line": 9,
        "column": 3,
        "end_column": 8,
        "note": "known here: layers, unit, connect, aggregate, exit, entry, stride, carry, count",
        "help": "did you mean `layers`?",
    }
    assert list(json.loads(line)) == FIELDS


def test_json_is_ascii_whatever_it_quotes(tmp_path: Path) -> None:
    text = SMALL.replace("small", '"a\\u202eb [/red] \U0001f600"')
    ran = archdsl("check", written(tmp_path, text), "--format", "json")
    assert ran.err.isascii()
    assert ran.findings()[0]["message"] == "`a\u202eb [/red] \U0001f600` is not a valid name"


def test_there_is_no_other_format(tmp_path: Path) -> None:
    ran = archdsl("check", written(tmp_path), "--format", "xml")
    assert (ran.code, ran.out) == (2, "")
    assert "xml" in ran.err


def test_a_figure_that_fails_fails_the_check(tmp_path: Path) -> None:
    spec = written(tmp_path, f"{SMALL}expect: {{links: {{value: 9, source: me}}}}\n")
    ran = archdsl("check", spec)
    assert (ran.code, ran.out) == (1, "")
    assert "error[A220]: links is 10, but me has 9" in ran.err


RAISED = [
    ("layers: 4", "layers: 100001", "plain", ["--max-layers", "100001"]),
    ("layers: 4", "layers: 2001", "full", ["--max-links", "2003001"]),
    ("width: 8", "width: 65536, kernel: 31", "full", ["--max-parameters", "99999999999999"]),
    ("[3, 8, 8]", "[3, 65536, 65536]", "full", ["--max-activation-bytes", "9999999999999"]),
]


@pytest.mark.parametrize(("old", "new", "rule", "flag"), RAISED[2:])
def test_a_limit_is_raised_as_the_message_says(
    old: str, new: str, rule: str, flag: list[str], tmp_path: Path
) -> None:
    spec = written(tmp_path, SMALL.replace(old, new).replace("full", rule))
    ran = archdsl("check", spec, "--format", "json")
    assert ran.code == 3
    assert flag[0] in ran.findings()[0]["help"]
    assert archdsl("check", spec, *flag).code == 0


@pytest.mark.parametrize(("old", "new", "rule", "flag"), RAISED[:2])
def test_what_to_type_is_in_the_message(
    old: str, new: str, rule: str, flag: list[str], tmp_path: Path
) -> None:
    spec = written(tmp_path, SMALL.replace(old, new).replace("full", rule))
    ran = archdsl("check", spec, "--format", "json")
    assert ran.code == 3
    assert " ".join(flag) in ran.findings()[0]["help"]
    for command in ("show", "compile"):
        assert archdsl(command, spec, "--format", "json").codes() == ["A301"]


def test_a_lower_limit_is_kept(tmp_path: Path) -> None:
    spec = written(tmp_path)
    for flag, count in (("--max-layers", 4), ("--max-links", 10), ("--max-parameters", 4_440)):
        for command in ("check", "show"):
            assert archdsl(command, spec, flag, str(count)).code == 0
            assert archdsl(command, spec, flag, str(count - 1)).code == 3


@pytest.mark.parametrize("limit", ["0", "-1", "many", "1e9", ""])
def test_what_is_no_limit(limit: str, tmp_path: Path) -> None:
    assert archdsl("check", written(tmp_path), f"--max-layers={limit}").code == 2
