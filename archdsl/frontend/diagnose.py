"""Turn pydantic's errors into diagnostics with a position, a reason and what to type."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from archdsl.errors import ArchdslError, Diagnostic
from archdsl.frontend import hints
from archdsl.frontend.forms import keys, models_at, path_in, siblings, word
from archdsl.frontend.nearest import suggestion
from archdsl.frontend.reader import Document, Path
from archdsl.frontend.unions import FORMS
from archdsl.language.layers import LAYERS
from archdsl.language.values import Words

LAYER_WORDS = [str(kind.model_fields["layer"].default) for kind in LAYERS]
EXTENDED = {"conv", "full", "concat", "basic"}
"""A word of each list that custom layers, rules, aggregations and units extend."""

OWN = "a word of your own comes with `--extend FILE.py`, in Python with `extend=`"
WRONG_KIND = {
    "string_type": "text",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "tuple_type": "a list",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "int_type": "a number",
}


def diagnose(error: ValidationError, document: Document, model: type[Words]) -> list[Diagnostic]:
    """Return one diagnostic per mistake, in the order of the file.

    Args:
        error: raised by pydantic when it validated the values of the document.
        document: the values, with their positions.
        model: the model they were validated against, of a whole spec or a manifest.
    """
    errors = _Errors(error.errors(include_url=False), document, model)
    return sorted(errors.diagnostics(), key=by_place)


def by_place(diagnostic: Diagnostic) -> tuple[int, int]:
    """Return (line, column) of a diagnostic, as a key to sort by; (0, 0) without a position."""
    return (diagnostic.span.line, diagnostic.span.column) if diagnostic.span else (0, 0)


class _Errors:
    """The errors of one document."""

    def __init__(self, errors: list[Any], document: Document, model: type[Words]) -> None:
        self.errors, self.document, self.model = errors, document, model
        self.missing = {
            (self.holder(e["loc"]), e["loc"][-1]) for e in errors if e["type"] == "missing"
        }
        self.explained: set[tuple[Path, Any]] = set()

    def diagnostics(self) -> list[Diagnostic]:
        """Return a diagnostic per mistake, but none for a missing key that is misspelt nearby."""
        explained = [(error, self.one(error)) for error in self.errors if not self.follows(error)]
        return [
            diagnostic
            for error, diagnostic in explained
            if error["type"] != "missing"
            or (self.holder(error["loc"]), error["loc"][-1]) not in self.explained
        ]

    def follows(self, error: Any) -> bool:
        """Return whether an error only repeats that an entry is wrong: its list is long enough."""
        value = self.document.value(self.path(error["loc"]))
        least = error.get("ctx", {}).get("min_length", 0)
        return error["type"] == "too_short" and isinstance(value, list) and len(value) >= least

    def path(self, loc: tuple[Any, ...]) -> Path:
        """Return the path of an error in the file: pydantic's path without the tags of unions."""
        return path_in(self.model, loc, self.document.root)

    def holder(self, loc: tuple[Any, ...]) -> Path:
        """Return the path of the mapping or word that lacks a key, not of a list in it."""
        path = self.path(loc[:-1])
        return path[:-1] if isinstance(self.document.value(path), list) else path

    def at(self, path: Path, code: str, message: str, **details: Any) -> Diagnostic:
        """Return a diagnostic at a path of the document, or at `span` if it is passed."""
        span = details.pop("span", None) or self.document.span(path)
        return Diagnostic(code, message, span=span, source=self.document.source, **details)

    def one(self, error: Any) -> Diagnostic:

        kind, loc, context = error["type"], error["loc"], error.get("ctx", {})
        path = self.path(loc)
        match kind:
            case "archdsl":
                archdsl_error: ArchdslError = context["finding"]
                return archdsl_error.within(
                    self.document.source, self.document.span(path)
                ).diagnostics[0]
            case "missing" | "union_tag_not_found":
                return self.missing_key(path, loc, context, kind)
            case "extra_forbidden":
                return self.unknown_key(path, loc)
            case "literal_error" | "union_tag_invalid":
                return self.unknown_word(path, context, error.get("input"))
            case "bare_layer":
                name = context["word"]
                help = f"write {{{name}: {{...}}}}"
                return self.at(path, "A103", f"`{name}` needs its numbers", help=help)
            case "layer_form":
                return self.layer(path, context["words"])
            case "too_short" | "too_long" | "string_too_long":
                return self.length(path, kind, context)
            case "string_pattern_mismatch":
                return self.pattern(path)
        value = self.document.value(path)
        if value is None and path and isinstance(path[-1], str):
            return self.at(path, "A103", f"the key `{path[-1]}` has no value")
        wanted = WRONG_KIND.get(kind)
        message = f"this must be {wanted}" if wanted else error["msg"]
        hint = hints.as_list(value) if wanted == "a list" else None
        return self.at(path, "A106", message + f", not {hints.kind(value)}", help=hint)

    def missing_key(self, path: Path, loc: tuple[Any, ...], context: Any, kind: str) -> Diagnostic:
        if kind == "missing":
            models = models_at(self.model, loc[:-1])
            help = hints.missing(models, str(loc[-1]))
            return self.at(self.holder(loc), "A103", f"the key `{loc[-1]}` is missing", help=help)
        value = self.document.value(path)
        if isinstance(value, dict):
            key = "rule" if path[-1:] == ("connect",) else "kind"
            chosen = value.get(key)
            if chosen is not None:
                return self.at((*path, key), "A105", f"`{key}` is a word, not {hints.kind(chosen)}")
            if path in {("stem",), ("head",)}:
                return self.at(path, "A106", "this must be a list of layers, not a mapping")
            for name in value:
                if help := hints.spaced(name):
                    return self.no_key((*path, name), name, help)
            return self.at(path, "A103", f"the key `{key}` is missing")
        message = f"this must be a word or a mapping, not {hints.kind(value)}"
        help = hints.with_word(models_at(self.model, loc), "rule", value)
        return self.at(path, "A106", message, help=help)

    def unknown_key(self, path: Path, loc: tuple[Any, ...]) -> Diagnostic:
        """Return A102, with the closest allowed key or the unit or rule that the key belongs to."""
        key = str(loc[-1])
        place = path if path[-1:] == (key,) else (*path, key)
        span = self.document.keys.get(place)
        models = list(models_at(self.model, loc[:-1]))
        allowed = [name for model in models[:1] for name in keys(model)]
        owners = sorted(
            word(sibling)
            for sibling in siblings(self.model, loc[:-1])
            if key in keys(sibling) and sibling not in models[:1]
        )
        near = suggestion(key, allowed)
        if near and (place[:-1], near.word) in self.missing:
            self.explained.add((place[:-1], near.word))
        listed = hints.listed(allowed)
        if owners and models:
            message = f"`{key}` belongs to {' and '.join(owners)}, not to {word(models[0])}"
            help, note = (near.help, listed) if near else (listed, None)
            return self.at(place, "A102", message, span=span, note=note, help=help)
        if key.endswith((")", "]")):
            help = "inside {...} or [...], quote arithmetic that holds a comma or a bracket"
            return self.no_key(place, key, help)
        if typed := hints.spaced(key):
            return self.no_key(place, key, typed, listed)
        return self.no_key(place, key, near.help if near else listed, listed if near else None)

    def no_key(self, place: Path, key: str, help: str, note: str | None = None) -> Diagnostic:
        """Return A102 for a key that nothing has."""
        shown = key if len(key) <= 80 else key[:80] + "..."
        message, span = f"there is no key `{shown}` here", self.document.keys.get(place)
        return self.at(place, "A102", message, span=span, note=note, help=help)

    def unknown_word(self, path: Path, context: Any, value: Any) -> Diagnostic:
        """Return A105 for a word that is not allowed, or A106 for another kind of value."""
        listed = str(context.get("expected") or context.get("expected_tags"))
        words = [word for word in re.findall(r"'([^']*)'", listed) if word not in FORMS]
        value = context.get("tag", value)
        if path in hints.VERSIONS:
            message = "this file is written in another version of the language"
            return self.at(path, "A107", message, help=hints.VERSIONS[path])
        if not words:
            return self.at(path, "A106", f"this must be a list of layers, not {hints.kind(value)}")
        if not isinstance(value, str | int):
            return self.at(path, "A106", f"this must be one of {', '.join(words)}")
        raw = self.document.value(path)
        for key in ("rule", "kind"):
            if isinstance(raw, dict) and key in raw:
                path = (*path, key)
        if words[: len(LAYER_WORDS)] == LAYER_WORDS and isinstance(raw, dict):
            path = (*path, str(value))
            span = self.document.keys.get(path)
        else:
            span = None
        return self.no_word(path, str(value), words, span)

    def no_word(self, path: Path, value: str, words: list[str], span: Any = None) -> Diagnostic:
        """Return A105 for a word that is not allowed, with the word that was meant."""
        near = suggestion(value, words)
        message = f"`{value[:80]}` is not one of {', '.join(words)}"
        own = OWN if EXTENDED & set(words) else None
        return self.at(path, "A105", message, span=span, help=near.help if near else own)

    def layer(self, path: Path, words: list[str]) -> Diagnostic:
        value = self.document.value(path)
        if isinstance(value, dict) and len(value) == 1 and not set(value) <= set(words):
            (name,) = value
            return self.no_word((*path, name), name, words, self.document.keys[(*path, name)])
        if isinstance(value, dict) and len(value) == 1 and set(value) <= set(words):
            ((own, numbers),) = value.items()
            message = f"`{own}` takes a mapping of its numbers, not {hints.kind(numbers)}"
            return self.at((*path, own), "A106", message)
        return self.at(
            path,
            "A106",
            f"a layer is a word or one word with its numbers, not {hints.kind(value)}",
            help="layers: " + ", ".join(words),
        )

    def length(self, path: Path, kind: str, context: Any) -> Diagnostic:
        if kind == "string_too_long":
            if path[-1:] == ("name",):
                return self.pattern(path)
            return self.at(path, "A007", f"this is longer than {context['max_length']} characters")
        if path == ("input",):
            return self.at(
                path,
                "A103",
                "`input` is a list of channels and one to three sizes",
                help="write `[channels, height, width]` for images",
            )
        if kind == "too_long":
            return self.at(
                path, "A301", f"this list is longer than {context['max_length']} entries"
            )
        return self.at(path, "A103", hints.too_short(context["min_length"]))

    def pattern(self, path: Path) -> Diagnostic:
        if path[-1:] == ("tolerance",):
            return self.at(path, "A106", "a tolerance is a percentage", help="write 0.5%")
        return self.at(
            path,
            "A104",
            f"`{str(self.document.value(path))[:80]}` is not a valid name",
            help="use a to z, 0 to 9, - and _, at most 40, starting with a letter",
        )
