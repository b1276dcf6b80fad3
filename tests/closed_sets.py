"""Count the places that know a single kind of layer, rule or aggregation.

A place is a `match` statement with such a class in a pattern, an `isinstance` or `issubclass` test
for one, a table (a dict with such a class as a key), or a comparison of `operation` or `kind` with
the word of an aggregation. Folders that define the kinds do not count.

    python tests/closed_sets.py [root of a checkout]
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
LAYERS = frozenset({
    "Activation", "Conv", "Dropout", "Flatten", "Linear", "Norm", "Own", "Pad", "Pool", "PoolTo",
    "Relu", "Gelu", "Silu", "ChannelNorm", "GroupNorm", "Leaky", "Prelu",
    "DropUnit", "Keep", "Scale", "Select", "Shuffle",
    "Deconv", "Upsample", "Copies", "ReadStreams", "AddStreams",
})  # fmt: skip
AGGREGATIONS = frozenset({
    "Attention", "Concat", "Dual", "Highway", "Max", "Mean", "Mixed", "Product", "Running", "Sum",
    "Streams", "WeightedSum",
    "attention", "concat", "dual", "highway", "max", "mean", "mixed", "product", "running", "sum",
    "streams", "weighted",
})  # fmt: skip
RULES = frozenset({
    "Entry", "Every", "Explicit", "Exponential", "Fractal", "Full", "Harmonic", "Mirror", "Offsets",
    "Plain", "Random", "Strided", "Window",
})  # fmt: skip
HOMES = (
    "archdsl/language/layers", "archdsl/language/aggregation", "archdsl/language/rules/",
    "archdsl/ir/layers/", "archdsl/oracle/layers/", "archdsl/oracle/aggregations/",
    "archdsl/backends/pytorch/runtime/",
    "archdsl/vocabulary/layers", "archdsl/vocabulary/aggregations", "archdsl/runtime/",
)  # fmt: skip


def closed(root: Path, kinds: frozenset[str]) -> Iterator[str]:
    """`file:line` of each place outside `HOMES` that knows one of these kinds."""
    for path in sorted(root.glob("archdsl/**/*.py")):
        name = path.relative_to(root).as_posix()
        if name.startswith(HOMES):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if _knows(node, kinds):
                yield f"{name}:{getattr(node, 'lineno', 0)}"


def _knows(node: ast.AST, kinds: frozenset[str]) -> bool:
    if isinstance(node, ast.Compare):
        asks = any(getattr(x, "attr", "") in {"operation", "kind"} for x in ast.walk(node.left))
        return asks and any(_worded(part, kinds) for part in node.comparators)
    if isinstance(node, ast.Match):
        patterns = [part for case in node.cases for part in ast.walk(case.pattern)]
        classes = [part.cls for part in patterns if isinstance(part, ast.MatchClass)]
        words = [part for part in patterns if isinstance(part, ast.MatchValue)]
        asks = getattr(node.subject, "attr", "") == "kind"
        return any(_named(part, kinds) for part in classes) or (
            asks and any(_worded(part.value, kinds) for part in words)
        )
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in {"isinstance", "issubclass"} and _named(node.args[1], kinds)
    if isinstance(node, ast.Dict):
        return any(key is not None and _named(key, kinds) for key in node.keys)
    return False


def _worded(node: ast.expr, kinds: frozenset[str]) -> bool:
    return any(getattr(part, "value", None) in kinds for part in _constants(node))


def _constants(node: ast.expr) -> list[ast.Constant]:
    constants = [part for part in ast.walk(node) if isinstance(part, ast.Constant)]
    return [part for part in constants if isinstance(part.value, str)]


def _named(node: ast.expr, kinds: frozenset[str]) -> bool:
    """Whether an expression names one of the kinds; `nn.Linear` is torch's."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id in kinds:
            return True
        if isinstance(part, ast.Attribute) and part.attr in kinds:
            return not (isinstance(part.value, ast.Name) and part.value.id == "nn")
    return False


if __name__ == "__main__":
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT
    for what, kinds in (("layer", LAYERS), ("rule", RULES), ("aggregation", AGGREGATIONS)):
        places = list(closed(root, kinds))
        print(f"{len(places)} places know a single {what}:", *places, sep="\n  ")
