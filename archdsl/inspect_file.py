"""What an emitted file says of itself, read without running it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archdsl.emit.fuse import STEPS
from archdsl.emit.pytorch import BANNER
from archdsl.errors import ArchdslError, fail
from archdsl.lower.limits import Limits
from archdsl.spec.load import read_bytes
from archdsl.version import __version__

LARGEST = 8 * 1024 * 1024


@dataclass(frozen=True)
class Emitted:
    """An emitted file: its text, and the spec and settings that it carries."""

    path: Path
    text: str
    spec: str
    settings: dict[str, Any]
    class_name: str
    fuse: tuple[str, ...]

    @property
    def fast(self) -> bool | str:
        """What `fuse` of `archdsl.emit` was: the one device, or whether there is any."""
        return self.fuse[0] if len(self.fuse) == 1 else bool(self.fuse)

    def made_by(self) -> str:
        """Which version wrote it, and which one asks."""
        version = self.text.removeprefix(BANNER).split()[0]
        return f"it says archdsl {version}; this is archdsl {__version__}"

    def limits(self) -> Limits:
        """A file that exists was within its limits."""
        return Limits(*[10**18] * 4)


def read_emitted(path: Path) -> Emitted:
    """Read a file's literals. Raises ArchdslError (A401 to A403, A420)."""
    content = read_bytes(path, LARGEST + 1)
    if not content.startswith(BANNER.encode()) or len(content) > LARGEST:
        raise _foreign(path)
    try:
        text = content.decode("ascii")
        tree = ast.parse(text)
        values = _literals(tree)
        spec, settings = "".join(f"{line}\n" for line in values["SPEC"]), values.get("SETTINGS", {})
        (class_name,) = values["__all__"]
        if not isinstance(settings, dict) or not all(isinstance(name, str) for name in settings):
            raise _foreign(path)
    except (ValueError, SyntaxError, KeyError, TypeError, RecursionError, MemoryError):
        raise _foreign(path) from None
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    fuse = tuple(device for device, tape in STEPS.items() if tape in classes)
    return Emitted(path, text, spec, dict(settings), str(class_name), fuse)


def _literals(tree: ast.Module) -> dict[str, Any]:
    return {
        statement.targets[0].id: ast.literal_eval(statement.value)
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and statement.targets[0].id in {"SPEC", "SETTINGS", "__all__"}
    }


def _foreign(path: Path) -> ArchdslError:
    return fail("A420", f"{path} is not a file that archdsl generated, or was edited since")
