"""Source of `runtime/` that emitted files carry or import: what is used of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

from archdsl.backends.pytorch.definitions import Definition, Library
from archdsl.codegen.program import Program

PACKAGE = "archdsl.backends.pytorch.runtime"
FUSE = (
    "fused", "check", "pool", "freeze", "recorder", "memory", "plan", "stages", "outputs", "layers",
    "cpu", "convolution", "product", "onednn", "folding", "gpu", "launch", "kernels", "graph",
)  # fmt: skip
MEMORY_EFFICIENT = (
    "stage", "changes", "norms", "plan", "arguments", "outputs", "operator", "read", "functions",
    "fused", "products", "kernels", "product_kernels", "steps", "register",
)  # fmt: skip
FILES = (
    *(f"fuse/{file}" for file in FUSE), *(f"memory_efficient/{file}" for file in MEMORY_EFFICIENT),
    "backbone/backbone",
)  # fmt: skip
"""The files of the folders in `archdsl/backends/pytorch/runtime`, in reading order."""

LIBRARY = Library(PACKAGE, FILES)

BASES = "backbone/"
"""The folder of classes that networks are derived from, which a file needs before them."""

NAMESPACE = "STAGE_NAMESPACE"
"""The variable with the name under which torch finds the operators of a file."""


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
        *(item.name for x in _class_files(decided) for item in LIBRARY.of(x)),
    }
    files = [*_class_files(decided), *sorted(FILES)]
    imports = {
        f"{PACKAGE}.{file.replace('/', '.')}": sorted(
            wanted & {item.name for item in LIBRARY.of(file)}
        )
        for file in files
    }
    return {module: names for module, names in sorted(imports.items()) if names}


def runtime_class(name: str) -> str:
    """Return the source of a file in `archdsl/backends/pytorch/runtime`."""
    return "\n\n\n".join(item.text for item in LIBRARY.of(name))


def runtime_source(roots: Iterable[str]) -> list[Definition]:
    """Return the definitions of folders of `runtime/` that names need, in reading order."""
    source = LIBRARY.needed(roots)
    return [_versioned(item, source) if item.name == NAMESPACE else item for item in source]


def _versioned(namespace: Definition, source: list[Definition]) -> Definition:
    """The namespace of operators with a hash of the source: equal files share operators."""
    digest = sha256("\n".join(item.text for item in source).encode()).hexdigest()[:8]
    return replace(namespace, text=f'{namespace.text[:-1]}_{digest}"')


def source_imports(kept: Iterable[Definition]) -> list[str]:
    """Return the import statements of some definitions, except for those of torch."""
    imports = LIBRARY.imported(kept)
    modules = sorted(module for module in imports if not module.startswith("torch"))
    return [f"from {module} import {', '.join(sorted(imports[module]))}" for module in modules]
