"""Find outdated or vague wording in everything that a person reads.

Run `python tests/prose.py` to list the findings, or `python tests/prose.py PATH...` for some files.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent

PAGES = ("README.md", "CHANGELOG.md", "docs/**/*.md", "archdsl/explain/*.md", "specs/**/*.yaml",
         "recipes/*.yaml")  # fmt: skip
"""Files that are checked as a whole, quoted output included."""

SOURCES = ("archdsl/**/*.py", "compiled/**/*.py")
"""Python files, of which comments and strings are checked: docstrings, messages, `--help`."""

DROP = {
    r"of one's own": "custom, your own",
    r"\bof ours\b": "archdsl's",
    r"\banew\b": "again",
    r"(?<!there\s)\b(?:is|are) no (?!longer\b|more\b|less\b|need\b)": "is not a",
    r"\b(?:stands?|stood)\b(?! for\b| out\b| alone\b)": "is",
    r"\bbesides\b": "also, except",
    r"\bthereby\b": "so",
    r"\bperhaps\b": "may",
    r"\bbeside its twin\b": "next to",
    r"\b(?:is|are) to be (?!\w+able\b)": "must be, can be",
    r"\bh(?:old|olds|eld|olding)\b[^.]{0,40}\bagainst\b": "compare with",
    r"\blet go\b": "release, free",
    r"\bhand(?:s|ed)? on\b": "pass",
    r"\bwhat (?:enters|leaves|comes in|goes out)\b": "input, output",
    r"\bgoes on\b": "continues",
    r"\bin the manner of\b": "as in, like",
    r"\bby (?:itself|themselves)\b": "alone, separately",
    r"\bno news\b": "expected",
    r"\bfor ever\b": "always",
    r"\bwithout a word\b": "silently",
    r"\b(?:is|are) not one\b(?! of\b)": "is invalid",
    r"\bis another(?: one|'s)\b": "differs",
    r"\bbreaks its word\b": "contradicts",
    r"\bmakes? of (?:it|them)\b": "the result",
    r"\bx `?\w+`? places\b": "pixels",
    r"\bmend(?:s|ed|ing)?\b": "fix",
    r"\bwhoever\b": "you",
    r"\bis that, (?:rounded|cut|or)\b": "matches",
}
"""Turn of phrase, as a regular expression, to what is written instead."""

PATTERNS = {re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE): pattern for pattern in DROP}

ANY = re.compile("|".join(pattern.pattern for pattern in PATTERNS), re.IGNORECASE)

VAGUE_NAMES = frozenset({"found", "made", "known", "said", "given"})
"""Names of variables and arguments that do not tell what the value is."""


class Finding(NamedTuple):
    """One use of a phrase."""

    path: str
    line: int
    text: str
    instead: str


def phrases(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield (offset, phrase, what to write instead) for each phrase of `DROP` in a text."""
    for pattern, key in PATTERNS.items() if ANY.search(text) else ():
        for match in pattern.finditer(text):
            yield match.start(), match[0], DROP[key]


def prose(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, text) for the strings of a Python file and for each block of its comments."""
    block: list[str] = []
    first = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            if block and token.start[0] != last + 1:
                yield first, "\n".join(block)
                block = []
            first = first if block else token.start[0]
            last = token.start[0]
            block.append(token.string.lstrip("#"))
        elif token.type in STRINGS:
            yield token.start[0], token.string
    if block:
        yield first, "\n".join(block)


STRINGS = {tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}


def findings(path: Path) -> Iterator[Finding]:
    """Yield the findings of one file."""
    text = path.read_text(encoding="utf-8")
    pieces = prose(text) if path.suffix == ".py" else iter([(1, text)])
    for first, piece in pieces:
        for offset, phrase, instead in phrases(piece):
            line = first + piece.count("\n", 0, offset)
            yield Finding(
                path.relative_to(ROOT).as_posix(), line, " ".join(phrase.split()), instead
            )


def vague_names(path: Path) -> int:
    """Count the assignments to, and arguments with, a name of `VAGUE_NAMES` in a Python file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)]
    names += [
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    return sum(name in VAGUE_NAMES for name in names)


def files(patterns: tuple[str, ...] = (*PAGES, *SOURCES)) -> list[Path]:
    """Return the files that match the patterns, relative to the root of the repository."""
    return sorted({path for pattern in patterns for path in ROOT.glob(pattern)})


def area(path: str) -> str:
    """Return the package or folder that a file is counted under.

    >>> area("archdsl/apps/draw/dot.py"), area("archdsl/errors.py"), area("docs/ir.md")
    ('archdsl/apps/draw', 'archdsl', 'docs')
    """
    folders = path.split("/")[:-1]
    if folders[3:4] == ["runtime"]:
        return "/".join(folders[:4])
    return "/".join(folders[: 3 if folders[1:2] in (["apps"], ["backends"]) else 2])


def main(arguments: list[str]) -> int:
    """Print the findings and the counts per area; return 1 if there are findings."""
    paths = [Path(argument).resolve() for argument in arguments] or files()
    listed = [finding for path in paths for finding in findings(path)]
    for finding in listed:
        print(f"{finding.path}:{finding.line}: {finding.text} -> {finding.instead}")
    names: Counter[str] = Counter()
    for path in paths:
        if path.suffix == ".py":
            names[area(path.relative_to(ROOT).as_posix())] += vague_names(path)
    print("PHRASES =", dict(sorted(Counter(area(finding.path) for finding in listed).items())))
    print("NAMES =", {place: count for place, count in sorted(names.items()) if count})
    return 1 if listed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
