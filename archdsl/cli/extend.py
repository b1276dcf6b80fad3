"""`--extend`: take rules, units, aggregations and layers from a Python file or a package.

`FILE.py` means all classes of a file, `FILE.py:Name` one of them, and any other name an entry point
of an installed package, in the group `archdsl`, which is a module or a class.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Iterator
from importlib.metadata import EntryPoint, entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from archdsl.errors import ArchdslError, Diagnostic, Source, Span, fail
from archdsl.frontend.extending import KEYS, Extension
from archdsl.frontend.files import read_file
from archdsl.frontend.unions import word_of

GROUP = "archdsl"
"""Group of the entry points of packages with words."""

FILES: dict[str, Source] = {}
"""Files that were run, by the name that Python gives them in tracebacks."""


def extensions(paths: Iterable[Path]) -> tuple[Extension, ...]:
    """Run Python files and return the rules, units, aggregations and layers that they define.

    Args:
        paths: files, each with `:Name` at its end for one class alone, or names of entry points.

    Raises:
        ArchdslError: A401 to A403 if a file cannot be read; A431 if it fails, or defines none.
    """
    modules: dict[Path, list[Extension]] = {}
    classes: list[Extension] = []
    for path in paths:
        file, name = _parts(path)
        if file is None:
            classes += _installed(name)
            continue
        place = file.resolve()
        modules[place] = modules.get(place) or _defined(file)
        classes += _named(file, name, modules[place]) if name else modules[place]
    return tuple(dict.fromkeys(classes))


def _parts(path: Path) -> tuple[Path | None, str]:
    """Return the file and the name of a class; no file for the name of an entry point."""
    text = str(path)
    file, colon, name = text.rpartition(":")
    if colon and name.isidentifier() and file.endswith(".py"):
        return Path(file), name
    installed = text.replace("-", "_").isidentifier() and not path.exists()
    return (None, text) if installed else (path, "")


def _named(file: Path, name: str, classes: Iterable[Extension]) -> list[Extension]:
    """Return the class of a file with a name. Raise A431 if there is none."""
    by_name = {model.__name__: model for model in classes}
    if name not in by_name:
        raise fail(
            "A431", f"{file} has no `{name[:60]}`", help=f"it defines {', '.join(sorted(by_name))}"
        )
    return [by_name[name]]


def _installed(name: str) -> list[Extension]:
    """Return the classes of an entry point. Raise A431 if there is none, or it cannot be loaded."""
    points = {point.name: point for point in entry_points(group=GROUP)}
    if name not in points:
        listed = ", ".join(sorted(points)) or "none is installed"
        raise fail(
            "A431", f"no package has words with the name `{name[:60]}`",
            help=f"name a file, such as words.py; packages: {listed}",
        )  # fmt: skip
    value = _loaded(points[name])
    if isinstance(value, ModuleType):
        return _found(name, value)
    return [value]


def _loaded(point: EntryPoint) -> Any:
    """Return the module or class of an entry point. Raise A431 for anything else, or an error."""
    try:
        value = point.load()
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".split("\n")[0]
        raise fail("A431", f"{point.value} cannot be loaded: {reason}") from None
    if not isinstance(value, ModuleType) and not _is_word(value):
        raise fail("A431", f"{point.value} is neither a module nor a class with a word")
    return value


def _is_word(value: object) -> bool:
    """Return whether a value is a class with a keyword."""
    return isinstance(value, type) and any(
        issubclass(value, base) and _fixes(value, key) for base, key in KEYS.items()
    )


def _defined(path: Path) -> list[Extension]:
    source = read_file(path)
    return _found(str(path), _run(path, source), source)


def _found(name: str, module: ModuleType, source: Source | None = None) -> list[Extension]:
    """Return the classes of a module. Raise A431 if it has none, or one without a keyword."""
    try:
        classes = list(_classes(module))
    except TypeError as error:
        raise fail("A431", f"{name} cannot be used: {error}", source=source) from None
    if not classes:
        message = f"{name} defines no rule, unit, aggregation or layer"
        raise fail(
            "A431", message, help="derive a class from archdsl.Rule, Unit, Aggregation, Layer"
        )
    return classes


def _run(path: Path, source: Source) -> ModuleType:
    """Return a file as a module under a name that no other module has. Raise A431 if it fails."""
    name = f"archdsl_extension_{len(FILES)}_{path.stem}"
    spec = spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise fail("A431", f"{path} is not a Python file", help="name it .py")
    FILES[str(path.resolve())] = source
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        if isinstance(error, ArchdslError):
            raise
        raise ArchdslError(failure(error) or _failed(source, error)) from None
    return module


def _classes(module: ModuleType) -> Iterator[Extension]:
    """Yield the classes of a module with a keyword. Raise TypeError for one without."""
    for value in vars(module).values():
        if not isinstance(value, type) or value.__module__.startswith("archdsl."):
            continue
        for base, key in KEYS.items():
            if issubclass(value, base) and (_fixes(value, key) or not value.__subclasses__()):
                word_of(value, key)
                yield value


def _fixes(model: Extension, key: str) -> bool:
    try:
        return bool(word_of(model, key))
    except TypeError:
        return False


def failure(error: BaseException) -> Diagnostic | None:
    """Return a diagnostic for an error in a file of `--extend`, or None if it is from elsewhere."""
    if isinstance(error, SyntaxError) and error.filename in FILES:
        return _failed(FILES[error.filename], error, error.lineno)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [(frame.filename, frame.lineno) for frame in frames if frame.filename in FILES]
    return _failed(FILES[lines[-1][0]], error, lines[-1][1]) if lines else None


def _failed(source: Source, error: BaseException, line: int | None = None) -> Diagnostic:
    text = str(error.msg if isinstance(error, SyntaxError) else error).split("\n")[0]
    reason = f"{type(error).__name__}: {text}" if text else type(error).__name__
    rows = source.text.split("\n")
    row = rows[line - 1] if line and line <= len(rows) else ""
    indent = len(row) - len(row.lstrip())
    span = Span(line, indent + 1, max(1, len(row.strip()))) if line else None
    return Diagnostic("A431", f"{source.name} failed: {reason}", span, source)
