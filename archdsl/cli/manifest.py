"""Read `compiled/manifest.yaml`: which files are compiled from which specs and settings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from archdsl.errors import ArchdslError, Source, fail
from archdsl.frontend.diagnose import diagnose
from archdsl.frontend.files import plain_text, read_file
from archdsl.frontend.reader import read
from archdsl.language.values import Words


class EntryWords(Words):
    """A file to compile, as written: the paths are relative to the manifest's folder."""

    file: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,79}\.py$")]
    spec: Annotated[str, Field(pattern=r"^[A-Za-z0-9_./-]{1,200}$")]
    settings: dict[str, Any] = Field(default_factory=dict)
    class_name: str | None = None
    fuse: bool | Literal["cpu", "cuda"] = False
    memory_efficient: bool = False
    runtime: Literal["paste", "import"] = "paste"
    backbone: bool = False


class ManifestWords(Words):
    """The keys of a manifest."""

    files: Annotated[tuple[EntryWords, ...], Field(max_length=1_000, strict=False)]


@dataclass(frozen=True)
class Entry:
    """A file to compile, with paths relative to the current folder."""

    file: Path
    spec: Path
    settings: dict[str, Any]
    class_name: str | None
    fuse: bool | str
    memory_efficient: bool
    runtime: str
    backbone: bool


def read_manifest(path: Path) -> list[Entry]:
    """Return the entries in order. Raise A0xx, A1xx, A40x or A430 if it cannot be read."""
    source = read_file(path)
    document = read(Source(source.name, plain_text(source.text)))
    if not isinstance(document.root, dict):
        raise fail("A430", f"{path} is not a manifest: a mapping with `files`", source=source)
    try:
        words = ManifestWords.model_validate(document.root)
    except ValidationError as error:
        raise ArchdslError(diagnose(error, document, ManifestWords)) from None
    twice = [name for name, count in Counter(e.file for e in words.files).items() if count > 1]
    if twice:
        raise fail("A430", f"{path} lists {twice[0]} twice", source=source)
    folder = path.parent
    return [_entry(folder, entry) for entry in words.files]


def _entry(folder: Path, words: EntryWords) -> Entry:
    """Return an entry with paths in the folder of its manifest."""
    return Entry(
        folder / words.file, folder / words.spec, words.settings, words.class_name, words.fuse,
        words.memory_efficient, words.runtime, words.backbone,
    )  # fmt: skip
