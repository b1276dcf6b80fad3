"""Values as Python literals in ASCII, quoted as a formatter would quote them."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

ESCAPED = re.compile(r'[^ -~\n]|\\| (?=\n)|(?<="")"')
"""What a string of several lines cannot show as it is, or what an editor may strip."""


class Name(str):
    """A name that the file defines; never text of a spec."""


@dataclass(frozen=True)
class Call:
    """A call of a class that the file defines, with values for its arguments."""

    name: str
    positional: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict)

    def arguments(self) -> list[tuple[str, Any]]:
        """Return the value of each argument, after `name=` if it is passed by name, else ""."""
        named = [(f"{name}=", value) for name, value in self.keywords.items()]
        return [*(("", value) for value in self.positional), *named]


def record(value: Any) -> Call:
    """Return the call that makes a dataclass again; fields with their default are left out.

    >>> from archdsl.ir.steps import ConvStep
    >>> literal(record(ConvStep("conv1", pre_norm="norm1")))
    'ConvStep("conv1", pre_norm="norm1")'
    """
    required = [item.name for item in fields(value) if item.default is MISSING]
    changed = {
        item.name: getattr(value, item.name)
        for item in fields(value)
        if item.name not in required and getattr(value, item.name) != item.default
    }
    return Call(type(value).__name__, tuple(getattr(value, name) for name in required), changed)


def literal(value: Any) -> str:
    r"""Return the literal of a number, text, list, tuple or mapping, for `ast.literal_eval`.

    >>> literal('say "hi"'), literal("plain"), literal({"depth": 40, "growth": [16, 32]})
    ('\'say "hi"\'', '"plain"', '{"depth": 40, "growth": [16, 32]}')
    """
    match value:
        case Call():
            inner = ", ".join(start + literal(item) for start, item in value.arguments())
            return f"{value.name}({inner})"
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
    r'''Return the literal of a text of several lines, in ASCII; each is a line of the literal.

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
    r"""Return a text as one line of a docstring, in ASCII; it cannot end the docstring.

    >>> print(prose('A "net",\n  caf\u00e9'))
    A "net", caf\xe9
    """
    shown = ESCAPED.sub(_escape, " ".join(text.split()))
    return f'{shown[:-1]}\\"' if shown.endswith('"') and not shown.endswith('\\"') else shown


def _escape(match: re.Match[str]) -> str:
    r"""Return `\xe9`, `\\`, `\"`; a space before the end of a line is `\x20`."""
    character = match[0]
    if character in '" ':
        return {'"': '\\"', " ": "\\x20"}[character]
    return ascii(character)[1:-1]


def _text(value: str) -> str:
    """Return `ascii()`, with double quotes where they need no more escapes than single ones."""
    text = ascii(str(value))
    if text[0] == "'" and value.count('"') <= value.count("'"):
        text = '"' + text[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'
    assert ast.literal_eval(text) == value
    return text
