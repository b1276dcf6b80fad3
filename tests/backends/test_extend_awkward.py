"""Functions of one's own that are hard to paste: each works as it stands, or is refused."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import ClassVar, Literal

import pytest
import torch
from torch import Tensor

import archdsl
from archdsl.api import check_text
from archdsl.errors import ArchdslError
from archdsl.frontend.extending import Extension
from backends.networks import assert_equals_oracle, of_checked

SPEC = """
archdsl: 1
name: own-words
input: [4, 8, 8]
stages:
  - {layers: 4, unit: UNIT, connect: RULE, aggregate: KIND}
  - {layers: 5, unit: UNIT, connect: OTHER, aggregate: KIND}
""".replace("UNIT", "{kind: basic, order: pre, width: 4}")


def spec(rule: str, kind: str = "mean", other: str = "full") -> str:
    return SPEC.replace("RULE", rule).replace("KIND", kind).replace("OTHER", other)


class Inside(archdsl.Rule):
    """With a function that stands in the class."""

    rule: Literal["inside"]

    @staticmethod
    def sources(layer: int) -> list[int]:
        """The outputs that a layer reads: the oldest and the newest."""
        return sorted({0, layer - 1})


class Nameless(archdsl.Rule):
    """With a function that has no name."""

    rule: Literal["nameless"]
    sources: ClassVar = staticmethod(lambda layer: sorted({0, layer - 1}))


def ConvBlock(layer: int) -> list[int]:  # noqa: N802 (as a class of the file is called)
    """The outputs that a layer reads: the oldest and the newest."""
    return sorted({0, layer - 1})


class NamedAsAClass(archdsl.Rule):
    """With a function that is called as a class of the file is."""

    rule: Literal["named-as-a-class"]
    sources: ClassVar = staticmethod(ConvBlock)


def prose(layer: int) -> list[int]:
    """The outputs that a layer reads: na\u00efvely, caf\u00e9 \u2260 caf\u00e9."""
    return sorted({0, layer - 1})


class Prose(archdsl.Rule):
    """With a function that says something."""

    rule: Literal["prose"]
    sources: ClassVar = staticmethod(prose)


def local_rule() -> type[archdsl.Rule]:
    def near(layer: int) -> list[int]:
        """The outputs that a layer reads: the oldest and the newest."""
        return sorted({0, layer - 1})

    class Near(archdsl.Rule):
        rule: Literal["near"]
        sources: ClassVar = staticmethod(near)

    return Near


class InsideMaximum(archdsl.Aggregation):
    """With a function that stands in the class."""

    kind: Literal["inside-maximum"]

    @staticmethod
    def join(outputs: list[Tensor]) -> Tensor:
        """The largest of the outputs."""
        return torch.stack(outputs).amax(dim=0)


AWKWARD: dict[str, tuple[tuple[Extension, ...], str]] = {
    "a rule with its function inside": ((Inside,), spec("inside")),
    "a rule with a nameless function": ((Nameless,), spec("nameless")),
    "a rule whose function is called as a class": ((NamedAsAClass,), spec("named-as-a-class")),
    "a rule whose function says something": ((Prose,), spec("prose", "concat")),
    "a rule from inside a function": ((local_rule(),), spec("near")),
    "a join with its function inside": ((InsideMaximum,), spec("full", "inside-maximum")),
}


def assert_works_or_is_refused(text: str, own: tuple[Extension, ...]) -> None:
    try:
        made = of_checked(check_text(text, extend=own))
    except ArchdslError as error:
        made = None
        said = str(error)
    if made is None:
        assert "function" in said
    else:
        assert_equals_oracle(made.network, made.graph)


@pytest.mark.parametrize("name", AWKWARD)
def test_works_or_is_refused(name: str) -> None:
    """Whatever a function looks like, its text is pasted so that it runs, or there is a reason."""
    own, text = AWKWARD[name]
    assert_works_or_is_refused(text, own)


MODULE = """
from typing import ClassVar, Literal
import archdsl

def sources(layer: int) -> list[int]:
    \"\"\"The outputs that a layer reads.\"\"\"
    return READS

class Own(archdsl.Rule):
    rule: Literal["WORD"]
    sources: ClassVar = staticmethod(sources)
"""


def imported(folder: Path, word: str, reads: str) -> type[archdsl.Rule]:
    """A rule from a file of its own, whose function is called as everyone's is."""
    path = folder / f"own_{word}.py"
    path.write_text(MODULE.replace("WORD", word).replace("READS", reads), encoding="utf-8")
    found = importlib.util.spec_from_file_location(path.stem, path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    rule: type[archdsl.Rule] = module.Own
    return rule


def test_functions_of_one_name_do_not_hide_each_other(tmp_path: Path) -> None:
    ends = imported(tmp_path, "ends", "sorted({0, layer - 1})")
    last_two = imported(tmp_path, "last-two", "list(range(max(0, layer - 2), layer))")
    assert_works_or_is_refused(spec("ends", other="last-two"), (ends, last_two))
