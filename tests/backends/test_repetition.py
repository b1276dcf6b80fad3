"""Emitted files do not repeat themselves: no two classes or runs of layers are alike."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import torch

from archdsl.api import check_text
from backends.networks import REPRESENTATIVES
from backends.test_golden import FILES

LONG = 3
"""Statements of a method."""

ROOT = Path(__file__).parent.parent.parent
HEADED = "input: [3, 8, 8]\nhead: [{pool: {to: 1}}, flatten, {linear: {width: 5}}]\n"
FRACTAL = f"""archdsl: 1
name: net
{HEADED}stages:
  count: 3
  unit: {{kind: basic, order: post, width: [4, 6, 6], dropout: [0.2, 0, 0.1]}}
  connect: {{rule: fractal, columns: 3}}
  aggregate: {{kind: mean, drop_path: 0.1}}
between: [{{pool: {{kind: max, kernel: 2}}}}]
"""
LISTED = f"""archdsl: 1
name: net
{HEADED}stages:
  - layers:
      - [norm, {{dropout: 0.1}}, {{conv: {{width: 4, kernel: 3}}}}]
      - [norm, {{conv: {{width: 4, kernel: 3}}}}, {{dropout: 0.2}}]
      - [norm, {{conv: {{width: 6, kernel: 3}}}}]
    connect: full
    aggregate: concat
"""
TEXTS = {
    **{path.name: path.read_text(encoding="ascii") for path in (ROOT / "compiled").glob("*.py")},
    **{f"golden {name}": check_text(spec).emit() for name, spec in FILES.items()},
    **{name: check_text(spec).emit() for name, spec in REPRESENTATIVES.items()},
    "dropout in some stages": check_text(FRACTAL).emit(),
    "dropout in some layers": check_text(LISTED).emit(),
}


class Blank(ast.NodeTransformer):
    """Replaces what could be an argument: literals, parameters, and names of the file's classes."""

    def __init__(self, tree: ast.Module) -> None:
        self.blank = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
        self.blank |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)} - {"self"}

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return node if isinstance(node.value, str) else ast.Name("_")

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name("_") if node.id in self.blank else node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return node if node.arg == "self" else ast.arg("_")

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """`channels // 4` is the value of an argument, too."""
        self.generic_visit(node)
        parts = [part.id for part in (node.left, node.right) if isinstance(part, ast.Name)]
        return ast.Name("_") if parts == ["_", "_"] else node


def repeated(tree: ast.Module, nodes: Iterable[ast.AST]) -> list[str]:
    """The source of nodes that are equal to an earlier one up to arguments."""
    blank, seen = Blank(tree), set[str]()
    again = []
    for node in nodes:
        source = ast.unparse(node)
        form = ast.dump(blank.visit(ast.parse(source)))
        if form in seen:
            again.append(source)
        seen.add(form)
    return again


def undocumented(body: list[ast.stmt]) -> list[ast.stmt]:
    """Statements without a docstring."""
    return [s for s in body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]


def classes(tree: ast.Module) -> Iterator[ast.AST]:
    """The bodies of classes."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield ast.Module(undocumented(node.body), [])


MOST = {
    "efficientnet_imagenet.py": (0, 1),
    "log_densenet_v2_cifar.py": (0, 1), "googlenet_imagenet.py": (0, 2),
    "hardnet_68ds_imagenet.py": (0, 1), "rdnet_imagenet.py": (1, 2),
    "mobilenet_v2_imagenet.py": (0, 1), "regnet_x_imagenet.py": (0, 1),
    "randwire_imagenet.py": (0, 2), "regnet_y_imagenet.py": (0, 1),
    "shufflenet_v2_imagenet.py": (0, 1),
}  # fmt: skip
"""Repeated classes and methods that a file may have: where stages are one unit, or units that
differ in their form, code generation makes a class for each. The numbers may only fall."""

GENERATORS = {"randwire_imagenet.py": 8, "log_densenet_cifar.py": 5}
"""Repeated generators that a list may have: layers that read the input, which take the stride, are
scattered among the others. The number may only fall."""


@pytest.mark.parametrize("name", TEXTS)
def test_no_two_classes_differ_only_in_arguments(name: str) -> None:
    tree = ast.parse(TEXTS[name])
    assert len(repeated(tree, classes(tree))) <= MOST.get(name, (0, 0))[0]


def methods(tree: ast.Module) -> Iterator[ast.AST]:
    """The longer methods of the classes: a short `forward` may well be that of another class."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.body = undocumented(node.body)
            if sum(isinstance(part, ast.stmt) for part in ast.walk(node)) > LONG:
                yield node


@pytest.mark.parametrize("name", TEXTS)
def test_no_two_long_methods_differ_only_in_arguments(name: str) -> None:
    tree = ast.parse(TEXTS[name])
    assert len(repeated(tree, methods(tree))) <= MOST.get(name, (0, 0))[1]


@pytest.mark.parametrize("name", TEXTS)
def test_no_two_generators_of_a_list_differ_only_in_arguments(name: str) -> None:
    tree = ast.parse(TEXTS[name])
    for node in ast.walk(tree):
        if isinstance(node, ast.List):
            made = [e.value for e in node.elts if isinstance(e, ast.Starred)]
            assert len(repeated(tree, made)) <= GENERATORS.get(name, 0)


@pytest.mark.parametrize("name", TEXTS)
def test_no_list_makes_a_module_three_times(name: str) -> None:
    for node in ast.walk(ast.parse(TEXTS[name])):
        if isinstance(node, ast.List):
            calls = Counter(ast.unparse(e) for e in node.elts if isinstance(e, ast.Call))
            assert max(calls.values(), default=0) < 3


def test_a_dropout_of_0_draws_no_random_numbers() -> None:
    """Otherwise a stage without dropout would change what the next one drops."""
    state = torch.get_rng_state()
    x = torch.randn(4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(torch.nn.functional.dropout(x, 0.0, training=True), x)
    assert torch.equal(torch.get_rng_state(), state)
