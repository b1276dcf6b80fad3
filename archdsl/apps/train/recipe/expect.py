"""Published errors of networks that a recipe trains."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from archdsl.errors import ArchdslError, fail
from archdsl.frontend.load import Spec, load
from archdsl.frontend.parameters import read_value
from archdsl.frontend.shipped import find
from archdsl.language.values import Words, as_pydantic

if TYPE_CHECKING:
    from archdsl.apps.train.recipe.load import Recipe

PERCENTAGE = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,4})?\Z")


def _percentage(value: Any) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (number or isinstance(value, str)) or not PERCENTAGE.match(str(value)):
        help = "write 4.03, or in quotes to keep a zero at the end: '20.50'"
        raise as_pydantic(fail("A106", "an error is a percentage below 100", help=help))
    return value


class ErrorWords(Words):
    """A published error."""

    value: Annotated[Any, AfterValidator(_percentage)] = Field(
        description="of the test images, in percent"
    )
    source: Annotated[str, Field(max_length=400, description="where it is printed")]


class PublishedWords(Words):
    """The error of a network, and the parameters that it is of (all others at their defaults)."""

    network: Annotated[str, Field(max_length=200)] = Field(
        description="name of a published network or of a spec that ships"
    )
    when: dict[str, Any] = Field(
        default_factory=dict, description="values of parameters of the recipe or of the spec"
    )
    error: ErrorWords


@dataclass(frozen=True)
class PublishedError:
    """A published error of a network under a recipe.

    Attributes:
        value: the percentage as it is printed.
        source: where it is printed.
    """

    value: str
    source: str

    def __str__(self) -> str:
        return f"published {self.value} ({self.source})"


def published(recipe: Recipe, spec: Spec) -> list[PublishedError]:
    """Return the published errors of this network under this recipe.

    An error is returned if the network is that of the entry, and all parameters of the recipe and
    of the spec are those under `when`, with defaults for the rest. The default of a parameter
    `classes` is the number of classes of the data.

    Args:
        recipe: the recipe with its settings.
        spec: the spec with the settings that it is trained with, those of the recipe included.

    Raises:
        ArchdslError: A1xx or A401 if a network or a value under `when` cannot be read.
    """
    applicable = []
    for index, entry in enumerate(recipe.words.expect):
        try:
            if _is_of(recipe, spec, entry):
                applicable.append(PublishedError(str(entry.error.value), str(entry.error.source)))
        except ArchdslError as error:
            place = recipe.at("expect", index)
            raise error.within(place["source"], place["span"]) from None
    return applicable


def _is_of(recipe: Recipe, spec: Spec, entry: PublishedWords) -> bool:
    """Return whether an entry is of this network under this recipe."""
    named = find(entry.network)
    if named is None:
        raise fail("A106", f"`{entry.network[:80]}` is a path, not the name of a network")
    own = {name: value for name, value in entry.when.items() if name in recipe.parameters.values}
    if named.spec != spec.name or not _holds(recipe, own):
        return False
    settings = {name: value for name, value in entry.when.items() if name not in own}
    for name in settings:
        if name not in spec.parameters.values:
            raise fail("A114", f"`when` names `{name[:80]}`, which is not a parameter")
    expected = load(entry.network, {**recipe.settings_for(spec), **settings})
    return expected.text == spec.text and expected.parameters.values == spec.parameters.values


def _holds(recipe: Recipe, when: Mapping[str, Any]) -> bool:
    """Return whether the parameters of a recipe are these, with defaults for the rest."""
    values, defaults, choices = (
        recipe.parameters.values, recipe.parameters.defaults, recipe.parameters.choices
    )  # fmt: skip
    expected = {
        name: str(value) if name in choices else read_value(value, defaults)
        for name, value in when.items()
    }
    return dict(values) == {**defaults, **expected}
