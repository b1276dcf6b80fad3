"""Write a spec's values as short YAML without comments, the text that is embedded and hashed.

`parse(dump(root))` is the same spec as the one that `root` was read from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

WIDTH = 88
PLAIN = re.compile(r"[A-Za-z(](?:[A-Za-z0-9_ +*/%().|-]*[A-Za-z0-9_)%])?\Z")
WORDS = {"true", "false", "null"}


def dump(root: Any) -> str:
    """Return YAML text in ASCII that ends with a line break; each top-level key begins a line.

    >>> print(dump({"archdsl": 1, "input": [3, 32], "stages": {"layers": "(depth - 4) // 6"}}))
    archdsl: 1
    input: [3, 32]
    stages: {layers: (depth - 4) // 6}
    <BLANKLINE>
    """
    return "".join(f"{line}\n" for line in _block(root, 0))


def _block(value: Any, depth: int) -> Iterator[str]:
    """Yield the lines of a mapping or list; an entry is one line where it fits."""
    pad = "  " * depth
    entries = (
        ((f"{flow(key)}:", item) for key, item in value.items())
        if isinstance(value, dict)
        else (("-", item) for item in value)
    )
    for lead, item in entries:
        line = f"{pad}{lead} {flow(item)}"
        if len(line) <= WIDTH or not isinstance(item, dict | list) or not item:
            yield line
        else:
            yield f"{pad}{lead}"
            yield from _block(item, depth + 1)


def flow(value: Any) -> str:
    """Return a value as YAML on one line."""
    match value:
        case dict():
            return "{" + ", ".join(f"{flow(k)}: {flow(item)}" for k, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(flow, value)) + "]"
        case str():
            plain = PLAIN.match(value) and value not in WORDS and not value.startswith("- ")
            return str(value) if plain else _quoted(value)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            return _decimal(value)
    return str(value)


def _quoted(text: str) -> str:
    """Return double-quoted YAML in ASCII. JSON would escape some characters as surrogate pairs."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if " " <= character <= "~" else f"\\U{ord(character):08x}"


def _decimal(value: float) -> str:
    """Return a number that YAML 1.2 reads back as a decimal; `1e-05` needs no point there."""
    return {float("inf"): ".inf", float("-inf"): "-.inf"}.get(value, repr(value))
