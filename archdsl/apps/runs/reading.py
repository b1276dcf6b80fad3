"""Read the folder of a run. Nothing in it is run, and what is damaged is left out and reported."""

from __future__ import annotations

import ast
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from archdsl import api
from archdsl.analysis.parameters import parameters
from archdsl.apps.runs.metrics import epochs
from archdsl.apps.runs.model import Run, Summary, summary_of
from archdsl.apps.runs.values import parsed
from archdsl.errors import ArchdslError, Diagnostic, fail
from archdsl.frontend.files import read_bytes, read_file
from archdsl.frontend.load import Spec
from archdsl.frontend.reader import read
from archdsl.lowering.limits import Limits

MIB = 2**20
LARGEST = {"summary.json": MIB, "train.py": MIB, "metrics.jsonl": 16 * MIB}
"""Bytes of a file that are read; a larger one is reported and not used."""

LARGEST_CHECKPOINT = 8 * 1024 * MIB
FILES = ("net.py", "summary.json", "metrics.jsonl", "last.pt")
"""A folder with one of these is a run."""

ORIGIN = re.compile(rb"^ORIGIN\b[^=\n]{0,40}= (\{[^{}]{0,4000}\})$", re.MULTILINE)
"""The literal in `train.py` with the names and hashes of network and recipe."""

IN_CHECKPOINT = {
    "settings": "settings", "seconds": "seconds", "epochs": "epoch", "best_error": "best",
}  # fmt: skip
"""Key of a summary to that of a checkpoint."""


@dataclass
class Reader:
    """Reads runs, and collects what is wrong with their files.

    Attributes:
        load: reads the spec in a generated file.
        limits: how large the networks may be.
        findings: warnings on damaged files.
    """

    load: Callable[[Path], Spec]
    limits: Limits | None = None
    findings: list[Diagnostic] = field(default_factory=list)

    def run(self, folder: Path) -> Run:
        """Return what the folder of a run says about it."""
        spec, problem = self.spec(folder / "net.py")
        summary = self.summary(folder)
        content = self.content(folder / "metrics.jsonl")
        rows, bad = epochs(content)
        if bad:
            self.damaged(f"{folder / 'metrics.jsonl'} has {bad}")
        run = Run(folder, summary, rows, spec, problem, self.recipe(folder / "recipe.yaml"))
        return run if spec is None or run.parameters is not None else self.counted(run, spec)

    def spec(self, path: Path) -> tuple[Spec | None, str]:
        """Return the spec in a generated file, or None with the reason."""
        try:
            return self.load(path), ""
        except ArchdslError as error:
            reason = error.diagnostics[0].message
            self.damaged(f"{path} has no spec that can be read", note=reason)
            return None, reason

    def counted(self, run: Run, spec: Spec) -> Run:
        """Return a run with the parameters of its network, unless it is too large to count.

        Args:
            run: a run whose summary has no parameters.
            spec: its spec.
        """
        try:
            return replace(run, counted=sum(parameters(api.lower(spec, self.limits)).values()))
        except ArchdslError:
            return run

    def summary(self, folder: Path) -> Summary:
        """Return the summary of a run; what its checkpoint says if there is none."""
        path = folder / "summary.json"
        content = self.content(path)
        values = parsed(content)
        if values is None:
            if content:
                self.damaged(f"{path} is not a JSON object")
            return self.unfinished(folder)
        return summary_of(values)

    def unfinished(self, folder: Path) -> Summary:
        """Return what the script and the last checkpoint of a run without a summary say."""
        values = self.checkpoint(folder / "last.pt")
        told = {name: values.get(key) for name, key in IN_CHECKPOINT.items()}
        return summary_of({**self.origin(folder / "train.py"), **told})

    def origin(self, path: Path) -> Mapping[str, Any]:
        """Return the names and hashes in the script of a run; none if it has another form."""
        match = ORIGIN.search(self.content(path))
        try:
            return dict(ast.literal_eval(match[1].decode())) if match else {}
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            return {}

    def checkpoint(self, path: Path) -> Mapping[str, Any]:
        """Return the content of a checkpoint; nothing if it cannot be read."""
        if not path.exists() or find_spec("torch") is None:
            return {}
        try:
            loaded = load_checkpoint(path)
        except ArchdslError as error:
            self.damaged(error.diagnostics[0].message)
            return {}
        return loaded if isinstance(loaded, dict) else {}

    def recipe(self, path: Path) -> Mapping[str, Any] | None:
        """Return the values of a recipe; None if it is missing or cannot be read."""
        if not path.exists():
            return None
        try:
            root = read(read_file(path)).root
        except ArchdslError as error:
            self.damaged(f"{path} cannot be read", note=error.diagnostics[0].message)
            return None
        return root if isinstance(root, dict) else None

    def content(self, path: Path) -> bytes:
        """Return the bytes of a file; none if it is missing, or cannot be read."""
        most = LARGEST[path.name]
        try:
            content = read_bytes(path, most + 1) if path.exists() else b""
        except ArchdslError as error:
            self.damaged(error.diagnostics[0].message)
            return b""
        if len(content) > most:
            self.damaged(f"{path} is larger than {most // MIB} MiB")
            return b""
        return content

    def damaged(self, message: str, note: str | None = None) -> None:
        """Add the warning A461.

        Args:
            message: what is wrong with a file.
            note: the reason.
        """
        self.findings.append(Diagnostic("A461", message, note=note, level="warning"))


def check_folder(folder: Path) -> None:
    """Raise A460 if a path is not a folder with files of a run."""
    try:
        is_folder = stat.S_ISDIR(folder.stat().st_mode)
        if is_folder and any((folder / name).exists() for name in FILES):
            return
        reason = (
            f"it has no {', '.join(FILES[:-1])} or {FILES[-1]}" if is_folder else "not a folder"
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
    raise fail(
        "A460", f"{folder} is not the folder of a run", note=reason,
        help="name a folder that `archdsl train` filled",
    )  # fmt: skip


def load_checkpoint(path: Path) -> Any:
    """Return the content of a checkpoint, which is not read if it is very large.

    Raises:
        ArchdslError: A401 to A403 or A440 if it cannot be read.
    """
    from archdsl.apps.checkpoint.reading import load

    if path.is_file() and path.stat().st_size > LARGEST_CHECKPOINT:
        raise fail("A440", f"{path} is larger than {LARGEST_CHECKPOINT // MIB // 1024} GiB")
    return load(path)


def read_all(
    paths: list[Path], load: Callable[[Path], Spec], limits: Limits | None = None
) -> tuple[list[Run], list[Diagnostic]]:
    """Return the runs of some folders, and what is wrong with them and with other folders.

    Args:
        paths: folders; one that is named twice is read once.
        load: reads the spec in a generated file.
        limits: how large the networks may be.
    """
    reader = Reader(load, limits)
    runs: dict[Path, Run] = {}
    for path in paths:
        try:
            check_folder(path)
            same = path.resolve()
            if same not in runs:
                runs[same] = reader.run(path)
        except ArchdslError as error:
            reader.findings += error.diagnostics
    return list(runs.values()), reader.findings
