"""Read YAML as plain values with their positions, in one bounded pass over parser events.

No composer and no constructor runs, so tags, anchors, merge keys, dates and octal numbers cannot
appear; depth, size and count are limited while reading. Scalars follow YAML 1.2's core schema.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from archdsl.errors import ArchdslError, Source, Span, fail
from archdsl.frontend.yaml_mistakes import Mistake, explained
from archdsl.language.values import Text

BYTES = 256 * 1024
DEPTH = 32
VALUES = 20_000
SCALAR = 4_096

INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
DECIMAL = re.compile(
    r"[-+]?(?:(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]{1,3})?|[0-9]+[eE][-+]?[0-9]{1,3})\Z"
)
WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
ENDLESS = {".inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan")}

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """The values of one text, with the position of each value and of each key."""

    source: Source
    root: Any
    values: dict[Path, Span] = field(repr=False)
    keys: dict[Path, Span] = field(repr=False)

    def span(self, path: Path) -> Span:
        """Return the position of a value, or of the nearest value around it that is written."""
        while path not in self.values and path:
            path = path[:-1]
        return self.values.get(path, Span(1, 1))

    def value(self, path: Path) -> Any:
        """Return the raw value at a path, or None if there is none."""
        here = self.root
        for step in path:
            exists = isinstance(here, dict) and step in here
            exists = exists or (
                isinstance(here, list) and isinstance(step, int) and step < len(here)
            )
            if not exists:
                return None
            here = here[step]
        return here


def read(source: Source) -> Document:
    """Return the values of one text. Raise ArchdslError (A000 to A010)."""
    if len(source.text.encode("utf-8", "surrogatepass")) > BYTES:
        raise fail("A001", f"this text is larger than {BYTES // 1024} KiB", source=source)
    return _Reader(source).document()


@dataclass
class _Level:
    """A mapping or list that is still open."""

    value: Any
    path: Path
    key: str | None = None

    def next_path(self) -> Path:
        """Return the path of the next entry."""
        step = len(self.value) if isinstance(self.value, list) else self.key
        assert step is not None
        return (*self.path, step)

    def wants_key(self) -> bool:
        return isinstance(self.value, dict) and self.key is None


class _Reader:
    """A reader with one method per kind of event. `levels` is its stack, so it never recurses."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.levels: list[_Level] = []
        self.root: Any = None
        self.values: dict[Path, Span] = {}
        self.keys: dict[Path, Span] = {}
        self.count = self.documents = 0

    def document(self) -> Document:
        """Return the document. Raise ArchdslError (A000 to A010)."""
        try:
            loader = yaml.SafeLoader(self.source.text)
        except yaml.reader.ReaderError as error:
            raise self.forbidden(error.position) from None
        try:
            while loader.check_event():
                self.take(loader.get_event())  # type: ignore[no-untyped-call]
        except yaml.MarkedYAMLError as error:
            raise self.broken(explained(error, self.source.text)) from None
        except (ValueError, OverflowError):  # an escape such as \UFFFFFFFF
            mark = loader.get_mark()
            place = Span(mark.line + 1, mark.column + 1)
            raise self.broken(Mistake("a number here is out of range", place)) from None
        return Document(self.source, self.root, self.values, self.keys)

    def broken(self, mistake: Mistake) -> ArchdslError:
        message = f"this is not YAML: {mistake.message}"
        return fail("A000", message, source=self.source, span=mistake.span, help=mistake.help)

    def forbidden(self, position: int) -> ArchdslError:
        before = self.source.text[:position]
        return fail(
            "A000",
            f"this is not YAML: the character {self.source.text[position]!a} is not allowed",
            source=self.source,
            span=Span(before.count("\n") + 1, position - before.rfind("\n")),
        )

    def refuse(self, code: str, message: str, event: yaml.Event, **details: Any) -> ArchdslError:
        return fail(code, message, source=self.source, span=self.place(event), **details)

    @staticmethod
    def place(event: yaml.Event) -> Span:
        """Return the position of an event; the width of a value of many lines is 1."""
        start, end = event.start_mark, event.end_mark
        assert start is not None
        assert end is not None
        width = end.column - start.column if end.line == start.line else 1
        return Span(start.line + 1, start.column + 1, max(1, width))

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise self.refuse("A004", "a file holds one document, without `---`", event)
        elif isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self.refuse(
                "A002",
                "anchors and aliases (`&`, `*`) are not part of the language",
                event,
                help="write the value out, or make it a parameter",
            )
        elif tag := getattr(event, "tag", None):
            raise self.refuse(
                "A003", f"tags such as `{_short(tag)[:80]}` are not part of the language", event
            )
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self.open(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.levels.pop()
        elif isinstance(event, yaml.ScalarEvent):
            self.put(self.scalar(event), event)

    def open(self, event: yaml.Event) -> None:
        if len(self.levels) >= DEPTH:
            raise self.refuse("A009", f"this is nested deeper than {DEPTH} levels", event)
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        path = (
            self.levels[-1].next_path() if self.levels and not self.levels[-1].wants_key() else ()
        )
        self.put(value, event)
        self.levels.append(_Level(value, path))

    def put(self, value: Any, event: yaml.Event) -> None:
        """Store a value where the next one belongs: at the top, as a key, or in a level."""
        self.count += 1
        if self.count > VALUES:
            raise self.refuse("A010", f"there are more than {VALUES:,} values here", event)
        if not self.levels:
            self.root, self.values[()] = value, self.place(event)
            return
        level = self.levels[-1]
        if level.wants_key():
            self.put_key(level, value, event)
            return
        self.values[level.next_path()] = self.place(event)
        if isinstance(level.value, list):
            level.value.append(value)
        else:
            level.value[level.key], level.key = value, None

    def put_key(self, level: _Level, key: Any, event: yaml.Event) -> None:
        if not isinstance(key, str):
            raise self.refuse("A006", "keys are plain words", event)
        if key == "<<":
            raise self.refuse("A002", "merge keys (`<<`) are not part of the language", event)
        path = (*level.path, str(key))
        if path in self.keys:
            raise self.refuse(
                "A005",
                f"the key `{key}` appears twice",
                event,
                note=f"first at line {self.keys[path].line}; one of them would be ignored",
            )
        level.key, self.keys[path] = str(key), self.place(event)

    def scalar(self, event: yaml.ScalarEvent) -> Any:
        text = event.value
        if len(text) > SCALAR:
            raise self.refuse("A007", f"this value is longer than {SCALAR:,} characters", event)
        if any(_unprintable(character) for character in text):
            raise self.refuse("A008", "this value holds a control character", event)
        if event.implicit[0]:
            return self.plain(text, event)
        return Text(text, self.source, self.place(event))

    def plain(self, text: str, event: yaml.Event) -> Any:
        if text in WORDS:
            return WORDS[text]
        if INTEGER.match(text):
            if len(text) > 40:
                raise self.refuse("A007", "this number has more than 40 digits", event)
            return int(text)
        if DECIMAL.match(text):
            return float(text)
        return ENDLESS.get(text, Text(text, self.source, self.place(event)))


def _short(tag: str) -> str:
    """Return a tag as it was written; YAML expands `!!int` to a full URI."""
    return tag.replace("tag:yaml.org,2002:", "!!", 1)


def _unprintable(character: str) -> bool:
    code = ord(character)
    return (code < 32 and character not in "\t\n") or 127 <= code < 160 or 0xD800 <= code <= 0xDFFF
