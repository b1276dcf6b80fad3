"""The last check before a file is written: its syntax tree holds nothing that we do not print.

Spec text only ever becomes string literals, so this cannot fail unless we have a bug; then nothing
is written.
"""

from __future__ import annotations

import ast
import builtins

from archdsl.passes.program import Program

STATEMENTS = (
    ast.Module, ast.ClassDef, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign,
    ast.AnnAssign, ast.AugAssign, ast.For, ast.While, ast.If, ast.Import, ast.ImportFrom,
    ast.alias, ast.Expr, ast.keyword,
)  # fmt: skip
EXPRESSIONS = (
    ast.Call, ast.Name, ast.Attribute, ast.Constant, ast.Subscript, ast.Slice, ast.Tuple, ast.List,
    ast.Dict, ast.ListComp, ast.GeneratorExp, ast.comprehension, ast.BinOp, ast.UnaryOp,
    ast.BoolOp, ast.Compare, ast.IfExp, ast.Starred, ast.expr_context, ast.operator, ast.unaryop,
    ast.boolop, ast.cmpop,
)  # fmt: skip
IMPORTS = {
    "import torch",
    "from torch import Tensor, nn",
    "from torch.nn import functional",
    "from typing import Any",
}
BUILTINS = {
    "bool", "dict", "float", "int", "isinstance", "len", "list", "max", "range", "reversed", "sum",
    "super", "tuple", "zip",
}  # fmt: skip
PASTED = (ast.FunctionDef, ast.ClassDef)
NAMING = ("id", "attr", "name", "arg")
DUNDERS = {"__init__", "__all__"}


class GuardError(Exception):
    """The emitted text holds something it must not: a bug of ours."""


def check(text: str, program: Program, runtime: str = "") -> None:
    """Refuse unexpected text; `runtime` is source of ours that is tested. Raises GuardError."""
    if not text.isascii():
        raise GuardError("the text is not ASCII")
    tree = ast.parse(text)
    for statement in tree.body:
        _top(statement)
    own = "".join(r.source() or "" for r in program.rules) + "".join(
        operator.source() for operator in program.joins
    )
    trusted = {id(node) for part in _pasted(tree, own + runtime) for node in ast.walk(part)}
    for node in ast.walk(tree):
        if id(node) not in trusted:
            _node(node)


def _pasted(tree: ast.Module, own: str) -> list[ast.AST]:
    """Rules, operators and source of ours, pasted from what is trusted already."""
    known = {ast.dump(node) for node in ast.walk(ast.parse(own)) if isinstance(node, PASTED)}
    return [node for node in tree.body if isinstance(node, PASTED) and ast.dump(node) in known]


def _top(node: ast.stmt) -> None:
    allowed = (ast.ClassDef, ast.FunctionDef, ast.Import, ast.ImportFrom, ast.Assign)
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    if not isinstance(node, allowed) and not docstring:
        raise GuardError(f"line {node.lineno}: {type(node).__name__} at the top")
    if isinstance(node, ast.Assign):
        _literal(node)


def _literal(node: ast.Assign) -> None:
    try:
        ast.literal_eval(node.value)
    except ValueError:
        raise GuardError(f"line {node.lineno}: no literal") from None


def _node(node: ast.AST) -> None:
    line = getattr(node, "lineno", "?")
    if not isinstance(node, STATEMENTS + EXPRESSIONS):
        raise GuardError(f"line {line}: {type(node).__name__}")
    if isinstance(node, ast.Import | ast.ImportFrom) and ast.unparse(node) not in IMPORTS:
        raise GuardError(f"line {line}: {ast.unparse(node)}")
    name = next((str(getattr(node, key)) for key in NAMING if hasattr(node, key)), "")
    if name.startswith("__") and name not in DUNDERS:
        raise GuardError(f"line {line}: the name {name}")
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        builtin = hasattr(builtins, node.id) and node.id not in BUILTINS
        if builtin:
            raise GuardError(f"line {line}: the name {node.id}")
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        _torch(node.value.id, node.attr, line)


TORCH = {
    "Tensor", "arange", "cat", "channels_last", "contiguous_format", "empty", "flatten",
    "is_grad_enabled", "ones", "promote_types", "rand", "randint", "relu", "where",
}  # fmt: skip
FUNCTIONAL = {
    "adaptive_avg_pool2d", "adaptive_max_pool2d", "avg_pool2d", "dropout", "gelu", "max_pool2d",
    "one_hot", "pad", "silu",
}  # fmt: skip
NN = {"BatchNorm1d", "BatchNorm2d", "Conv2d", "Linear", "Module", "ModuleList", "init"}


def _torch(module: str, name: str, line: object) -> None:
    known = {"torch": TORCH, "nn": NN, "functional": FUNCTIONAL, "Tensor": set[str]()}
    if name not in known.get(module, {name}):
        raise GuardError(f"line {line}: {module}.{name}")
