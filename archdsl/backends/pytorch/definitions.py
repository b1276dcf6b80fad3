"""Source that emitted files carry: definitions of files of this package, and what they need.

It is real, tested source, read as text and never imported. What is pasted is what the roots name,
what that names, and so on.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from archdsl.language.source import without_sections


@dataclass(frozen=True)
class Definition:
    """A function, a class or a variable of a file: its source, and the names that it uses."""

    file: str
    name: str
    text: str
    uses: frozenset[str]


@dataclass(frozen=True)
class Library:
    """Files of a package that emitted files carry parts of.

    Args:
        package: the name of the package.
        files: paths in it without `.py`, in reading order.
    """

    package: str
    files: tuple[str, ...]

    def needed(self, roots: Iterable[str]) -> list[Definition]:
        """Return what some names need of the files, in reading order.

        Args:
            roots: names; those that are not defined in the files are skipped.
        """
        definitions = {item.name: item for file in self.files for item in self.of(file)}
        wanted, waiting = set[str](), list(roots)
        while waiting:
            name = waiting.pop()
            if name in definitions and name not in wanted:
                wanted.add(name)
                waiting += definitions[name].uses
        return [item for name, item in definitions.items() if name in wanted]

    def of(self, file: str) -> tuple[Definition, ...]:
        """Return the definitions of a file.

        Args:
            file: its path without `.py`.
        """
        return _definitions(self.package, f"{file}.py")

    def imported(self, kept: Iterable[Definition]) -> dict[str, set[str]]:
        """Return what definitions use of other packages: names by module.

        A module that is imported as a whole has the name "". Files of archdsl do not count.

        Args:
            kept: the definitions.
        """
        imports: dict[str, set[str]] = {}
        for item in kept:
            for module, name, used in _imports(self.package, f"{item.file}.py"):
                if used in item.uses and not module.startswith(("archdsl", "__future__")):
                    imports.setdefault(module, set()).add(name)
        return imports


@cache
def _read(package: str, path: str) -> str:
    return resources.files(package).joinpath(path).read_text("ascii")


@cache
def _definitions(package: str, path: str) -> tuple[Definition, ...]:
    text = without_sections(_read(package, path))
    return tuple(_found(path, text, node) for node in ast.parse(text).body if _name(node))


def _found(path: str, text: str, node: ast.stmt) -> Definition:
    # Decorators are on lines before the one where a function begins.
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    lines = text.split("\n")[first - 1 : node.end_lineno]
    return Definition(path.removesuffix(".py"), _name(node), "\n".join(lines), names(node))


def names(node: ast.AST) -> frozenset[str]:
    """Return the names that a piece of Python uses."""
    return frozenset(item.id for item in ast.walk(node) if isinstance(item, ast.Name))


def _name(node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    return (
        node.target.id
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        else ""
    )


@cache
def _imports(package: str, path: str) -> tuple[tuple[str, str, str], ...]:
    """The imports of a file: module, name or "", and the name that the file uses."""
    imports: list[tuple[str, str, str]] = []
    for node in ast.parse(_read(package, path)).body:
        if isinstance(node, ast.ImportFrom):
            imports += [(node.module or "", x.name, x.asname or x.name) for x in node.names]
        elif isinstance(node, ast.Import):
            imports += [(x.name, "", x.name.partition(".")[0]) for x in node.names]
    return tuple(imports)
