"""A class for a chain of layers: constructor and forward, one small function per layer kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from archdsl.backends.pytorch import words
from archdsl.backends.pytorch.writer import Writer
from archdsl.codegen.columns import Term
from archdsl.codegen.modules import LayerTemplate, ModuleClass
from archdsl.ir.ops import (
    Activation,
    Conv,
    Dropout,
    Flatten,
    Layer,
    Linear,
    Norm,
    Pad,
    Pool,
    PoolTo,
)  # fmt: skip

LONGEST = 88
ROOM = 85
"""What is left of a line in a method after `return `."""
RETURNS = "Returns the projection of what enters, and what the branch makes of it."
FUNCTIONS = {"relu": "torch.relu", "gelu": "functional.gelu", "silu": "functional.silu"}


def module(out: Writer, made: ModuleClass) -> None:
    """Print a class."""
    with out.block(f"class {made.name}(nn.Module):"):
        docstring(out, words.chain((*made.shared, *made.layers)), made)
        out.blank()
        if made.parameters or made.projection or list(weighted(made)):
            constructor(out, made)
            out.blank()
        forward(out, made)


def docstring(out: Writer, text: str, made: ModuleClass) -> None:
    """What the layers are; a long chain is summed up by its convolutions first."""
    details = [RETURNS] if made.projection else []
    if len(text) > LONGEST:
        convs = [t.layer for t in (*made.shared, *made.layers) if isinstance(t.layer, Conv)]
        sizes = ", ".join(f"{conv.kernel}x{conv.kernel}" for conv in convs)
        details.insert(0, text)
        text = f"{len(convs)} convolutions: {sizes}." if sizes else "Layers one after another."
    if len(text) > LONGEST:
        text = f"{len(convs)} convolutions."
    out.docstring(text, *details)


def signature(parameters: Sequence[str]) -> str:
    """`self, channels: int`."""
    kinds = {name: "float" if name.startswith("dropout") else "int" for name in parameters}
    return ", ".join(["self", *(f"{name}: {kind}" for name, kind in kinds.items())])


def constructor(out: Writer, made: ModuleClass) -> None:
    """`__init__`: one line per layer with weights."""
    with out.block(f"def __init__({signature(made.parameters)}) -> None:"):
        out.line("super().__init__()")
        for name, template in weighted(made):
            out.call(f"self.{name} = {_class(template.layer)}(", _arguments(template))
        for name in kept(made):
            out.line(f"self.{name} = {name}")
        if made.projection:
            name, arguments = made.projection
            out.call(f"self.projection = {name}(", [words.term(a) for a in arguments])


def weighted(made: ModuleClass) -> Iterator[tuple[str, LayerTemplate]]:
    """The layers that own weights, by name."""
    for template in (*made.shared, *made.layers):
        if isinstance(template.layer, Conv | Norm | Linear):
            yield template.layer.name, template


def kept(made: ModuleClass) -> list[str]:
    """Arguments that `forward` needs."""
    used = [t for t in (*made.shared, *made.layers) if isinstance(t.layer, Pad | Dropout)]
    return sorted({term.parameter for t in used for term in t.terms.values() if term.parameter})


def _class(layer: Layer) -> str:
    if isinstance(layer, Norm):
        return "nn.BatchNorm1d" if layer.flat else "nn.BatchNorm2d"
    return "nn.Conv2d" if isinstance(layer, Conv) else "nn.Linear"


def _arguments(template: LayerTemplate) -> list[str]:
    layer, terms = template.layer, {k: words.term(t) for k, t in template.terms.items()}
    match layer:
        case Norm():
            return [terms["features"]]
        case Linear(bias=bias):
            return [terms["inputs"], terms["width"], *([] if bias else ["bias=False"])]
        case Conv():
            return [terms["inputs"], terms["width"], *_window(layer, template.terms, terms)]
    raise AssertionError(layer)


def _window(layer: Conv, terms: dict[str, Term], text: dict[str, str]) -> list[str]:
    """Arguments that differ from torch's defaults."""
    found = [f"kernel_size={layer.kernel}"]
    if terms["stride"].number != 1:
        found.append(f"stride={text['stride']}")
    if layer.padding:
        found.append(f"padding={layer.padding}")
    if terms["groups"].number != 1:
        found.append(f"groups={text['groups']}")
    return [*found, *([] if layer.bias else ["bias=False"])]


