"""`--extend FILE.py`: run a Python file, and take its rules, units, aggregations and layers."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from archdsl.errors import ArchdslError, Diagnostic, Source, Span, fail
from archdsl.frontend.extending import KEYS, Extension
from archdsl.frontend.files import read_file
from archdsl.frontend.unions import word_of

FILES: dict[str, Source] = {}
"""Files that were run, by the name that Python gives them in tracebacks."""


def extensions(paths: Iterable[Path]) -> tuple[Extension, ...]:
    """Run Python files and return the rules, units, aggregations and layers that they define.

    Raises:
        ArchdslError: A401 to A403 if a file cannot be read; A431 if it fails, or defines none.
    """
    once = {path.resolve(): path for path in paths}
    return tuple(dict.fromkeys(one for path in once.values() for one in _defined(path)))


def _defined(path: Path) -> list[Extension]:
    source = read_file(path)
    module = _run(path, source)
    try:
        classes = list(_classes(module))
    except TypeError as error:
        raise fail("A431", f"{path} cannot be used: {error}", source=source) from None
    if not classes:
        message = f"{path} defines no rule, unit, aggregation or layer"
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
