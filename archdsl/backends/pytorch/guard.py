"""The last check before a file is written: its syntax tree holds nothing that we do not print.

Spec text only ever becomes string literals, so this cannot fail unless we have a bug; then nothing
is written.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from archdsl.backends.pytorch.pasted import helpers
from archdsl.codegen.program import Program

STATEMENTS = (
    ast.Module, ast.ClassDef, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign,
    ast.AnnAssign, ast.AugAssign, ast.For, ast.While, ast.If, ast.Import, ast.ImportFrom,
    ast.alias, ast.Expr, ast.keyword,
)  # fmt: skip
EXPRESSIONS = (
    ast.Call, ast.Name, ast.Attribute, ast.Constant, ast.Subscript, ast.Slice, ast.Tuple, ast.List,
    ast.Dict, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.comprehension, ast.BinOp,
    ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Starred, ast.expr_context, ast.operator,
    ast.unaryop, ast.boolop, ast.cmpop,
)  # fmt: skip
PRINTED = EXPRESSIONS + STATEMENTS
IMPORTS = {
    "import torch",
    "from torch import Tensor, nn",
    "from torch.nn import functional",
    "from __future__ import annotations",
    "from copy import deepcopy",
    "from functools import cache, partial",
    "from functools import partial",
    "from contextlib import suppress",
    "from functools import cache",
    "from itertools import accumulate, count",
    "from json import dumps, loads",
    "from math import gcd",
    "from typing import Any",
    "from typing import Any, NamedTuple",
}
BUILTINS = {
    "bool", "dict", "float", "int", "isinstance", "len", "list", "max", "range", "reversed",
    "sorted", "str", "sum", "super", "tuple", "zip",
}  # fmt: skip
PASTED = (ast.FunctionDef, ast.ClassDef, ast.AnnAssign)
NAMING = ("id", "attr", "name", "arg")
NAMING_OF: dict[type[ast.AST], str] = {
    kind: next((key for key in NAMING if key in kind._fields), "")
    for kind in vars(ast).values() if isinstance(kind, type) and issubclass(kind, PRINTED)
}  # fmt: skip
"""Kind of the nodes that we print to the one of their fields that is a name, if any is."""
DUNDERS = {"__init__", "__all__"}


class GuardError(Exception):
    """The emitted text holds something that archdsl does not print: a bug of the compiler."""


def check(
    text: str,
    program: Program,
    runtime: str = "",
    imported: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Refuse text that archdsl does not print.

    Args:
        text: the file.
        program: what it was printed from.
        runtime: the source that `fuse` needs; like the helpers of the program it is trusted.
        imported: names by module that the file imports from archdsl; it may import nothing else.

    Raises:
        GuardError: if the text holds something else.
    """
    imported = imported or {}
    if not text.isascii():
        raise GuardError("the text is not ASCII")
    if "\r" in text:  # Python would count other lines than those that are compared below
        raise GuardError("the text has a carriage return")
    trusted = frozenset[Definition]().union(*map(definitions, [*helpers(program), runtime]))
    lines = text.split("\n")
    pasted = {node: _definition(node, lines) for node in ast.parse(text).body}
    elsewhere = {name for listed in imported.values() for name in listed}
    usable = trusted & {*pasted.values()} | {x for x in definitions(runtime) if x.name in elsewhere}
    names = {item.name: item.is_record for item in usable}
    statements = IMPORTS | {f"from {x} import {', '.join(imported[x])}" for x in imported}
    allowed = layer_names(program) | ALWAYS
    for statement in (node for node, definition in pasted.items() if definition not in trusted):
        _top(statement, names)
        for node in ast.walk(statement):
            _node(node, allowed, statements)


def layer_names(program: Program) -> frozenset[str]:
    """Return the names of torch that the layers of a program use, such as `nn.Conv2d`."""
    return frozenset().union(*(layer.names() for layer in program.graph.layers()))


class Definition(NamedTuple):
    """A function, class or variable at the top of a file, with the text of its lines."""

    name: str  # empty for a variable, which no literal may name
    text: str
    is_record: bool


