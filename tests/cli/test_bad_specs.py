"""Every file under tests/bad_specs is refused, or remarked on, as its first lines say.

`# expect: A105 line 14 column 26` names one finding, in order; `# message:` and `# help:` are parts
of what is said on the first, as a terminal shows it; `# exit:` is the exit code if it is not 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from archdsl.codes import TITLES
from cli.commands import BAD_SPECS, archdsl, child

FILES = sorted(BAD_SPECS.glob("*.yaml"))
EXPECT = re.compile(r"(A[0-9]{3}) line ([0-9]+) column ([0-9]+)\Z")

ELSEWHERE = {
    "A001", "A012",  # bytes that are no text: test_bad_bytes
    "A109",  # the name of what `compile` writes: test_compile
    "A121", "A204", "A205",  # rules of one's own
    "A305",  # many specs: test_limits, test_compare
}  # fmt: skip


@dataclass(frozen=True)
class Expected:
    """What the head of a file says."""

    findings: list[tuple[str, int, int]]
    parts: list[str]
    exit: int


def expected(path: Path) -> Expected:
    found: list[tuple[str, int, int]] = []
    parts: list[str] = []
    code = 1
    for line in path.read_text(encoding="utf-8").splitlines():
        key, colon, value = line.removeprefix("# ").partition(": ")
        if not line.startswith("# ") or not colon:
            break
        if key == "expect":
            match = EXPECT.match(value)
            assert match, line
            found.append((match[1], int(match[2]), int(match[3])))
        elif key in {"message", "help"}:
            parts.append(f"{key}: {value}" if key == "help" else value)
        else:
            assert key == "exit", line
            code = int(value)
    return Expected(found, parts, code)


def test_the_files_are_there() -> None:
    assert len(FILES) > 200


def test_every_code_that_a_spec_can_show_is_shown() -> None:
    shown = {code for path in FILES for code, _, _ in expected(path).findings}
    assert {code for code in TITLES if code < "A4"} - shown == ELSEWHERE


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_compile_finds_it_where_it_stands(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wanted = expected(path)
    ran = archdsl("compile", path, "--format", "json")
    found = [(f["code"], f["line"], f["column"]) for f in ran.findings()]
    assert found == wanted.findings
    assert {f["path"] for f in ran.findings()} == {str(path)}
    assert ran.code == wanted.exit
    assert ran.seconds < 1
    assert [file.name for file in tmp_path.iterdir()] == ([] if ran.code else ["small.py"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_check_says_it_to_people(path: Path) -> None:
    wanted = expected(path)
    ran = archdsl("check", path)
    assert ran.code == wanted.exit
    for part in wanted.parts:
        assert part in ran.err
    for code, line, column in wanted.findings:
        assert f"[{code}]: " in ran.err
        assert f"--> {path}:{line}:{column}\n" in ran.err
    assert all(character.isprintable() or character == "\n" for character in ran.err)
    assert bool(ran.out) == (ran.code == 0)


FIRST = {expected(path).findings[0][0]: path for path in reversed(FILES)}
"""One file for every code."""


@pytest.mark.parametrize("code", sorted(FIRST.keys() - {"A220"}))
def test_show_says_what_check_says(code: str) -> None:
    shown, checked = archdsl("show", FIRST[code]), archdsl("check", FIRST[code])
    assert (shown.code, shown.err) == (checked.code, checked.err)


def test_all_of_them_in_one_go_need_little_memory(tmp_path: Path) -> None:
    measure = (
        "import resource, sys\n"
        "from archdsl.cli.main import run\n"
        "code = run()\n"
        # Not ru_maxrss: a child's begins with what its parent held when it was started.
        "held = open('/proc/self/status').read().split('VmHWM:')[1].split()[0]\n"
        "print(code, int(held) // 1024)\n"
    )
    ran = child("check", *FILES, cwd=tmp_path, python=("-c", measure))
    code, megabytes = ran.stdout.split()[-2:]
    assert int(code) == 3
    assert int(megabytes) < 200
    assert b"Traceback" not in ran.stderr
