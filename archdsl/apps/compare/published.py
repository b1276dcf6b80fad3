"""Quote the error rates that published tables print for a network; they are not measured.

A network is identified by the text of its spec without names, and by the values of its parameters:
equal ones build equal graphs. Only the number of classes may differ from the row of the suite, as a
row has errors on several data sets; each error applies to the classes of its data set.
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
from archdsl.frontend.load import Spec
from archdsl.frontend.reader import Document, read
from archdsl.frontend.settings import setting
from archdsl.language.arithmetic import Value

CLASSES = {"c10": 10, "c100": 100, "imagenet": 1000}
"""Data set to its number of classes."""

FREE = ("name", "description", "params", "expect")
"""Keys of a spec that do not change the network, once the parameters have values."""

Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Quote:
    """A printed error in percent, as text: `20.97*` keeps its mark.

    `data` is a key of `CLASSES`; `label` and `source` name the row and the table. `doubt` says why
    the row may be about a different network: its printed parameters are a known misprint.
    """

    data: str
    error: str
    label: str
    source: str
    doubt: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """Return the quote as plain values, ready for JSON."""
        return asdict(self)


def quotes(spec: Spec) -> tuple[Quote, ...]:
    """Return what the shipped suites print for a network: the first match for each data set."""
    body, values = words(spec.document), spec.parameters.values
    by_data: dict[str, Quote] = {}
    for suite, row, row_body, row_values in _rows():
        if row_body == body and _alike(row_values, values):
            for quote in _quotes(suite, row):
                if CLASSES[quote.data] == values.get("classes"):
                    by_data.setdefault(quote.data, quote)
    return tuple(by_data.values())


def words(document: Document) -> str:
    """Return the text of a spec without the keys in `FREE`."""
    return dump({key: value for key, value in document.root.items() if key not in FREE})


def _alike(one: Values, other: Values) -> bool:
    """Return whether parameters are equal, apart from the number of classes."""
    return {**one, "classes": 0} == {**other, "classes": 0}


def _quotes(suite: Suite, row: RowWords) -> Iterator[Quote]:
    doubt = row.misprint.why if row.misprint else None
    for data, error in row.errors.model_dump(exclude_none=True).items():
        yield Quote(data, error, row.label, row.source or suite.words.source, doubt)


@cache
def _rows() -> tuple[tuple[Suite, RowWords, str, Values], ...]:
    """Return the rows with errors, with the text and the parameters of their specs; read once."""
    rows = []
    for suite in map(read_suite, suites()):
        for row in suite.words.rows:
            if row.spec and row.errors.model_dump(exclude_none=True):
                document = _document(str(suite.spec(row.spec)))
                rows.append((suite, row, words(document), _values(document, row.settings)))
    return tuple(rows)


@cache
def _document(path: str) -> Document:
    source = read_file(Path(path))
    return read(Source(source.name, plain_text(source.text)))


def _values(document: Document, settings: Mapping[str, Any]) -> Values:
    """Return the parameters of a shipped spec under the settings of a row."""
    values = {name: setting(name, value) for name, value in settings.items()}
    return parameters.evaluate(document, values).values
