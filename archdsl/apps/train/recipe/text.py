"""The canonical text of a recipe, which a run keeps and whose hash it states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archdsl.frontend.dump import dump
from archdsl.frontend.parameters import CHOICE
from archdsl.frontend.reader import Document


def text(document: Document, settings: Mapping[str, Document]) -> str:
    """Return a recipe as short YAML, with settings as the defaults of its parameters.

    Args:
        document: the values of the file. Published errors are left out: they are of its defaults.
        settings: the parameters that were set.
    """
    root = {key: value for key, value in document.root.items() if key != "expect"}
    if settings:
        params = document.root["params"]
        root["params"] = {
            name: _default(raw, settings[name].root) if name in settings else raw
            for name, raw in params.items()
        }
    return dump(root)


def _default(raw: Any, chosen: Any) -> Any:
    """Return what is written for a parameter whose default is another value.

    >>> _default("cifar10 | cifar100", "cifar100")
    'cifar100 | cifar10'
    """
    if not isinstance(raw, str) or not CHOICE.match(raw):
        return chosen
    words = [word.strip() for word in raw.split("|")]
    return " | ".join([str(chosen), *(word for word in words if word != chosen)])
