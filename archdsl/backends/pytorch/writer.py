"""Lines, indentation, and calls broken the way `ruff format --line-length 100` breaks them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from textwrap import wrap

WIDTH = 100


class Writer:
    """Collects the lines of a file."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.depth = 0

    def line(self, text: str = "") -> None:
        """Add a line at the current depth."""
        self.lines.append("    " * self.depth + text if text else "")

    def blank(self, count: int = 1) -> None:
        """Add empty lines."""
        self.lines += [""] * count

    def docstring(self, summary: str, *paragraphs: str) -> None:
        """Add a docstring of one line, or of a summary and paragraphs that are wrapped."""
        if not paragraphs:
            self.line(f'"""{summary}"""')
            return
        self.line(f'"""{summary}')
        for paragraph in paragraphs:
            self.blank()
            for line in wrap(paragraph, WIDTH - 4 * self.depth, break_long_words=False):
                self.line(line)
        self.line('"""')

    def paste(self, source: str) -> None:
        """Add source text unchanged."""
        self.lines += source.rstrip("\n").split("\n")

    @contextmanager
    def block(self, opening: str) -> Iterator[None]:
        """Indent what is printed inside the `with` statement under `opening`."""
        self.line(opening)
        self.depth += 1
        yield
        self.depth -= 1

    def call(self, before: str, arguments: Sequence[str], after: str = ")") -> None:
        """Print `before(a, b)after` on one line, on three, or with one argument a line.

        Args:
            before: text with the opening bracket, such as `reads = [`. A list or mapping that does
                not fit on one line has one entry a line.
            arguments: the arguments, each as it is printed.
            after: text with the closing bracket.
        """
        room = WIDTH - 4 * self.depth
        joined = ", ".join(arguments)
        if len(before) + len(joined) + len(after) <= room:
            self.line(f"{before}{joined}{after}")
            return
        self.line(before)
        self.depth += 1
        # A literal that is broken has an entry a line; a call's arguments may share one.
        if len(joined) <= room - 4 and not before.endswith(("[", "{", "= (")):
            self.line(joined)
        else:
            for argument in arguments:
                self.item(argument)
        self.depth -= 1
        self.line(after)

    def signature(self, before: str, parameters: Sequence[str], after: str) -> None:
        """Print `before(a, b)after` on one line, on three, or with a parameter a line.

        Args:
            before: text with the opening bracket.
            parameters: the parameters with their types.
            after: text with the closing bracket, such as `) -> None:`.
        """
        joined = f"{before}{', '.join(parameters)}{after}"
        if len(joined) <= WIDTH - 4 * self.depth:
            self.line(joined)
            return
        self.line(before)
        self.depth += 1
        inside = ", ".join(parameters)
        if len(inside) <= WIDTH - 4 * self.depth:
            self.line(inside)
        else:
            for parameter in parameters:
                self.line(f"{parameter},")
        self.depth -= 1
        self.line(after)

    @contextmanager
    def constructor(self, parameters: Sequence[str]) -> Iterator[None]:
        """Indent the body of `__init__` with these parameters, which begin with `self`."""
        self.signature("def __init__(", parameters, ") -> None:")
        self.depth += 1
        yield
        self.depth -= 1

    def import_from(self, module: str, names: Sequence[str]) -> None:
        """Print an import of names, on one line or with one name a line.

        Args:
            module: where they are imported from.
            names: the names, sorted.
        """
        statement = f"from {module} import {', '.join(names)}"
        if len(statement) <= WIDTH:
            self.line(statement)
            return
        with self.block(f"from {module} import ("):
            for name in names:
                self.line(f"{name},")
        self.line(")")

    def item(self, text: str) -> None:
        """Add one argument of several; a generator or call that is too long has its own lines."""
        if len(text) + 1 <= WIDTH - 4 * self.depth:
            self.line(f"{text},")
            return
        if not text.startswith("*("):
            name, bracket, arguments = text.removesuffix(")").partition("(")
            if text.startswith("["):
                self.call("[", text[1:-1].split(", "), "],")
            elif bracket:
                self.call(f"{name}(", split(arguments), "),")
            else:
                self.line(f"{text},")
            return
        self.line("*(")
        self.generator(text[2:-1])
        self.line("),")

    def generator(self, text: str) -> None:
        """Add `item for x in xs`, indented once more, broken before `for` if it must be."""
        self.depth += 1
        head, clause = text.rsplit(" for ", 1)
        if len(text) <= WIDTH - 4 * self.depth:
            self.line(text)
        else:
            if len(head) > WIDTH - 4 * self.depth and head.endswith(")") and " if " not in head:
                name, arguments = head[:-1].split("(", 1)
                self.call(f"{name}(", split(arguments))
            else:
                self.line(head)
            before, zipped, lists = clause.partition(" in zip(")
            if zipped and len(f"for {clause}") > WIDTH - 4 * self.depth:
                self.call(f"for {before}{zipped}", lists.removesuffix(")").split(", "))
            else:
                self.line(f"for {clause}")
        self.depth -= 1

    def text(self) -> str:
        """Return the text of the file."""
        return "\n".join(self.lines) + "\n"


def split(arguments: str) -> list[str]:
    """Return arguments one by one; what is in brackets is one.

    >>> split("128, [16, 28], [layer / 54 for layer in range(2, 20)]")
    ['128', '[16, 28]', '[layer / 54 for layer in range(2, 20)]']
    """
    parts = [""]
    for text in arguments.split(", "):
        opened = sum(map(parts[-1].count, "([")) > sum(map(parts[-1].count, ")]"))
        parts[-1:] = [f"{parts[-1]}, {text}"] if opened else [*parts[-1:], text]
    return parts[1:]
