"""Settings of one spec among several: `b.growth=22` sets `growth` of `b.yaml` alone."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from archdsl.errors import fail

Value = TypeVar("Value")


def applying(values: Mapping[str, Value], path: Path) -> dict[str, Value]:
    """Return the values that apply to a spec, by the names of its parameters.

    A value with the spec's prefix replaces a value without one.

    Args:
        values: values by name; a name may begin with a prefix and a dot.
        path: the spec file.

    >>> applying({"depth": 40, "b.depth": 100, "c.growth": 8}, Path("nets/b.yaml"))
    {'depth': 100}
    """
    shared = {name: value for name, value in values.items() if "." not in name}
    own = {}
    for name, value in values.items():
        prefix, dot, parameter = name.rpartition(".")
        if dot and prefix in prefixes(path):
            own[parameter] = value
    return {**shared, **own}


def prefixes(path: Path) -> tuple[str, str]:
    """Return what may be written before the dot: the file's stem, or its path without suffix."""
    return path.stem, str(path.with_suffix(""))


def check_prefixes(names: Iterable[str], paths: Sequence[Path]) -> None:
    """Raise A414 if the prefix of a name belongs to no spec, or to several.

    Args:
        names: names of parameters, some of them with a prefix.
        paths: the spec files.
    """
    listed = {prefix: path for path in paths for prefix in prefixes(path)}
    for name in names:
        prefix, dot, parameter = name.rpartition(".")
        if not dot:
            continue
        owners = list(dict.fromkeys(path for path in paths if prefix in prefixes(path)))
        if not owners:
            stems = list(dict.fromkeys(path.stem for path in paths))
            near = difflib.get_close_matches(prefix, listed, 1)
            help = f"did you mean `{near[0]}`?" if near else "specs: " + ", ".join(stems)
            raise fail(
                "A414", f"there is no spec `{prefix[:60]}` to set `{parameter}` of", help=help
            )
        if len(owners) > 1:
            files = " and ".join(map(str, owners[:2]))
            help = f"write {prefixes(owners[0])[1]}.{parameter}"
            raise fail("A414", f"`{prefix[:60]}` is the name of {files}", help=help)
