"""What comes from outside: variables, full disks, large files, and Ctrl-C at any moment."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from archdsl.cli.files import SPARE
from archdsl.cli.render import MOST_LINES, difference
from cli.commands import archdsl, child, environment, written


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path)


VARIABLES = {
    "MPLBACKEND": "broken", "MATPLOTLIBRC": "/nonexistent", "MPLCONFIGDIR": "/proc/none",
    "HOME": "/proc/none", "TMPDIR": "/nonexistent", "COLUMNS": "abc", "LINES": "-1", "TERM": "",
    "GVBINDIR": "/nonexistent", "GV_FILE_PATH": "/nonexistent", "DOTFONTPATH": "/nonexistent",
    "LANG": "xx", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "abc",
}  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ["compare", "small.yaml", "--html", "made"],
        ["scaling", "small.yaml", "--depths", "2:8", "--plot", "made.svg"],
        ["draw", "small.yaml", "-o", "made.svg"],
    ],
    ids=lambda words: words[0],
)
def test_broken_variables_change_nothing(words: list[str], tmp_path: Path) -> None:
    """All of them at once: the picture has the same bytes, and nothing is said of them."""
    words = [word.replace("made", "made.html") if word == "made" else word for word in words]
    made = Path(next(word for word in words if word.startswith("made")))
    plain = child(*words, cwd=tmp_path)
    before = made.read_bytes()
    made.unlink()
    odd = child(*words, cwd=tmp_path, env=VARIABLES)
    assert (plain.returncode, odd.returncode) == (0, 0), odd.stderr
    assert odd.stderr == plain.stderr == b""
    assert made.read_bytes() == before


@pytest.mark.parametrize("content", [b"\xed\xff", b"backend: none\nnonsense\n", None])
def test_a_matplotlibrc_in_the_folder_is_not_read(content: bytes | None, tmp_path: Path) -> None:
    """None is a FIFO, which would be waited for."""
    path = tmp_path / "matplotlibrc"
    if content is None:
        os.mkfifo(path)
    else:
        path.write_bytes(content)
    words = ("scaling", "small.yaml", "--depths", "2:8", "--plot", "plot.svg")
    ran = child(*words, cwd=tmp_path, timeout=30)
    assert (ran.returncode, ran.stderr) == (0, b"")


FULL = [
    "--version", "--help", "show --help", "check small.yaml", "show small.yaml", "schema",
    "explain", "compile small.yaml --check", "compare small.yaml", "diff small.yaml small.yaml",
    "draw small.yaml -o small.svg", "init", "reconcile small.yaml --parameters 1K",
    "scaling small.yaml --depths 2:8",
]  # fmt: skip


def bash(line: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    line = line.replace("archdsl", f"{sys.executable} -m archdsl", 1)
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment(), capture_output=True, timeout=60,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize("words", FULL)
def test_stdout_is_full(words: str, tmp_path: Path) -> None:
    ran = bash(f"archdsl {words} > /dev/full", tmp_path)
    assert ran.stderr == b"error: No space left on device\n"
    assert ran.returncode == 2


@pytest.mark.parametrize("words", ["check none.yaml", "--nosuch", "check small.yaml --set a"])
def test_stderr_is_full(words: str, tmp_path: Path) -> None:
    for to in ("2> /dev/full", "> /dev/full 2> /dev/full"):
        ran = bash(f"archdsl {words} {to}", tmp_path)
        assert (ran.returncode, ran.stdout, ran.stderr) == (2, b"", b"")


@pytest.mark.parametrize("words", ["--version", "--help", "schema", "explain"])
def test_nobody_reads(words: str, tmp_path: Path) -> None:
    ran = bash(f"archdsl {words} | true; exit ${{PIPESTATUS[0]}}", tmp_path)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_a_stale_file_of_many_gigabytes_is_not_read() -> None:
    archdsl("compile", "small.yaml")
    length = Path("small.py").stat().st_size
    with Path("small.py").open("ab") as file:
        file.truncate(40 * 2**30)  # a hole: it takes no place on the disk
    ran = archdsl("compile", "small.yaml", "--check")
    assert ran.code == 1
    assert f"small.py has 42,949,672,960 bytes; compiled now it has {length:,}\n" in ran.out
    assert "stale  small.py" in ran.out
    assert ran.seconds < 1
    edited = archdsl("compile", "small.yaml")
    assert edited.code == 2
    assert edited.seconds < 1
    assert "error[A411]: small.py was edited" in edited.err
    assert archdsl("compile", "small.yaml", "--force").code == 0
    assert Path("small.py").stat().st_size == length


def test_a_reproduced_page_of_many_gigabytes_is_not_read() -> None:
    suite = Path(__file__).parents[2] / "specs" / "paper" / "table1.yaml"
    with Path("page.md").open("wb") as file:
        file.truncate(40 * 2**30)
    ran = archdsl("reproduce", suite, "--markdown", "-o", "page.md", "--check")
    assert ran.code == 1
    assert "page.md has 42,949,672,960 bytes; reproduced now" in ran.out


def test_what_is_a_little_larger_is_compared() -> None:
    archdsl("compile", "small.yaml")
    with Path("small.py").open("a", encoding="ascii") as file:
        file.write("#" * (SPARE - 10) + "\n")
    assert "@@ " in archdsl("compile", "small.yaml", "--check").out


def test_files_of_many_lines_are_not_compared_line_by_line() -> None:
    new = "".join(f"line {n}\n" for n in range(50))
    old = new.replace("line 7\n", "line seven\n") + "\n" * MOST_LINES
    said = difference(old, new, "old", "new")
    assert said == (
        "--- old\n+++ new\n@@ line 8, the first that differs @@\n-line seven\n+line 7\n"
    )
    assert difference(new * 100, new * 100, "old", "new") == ""
    longer = difference("a\n" * 5_000 + "b", "a\n" * 5_000, "old", "new").splitlines()
    assert longer[2:] == ["@@ line 5,001, the first that differs @@", "-b", "+"]


BANNER = b"# Generated by archdsl 0.1.0\n"
SPEC = b'SPEC = """\\\n'
LARGE: dict[str, Callable[[bytes], bytes]] = {
    "newlines before the spec": lambda text: text.replace(SPEC, b"\n" * 8_000_000 + SPEC),
    "newlines after the spec": lambda text: text + b"\n" * 8_000_000,
    "a list of four million": lambda text: BANNER + b"x = [" + b"1," * 4_000_000 + b"]\n",
    "a million statements": lambda text: text.replace(SPEC, b"a = b\n" * 1_300_000 + SPEC),
    "a spec of two million lines": lambda text: text.replace(SPEC, SPEC + b"#\n" * 2_000_000),
}