def forward(out: Writer, made: ModuleClass) -> None:
    """`forward`: a statement per convolution, pooling and reshaping."""
    returns = "tuple[Tensor, Tensor]" if made.projection else "Tensor"
    with out.block(f"def forward(self, x: Tensor) -> {returns}:"):
        if made.projection:
            for statement in statements(made.shared) if made.shared else ():
                out.line(f"x = {statement}")
            out.line("shortcut = self.projection(x)")
        *earlier, last = statements(made.layers)
        for statement in earlier:
            out.line(f"x = {statement}")
        out.line(f"return shortcut, {last}" if made.projection else f"return {last}")


def statements(layers: Sequence[LayerTemplate]) -> list[str]:
    """Expressions of `x`, each assigned to `x` again: norms and activations nest around convs.

    >>> from archdsl.ir.ops import Activation, Conv, Norm
    >>> chain = [Norm("norm", 8), Activation("relu"), Conv("conv", 8, 4, 1)]
    >>> statements([LayerTemplate(layer, {}) for layer in chain])
    ['self.conv(torch.relu(self.norm(x)))']
    """
    found: list[str] = []
    expression = "x"
    chain = [template.layer for template in layers]
    leads = bool(chain) and isinstance(chain[0], Norm | Activation)
    for place, layer in enumerate(chain):
        apart = not isinstance(layer, Norm | Activation)
        nests = isinstance(layer, Flatten) or (leads and isinstance(layer, Conv | Linear))
        if apart and expression != "x" and not nests:
            found.append(expression)
            expression = "x"
        longer = call(layers[place], expression)
        if isinstance(layer, Pad) and len(longer) > ROOM:
            found.append(_places(layers[place], expression))
            longer = _padded(layers[place], "x", "x")
        elif len(longer) > LONGEST - 16 and expression != "x":
            found.append(expression)
            longer = call(layers[place], "x")
        expression = longer
        ends = isinstance(layer, Pool | PoolTo | Flatten | Dropout | Pad) or (leads and apart)
        following = chain[place + 1 : place + 2]
        if ends and following and not isinstance(following[0], Flatten):
            found.append(expression)
            expression = "x"
    return [*found, expression]


def call(template: LayerTemplate, x: str) -> str:
    """One layer applied to an expression."""
    layer = template.layer
    match layer:
        case Conv(name=name) | Norm(name=name) | Linear(name=name):
            return f"self.{name}({x})"
        case Activation(function=function):
            return f"{FUNCTIONS[function]}({x})"
        case Pool():
            return f"functional.{_pool(layer)}({x}, {_pool_window(layer)})"
        case PoolTo(kind=kind, side=side):
            pool = "adaptive_avg_pool2d" if kind == "average" else "adaptive_max_pool2d"
            return f"functional.{pool}({x}, {side})"
        case Dropout():
            return f"functional.dropout({x}, {own(template)['p']}, self.training)"
        case Flatten():
            return f"torch.flatten({x}, 1)"
        case Pad():
            return _padded(template, _places(template, x), x)
    raise AssertionError(layer)


def own(template: LayerTemplate) -> dict[str, str]:
    """A layer's numbers where `forward` reads them: arguments are attributes there."""
    return {
        name: words.term(replace(term, parameter=f"self.{term.parameter}"))
        for name, term in template.terms.items()
    }


def _padded(template: LayerTemplate, places: str, x: str) -> str:
    """`places`, which has the channels of `x`, with zeros after them."""
    return f"functional.pad({places}, (0, 0, 0, 0, 0, {own(template)['width']} - {x}.shape[1]))"


def _places(template: LayerTemplate, x: str) -> str:
    """Every stride-th place."""
    stride = own(template)["stride"]
    step = f"::{stride}" if stride.isdigit() else f":: {stride}"
    return f"{x}[:, :, {step}, {step}]" if stride != "1" else x


def _pool(layer: Pool) -> str:
    return "avg_pool2d" if layer.kind == "average" else "max_pool2d"


def _pool_window(layer: Pool) -> str:
    stride = f", stride={layer.stride}" if layer.stride != layer.kernel else ""
    return f"{layer.kernel}{stride}" + (f", padding={layer.padding}" if layer.padding else "")
