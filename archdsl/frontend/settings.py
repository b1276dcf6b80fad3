"""Values that are passed for parameters, and the choice parameters of a file."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from archdsl.errors import Source, Span
from archdsl.frontend import parameters
from archdsl.frontend.reader import Document, read


def setting(name: str, value: Any) -> Document:
    """Return the value of one `--set name=value`; text is read as YAML, as in the file.

    Args:
        name: the parameter, for messages.
        value: text that is read as YAML, or a Python value.
    """
    if isinstance(value, str):
        source = Source(f"--set {name}", value)
        return read(source)
    source = Source(f"--set {name}", repr(value))
    return Document(source, _listed(value), {(): Span(1, 1, len(source.text))}, {})


def documents(settings: Mapping[str, Any]) -> dict[str, Document]:
    """Return settings as documents, by the name of the parameter."""
    return {name: setting(name, value) for name, value in settings.items()}


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def plain(value: Any) -> Any:
    """Return the value of a parameter as a number, a list or text of Python."""
    if isinstance(value, tuple):
        return [plain(entry) for entry in value]
    return float(value) if isinstance(value, Fraction) else value


def first_choices(document: Document) -> dict[str, str]:
    """Return the first word of each choice parameter.

    They replace the chosen words where `params` has a mistake, so that the rest can be checked.
    """
    declared = document.root.get("params")
    declared = declared if isinstance(declared, dict) else {}
    return {
        name: raw.split("|")[0].strip()
        for name, raw in declared.items()
        if isinstance(raw, str) and parameters.CHOICE.match(raw)
    }


def substituted(document: Document, choices: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of a file with the names of choice parameters replaced by words.

    Args:
        document: a mapping. What describes it is left as it is.
        choices: the chosen word of each choice parameter.
    """
    free = {"name", "description", "params", "expect"}
    return {
        key: value if key in free else parameters.substitute(value, choices)
        for key, value in document.root.items()
    }