@lru_cache(maxsize=64)  # the runtime source is the same in most files, and long
def definitions(source: str) -> frozenset[Definition]:
    """Return the definitions at the top of a source text that is trusted."""
    lines = source.split("\n")
    listed = (_definition(node, lines) for node in ast.parse(source).body)
    return frozenset(item for item in listed if item is not None)


def _definition(node: ast.stmt, lines: Sequence[str]) -> Definition | None:
    """Return a definition; None for other statements.

    Text is compared, not syntax trees, which would take most of the time of a compilation. It is
    enough: whole lines at the top of a file that are equal to those of one statement, its
    decorators included, are parsed to the same tree.
    """
    if not isinstance(node, PASTED):
        return None
    first = min([node.lineno, *(x.lineno for x in getattr(node, "decorator_list", ()))])
    text = "\n".join(lines[first - 1 : node.end_lineno])
    return Definition(getattr(node, "name", ""), text, _is_record(node))


def _top(node: ast.stmt, names: Mapping[str, bool]) -> None:
    allowed = (ast.ClassDef, ast.FunctionDef, ast.Import, ast.ImportFrom, ast.Assign)
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    if not isinstance(node, allowed) and not docstring:
        raise GuardError(f"line {node.lineno}: {type(node).__name__} at the top")
    if isinstance(node, ast.Assign):
        _literal(node, names)


def _is_record(node: ast.stmt) -> bool:
    """Return whether a definition is that of a named tuple: to make one runs no code."""
    bases = node.bases if isinstance(node, ast.ClassDef) else []
    return any(isinstance(base, ast.Name) and base.id == "NamedTuple" for base in bases)


def _literal(node: ast.Assign, names: Mapping[str, bool]) -> None:
    """Accept literals, which may hold names of pasted definitions and records of literals."""
    value = _Named(names).visit(ast.parse(ast.unparse(node.value), mode="eval").body)
    try:
        ast.literal_eval(value)
    except ValueError:
        raise GuardError(f"line {node.lineno}: no literal") from None


class _Named(ast.NodeTransformer):
    """Replaces each known name by a constant, and each call of a record by its arguments."""

    def __init__(self, names: Mapping[str, bool]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(node.id) if node.id in self.names else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if not isinstance(node.func, ast.Name) or not self.names.get(node.func.id):
            return node
        values = [*node.args, *(keyword.value for keyword in node.keywords)]
        return ast.Tuple([self.visit(value) for value in values], ast.Load())


def _node(node: ast.AST, allowed: frozenset[str], imports: set[str]) -> None:
    line = getattr(node, "lineno", "?")
    naming = NAMING_OF.get(type(node))
    if naming is None:
        raise GuardError(f"line {line}: {type(node).__name__}")
    if isinstance(node, ast.Import | ast.ImportFrom) and ast.unparse(node) not in imports:
        raise GuardError(f"line {line}: {ast.unparse(node)}")
    name = str(getattr(node, naming)) if naming else ""
    if name.startswith("__") and name not in DUNDERS:
        raise GuardError(f"line {line}: the name {name}")
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        builtin = hasattr(builtins, node.id) and node.id not in BUILTINS
        if builtin:
            raise GuardError(f"line {line}: the name {node.id}")
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        _torch(node.value.id, node.attr, line, allowed)


ALWAYS = frozenset({
    "torch.Tensor", "torch.relu", "functional.gelu", "functional.silu", "nn.Module",
    "nn.Identity", "nn.ModuleList", "nn.Parameter", "nn.init", "torch.cat",
})  # fmt: skip
"""Names of torch that a file may use whatever its layers are: classes, and running sums."""

MODULES = {"torch", "nn", "functional", "Tensor"}


def _torch(module: str, name: str, line: object, allowed: frozenset[str]) -> None:
    if module in MODULES and f"{module}.{name}" not in allowed:
        raise GuardError(f"line {line}: {module}.{name}")
