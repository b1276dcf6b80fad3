"""A suite file: the rows of a published table, each with the spec that it is about.

A row contains the figures as printed. It also states what the table leaves out: what a figure
counts, which settings were found by trial, which figure is a misprint and why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from archdsl.apps.reproduce.printed import read_printed
from archdsl.errors import ArchdslError, Place, Source, fail
from archdsl.frontend.diagnose import diagnose
from archdsl.frontend.files import plain_text, read_file
from archdsl.frontend.reader import Document, read
from archdsl.frontend.schema import NAME
from archdsl.language.values import Words, as_pydantic

SPEC = re.compile(r"[A-Za-z0-9_.-][A-Za-z0-9_./-]{0,199}\Z")
TOLERANCE = r"^[0-9]{1,2}(\.[0-9]{1,6})?%$"
"""A percentage below 100%, as 100% would allow any number."""


def _figure(text: str) -> str:
    try:
        read_printed(text)
    except ArchdslError as error:
        raise as_pydantic(error) from None
    return text


def _spec(text: str) -> str:
    if not SPEC.match(text):
        help = "a path from this file's folder, of letters, digits, `_`, `-`, `.` and `/`"
        raise as_pydantic(fail("A106", f"`{text[:80]}` is not a path of a spec", help=help))
    return text


def _setting(value: Any) -> Any:
    entries = value if isinstance(value, list) else [value]
    if all(isinstance(e, str) or _number(e) for e in entries):
        return value
    raise as_pydantic(fail("A114", "a setting is a number, a list of numbers, or text"))


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _line(text: str) -> str:
    """Return text that fits on one line of a table. Raise A106 if it does not."""
    if "\n" in text or "\t" in text or not text.strip():
        raise as_pydantic(fail("A106", "this must be one line of text"))
    return text


def _depths(depths: tuple[int, ...]) -> tuple[int, ...]:
    """Return ascending powers of two, which are depths that every rule supports. Raise A106."""
    powers = [1 << exponent for exponent in range(1, 13)]
    if list(depths) != [power for power in powers if power in depths]:
        raise as_pydantic(fail("A106", f"depths are powers of two up to {powers[-1]}, ascending"))
    return depths


FigureText = Annotated[str, AfterValidator(_figure)]
SpecPath = Annotated[str, AfterValidator(_spec)]
Line = Annotated[str, Field(max_length=120), AfterValidator(_line)]
Why = Annotated[str, Field(min_length=1, max_length=1_000)]
Setting = Annotated[Any, AfterValidator(_setting)]
GrowthWords = Literal["O(1)", "O(log N)", "O(N)", "O(N log N)", "O(N^2)", "O(2^N)"]


class NetworkWords(Words):
    """A spec with settings."""

    spec: SpecPath
    settings: dict[str, Setting] = Field(default_factory=dict)


class ErrorWords(Words):
    """Quoted error rates, as text, so that `20.50` and `5.39*` are kept as printed."""

    c10: Line | None = None
    c100: Line | None = None
    imagenet: Line | None = None


class MisprintWords(Words):
    """Why a figure is considered a misprint, and what it should be, which is checked."""

    why: Why
    instead: FigureText | None = Field(None, description="the figure that was meant")
    network: NetworkWords | None = Field(None, description="the network that the figure is of")


class RowWords(Words):
    """One row of a table."""

    label: Line
    architecture: bool = Field(True, description="false: no network that a spec could say")
    spec: SpecPath | None = None
    settings: dict[str, Setting] = Field(default_factory=dict)
    parameters: FigureText
    gflops: FigureText | None = Field(None, description="as Table 4 counts: see `paper_flops`")
    errors: ErrorWords = ErrorWords()
    source: Line | None = None
    counts: Why | None = Field(None, description="what the figure counts, if the table is open")
    tuned: Why | None = Field(None, description="which settings were found by trying, and how")
    misprint: MisprintWords | None = None
    tolerance: Annotated[str, Field(pattern=TOLERANCE)] | None = None
    note: Why | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.architecture and self.spec is None:
            raise as_pydantic(fail("A103", "the key `spec` is missing"))
        if not self.architecture and (self.spec or self.misprint or self.tolerance):
            message = "`architecture: false` has no `spec`, `misprint` or `tolerance`"
            raise as_pydantic(fail("A226", message))
        if self.note is None and (self.tolerance or not self.architecture):
            missing = "the key `note` is missing: say why this row is another matter"
            raise as_pydantic(fail("A103", missing))
        return self


class ClaimWords(Words):
    """How a network grows with the number N of layers of its first stage."""

    label: Line
    spec: SpecPath
    settings: dict[str, Setting] = Field(default_factory=dict)
    depths: Annotated[
        tuple[int, ...],
        Field(min_length=4, max_length=16, strict=False, description="at which N it is counted"),
        AfterValidator(_depths),
    ]
    parameters: GrowthWords
    gradient_path: GrowthWords
    aggregated: GrowthWords
    note: Why | None = None


class SuiteWords(Words):
    """The keys of a suite file."""

    name: Annotated[str, Field(pattern=NAME)]
    title: Line
    source: Line
    description: Annotated[str, Field(max_length=4_000)] = ""
    rows: Annotated[tuple[RowWords, ...], Field(max_length=1_000, strict=False)] = ()
    claims: Annotated[tuple[ClaimWords, ...], Field(max_length=100, strict=False)] = ()

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.rows and not self.claims:
            raise as_pydantic(fail("A103", "a suite has `rows` or `claims`, one or more"))
        return self


@dataclass(frozen=True)
class Suite:
    """A suite that was read, with the positions of its values."""

    path: Path
    words: SuiteWords
    document: Document

    def at(self, *path: str | int) -> Place:
        """Return the position of a value, as arguments of a diagnostic."""
        return {"source": self.document.source, "span": self.document.span(path)}

    def spec(self, words: str) -> Path:
        """Return the path of a spec, relative to the current folder."""
        return self.path.parent / words


def read_suite(path: Path) -> Suite:
    """Return a suite. Raise A0xx, A1xx, A226 or A40x if the file cannot be read."""
    source = read_file(path)
    source = Source(source.name, plain_text(source.text))
    document = read(source)
    if not isinstance(document.root, dict):
        message = f"{path} is not a suite: a mapping with `rows` or `claims`"
        raise fail("A106", message, source=source, span=document.span(()))
    try:
        return Suite(path, SuiteWords.model_validate(document.root), document)
    except ValidationError as error:
        raise ArchdslError(diagnose(error, document, SuiteWords)) from None
