"""Which words need a newer version of the language than the one that a spec states."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.errors import Diagnostic, Span
from archdsl.frontend.reader import Document, Path
from archdsl.frontend.schema import Network
from archdsl.language.layers import LayerWords
from archdsl.language.values import Words


def too_new(words: Network, document: Document, exempt: tuple[type, ...]) -> Iterator[Diagnostic]:
    """Yield A117 for each word or key that the spec's version lacks.

    Args:
        words: the whole spec, with its number `archdsl`.
        document: where its values were written.
        exempt: custom classes, which belong to no version of the language.
    """
    version = words.archdsl
    for path, part in _parts(words, ()):
        if type(part) in exempt:
            continue
        if part.since > version:
            word = part.word()
            yield _finding(f"`{word}`", part.since, version, document, _place(document, path, word))
        for key, since in part.needs().items():
            if since > version and key in part.model_fields_set:
                owner = f" of `{part.word()}`" if part.word() else ""
                what = f"`{key}`{owner}" if key in part.keys_since else f"this value of `{key}`"
                place = _place(document, (*path, key), key)
                yield _finding(what, since, version, document, place)


def _parts(value: object, path: Path) -> Iterator[tuple[Path, Words]]:
    """Every part of a spec with its path, from the outside in."""
    if isinstance(value, Words):
        if isinstance(value, LayerWords):  # its numbers are under its word: `{conv: {width: 8}}`
            path = (*path, value.layer)
        yield path, value
        for name, field in type(value).model_fields.items():
            yield from _parts(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, tuple):
        for index, entry in enumerate(value):
            yield from _parts(entry, (*path, index))


def _finding(what: str, since: int, version: int, document: Document, place: Span) -> Diagnostic:
    return Diagnostic(
        "A117",
        f"{what} needs `archdsl: {since}`; this spec says `archdsl: {version}`",
        source=document.source,
        span=place,
        help=f"write `archdsl: {since}` in the first line",
    )


def _place(document: Document, path: Path, word: str) -> Span:
    """The place of a word that is written as a key, or of a newer key; else that of the value."""
    written = _written(document, path)
    return document.keys[written] if written[-1:] == (word,) else document.span(written)


def _written(document: Document, path: Path) -> Path:
    """The path in the file: a list of layers has no key `layers`, a bare word no key at all."""
    steps: Path = ()
    for step in path:
        if (*steps, step) in document.values:
            steps = (*steps, step)
    for key in ("rule", "kind", "cycle"):
        if (*steps, key) in document.values:
            return (*steps, key)
    return steps
