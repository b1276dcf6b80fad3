"""Networks that come with archdsl by name: a spec as written, or with published settings."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from archdsl.errors import ArchdslError, Source, fail
from archdsl.frontend.files import START
from archdsl.frontend.reader import read

PACKAGE = Path(__file__).parents[1]
NAMES = "names/published.yaml"
SUFFIXES = {".yaml", ".yml"}


@dataclass(frozen=True)
class Named:
    """A network that has a name.

    Attributes:
        name: the name, such as `densenet-161`; that of the spec for the spec as written.
        spec: the name of the spec, a file of `specs/` without its suffix.
        settings: the parameters of the spec that are set.
        class_name: name of the network's class; empty if it follows from the spec's name.
        parameters: number of trainable weights.
        paper: authors, year and arXiv number.
    """

    name: str
    spec: str
    settings: Mapping[str, Any]
    class_name: str
    parameters: int
    paper: str

    @property
    def path(self) -> Path:
        """Return the file of the spec."""
        return folder() / f"{self.spec}.yaml"


def folder(name: str = "specs") -> Path:
    """Return a folder of files that ship, in the installed package or in a checkout."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name


@cache
def specs() -> dict[str, Path]:
    """Return the files of the specs by name."""
    return {path.stem: path for path in sorted(folder().glob("*.yaml"))}


@cache
def networks() -> dict[str, Named]:
    """Return the published networks by name, in the order of the file that lists them."""
    text = (folder() / NAMES).read_text("utf-8")
    listed = read(Source(NAMES, text)).root
    return {
        str(name): Named(
            str(name), str(spec), _plain(entry.get("settings", {})), str(entry["class"]),
            entry["parameters"], str(family["paper"]),
        )
        for spec, family in listed.items()
        for name, entry in family["networks"].items()
    }  # fmt: skip


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings without the positions that words of a file carry."""
    return {
        str(name): str(value) if isinstance(value, str) else value
        for name, value in settings.items()
    }


def find(spec: str | os.PathLike[str]) -> Named | None:
    """Return the network that a name stands for; None for the path of a file.

    A file that exists is a path, and so is everything with the suffix of a spec or with a folder.

    Args:
        spec: a path, or the name of a network or of a spec.

    Raises:
        ArchdslError: A401 if there is neither such a file nor such a name.

    >>> find("densenet-161").settings
    {'layers': [6, 12, 36, 24], 'growth': 48}
    """
    name, path = os.fspath(spec), Path(spec)
    if is_path(spec):  # without reading the list of names, which takes time
        return None
    if name in networks():
        return networks()[name]
    if name in specs():
        return Named(name, name, {}, "", 0, "")
    if _exists(path):
        return None
    raise unknown(name)


def is_path(file: str | os.PathLike[str]) -> bool:
    """Return whether this cannot be a name, as it is a file or has the suffix or folder of one."""
    path = Path(file)
    # `os.path.isfile` raises no errors.
    return os.fspath(file) != path.name or path.suffix in SUFFIXES or os.path.isfile(path)  # noqa: PTH113


def _exists(path: Path) -> bool:
    """Return whether there may be something at a path; reading it tells what is wrong with it."""
    try:
        os.lstat(path)
    except FileNotFoundError:
        return False
    except (OSError, ValueError):  # a name that is too long, or with a null character
        return True
    return True


def unknown(name: str) -> ArchdslError:
    """Return the error A401 for a name, with the names that are nearest to it."""
    near = difflib.get_close_matches(name, [*networks(), *specs()], 3)
    listed = ", ".join(f"`{other}`" for other in near[:-1])
    choices = f"{listed} or `{near[-1]}`" if listed else "".join(f"`{other}`" for other in near)
    return fail(
        "A401",
        f"there is no file or network {name[:200]}",
        note=None if near else "`archdsl list` prints the names of networks",
        help=f"did you mean {choices}?" if near else START,
    )