@pytest.mark.parametrize("what", LARGE)
def test_verify_answers_at_once_whatever_the_file(what: str) -> None:
    archdsl("compile", "small.yaml")
    Path("small.py").write_bytes(LARGE[what](Path("small.py").read_bytes()))
    ran = archdsl("verify", "small.py")
    assert ran.code == 1
    assert "error[A420]" in ran.err
    assert len(ran.out.splitlines()) < 20
    assert ran.seconds < 3


def test_not_enough_memory_is_not_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("archdsl.api.analyse_graph", exhausted)
    ran = archdsl("check", "small.yaml")
    assert (ran.code, ran.err) == (3, "error: there is not enough memory\n")


STARTS = {
    "module": [sys.executable, "-m", "archdsl"],
    "script": [str(Path(sys.executable).with_name("archdsl"))],
}


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("words", [["--version"], ["compile", "small.yaml"]])
def test_ctrl_c_at_any_moment(words: list[str], start: str, tmp_path: Path) -> None:
    """130 or the command's own code, and no traceback, once Python itself has started."""
    if not Path(STARTS[start][0]).exists():
        pytest.skip("the script is not installed")
    for tenth in range(1, 10):
        with subprocess.Popen(
            [*STARTS[start], *words], cwd=tmp_path, env=environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heard,
        ) as process:  # fmt: skip
            time.sleep(0.1 * tenth)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        assert (process.returncode in {0, 130} and said in {"", "interrupted\n"}) or early(said)
        left = {path.name for path in tmp_path.iterdir()} - {"small.yaml", "small.py"}
        assert not left


def early(said: str) -> bool:
    """Whether Python was still starting, or had not yet run the first lines of the package."""
    files = set(re.findall(r"archdsl/(\w+)\.py", said))
    return "Traceback" in said and files <= {"__init__", "interrupts"}


def heard() -> None:
    """A job in the background ignores Ctrl-C, and so would its children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


IMPORTS = """
import sys
sys.argv, sys.orig_argv = ["tool"], ["python", "tool"]
import signal
before = signal.getsignal(signal.SIGINT)
import archdsl
from archdsl.interrupts import raised
with raised():
    assert signal.getsignal(signal.SIGINT) is before
assert signal.getsignal(signal.SIGINT) is before
"""


def test_a_program_that_imports_archdsl_keeps_its_ctrl_c(tmp_path: Path) -> None:
    for line in ("", "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"):
        text = IMPORTS.replace("before =", f"{line}before =")
        ran = child(cwd=tmp_path, python=("-c", text))
        assert (ran.returncode, ran.stderr) == (0, b"")
