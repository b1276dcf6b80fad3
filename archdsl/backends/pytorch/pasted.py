"""Source of `runtime/` that emitted files carry or import: what is used of it.

It is real, tested source. What is pasted is what the roots name, what that names, and so on.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from importlib import resources

from archdsl.codegen.program import Program
from archdsl.language.source import without_sections

PACKAGE = "archdsl.backends.pytorch.runtime"
FUSE = (
    "fused", "check", "pool", "freeze", "recorder", "memory", "plan", "stages", "outputs", "layers",
    "cpu", "convolution", "product", "onednn", "folding", "gpu", "launch", "kernels", "graph",
)  # fmt: skip
MEMORY_EFFICIENT = (
    "stage", "changes", "norms", "plan", "arguments", "operator", "read", "functions", "fused",
    "products", "kernels", "product_kernels", "steps", "register",
)  # fmt: skip
FILES = (
    *(f"fuse/{file}" for file in FUSE), *(f"memory_efficient/{file}" for file in MEMORY_EFFICIENT),
    "backbone/backbone",
)  # fmt: skip
"""The files of the folders in `archdsl/backends/pytorch/runtime`, in reading order."""


BASES = "backbone/"
"""The folder of classes that networks are derived from, which a file needs before them."""

NAMESPACE = "STAGE_NAMESPACE"
"""The variable with the name under which torch finds the operators of a file."""


@dataclass(frozen=True)
class Definition:
    """A function, a class or a variable of a file: its source, and the names that it uses."""

    file: str
    name: str
    text: str
    uses: frozenset[str]


def helpers(decided: Program) -> list[str]:
    """Return the source of a network's rules, aggregations, and the classes that run it."""
    return [*functions(decided), *(runtime_class(file) for file in _class_files(decided))]


def functions(decided: Program) -> list[str]:
    """Return the source of the rules and aggregations of a network."""
    texts = [rule.source() or "" for rule in decided.rules]
    texts += [operator.first_source() for operator in decided.folds]
    for operator in decided.joins:
        texts.append(operator.source())
        texts += [weight.source() for weight in operator.weights().values()]
    return list(dict.fromkeys(texts))  # two weights may start from the same function


def _class_files(decided: Program) -> list[str]:
    """Return the files of the classes that run a network, in training too."""
    files = ["concat_buffer"] if decided.buffered else []
    files += ["drop_path"] if decided.columns else []
    return files + [file for file, _ in decided.layer_helpers]


def runtime_imports(decided: Program, roots: Iterable[str]) -> dict[str, list[str]]:
    """Return what a file imports of `runtime/` instead of carrying it: names by module.

    Args:
        decided: the program of the file.
        roots: names of the folders of `runtime/` that the file uses.
    """
    wanted = {
        *roots,
        *(item.name for x in _class_files(decided) for item in _definitions(f"{x}.py")),
    }
    files = [*_class_files(decided), *sorted(FILES)]
    imports = {
        f"{PACKAGE}.{file.replace('/', '.')}": sorted(
            wanted & {item.name for item in _definitions(f"{file}.py")}
        )
        for file in files
    }
    return {module: names for module, names in sorted(imports.items()) if names}


def runtime_class(name: str) -> str:
    """Return the source of a file in `archdsl/backends/pytorch/runtime`."""
    return "\n\n\n".join(item.text for item in _definitions(f"{name}.py"))


def runtime_source(roots: Iterable[str]) -> list[Definition]:
    """Return the definitions of folders of `runtime/` that names need, in reading order."""
    definitions = {item.name: item for file in FILES for item in _definitions(f"{file}.py")}
    wanted, waiting = set[str](), list(roots)
    while waiting:
        name = waiting.pop()
        if name in definitions and name not in wanted:
            wanted.add(name)
            waiting += definitions[name].uses
    source = [item for name, item in definitions.items() if name in wanted]
    return [_versioned(item, source) if item.name == NAMESPACE else item for item in source]


def _versioned(namespace: Definition, source: list[Definition]) -> Definition:
    """The namespace of operators with a hash of the source: equal files share operators."""
    digest = sha256("\n".join(item.text for item in source).encode()).hexdigest()[:8]
    return replace(namespace, text=f'{namespace.text[:-1]}_{digest}"')


def source_imports(kept: Iterable[Definition]) -> list[str]:
    """Return the import statements of some definitions, except for those of torch."""
    imports: dict[str, set[str]] = {}
    for item in kept:
        for module, name in _imports(item.file):
            if name in item.uses and not module.startswith(("archdsl", "torch", "__future__")):
                imports.setdefault(module, set()).add(name)
    return [
        f"from {module} import {', '.join(sorted(imports[module]))}" for module in sorted(imports)
    ]


@cache
def _read(path: str) -> str:
    return resources.files(PACKAGE).joinpath(path).read_text("ascii")


@cache
def _definitions(path: str) -> tuple[Definition, ...]:
    text = without_sections(_read(path))
    return tuple(_found(path, text, node) for node in ast.parse(text).body if _name(node))


def _found(path: str, text: str, node: ast.stmt) -> Definition:
    # Decorators are on lines before the one where a function begins.
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    lines = text.split("\n")[first - 1 : node.end_lineno]
    uses = frozenset(item.id for item in ast.walk(node) if isinstance(item, ast.Name))
    return Definition(path, _name(node), "\n".join(lines), uses)


def _name(node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    return (
        node.target.id
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        else ""
    )


@cache
def _imports(path: str) -> tuple[tuple[str, str], ...]:
    """The modules and names that a file imports."""
    nodes = (node for node in ast.parse(_read(path)).body if isinstance(node, ast.ImportFrom))
    return tuple((node.module or "", name.name) for node in nodes for name in node.names)
