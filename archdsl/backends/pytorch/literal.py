"""Values as Python literals in ASCII, quoted as a formatter would quote them."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

ESCAPED = re.compile(r'[^ -~\n]|\\| (?=\n)|(?<="")"')
"""What a string of several lines cannot show as it is, or what an editor may strip."""


class Name(str):
    """A name that the file defines; never text of a spec."""


def literal(value: Any) -> str:
    r"""The literal of a number, text, list, tuple or mapping: what `ast.literal_eval` reads back.

    >>> literal('say "hi"'), literal("plain"), literal({"depth": 40, "growth": [16, 32]})
    ('\'say "hi"\'', '"plain"', '{"depth": 40, "growth": [16, 32]}')
    """
    match value:
        case Name():
            return str(value)
        case str():
            return _text(value)
        case Mapping():
            inner = ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items())
            return "{" + inner + "}"
        case list():
            return "[" + ", ".join(map(literal, value)) + "]"
        case tuple():
            return "(" + ", ".join(map(literal, value)) + ("," if len(value) == 1 else "") + ")"
        case None | bool() | int() | float():
            return repr(value)
    raise TypeError(f"no literal for {type(value).__name__}")


def lines(text: str) -> str:
    r'''The literal of a text of several lines, in ASCII; each is a line of the literal.

    >>> print(lines("name: caf\u00e9\ndescription: C:\\net"))
    """\
    name: caf\xe9
    description: C:\\net
    """
    '''
    ended = text if text.endswith("\n") else f"{text}\n"
    value = f'"""\\\n{ESCAPED.sub(_escape, ended)}"""'
    assert ast.literal_eval(value) == ended
    return value


def prose(text: str) -> str:
    r"""Text of a spec as one line of a docstring, in ASCII; it cannot end the docstring.

    >>> print(prose('A "net",\n  caf\u00e9'))
    A "net", caf\xe9
    """
    shown = ESCAPED.sub(_escape, " ".join(text.split()))
    return f'{shown[:-1]}\\"' if shown.endswith('"') and not shown.endswith('\\"') else shown


def _escape(found: re.Match[str]) -> str:
    r"""Return `\xe9`, `\\`, `\"`; a space before the end of a line is `\x20`."""
    character = found[0]
    if character in '" ':
        return {'"': '\\"', " ": "\\x20"}[character]
    return ascii(character)[1:-1]


def _text(value: str) -> str:
    """`ascii()`, with double quotes where they need no more escapes than single ones."""
    text = ascii(str(value))
    if text[0] == "'" and value.count('"') <= value.count("'"):
        text = '"' + text[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'
    assert ast.literal_eval(text) == value
    return text
