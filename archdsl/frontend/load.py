"""Load a spec file and settings as a `Spec`: typed words, parameters and positions."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from archdsl.errors import ArchdslError, Diagnostic, Place, Source, Span, fail
from archdsl.frontend import parameters
from archdsl.frontend.channels import channels_last
from archdsl.frontend.definitions import problems, signatures
from archdsl.frontend.diagnose import by_place, diagnose
from archdsl.frontend.dump import dump, flow
from archdsl.frontend.extending import Extension
from archdsl.frontend.files import START, plain_text, read_file
from archdsl.frontend.parameters import Parameters
from archdsl.frontend.reader import Document, read
from archdsl.frontend.schema import Network, language
from archdsl.frontend.settings import documents, first_choices, plain, substituted
from archdsl.frontend.shipped import find
from archdsl.frontend.unused import unused
from archdsl.frontend.version import too_new
from archdsl.shown import Shown


@dataclass(frozen=True, repr=False)
class Spec(Shown):
    """A checked spec with settings applied. Equal specs describe the same network.

    Attributes:
        words: the values of the file as typed words; arithmetic is not evaluated yet.
        parameters: values of the parameters, and their defaults.
        settings: the parameters that were set, as plain numbers, lists and text.
        document: the values of the file, with their positions.
        notes: warnings and notes on the spec, such as a parameter that nothing uses.
        documents: the settings as they were written, with positions.
        extend: the custom rules, units, aggregations and layers that the spec may use.
        called: the name of a published network that it was loaded by; else that of the spec.
        class_name: name of the published network's class; empty for other specs.
    """

    words: Network
    parameters: Parameters
    settings: Mapping[str, Any]
    document: Document = field(compare=False, repr=False)
    notes: tuple[Diagnostic, ...] = field(default=(), compare=False, repr=False)
    documents: Mapping[str, Document] = field(default_factory=dict, compare=False, repr=False)
    extend: tuple[Extension, ...] = field(default=(), compare=False, repr=False)
    called: str = field(default="", compare=False, repr=False)
    class_name: str = field(default="", compare=False, repr=False)

    def __repr__(self) -> str:
        settings = "".join(f", {name}={flow(value)}" for name, value in self.settings.items())
        return f"<Spec {self.name}{settings}>"

    @property
    def name(self) -> str:
        """Name of the network."""
        return self.words.name

    @property
    def sha256(self) -> str:
        """SHA-256 of the values except `expect`, and of the settings, in hexadecimal."""
        settings = json.dumps(self.settings, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(f"{self.text}\0{settings}".encode()).hexdigest()

    @property
    def text(self) -> str:
        """The values as short YAML, without comments and published figures."""
        built = {key: value for key, value in self.document.root.items() if key != "expect"}
        return dump(built)

    def with_settings(self, settings: Mapping[str, Any]) -> Spec:
        """Return this spec with some parameters set, as loading it with these settings would.

        Settings that it has already are kept, except for those that are set again.

        Args:
            settings: parameters to set, as for `load`.

        Raises:
            ArchdslError: with one diagnostic per mistake; codes A0xx to A1xx.
        """
        chosen = {**self.documents, **documents(settings)}
        return self._named_as(_checked(self.document, chosen, self.extend))

    def with_values(self, root: Mapping[str, Any], settings: Mapping[str, Any]) -> Spec:
        """Return a spec with other values, and with some parameters set.

        Its diagnostics point into the new values as `dump` writes them, not into the file.

        Args:
            root: the values of a whole spec, as `document.root` holds them.
            settings: parameters to set, as for `load`.

        Raises:
            ArchdslError: with one diagnostic per mistake; codes A0xx to A1xx.
        """
        document = read(Source(self.document.source.name, dump(root)))
        chosen = {**self.documents, **documents(settings)}
        return self._named_as(_checked(document, chosen, self.extend))

    def _named_as(self, spec: Spec) -> Spec:
        """Return another spec under the names that this one was loaded by."""
        return replace(spec, called=self.called, class_name=self.class_name)

    def at(self, *path: str | int) -> Place:
        """Return the position of a value, as arguments of a `Diagnostic`."""
        return {"source": self.document.source, "span": self.document.span(path)}

    def at_stage(self, index: int, *path: str | int) -> Place:
        """Return the position of a value of a stage, or of `each` if it comes from there.

        Args:
            index: number of the stage, from 0.
            path: the path within the stage; its first item is the key. For a key that is not
                written, the position is that of the stage.
        """
        if isinstance(self.document.root["stages"], dict):
            return self.at("stages", *path)
        each, own = self.document.root.get("each"), self.document.value(("stages", index))
        filled = bool(each) and path[:1] and path[0] in each and path[0] not in own
        return self.at("each", *path) if filled else self.at("stages", index, *path)


def load(
    spec: str | os.PathLike[str],
    settings: Mapping[str, Any] | None = None,
    *,
    extend: Iterable[Extension] = (),
) -> Spec:
    """Read and check a spec.

    >>> load("densenet-161", {"classes": 10}).settings
    {'classes': 10, 'growth': 48, 'layers': [6, 12, 36, 24]}

    Args:
        spec: path of a YAML file, or the name of a network that comes with archdsl:
            `densenet-imagenet` for a spec as written, `densenet-161` for one with the settings of
            a publication. A file with this name is preferred.
        settings: parameters to set, by name: numbers, lists, or text as after `--set name=`.
        extend: custom rules, units, aggregations and layers, whose words the spec may then use.

    Returns:
        The spec, of which every value is checked but none depends on a stage yet.

    Raises:
        ArchdslError: with one diagnostic per mistake; codes A0xx to A1xx and A4xx.
    """
    named = find(spec)
    if named is None:
        return parse(read_file(Path(spec)), settings, extend=extend)
    chosen = {**named.settings, **(settings or {})}
    return replace(
        parse(read_file(named.path), chosen, extend=extend),
        called=named.name, class_name=named.class_name,
    )  # fmt: skip


def parse(
    source: Source | str,
    settings: Mapping[str, Any] | None = None,
    *,
    extend: Iterable[Extension] = (),
) -> Spec:
    """Parse and check a spec that is passed as text; otherwise like `load`.

    Args:
        source: the text, or text with a name for messages.
        settings: values for parameters of the spec, by name.
        extend: rules, units, aggregations and layers that the spec may use in addition.

    Raises:
        ArchdslError: A0xx or A1xx if the spec is invalid.
    """
    if isinstance(source, str):
        source = Source("spec", source)
    source = Source(source.name, plain_text(source.text))
    document = read(source)
    _check_top(document)
    return _checked(document, documents(settings or {}), tuple(extend))


def _checked(
    document: Document, settings: Mapping[str, Document], extend: tuple[Extension, ...]
) -> Spec:
    """Return the spec if values and settings are valid. Raise ArchdslError with every mistake."""
    mistakes: list[Diagnostic] = []
    values = Parameters({}, {})
    try:
        values = parameters.evaluate(document, settings)
    except ArchdslError as error:
        mistakes += error.diagnostics
    choices = values.choices if not mistakes else first_choices(document)
    try:
        defined = signatures(document, language(extend).words)
    except ArchdslError as error:
        raise ArchdslError(sorted([*mistakes, *error.diagnostics], key=by_place)) from None
    model = language(extend, defined).network
    try:
        words = model.model_validate(substituted(document, choices))
    except ValidationError as error:
        mistakes += diagnose(error, document, model)
    else:
        mistakes += too_new(words, document, extend)
        mistakes += problems(words.define, document)
    if mistakes:
        raise ArchdslError(sorted(mistakes, key=by_place))
    chosen = {name: plain(values.values[name]) for name in sorted(settings)}
    notes = (
        *unused(document, words, values.choices, settings),
        *channels_last(words, document),
    )
    return Spec(words, values, chosen, document, notes, settings, extend)


def _check_top(document: Document) -> None:
    """Raise A011 if the document is not a mapping, A103 if it is a recipe."""
    place = Place(source=document.source, span=Span(1, 1))
    if document.root is None:
        raise fail("A011", "the spec is empty", help=START, **place)
    if not isinstance(document.root, dict):
        raise fail("A011", "a spec is a mapping of keys to values", help=START, **place)
    if "recipe" in document.root and "archdsl" not in document.root:
        message = "this is a recipe, not a spec: the key `archdsl` is missing"
        raise fail("A103", message, help="write `archdsl train SPEC --recipe RECIPE`", **place)
