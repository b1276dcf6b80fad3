"""The forms in which a word may be written: `sgd`, `{sgd: {momentum: 0.9}}`, `{shift: 4}`.

`unwrapped` turns them into `{kind: sgd, momentum: 0.9}`, which the models of words read, with the
positions of their values. So the diagnostics of specs work for recipes, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from archdsl.apps.train.words.augment import AUGMENTS
from archdsl.apps.train.words.data import DATA
from archdsl.apps.train.words.optimizer import OPTIMIZERS
from archdsl.apps.train.words.schedule import SCHEDULES
from archdsl.apps.train.words.tracker import TRACKERS
from archdsl.apps.train.words.word import CodeWords
from archdsl.errors import Diagnostic
from archdsl.frontend import hints
from archdsl.frontend.reader import Document, Path
from archdsl.frontend.unions import word_of

Models = Sequence[type[CodeWords]]
ONE: dict[str, Models] = {"data": DATA, "optimizer": OPTIMIZERS, "schedule": SCHEDULES}
"""Keys that hold one word, and the words that there are."""

SEVERAL: dict[str, Models] = {"augment": AUGMENTS, "track": TRACKERS}
"""Keys that hold a list of words."""


def unwrapped(document: Document) -> tuple[Document, list[Diagnostic]]:
    """Return the document with words as mappings that have a `kind`, and what is wrong with some.

    Args:
        document: the values of a recipe, a mapping.
    """
    forms = _Forms(document)
    for key, models in ONE.items():
        if key in forms.root:
            forms.root[key] = forms.word((key,), forms.root[key], models)
    for key, models in SEVERAL.items():
        if key in forms.root:
            forms.root[key] = forms.words((key,), forms.root[key], models)
    return replace(document, root=forms.root, values=forms.values, keys=forms.keys), forms.mistakes


class _Forms:
    """The values of a document, their positions, and the mistakes in the forms of words."""

    def __init__(self, document: Document) -> None:
        self.document, self.root = document, dict(document.root)
        self.values, self.keys = dict(document.values), dict(document.keys)
        self.mistakes: list[Diagnostic] = []

    def words(self, path: Path, raw: Any, models: Models) -> Any:
        """Return a list of words. One word may be written without the list."""
        if isinstance(raw, str | dict):
            self.move(path, (*path, 0))
            raw = [raw]
        if not isinstance(raw, list):
            return raw
        return [self.word((*path, index), entry, models) for index, entry in enumerate(raw)]

    def word(self, path: Path, raw: Any, models: Models) -> Any:
        """Return a word as a mapping with `kind`; as it is if that cannot be done."""
        if isinstance(raw, str):
            self.values[(*path, "kind")] = self.values[path]
            return {"kind": raw}
        if not isinstance(raw, dict) or "kind" in raw:
            return raw
        if len(raw) != 1:
            self.several(path, raw, models)
            return raw
        ((name, numbers),) = raw.items()
        inner = (*path, name)
        self.keys[(*path, "kind")] = self.values[(*path, "kind")] = self.keys[inner]
        numbers = self.numbers(inner, numbers, models)
        self.move(inner, path)
        return {"kind": name, **numbers}

    def numbers(self, path: Path, raw: Any, models: Models) -> dict[str, Any]:
        """Return the numbers of a word as a mapping. The last step of the path is the word."""
        name = path[-1]
        model = next((model for model in models if word_of(model, "kind") == name), None)
        if isinstance(raw, dict):
            if "kind" in raw:
                self.refuse((*path, "kind"), "A102", "there is no key `kind` here")
            return {key: value for key, value in raw.items() if key != "kind"}
        if raw is None:
            self.refuse(path, "A103", f"the key `{name}` has no value", f"write `{name}`, alone")
        elif model is not None and model.shorthand is None:
            message = f"`{name}` takes a mapping of its numbers, not {hints.kind(raw)}"
            self.refuse(path, "A106", message)
        elif model is not None:
            self.move(path, (*path, str(model.shorthand)))
            return {str(model.shorthand): raw}
        return {}

    def several(self, path: Path, raw: dict[str, Any], models: Models) -> None:
        """Say how a word is written with its numbers: they were written beside it."""
        words = [word for word in (word_of(model, "kind") for model in models) if word in raw]
        word = words[0] if words else word_of(models[0], "kind")
        others = ", ".join(f"{key}: ..." for key in raw if key not in words)
        help = f"write `{{{word}: {{{others or '...'}}}}}`"
        self.refuse(path, "A106", "this must be one word, with its numbers inside", help)

    def refuse(self, path: Path, code: str, message: str, help: str | None = None) -> None:
        span = self.keys.get(path) or self.document.span(path)
        self.mistakes.append(
            Diagnostic(code, message, source=self.document.source, span=span, help=help)
        )

    def move(self, before: Path, after: Path) -> None:
        """Give the positions of what is inside a value to another path."""
        size = len(before)
        for places in (self.values, self.keys):
            for path in [path for path in places if path[:size] == before]:
                if path != before or len(after) > size:
                    places[(*after, *path[size:])] = places[path]
