"""Everything that a person reads is free of the phrases in tests/prose.py.

`PHRASES`, `NAMES` and `UNDESCRIBED` list the areas that still contain some. A number may only be
lowered, and an area without findings is removed. `python tests/prose.py` prints the findings and
the first two lists of numbers, `python tests/described.py` the third.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from described import Sources, counts, sources
from prose import DROP, ROOT, area, files, findings, phrases, prose, vague_names

PHRASES: dict[str, int] = {}
"""Findings per area; all other areas must have none."""

NAMES: dict[str, int] = {}
"""Variables and arguments per area whose name is in `VAGUE_NAMES`."""

UNDESCRIBED: dict[str, int] = {}
"""Public functions per area with two or more arguments that `tests/described.py` lists.

Functions that are pasted into emitted files have their sections here, and not there.
"""

WRONG = {
    "A rule of one's own": "of one's own",
    "`x` is no setting": "is no ",
    "Every node stands under its name.": "stands",
    "It is held, for each row, against the spec": "held, for each row, against",
    "the output is to be compared": "is to be ",
    "what\n    enters the stage": "what\n    enters",
    "a map of `to` x `to` places": "x `to` places",
    "The arguments are handed on.": "handed on",
}

RIGHT = (
    "there is no file small",
    "the output is no longer needed",
    "`relu` stands for rectified linear unit",
    "at least two places after the point",
    "a second hand-on exercise",
)


SOURCE = '''
def plain(a, b): "Return a sum."
def _private(a, b): "Return a sum."
def one(a): "Return it."
class Base:
    def size(self, a, b):
        """Return a size.

        Args:
            a: the height, in pixels.
            b: the width, in pixels.
        """
class Derived(Base):
    def size(self, a, b):
        def inner(a, b): "Return a sum."
class Further(Derived):
    def size(self, a, b): ...
class Other:
    def size(self, a, b): ...
Path = Annotated[str, typer.Argument(help="A file.")]
def command(path: Path, text: Annotated[str, typer.Option(help="A text.")]): "Print a text."
'''
"""A file in which the arguments of `plain` and of `Other.size` are described nowhere."""


def test_files_of_every_kind_are_checked() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in files()}
    assert names > {
        "README.md",
        "CHANGELOG.md",
        "docs/paper/README.md",
        "archdsl/cli/main.py",
        "archdsl/explain/A210.md",
        "compiled/densenet_cifar.py",
        "specs/densenet-cifar.yaml",
    }


@pytest.mark.parametrize(("text", "phrase"), WRONG.items())
def test_phrase_is_found(text: str, phrase: str) -> None:
    assert [match for _, match, _ in phrases(text)] == [phrase]


@pytest.mark.parametrize("text", RIGHT)
def test_ordinary_english_is_not_found(text: str) -> None:
    assert list(phrases(text)) == []


def test_strings_and_comments_are_read_but_names_are_not() -> None:
    source = 'anew = "a"  # built\n# from\n# two lines\nstands(f"b {anew} c")\n'
    texts = [" ".join(text.split()) for _, text in prose(source)]
    assert "built from two lines" in texts
    assert '"a"' in texts
    assert not any("stands" in text for text in texts)


def test_phrases_are_not_added() -> None:
    listed = [finding for path in files() for finding in findings(path)]
    counts = Counter(area(finding.path) for finding in listed)
    more = {place: count for place, count in counts.items() if count > PHRASES.get(place, 0)}
    lines = [f"{f.path}:{f.line}: {f.text} -> {f.instead}" for f in listed if area(f.path) in more]
    assert not more, "\n".join(lines)
    assert set(PHRASES) <= set(counts), "remove the areas without findings"


def test_vague_names_are_not_added() -> None:
    counts: Counter[str] = Counter()
    for path in files(("archdsl/**/*.py",)):
        counts[area(path.relative_to(ROOT).as_posix())] += vague_names(path)
    more = {place: count for place, count in counts.items() if count > NAMES.get(place, 0)}
    assert not more, f"name what these variables hold: {more}"


def test_functions_without_described_arguments_are_not_added() -> None:
    listed = list(sources().undescribed())
    more = {place: n for place, n in counts(listed).items() if n > UNDESCRIBED.get(place, 0)}
    assert not more, f"describe the arguments of new functions under `Args:`: {more}"
    assert set(UNDESCRIBED) <= set(counts(listed)), "remove the areas that have none"


def test_arguments_are_described_once(tmp_path: Path) -> None:
    path = tmp_path / "source.py"
    path.write_text(SOURCE)
    listed = Sources([path]).undescribed()
    assert [(owner, node.name) for _, owner, node in listed] == [("", "plain"), ("Other", "size")]


def test_every_phrase_has_an_alternative() -> None:
    assert all(DROP.values())
