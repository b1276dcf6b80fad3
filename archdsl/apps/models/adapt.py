"""The same spec for another number of classes or input channels."""

from __future__ import annotations

from typing import Any

from archdsl.errors import ArchdslError, fail
from archdsl.frontend.load import Spec

CLASSES = "classes"
"""The parameter that a spec calls its number of classes by."""


def with_classes(spec: Spec, count: int) -> Spec:
    """Return a spec with another number of classes.

    The parameter `classes` is set, or else the width of the last layer if that is `linear`.

    Args:
        spec: the spec.
        count: the number of classes, or 0 to leave the classifier and the dropout before it out.

    Raises:
        ArchdslError: A414 if the number is negative, or the spec has neither.
    """
    if count < 0:
        raise fail(
            "A414", f"`num_classes` is {count}", help="pass 0 for a network without classifier"
        )
    if count and CLASSES in spec.parameters.values:
        return spec.with_settings({CLASSES: count})
    root = spec.document.root
    *layers, last = root.get("head") or [None]
    if not _is(last, "linear"):
        raise _without_classifier(spec)
    if count:
        keys = last["linear"] if isinstance(last["linear"], dict) else {}
        layers.append({"linear": {**keys, "width": count}})
    elif layers and _is(layers[-1], "dropout"):
        layers.pop()
    return _changed(spec, "head", layers)


def with_channels(spec: Spec, count: int) -> Spec:
    """Return a spec with another number of input channels.

    Args:
        spec: the spec.
        count: the number of channels.

    Raises:
        ArchdslError: A101 if it is not a number of channels.
    """
    _, *sizes = spec.document.root["input"]
    return _changed(spec, "input", [count, *sizes])


def _changed(spec: Spec, key: str, value: Any) -> Spec:
    """Return a spec with another value for a key, without figures, which are of the original."""
    root = {name: old for name, old in spec.document.root.items() if name != "expect"}
    return spec.with_values({**root, key: value}, {})


def _is(layer: Any, word: str) -> bool:
    """Return whether a value of a spec is a layer with this word and keys."""
    return isinstance(layer, dict) and list(layer) == [word]


def _without_classifier(spec: Spec) -> ArchdslError:
    return fail(
        "A414",
        f"{spec.name} does not end with a `linear` layer, and has no parameter `{CLASSES}`",
        help="set the parameter of the spec that has the number of classes",
    )
