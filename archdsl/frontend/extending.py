"""Add the classes that a caller passes to the words of the language."""

from __future__ import annotations

from collections.abc import Iterable
from keyword import iskeyword
from typing import Any

from archdsl.errors import fail
from archdsl.frontend import unions
from archdsl.language.aggregation import Aggregation
from archdsl.language.layer import RESERVED, Layer
from archdsl.language.rule import Rule
from archdsl.language.unit import Unit
from archdsl.language.values import Words

Extension = type[Rule] | type[Unit] | type[Aggregation] | type[Layer]


KEYS: dict[Any, str] = {Rule: "rule", Layer: "layer", Unit: "kind", Aggregation: "kind"}
"""The field that holds the word, by the class from which words of one kind derive."""


def extended(
    own: tuple[type[Words], ...], base: type[Words], extensions: Iterable[Extension]
) -> tuple[Any, ...]:
    """Return the classes of one kind, with those of the extensions added.

    Args:
        own: the classes of archdsl.
        base: their common class: `Rule`, `Unit`, `Aggregation` or `Layer`.
        extensions: the caller's classes, of any kind.

    Raises:
        ArchdslError: A120 or A121 if a class of this kind cannot be added.
    """
    key = KEYS[base]
    taken = {unions.word_of(model, key) for model in own}
    for extension in extensions:
        if issubclass(extension, base):
            word = unions.word_of(extension, key)
            if word in taken:
                raise fail(
                    "A120", f"the word `{word}` is already defined", help="choose another word"
                )
            if issubclass(extension, Layer):
                _check_layer(extension, word)
            taken.add(word)
            own = (*own, extension)
    return own


def _check_layer(layer: type[Layer], word: str) -> None:
    """Raise A120 or A121 if a layer's word or module cannot be written into a file."""
    if not word.isidentifier() or not word.isascii() or iskeyword(word) or word in RESERVED:
        message = f"the word `{word}` cannot name a layer: modules have an attribute named after it"
        raise fail("A120", message, help="choose another word, such as `group_norm`")
    if not (layer.module.isidentifier() and layer.module.isascii()):
        message = (
            f"the layer `{word}` does not name a class of torch.nn: its module is `{layer.module}`"
        )
        raise fail("A121", message, help='write `module = "GroupNorm"` in its class')
