"""Error rates that tables print for this very network; they are quoted, never measured.

A network is known by its words and the values of its parameters: equal ones build equal graphs,
whatever the spec's name. Only the number of classes may be another than in the suite, as one row of
a table holds errors of several data sets; each error goes with the classes of its data set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from archdsl.apps.reproduce.shipped import suites
from archdsl.apps.reproduce.suite import RowWords, Suite, read_suite
from archdsl.errors import Source
from archdsl.frontend import parameters
from archdsl.frontend.dump import dump
from archdsl.frontend.files import plain_text, read_file
from archdsl.frontend.load import Spec, setting
from archdsl.frontend.reader import Document, read
from archdsl.language.arithmetic import Value

CLASSES = {"c10": 10, "c100": 100, "imagenet": 1000}
"""Data sets, and how many classes a network for them tells apart."""

FREE = ("name", "description", "params", "expect")
"""Keys of a spec that say nothing of what is built, once the parameters have values."""

Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Quote:
    """A printed error in percent, as text: `20.97*` keeps its mark.

    `data` is a key of `CLASSES`, `label` and `source` say which row of which table. `doubt` is why
    that row may be about another network: its parameters are a known misprint.
    """

    data: str
    error: str
    label: str
    source: str
    doubt: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """The machine-readable form."""
        return asdict(self)


def quotes(spec: Spec) -> tuple[Quote, ...]:
    """What the shipped suites print for a network: for each data set the first table with it."""
    body, values = words(spec.document), spec.parameters.values
    found: dict[str, Quote] = {}
    for suite, row, known_body, known in _known():
        if known_body == body and _alike(known, values):
            for quote in _quotes(suite, row):
                if CLASSES[quote.data] == values.get("classes"):
                    found.setdefault(quote.data, quote)
    return tuple(found.values())


def words(document: Document) -> str:
    """What a spec says of the network, its parameters by name."""
    return dump({key: value for key, value in document.root.items() if key not in FREE})


def _alike(one: Values, other: Values) -> bool:
    """Whether parameters are the same, but for the classes."""
    return {**one, "classes": 0} == {**other, "classes": 0}


def _quotes(suite: Suite, row: RowWords) -> Iterator[Quote]:
    doubt = row.misprint.why if row.misprint else None
    for data, error in row.errors.model_dump(exclude_none=True).items():
        yield Quote(data, error, row.label, row.source or suite.words.source, doubt)


@cache
def _known() -> tuple[tuple[Suite, RowWords, str, Values], ...]:
    """Rows with errors, and their networks; read once. Nothing is lowered."""
    found = []
    for suite in map(read_suite, suites()):
        for row in suite.words.rows:
            if row.spec and row.errors.model_dump(exclude_none=True):
                document = _document(str(suite.spec(row.spec)))
                found.append((suite, row, words(document), _values(document, row.settings)))
    return tuple(found)


@cache
def _document(path: str) -> Document:
    source = read_file(Path(path))
    return read(Source(source.name, plain_text(source.text)))


def _values(document: Document, settings: Mapping[str, Any]) -> Values:
    """The parameters of a shipped spec under a row's settings."""
    given = {name: setting(name, value) for name, value in settings.items()}
    return parameters.evaluate(document, given).values
