"""Commands as processes: pipes that close, odd terminals, hostile folders, and no torch."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.commands import BAD_SPECS, SMALL, SPECS, child, environment, written

ARCHDSL = f"{sys.executable} -m archdsl"
LONG = "--set depth=1000 --expand"


def shell(line: str, folder: Path, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line with bash; the exit code is archdsl's, which stands first."""
    return subprocess.run(
        ["bash", "-c", line + '; exit "${PIPESTATUS[0]}"'],
        cwd=folder,
        env=environment(**env),
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (f"{ARCHDSL} show {SPECS}/sparsenet-bc-cifar.yaml {LONG} | head -1", 0),
        (f"{ARCHDSL} schema | true", 0),
        (f"{ARCHDSL} check {BAD_SPECS}/*.yaml 2>&1 >/dev/null | head -1", 3),
    ],
)
def test_a_reader_that_leaves_early(line: str, code: int, tmp_path: Path) -> None:
    ran = shell(line, tmp_path)
    assert ran.stderr == b""
    assert ran.stdout.count(b"\n") <= 1
    assert ran.returncode in {0, code}


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (f"{ARCHDSL} check small.yaml >&-", 0, b""),
        (f"{ARCHDSL} check none.yaml 2>&-", 2, b""),
        (f"{ARCHDSL} check small.yaml >/dev/full", 2, b"error: No space left on device\n"),
        (f"{ARCHDSL} schema >/dev/full", 2, b"error: No space left on device\n"),
    ],
)
def test_a_stream_that_cannot_be_written(line: str, code: int, said: bytes, tmp_path: Path) -> None:
    written(tmp_path)
    ran = shell(line, tmp_path)
    assert ran.returncode == code
    assert ran.stderr == said


@pytest.mark.parametrize("encoding", ["ascii", "ascii:strict", "cp1252", "utf-8"])
def test_every_encoding_of_the_terminal(encoding: str, tmp_path: Path) -> None:
    written(tmp_path, SMALL.replace("small", '"\u4e2d\u202e"'))
    ran = child("check", "small.yaml", cwd=tmp_path, env={"PYTHONIOENCODING": encoding})
    assert ran.returncode == 1
    said = ran.stderr.decode(encoding.partition(":")[0])
    shown = "\u4e2d" if encoding == "utf-8" else "\\u4e2d"
    assert f"error[A104]: `{shown}\\u202e` is not a valid name" in said


def test_the_locale_of_nobody(tmp_path: Path) -> None:
    written(tmp_path, SMALL.replace("small", "\u4e2d"))
    env = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ran = child("check", "small.yaml", cwd=tmp_path, env=env)
    assert b"error[A104]: `\\u4e2d` is not a valid name" in ran.stderr


def test_a_dumb_and_narrow_terminal(tmp_path: Path) -> None:
    written(tmp_path)
    env = {"TERM": "dumb", "COLUMNS": "20", "NO_COLOR": "1", "FORCE_COLOR": "1"}
    for words, code in ((["show", "small.yaml"], 0), (["show"], 2), (["--help"], 0)):
        ran = child(*words, cwd=tmp_path, env=env)
        assert ran.returncode == code
        assert b"\x1b" not in ran.stdout + ran.stderr
        assert b"Traceback" not in ran.stderr


WAIT = """
import sys, time
from archdsl import api
def wait(*_):
    print("here", flush=True)
    time.sleep(60)
api.analyse_graph = wait
from archdsl.cli import main
main()
"""


def test_ctrl_c(tmp_path: Path) -> None:
    written(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", WAIT, "compile", "small.yaml"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"]


COLLECTOR = """
import gc
from archdsl import api
def checked(*_):
    print(gc.isenabled(), gc.get_freeze_count() > 10_000)
    return old(*_)
old, api.check = api.check, checked
from archdsl.cli import main
main()
"""


def test_garbage_is_collected_once_everything_is_imported(tmp_path: Path) -> None:
    written(tmp_path)
    ran = subprocess.run(
        [sys.executable, "-c", COLLECTOR, "check", "small.yaml"],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout.startswith("True True\n")


def console_script() -> list[str]:
    """The installed `archdsl`, or what it would run: neither looks for modules in the folder."""
    script = Path(sys.executable).parent / "archdsl"
    if script.exists():
        return [str(script)]
    return [sys.executable, "-P", "-c", "from archdsl.cli import main; main()"]


def test_a_hostile_folder_is_not_imported_from(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    for name in ("torch", "yaml", "networkx", "pydantic", "typer", "archdsl", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("open('imported', 'w')\n1 / 0\n", encoding="utf-8")
    written(tmp_path)
    for words in (["compile", "small.yaml"], ["verify", "small.py"]):
        ran = subprocess.run(
            [*console_script(), *words],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
    assert not (tmp_path / "imported").exists()


COMMANDS = [
    ["check", "small.yaml"], ["show", "small.yaml", "--expand", "--ir"], ["compile", "small.yaml"],
    ["show", "small.yaml", "--json"], ["compile", "small.yaml", "--check"], ["schema"], ["init"],
    ["explain", "A101"], ["check", "none.yaml"], ["--help"],
]  # fmt: skip

WITHOUT = """
import sys
heavy = {"torch", "numpy", "matplotlib", "pygraphviz", "scipy", "pandas"}
class Refusing:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in heavy:
            raise SystemExit(f"{name} was asked for")
sys.meta_path.insert(0, Refusing())
from archdsl.cli.main import run
for words in COMMANDS:
    sys.argv = ["archdsl", *words]
    run()
assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()
print("light")
""".replace("COMMANDS", repr(COMMANDS))


def test_no_command_but_verify_asks_for_torch(tmp_path: Path) -> None:
    written(tmp_path)
    ran = child(cwd=tmp_path, python=("-c", WITHOUT))
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.decode().splitlines()[-1] == "light"


def test_the_script_is_declared() -> None:
    import tomllib

    project = tomllib.loads((SPECS.parent / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["scripts"] == {"archdsl": "archdsl.cli:main"}
    installed = shutil.which("archdsl", path=str(Path(sys.executable).parent))
    assert installed is None or os.access(installed, os.X_OK)
