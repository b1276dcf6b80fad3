"""Find public functions with two or more arguments whose docstring does not describe them.

Run `python tests/described.py` to list them, and their number for each area.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from prose import ROOT, area, files


class Function(NamedTuple):
    """A public function, or a method of a public class, whose name is given by `owner`."""

    path: Path
    owner: str
    node: ast.FunctionDef

    @property
    def described(self) -> bool:
        """Return whether the docstring has a section `Args:`."""
        return "Args:" in (ast.get_docstring(self.node) or "")

    @property
    def arguments(self) -> list[ast.arg]:
        """Return the arguments, except `self` and `cls`."""
        listed = self.node.args
        arguments = [*listed.posonlyargs, *listed.args, *listed.kwonlyargs]
        return [argument for argument in arguments if argument.arg not in {"self", "cls"}]


class Sources:
    """Python files that are read together, so that classes and their bases are known by name."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self.functions: list[Function] = []
        self.bases: dict[str, list[str]] = {}
        self.options: set[str] = set()
        self.tables: set[tuple[str, str]] = set()
        for path in paths:
            self._read(path, "", ast.parse(path.read_text(encoding="utf-8")))
        self._described = {(f.owner, f.node.name) for f in self.functions if f.described}

    def _read(self, path: Path, owner: str, tree: ast.AST) -> None:
        # A function inside a function is not public, so bodies of functions are not entered.
        nodes = list(ast.iter_child_nodes(tree))
        for node, following in zip(nodes, [*nodes[1:], None], strict=False):
            if isinstance(node, ast.FunctionDef):
                if not node.name.startswith("_"):
                    self.functions.append(Function(path, owner, node))
            elif isinstance(node, ast.ClassDef):
                names = [ast.unparse(base).split("[")[0].split(".")[-1] for base in node.bases]
                self.bases.setdefault(node.name, []).extend(names)
                if not node.name.startswith("_"):
                    self._read(path, node.name, node)
            elif isinstance(node, ast.AnnAssign) and _describes(following):
                self.tables |= _listed(tree, node.value)
            elif isinstance(node, ast.Assign) and _is_option(node.value):
                self.options |= {ast.unparse(target) for target in node.targets}
            else:
                self._read(path, owner, node)

    def undescribed(self) -> Iterator[Function]:
        """Yield the functions whose arguments are described neither here nor in a base class.

        The options of a command are described by their `help`, and the arguments of functions that
        are imported into a table, such as the oracle's `COMPUTE`, in the text below the table.
        """
        for function in self.functions:
            described = function.described or self._inherits(function) or self._command(function)
            if len(function.arguments) >= 2 and not described and not self._tabled(function):
                yield function

    def _tabled(self, function: Function) -> bool:
        path = function.path.with_suffix("").as_posix()
        return any(
            path.endswith(module) and function.node.name == name for module, name in self.tables
        )

    def _inherits(self, function: Function) -> bool:
        names = self._ancestors(function.owner)
        return any((name, function.node.name) in self._described for name in names)

    def _ancestors(self, name: str) -> set[str]:
        direct = [base for base in self.bases.get(name, ()) if base != name]
        return {*direct, *(ancestor for base in direct for ancestor in self._ancestors(base))}

    def _command(self, function: Function) -> bool:
        annotations = [argument.annotation for argument in function.arguments]
        return any(
            note is not None
            and (_is_option(note) or ast.unparse(note).split(".")[-1] in self.options)
            for note in annotations
        )


def _describes(node: ast.AST | None) -> bool:
    """Return whether a statement is a text with a section `Args:`."""
    return isinstance(node, ast.Expr) and "Args:" in ast.unparse(node)


def _listed(file: ast.AST, table: ast.expr | None) -> set[tuple[str, str]]:
    """Return (module, name) of each function that is imported into a file for a table in it."""
    values = {ast.unparse(value) for value in table.values} if isinstance(table, ast.Dict) else ()
    return {
        (f"/{node.module.replace('.', '/')}", alias.name)
        for node in ast.iter_child_nodes(file)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
        if alias.name in values
    }


def _is_option(node: ast.expr) -> bool:
    """Return whether an expression is `Annotated[..., typer.Option(...)]` or `typer.Argument`."""
    text = ast.unparse(node)
    return text.startswith("Annotated[") and "typer." in text and "help=" in text


def sources() -> Sources:
    """Return the sources of archdsl."""
    return Sources(files(("archdsl/**/*.py",)))


def counts(functions: Iterable[Function]) -> dict[str, int]:
    """Return the number of functions in each area that has some."""
    paths = (function.path.relative_to(ROOT).as_posix() for function in functions)
    return dict(sorted(Counter(map(area, paths)).items()))


def main() -> int:
    """Print the functions and the counts per area; return 1 if there are some."""
    listed = list(sources().undescribed())
    for path, owner, node in listed:
        name = f"{owner}.{node.name}" if owner else node.name
        print(f"{path.relative_to(ROOT)}:{node.lineno}: {name}")
    print("UNDESCRIBED =", counts(listed))
    return 1 if listed else 0


if __name__ == "__main__":
    sys.exit(main())
