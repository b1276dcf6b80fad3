"""The recipes that come with archdsl, by name."""

from __future__ import annotations

import difflib
import os
from functools import cache
from pathlib import Path

from archdsl.errors import ArchdslError, fail
from archdsl.frontend.shipped import folder, is_path


@cache
def recipes() -> dict[str, Path]:
    """Return the files of the recipes by name."""
    return {path.stem: path for path in sorted(folder("recipes").glob("*.yaml"))}


def path_of(recipe: str | os.PathLike[str]) -> Path:
    """Return the file of a recipe: that of its name, or the path itself.

    >>> path_of("cifar-zhu-2018").name, path_of("mine.yaml").name
    ('cifar-zhu-2018.yaml', 'mine.yaml')
    """
    if is_path(recipe):
        return Path(recipe)
    return recipes().get(os.fspath(recipe), Path(recipe))


def missing(name: str) -> ArchdslError:
    """Return the error A401 for a name or a path, with the recipes that it may mean."""
    near = difflib.get_close_matches(name, recipes(), 1)
    listed = f"recipes that ship: {', '.join(recipes())}"
    return fail(
        "A401",
        f"there is no file or recipe {name[:200]}",
        note=listed if near else None,
        help=f"did you mean `{near[0]}`?" if near else listed,
    )
