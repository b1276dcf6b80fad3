"""Paths that are no files to read, and file names that would move a cursor."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from archdsl.cli.render import visible
from cli.commands import SMALL, archdsl, child, written

READERS = ("check", "show", "compile")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def fifo() -> Path:
    os.mkfifo("fifo")
    return Path("fifo")


def folder() -> Path:
    Path("folder").mkdir()
    return Path("folder")


def dangling() -> Path:
    Path("link").symlink_to("nothing")
    return Path("link")


def loop() -> Path:
    Path("loop").symlink_to("loop")
    return Path("loop")


def below_a_file() -> Path:
    return written(Path()) / "more.yaml"


UNREADABLE: dict[str, tuple[Callable[[], Path], str]] = {
    "missing": (lambda: Path("missing.yaml"), "A401"),
    "dangling link": (dangling, "A401"),
    "folder": (folder, "A402"),
    "fifo": (fifo, "A402"),
    "zeros": (lambda: Path("/dev/zero"), "A402"),
    "null": (lambda: Path("/dev/null"), "A402"),
    "loop": (loop, "A403"),
    "below a file": (below_a_file, "A403"),
    "long name": (lambda: Path("x" * 300), "A403"),
}


@pytest.mark.parametrize("command", READERS)
@pytest.mark.parametrize("what", UNREADABLE)
def test_what_is_no_file(what: str, command: str) -> None:
    make, code = UNREADABLE[what]
    path = make()
    before = set(Path().iterdir())
    ran = archdsl(command, path, "--format", "json")
    assert (ran.code, ran.codes(), ran.out) == (2, [code], "")
    assert ran.seconds < 1
    assert set(Path().iterdir()) == before


@pytest.mark.parametrize("what", UNREADABLE)
def test_it_is_named(what: str) -> None:
    make, code = UNREADABLE[what]
    path = make()
    assert f"error[{code}]: " in archdsl("check", path).err
    assert str(path) in archdsl("check", path).err


@pytest.mark.parametrize("reason", [errno.EACCES, errno.EIO])
@pytest.mark.parametrize("step", ["open", "read"])
def test_what_the_system_will_not_read(
    step: str, reason: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(Path())

    def refuse(*_: object) -> NoReturn:
        raise OSError(reason, os.strerror(reason))

    with monkeypatch.context() as patch:
        patch.setattr(f"archdsl.frontend.load.os.{step}", refuse)
        ran = archdsl("check", path)
    assert ran.code == 2
    assert f"error[A403]: {path} cannot be read: {os.strerror(reason)}" in ran.err


def test_a_link_to_a_spec_is_read() -> None:
    Path("link.yaml").symlink_to(written(Path()))
    assert archdsl("check", "link.yaml").code == 0


HOSTILE = [
    "a\nimport os\n.yaml",
    "\x1b[2J.yaml",
    "[red].yaml",
    "a\u202eb.yaml",
    "{x!r:>99}%s%(y)s.yaml",
    "'\"\\.yaml",
    "\udcff.yaml",
]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_is_shown_escaped(name: str) -> None:
    written(Path(), SMALL.replace("full", "ful"), name)
    for path in (Path(name), Path(f"no {name}")):
        ran = archdsl("check", path)
        assert ran.code in {1, 2}
        assert visible(str(path)) in ran.err
        assert all(visible(line, 10_000) == line for line in ran.err.split("\n"))


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_is_nowhere_in_the_output(name: str) -> None:
    archdsl("compile", written(Path()), "-o", "plain.py")
    ran = archdsl("compile", written(Path(), name=name), "-o", f"{name}.py")
    assert ran.code == 0
    assert ran.out.startswith(f"wrote  {visible(name)}.py  ")
    assert Path(f"{name}.py").read_bytes() == Path("plain.py").read_bytes()


def test_hostile_names_reach_a_terminal_escaped(tmp_path: Path) -> None:
    for name in HOSTILE:
        written(tmp_path, SMALL.replace("full", "ful"), name)
    ran = child("check", *HOSTILE, cwd=tmp_path, env={"LC_ALL": "C.UTF-8"})
    assert ran.returncode == 1
    said = ran.stderr.decode()  # UTF-8 after all
    assert all(visible(line, 10_000) == line for line in said.split("\n"))
    assert said.count("error[A105]") == len(HOSTILE)


def test_options_that_look_like_names_are_shown_escaped() -> None:
    ran = archdsl("check", "--\x1b[2J")
    assert ran.code == 2
    assert "\\x1b[2J" in ran.err
    assert "\x1b" not in ran.err
