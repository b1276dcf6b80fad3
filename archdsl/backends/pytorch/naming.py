"""The name of the network's class: what a caller chose, or derived from the spec's name."""

from __future__ import annotations

import builtins
import keyword
import re

from archdsl.codegen.program import TAKEN
from archdsl.errors import ArchdslError, fail
from archdsl.frontend.load import Spec

FAMILIES = {
    "densenet": "DenseNet", "fractalnet": "FractalNet", "resnet": "ResNet",
    "sparsenet": "SparseNet",
}  # fmt: skip
"""Networks that the literature spells with capitals inside."""

SPELLED = {**FAMILIES, "bc": "BC", "preact": "PreAct"}
DATA_SETS = {"cifar", "imagenet"}


def class_of(spec: Spec) -> str:
    """Return the default name of a network's class: `SparseNetBC100`."""
    return spec.class_name or camel(spec.name, spec.parameters.values.get("depth"))


def camel(name: str, depth: object = None) -> str:
    """Return a network's name as a class name; never a keyword or a name that the file needs.

    A known family is spelled as in the literature: its data set is left out, and the depth is
    added.

    Args:
        name: the name in the spec.
        depth: the parameter `depth` of the spec, if it has one.

    >>> camel("sparsenet-bc-cifar", 100), camel("densenet-imagenet"), camel("my-net", 100)
    ('SparseNetBC100', 'DenseNet', 'MyNet')

    Args:
        name: words separated by `-` or `_`.
        depth: the value of the spec's parameter `depth`; ignored unless it is an integer.
    """
    words = [word for word in re.split(r"[-_]", name) if word]
    number = ""
    if FAMILIES.keys() & set(words):
        words = [SPELLED.get(word, word) for word in words if word not in DATA_SETS]
        number = str(depth) if isinstance(depth, int) else ""
    joined = "".join(word[0].upper() + word[1:] for word in words) + number
    clashes = keyword.iskeyword(joined) or _known(joined)
    return f"{joined}Network" if clashes else joined


def checked(name: str) -> str:
    """Return a class name that a caller chose. Raise A413 if it is invalid or taken."""
    if not re.match(r"[A-Za-z][A-Za-z0-9_]{0,79}\Z", name) or keyword.iskeyword(name):
        raise fail(
            "A413",
            f"`{name[:80]!a}` is not a valid class name",
            help="write it like `SparseNet100`",
        )
    if _known(name):
        raise taken(name)
    return name


def taken(name: str) -> ArchdslError:
    """Return the error A413 for a class name that the file needs for something else."""
    return fail("A413", f"`{name}` is already used in the file", help="choose another")


def _known(name: str) -> bool:
    """Return whether a file may need a name itself."""
    return name in TAKEN or hasattr(builtins, name) or name.startswith("Fused")
