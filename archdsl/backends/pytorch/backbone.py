"""What makes a network a backbone: its forward pass in two halves, and where its maps are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archdsl.backends.pytorch.fuse import nested
from archdsl.backends.pytorch.literal import literal
from archdsl.backends.pytorch.module import statements
from archdsl.backends.pytorch.writer import Writer
from archdsl.codegen.backbone import Backbone, FeatureMap
from archdsl.codegen.modules import LayerTemplate
from archdsl.codegen.program import Call, Program
from archdsl.ir.ops import Shape

ROOTS = frozenset({"Backbone"})
"""Names of the source that a file needs; what these need follows from them."""

FEATURES = (
    '"""Return the last feature map; add those of `feature_info` to `maps` if it is a list."""'
)
HEAD = '"""Pool the last feature map and classify it; `pre_logits` leaves the classifier out."""'


def attributes(out: Writer, backbone: Backbone) -> None:
    """Print the tables that the methods of `Backbone` read, inside the class.

    Args:
        out: where to print.
        backbone: where the network is cut.
    """
    maps = tuple((own.channels, own.reduction, own.module) for own in backbone.maps)
    nested(out, "FEATURES = ", maps, "")
    out.line(
        f"CLASSIFIER = {literal(f'head.{backbone.classifier}' if backbone.classifier else '')}"
    )
    out.line(f"num_features = {backbone.channels}")
    out.line(f"head_hidden_size = {backbone.hidden}")
    out.blank()


def methods(out: Writer, program: Program, backbone: Backbone) -> None:
    """Print `forward_features` and `forward_head`, inside the class.

    Args:
        out: where to print.
        program: the program of the file.
        backbone: where the network is cut.
    """
    opening = "def forward_features(self, x: Tensor, maps: list[Tensor] | None = None) -> Tensor:"
    with out.block(opening):
        out.line(FEATURES)
        if program.columns:
            out.line(f"path = DropPath({program.columns}, self.training, x)")
        for line in _features(program, backbone):
            out.line(line)
        out.line("return x")
    out.blank()
    with out.block("def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:"):
        out.line(HEAD)
        head = _templates(program, program.graph.head)[backbone.features :]
        pooling = head[:-1] if backbone.classifier else head
        for text in _inlined("head", pooling) if pooling else ():
            out.line(f"x = {text}")
        classify = f"self.head.{backbone.classifier}(x)"
        out.line(f"return x if pre_logits else {classify}" if backbone.classifier else "return x")


def _features(program: Program, backbone: Backbone) -> Iterator[str]:
    """Yield the statements of `forward_features`."""
    maps = iter(backbone.maps)
    for call in program.calls:
        if call.target == "stem":
            yield from _stem(program, backbone, call.after, maps)
        elif call.target != "head":
            final = backbone.last and call.stage == len(program.graph.stages) - 1
            text = _run(program, call)
            if call.stage in backbone.stages and not final:
                yield _tap(next(maps), text)
            else:
                yield f"x = {text}  # {_shape(call.after)}"
    if backbone.features:
        head = _templates(program, program.graph.head)[: backbone.features]
        yield from (f"x = {text}" for text in _inlined("head", head))
        if backbone.last and backbone.maps:
            yield _tap(next(maps))


def _stem(
    program: Program, backbone: Backbone, after: Shape, maps: Iterator[FeatureMap]
) -> Iterator[str]:
    """Yield the statements of the stem, which is a call unless a map is inside it."""
    layers = _templates(program, "stem")
    inner = [count for count in backbone.stem if count < len(layers)]
    if not inner:
        yield f"x = self.stem(x)  # {_shape(after)}"
    for start, end in zip([0, *inner], [*inner, len(layers)], strict=True):
        yield from (f"x = {text}" for text in _inlined("stem", layers[start:end]) if inner)
        if end in backbone.stem:
            yield _tap(next(maps))


def _tap(feature: FeatureMap, x: str = "x") -> str:
    """Return the statement that keeps a feature map; `x` is an expression for it."""
    return f"x = self.tap({x}, maps)  # {_shape(feature.shape)}"


def _run(program: Program, call: Call) -> str:
    """Return an expression that runs a stage, by checkpointing if that is on, or a transition."""
    name, _, index = call.target.partition(".")
    part = f"self.{name}[{index}]"
    if call.stage is None:
        return f"{part}(x)"
    drops = program.stages.used[call.stage][0].drops_path
    return f"self.run({part}, x, path)" if drops else f"self.run({part}, x)"


def _templates(program: Program, scope: str | None) -> Sequence[LayerTemplate]:
    """Return the layers of a part as its class has them."""
    return program.arguments(scope)[0].layers if scope else ()


def _inlined(part: str, layers: Sequence[LayerTemplate]) -> list[str]:
    """Return the expressions of layers of a part, for the class of the whole network."""
    return [text.replace("self.", f"self.{part}.") for text in statements(layers)]


def _shape(sizes: Shape) -> str:
    return f"(N, {', '.join(map(str, sizes))})"
