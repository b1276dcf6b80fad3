"""The files of a run: data.py and train.py, of pasted source and what a recipe fills in."""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from textwrap import wrap

from archdsl.apps.train import filled
from archdsl.apps.train.filled import Trained
from archdsl.apps.train.recipe import Recipe
from archdsl.backends.pytorch.definitions import Definition, Library, names
from archdsl.backends.pytorch.file import BANNER
from archdsl.backends.pytorch.writer import WIDTH, Writer
from archdsl.version import __version__

PACKAGE = "archdsl.apps.train.source"
DATA = ("error", "data", "checked", "augment", "batches", "feed")
TRAIN = (
    "settings", "world", "groups", "schedule", "checkpoint", "training", "record", "tracker",
    "stop", "run", "command",
)  # fmt: skip
"""Files and folders of the source of data.py and of train.py, in reading order."""

USE = """\
    python train.py --data DATA
    torchrun --standalone --nproc-per-node=2 train.py --data DATA

It continues from last.pt if that is there. The fields of Settings are options."""


def emit(trained: Trained, recipe: Recipe) -> dict[str, str]:
    """Return the files that train a network by a recipe, with torch alone: text by name.

    Args:
        trained: the network.
        recipe: how it is trained.
    """
    parts = {
        "data.py": filled.of_data(trained, recipe),
        "train.py": filled.of_training(trained, recipe),
    }
    used = {name: names(ast.parse(part)) for name, part in parts.items()}
    source = library().needed({"main", "Settings"}.union(*used.values()))
    data = [item for item in source if item.file.partition("/")[0] in DATA]
    train = [item for item in source if item not in data]
    train = [adapted(item, recipe) for item in train]
    data = [adapted(item, recipe) for item in data]
    shared = {item.name for item in data} & used["train.py"].union(*(item.uses for item in train))
    own = {"data": shared, "net": {""}}
    training = [f"Train {trained.name} by the recipe {recipe.name}.", "", *USE.split("\n")]
    where = wrap(recipe.words.data.where, WIDTH, break_on_hyphens=False)
    reading = [f"Read the data set {recipe.words.data.kind} for train.py.", "", *where]
    return {
        "data.py": text_of(reading, data, parts["data.py"], {}),
        "train.py": text_of(training, train, parts["train.py"], own),
    }


@cache
def library() -> Library:
    """Return the source that is pasted; the files of a folder are in alphabetical order."""
    paths: list[str] = []
    for name in (*DATA, *TRAIN):
        folder = resources.files(PACKAGE).joinpath(name)
        inside = sorted(item.name for item in folder.iterdir()) if folder.is_dir() else []
        files = [f"{name}/{file[:-3]}" for file in inside if file.endswith(".py")]
        paths += files if folder.is_dir() else [name]
    return Library(PACKAGE, tuple(path for path in paths if not path.endswith("__init__")))


def adapted(item: Definition, recipe: Recipe) -> Definition:
    """Return a definition with the numbers of a recipe, and the class of its images.

    Args:
        item: of the source.
        recipe: the recipe.
    """
    text = item.text.replace("ImageSet", recipe.words.data.split)
    if item.name == "Settings":
        text = filled.settings(text, recipe)
    return replace(item, text=text, uses=names(ast.parse(text)))


def text_of(
    docstring: Sequence[str], source: Sequence[Definition], part: str, own: Mapping[str, set[str]]
) -> str:
    """Return the text of a file.

    Args:
        docstring: lines that say what the file is.
        source: what is pasted.
        part: what the recipe fills in, behind the class of settings.
        own: names by module that are imported from files beside it.
    """
    out = Writer()
    out.line(f"{BANNER} {__version__}: plain PyTorch, to be read and changed.")
    out.lines += ['"""' + docstring[0], *docstring[1:], '"""']
    out.blank()
    everything = [*source, Definition("filled", "", part, names(ast.parse(part)))]
    imports(out, library().imported(everything), own)
    first = [item.text for item in source if item.name == "Settings"]
    rest = [item.text for item in source if item.name != "Settings"]
    for number, text in enumerate([*first, part.strip("\n"), *rest]):
        out.blank(2 if number or first else 1)
        out.paste(text)
    if any(item.name == "main" for item in source):
        out.blank(2)
        with out.block('if __name__ == "__main__":'):
            out.line("sys.exit(main())")
    ast.parse(out.text())
    return out.text()


def imports(out: Writer, imported: Mapping[str, set[str]], own: Mapping[str, set[str]]) -> None:
    """Print imports as ruff sorts them: of Python, of other packages, of files beside this one.

    Args:
        out: where to print.
        imported: names by module, "" for the module itself.
        own: the same of files beside this one.
    """
    standard = {x: imported[x] for x in imported if x.partition(".")[0] in sys.stdlib_module_names}
    others = {x: imported[x] for x in imported if x not in standard}
    out.line("from __future__ import annotations")
    for modules in filter(None, (standard, others, own)):
        out.blank()
        for module in sorted(module for module in modules if "" in modules[module]):
            out.line(f"import {module}")
        for module in sorted(modules):
            if names := sorted(modules[module] - {""}, key=sorted_as):
                out.import_from(module, names)


def sorted_as(name: str) -> tuple[int, str]:
    """Return the key by which ruff sorts imported names: CONSTANTS, Classes, functions.

    Args:
        name: an imported name.
    """
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)
