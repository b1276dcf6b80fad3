"""Load a recipe and settings as a `Recipe`: typed words, numbers and positions."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from archdsl.apps.train.recipe.forms import unwrapped
from archdsl.apps.train.recipe.numbers import network_settings, resolved
from archdsl.apps.train.recipe.shipped import missing, path_of
from archdsl.apps.train.recipe.text import text
from archdsl.apps.train.recipe.words import RecipeWords
from archdsl.errors import ArchdslError, Diagnostic, Place, Source, Span, fail
from archdsl.frontend import parameters
from archdsl.frontend.diagnose import by_place, diagnose
from archdsl.frontend.dump import dump
from archdsl.frontend.files import plain_text, read_file
from archdsl.frontend.load import Spec
from archdsl.frontend.parameters import Parameters
from archdsl.frontend.reader import Document, read
from archdsl.frontend.settings import documents, first_choices, plain, substituted
from archdsl.frontend.unused import arithmetic_names, chosen, unused_parameters
from archdsl.language.arithmetic import Scope

SAME = {"seed", "compile", "channels_last", "memory_efficient", "deterministic", "workers"}
"""Keys that change how a network is trained, and not what it can be compared with."""

CLASSES = "classes"
"""The parameter of a spec that takes the number of classes of the data."""


@dataclass(frozen=True)
class Recipe:
    """A checked recipe with settings applied.

    Attributes:
        words: the values of the file as typed words, with numbers in place of arithmetic.
        parameters: values of the parameters, and their defaults.
        settings: the parameters that were set, as plain numbers, lists and text.
        document: the values of the file, with their positions.
        network: the parameters of the spec that the recipe sets, as plain values.
        notes: warnings, such as a parameter that nothing uses.
        text: the recipe as short YAML, without comments and published errors. Parameters that were
            set have the new value as their default, so that it can be read without settings.
    """

    words: RecipeWords
    parameters: Parameters
    settings: Mapping[str, Any]
    document: Document = field(compare=False, repr=False)
    network: Mapping[str, Any]
    notes: tuple[Diagnostic, ...] = field(default=(), compare=False, repr=False)
    text: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """Name of the recipe."""
        return self.words.name

    @property
    def sha256(self) -> str:
        """SHA-256 of the text, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def with_settings(self, settings: Mapping[str, Any]) -> Recipe:
        """Return this recipe with some parameters set, as loading it with these settings would.

        Args:
            settings: parameters to set, as for `load_recipe`.

        Raises:
            ArchdslError: with one diagnostic per mistake; codes A0xx to A1xx.
        """
        return _checked(self.document, documents({**self.settings, **settings}))

    def settings_for(self, spec: Spec) -> dict[str, Any]:
        """Return the settings that a spec is trained with.

        They are those under `network`, and the number of classes of the data if the spec has a
        parameter for it.

        Args:
            spec: the spec.
        """
        classes = self.words.data.classes if CLASSES in spec.parameters.values else 0
        return {**({CLASSES: classes} if classes else {}), **self.network}

    def with_keys(self, keys: Mapping[str, Any]) -> Recipe:
        """Return this recipe with other values for some of its keys, such as `epochs`.

        Published errors are left out if the others change what is learned.

        Args:
            keys: values of top-level keys.

        Raises:
            ArchdslError: A0xx or A1xx if a value is invalid.
        """
        if not keys:
            return self
        root = {**self.document.root, **keys}
        if keys.keys() - SAME:
            root.pop("expect", None)
        return parse_recipe(Source(self.document.source.name, dump(root)), self.settings)

    def at(self, *path: str | int) -> Place:
        """Return the position of a value, as arguments of a `Diagnostic`."""
        return {"source": self.document.source, "span": self.document.span(path)}


def load_recipe(
    recipe: str | os.PathLike[str], settings: Mapping[str, Any] | None = None
) -> Recipe:
    """Read and check a recipe.

    >>> load_recipe("cifar-zhu-2018", {"data": "cifar100"}).words.data.classes
    100

    Args:
        recipe: path of a YAML file, or the name of a recipe that comes with archdsl. A file with
            this name is preferred.
        settings: parameters to set, by name: numbers, lists, or text as after `--set name=`.

    Raises:
        ArchdslError: with one diagnostic per mistake; codes A0xx to A1xx and A4xx.
    """
    path = path_of(recipe)
    if not path.exists():
        raise missing(str(path))
    return parse_recipe(read_file(path), settings)


def parse_recipe(source: Source | str, settings: Mapping[str, Any] | None = None) -> Recipe:
    """Parse and check a recipe that is passed as text; otherwise like `load_recipe`.

    Args:
        source: the text, or text with a name for messages.
        settings: parameters to set, by name.

    Raises:
        ArchdslError: A0xx or A1xx if the recipe is invalid.
    """
    if isinstance(source, str):
        source = Source("recipe", source)
    document = read(Source(source.name, plain_text(source.text)))
    _check_top(document)
    return _checked(document, documents(settings or {}))


def _checked(document: Document, settings: Mapping[str, Document]) -> Recipe:
    """Return the recipe if values and settings are valid. Raise ArchdslError with every mistake."""
    mistakes: list[Diagnostic] = []
    values = Parameters({}, {})
    try:
        values = parameters.evaluate(document, settings, "recipe")
    except ArchdslError as error:
        mistakes += error.diagnostics
    choices = values.choices if not mistakes else first_choices(document)
    chosen_words = Document(
        document.source, substituted(document, choices), document.values, document.keys
    )
    normal, wrong = unwrapped(chosen_words)
    if wrong:
        raise ArchdslError(sorted([*mistakes, *wrong], key=by_place))
    try:
        words = RecipeWords.model_validate(normal.root)
    except ValidationError as error:
        mistakes += diagnose(error, normal, RecipeWords)
    if mistakes:
        raise ArchdslError(sorted(mistakes, key=by_place))
    scope = Scope(values.values)
    try:
        network = network_settings(words.network, scope)
    except ArchdslError as error:
        raise error.within(document.source, document.span(("network",))) from None
    used = arithmetic_names(words) | chosen(document, values.choices) | network.names
    return Recipe(
        resolved(words, scope, normal),
        values,
        {name: plain(values.values[name]) for name in sorted(settings)},
        document,
        network.values,
        tuple(unused_parameters(document, used, settings, "training")),
        text(document, settings),
    )


def _check_top(document: Document) -> None:
    """Raise A011 if the document is not a mapping, A103 if it is a spec."""
    place = Place(source=document.source, span=Span(1, 1))
    if document.root is None:
        raise fail("A011", "the recipe is empty", help="see docs/recipes.md", **place)
    if not isinstance(document.root, dict):
        message = "a recipe is a mapping of keys to values"
        raise fail("A011", message, help="see docs/recipes.md", **place)
    if "archdsl" in document.root and "recipe" not in document.root:
        message = "this is a spec, not a recipe: the key `recipe` is missing"
        raise fail("A103", message, help="write `archdsl train SPEC --recipe RECIPE`", **place)
