"""What an emitted file says of itself, read without running it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archdsl.backends.pytorch.file import BANNER, Runtime
from archdsl.backends.pytorch.fuse import STEPS
from archdsl.backends.pytorch.pasted import PACKAGE
from archdsl.errors import ArchdslError, fail
from archdsl.frontend.files import read_bytes
from archdsl.version import __version__

LARGEST = 8 * 1024 * 1024
LARGEST_SPEC = 2 * 1024 * 1024
"""Bytes of a spec and its settings as literals: a spec has at most 256 KiB."""

SPEC = '\nSPEC = """\\\n'
"""How the literal of the spec begins; text of a spec cannot hold it, as it is escaped."""

CLASS = re.compile(r"^class (\w+)", re.MULTILINE)
IMPORTED = re.compile(rf"^from {re.escape(PACKAGE)}\.[a-z_.]+ import \(?(.*)$", re.MULTILINE)
"""An import of the source that runs a network, and its names if they are on the same line."""

NAMES = re.compile(r"^__all__ = \[.{1,200}\]$", re.MULTILINE)


@dataclass(frozen=True)
class Emitted:
    """An emitted file: its text, and the spec and settings that it carries."""

    path: Path
    text: str
    spec: str
    settings: dict[str, Any]
    class_name: str
    fuse: tuple[str, ...]
    memory_efficient: bool
    runtime: Runtime
    backbone: bool = False
    output_stride: int | None = None

    @property
    def fast(self) -> bool | str:
        """Return the argument `fuse` of `archdsl.emit`: one device, or whether there is any."""
        return self.fuse[0] if len(self.fuse) == 1 else bool(self.fuse)

    def made_by(self) -> str:
        """Return which version wrote the file, and which one reads it."""
        version = version_of(self.text.encode())
        return f"it says archdsl {version}; this is archdsl {__version__}"


def version_of(head: bytes) -> str:
    """Return the version of archdsl that the first line of a file names; "" if it names none."""
    line = head.partition(b"\n")[0].decode("ascii", "replace")
    words = line.removeprefix(BANNER).split()
    return words[0] if line.startswith(BANNER) and words else ""


def read_emitted(path: Path) -> Emitted:
    """Read a file's literals. Raises ArchdslError (A401 to A403, A420)."""
    content = read_bytes(path, LARGEST + 1)
    if not content.startswith(BANNER.encode()) or len(content) > LARGEST:
        raise _foreign(path)
    try:
        text = content.decode("ascii")
        values = _literals(ast.parse(_said(text)))
        spec, settings = values["SPEC"], values.get("SETTINGS", {})
        (class_name,) = values["__all__"]
        stride = values.get("OUTPUT_STRIDE")
        if (
            not isinstance(stride, int | None)
            or not isinstance(settings, dict)
            or not all(isinstance(x, str) for x in (spec, *settings))
        ):
            raise _foreign(path)
    except (ValueError, SyntaxError, KeyError, TypeError, RecursionError, MemoryError):
        raise _foreign(path) from None
    start, end = code(text), text.rfind(SPEC)
    imported = IMPORTED.findall(text, start, end)
    classes = {*CLASS.findall(text, start, end), *", ".join(imported).split(", ")}
    fuse = tuple(device for device, steps in STEPS.items() if steps in classes)
    efficient = "StageOperator" in classes
    runtime: Runtime = "import" if imported else "paste"
    return Emitted(
        path, text, spec, dict(settings), str(class_name), fuse, efficient, runtime,
        "Backbone" in classes, stride,
    )  # fmt: skip


def _said(text: str) -> str:
    """Return the lines that identify a file: parsing the rest could take gigabytes.

    Raises:
        ValueError: if they are not there, or too large.
    """
    end = text.rfind(SPEC) + 1
    names = NAMES.search(text, code(text))
    if names is None or not end or len(text) - end > LARGEST_SPEC:
        raise ValueError
    return f"{names[0]}\n{text[end:]}"


def code(text: str) -> int:
    """Return where the first docstring ends: a description in it may look like code."""
    return text.find('\n"""\n') + 1


def _literals(tree: ast.Module) -> dict[str, Any]:
    return {
        statement.targets[0].id: ast.literal_eval(statement.value)
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and statement.targets[0].id in {"SPEC", "SETTINGS", "OUTPUT_STRIDE", "__all__"}
    }


def _foreign(path: Path) -> ArchdslError:
    return fail("A420", f"{path} is not a file that archdsl generated, or was edited since")
