"""Print the class of a chain of layers: docstring, constructor and forward."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from archdsl.backends.pytorch import words
from archdsl.backends.pytorch.writer import Writer
from archdsl.codegen.modules import LayerTemplate, ModuleClass
from archdsl.codegen.submodules import LEVEL
from archdsl.counted import counted
from archdsl.ir.ops import Weighted

LONGEST = 88
ROOM = 85
"""What is left of a line in a method after `return `."""
RETURNS = "Returns the projected shortcut and the residual, which the stage joins."


def module(out: Writer, chain: ModuleClass) -> None:
    """Print the class of a chain of layers.

    Args:
        out: where to print.
        chain: the class.
    """
    with out.block(f"class {chain.name}(nn.Module):"):
        docstring(out, words.chain((*chain.shared, *chain.layers)), chain)
        out.blank()
        if chain.parameters or chain.projection or list(weighted(chain)):
            constructor(out, chain)
            out.blank()
        forward(out, chain)


def docstring(out: Writer, text: str, chain: ModuleClass) -> None:
    """Print what the layers are; a long chain is summed up by its convolutions first.

    Args:
        out: where to print.
        text: the layers in words.
        chain: the class, which may return a projected shortcut too.
    """
    summary, *details = summed_up(text, (*chain.shared, *chain.layers))
    out.docstring(summary, *details, *([RETURNS] if chain.projection else []))


def summed_up(text: str, layers: Iterable[LayerTemplate]) -> list[str]:
    """Return what a docstring says of a chain of layers.

    Args:
        text: The chain in words.
        layers: Its layers.

    Returns:
        One paragraph, or two if the text is long: its convolutions alone come first.
    """
    if len(text) <= LONGEST:
        return [text]
    convs = [template for template in layers if template.layer.kernel_sides()]
    count = counted(len(convs), "convolution")
    summary = f"{count}: {', '.join(map(words.kernel, convs))}."
    if not convs:
        summary = "Layers one after another."
    return [summary if len(summary) <= LONGEST else f"{count}.", text]


def signature(parameters: Sequence[str], lists: Collection[str] = ()) -> list[str]:
    """Return the parameters of a constructor: `self`, `channels: int`, `widths: list[int]`.

    Args:
        parameters: their names.
        lists: those that are lists.
    """
    kinds = {name: f"list[{_kind(name)}]" if name in lists else _kind(name) for name in parameters}
    return ["self", *(f"{name}: {kind}" for name, kind in kinds.items())]


def _kind(name: str) -> str:
    """Return the type of an argument."""
    if name.startswith(LEVEL):
        return "nn.Module"
    return "float" if name.startswith("drop") else "int"


def assign(out: Writer, template: LayerTemplate) -> None:
    """Print a layer with weights as an attribute: its constructor, or the module that is passed.

    Args:
        out: where to print, inside `__init__`.
        template: the layer, with the arguments that its numbers depend on.
    """
    numbers = {key: words.term(term) for key, term in template.terms.items()}
    layer = template.layer
    assert isinstance(layer, Weighted)
    module_class, texts = layer.constructor(numbers)
    if module_class:
        out.call(f"self.{layer.name} = {module_class}(", texts)
    else:
        out.line(f"self.{layer.name} = {texts[0]}")


def constructor(out: Writer, chain: ModuleClass) -> None:
    """Print `__init__`: one line per layer with weights.

    Args:
        out: where to print.
        chain: the class. Arguments that `forward` needs become attributes.
    """
    with out.constructor(signature(chain.parameters)):
        out.line("super().__init__()")
        for template in weighted(chain):
            assign(out, template)
        for name in kept(chain):
            out.line(f"self.{name} = {name}")
        if chain.projection:
            name, arguments = chain.projection
            out.call(f"self.projection = {name}(", [words.term(a) for a in arguments])


def weighted(chain: ModuleClass) -> Iterator[LayerTemplate]:
    """Return the layers that own weights."""
    return (t for t in (*chain.shared, *chain.layers) if isinstance(t.layer, Weighted))


def kept(chain: ModuleClass) -> list[str]:
    """Return the arguments that `forward` needs."""
    used = [t for t in (*chain.shared, *chain.layers) if not isinstance(t.layer, Weighted)]
    return sorted({term.parameter for t in used for term in t.terms.values() if term.parameter})


def forward(out: Writer, chain: ModuleClass) -> None:
    """Print `forward`: a statement per convolution, pooling and reshaping.

    Args:
        out: where to print.
        chain: the class; if it has a projection, the shortcut is returned first.
    """
    returns = "tuple[Tensor, Tensor]" if chain.projection else "Tensor"
    with out.block(f"def forward(self, x: Tensor) -> {returns}:"):
        if chain.projection:
            for statement in statements(chain.shared) if chain.shared else ():
                out.line(f"x = {statement}")
            out.line("shortcut = self.projection(x)")
        *earlier, last = statements(chain.layers)
        for statement in earlier:
            out.line(f"x = {statement}")
        out.line(f"return shortcut, {last}" if chain.projection else f"return {last}")


def statements(layers: Sequence[LayerTemplate], target: str = "x") -> list[str]:
    """Return expressions: norms and activations nest around convolutions.

    The first is one of `x`. Each is assigned to `target`, which the next one reads.

    Args:
        layers: layers one after another.
        target: the variable that all statements but the last are assigned to.

    >>> from archdsl.ir.ops import Activation, Conv, Norm
    >>> chain = [Norm("norm", 8), Activation("relu"), Conv("conv", 8, 4, 1)]
    >>> statements([LayerTemplate(layer, {}) for layer in chain])
    ['self.conv(torch.relu(self.norm(x)))']

    Args:
        layers: the layers, in order.
        target: the variable that holds the results; `y` where `x` is still needed afterwards.

    Returns:
        One expression or more, the last one for the output of the chain.
    """
    expressions: list[str] = []
    expression = "x"
    bare = {"x", target}
    chain = [template.layer for template in layers]
    leads = bool(chain) and chain[0].elementwise
    for place, layer in enumerate(chain):
        apart = not layer.elementwise
        nests = layer.view or (leads and layer.mixes)
        if apart and expression not in bare and not nests:
            expressions.append(expression)
            expression = target
        longer = call(layers[place], expression)
        parts = layer.split_call(expression, own(layers[place])) if len(longer) > ROOM else ()
        if parts:
            expressions += parts[:-1]
            longer = parts[-1]
        elif len(longer) > LONGEST - 16 and expression not in bare:
            expressions.append(expression)
            longer = call(layers[place], target)
        expression = longer
        ends = apart and (leads or not layer.mixes)
        following = chain[place + 1 : place + 2]
        if ends and following and not following[0].view:
            expressions.append(expression)
            expression = target
    return [*expressions, expression]


def call(template: LayerTemplate, x: str) -> str:
    """Return an expression for a layer applied to a tensor.

    Args:
        template: the layer.
        x: an expression for its input.
    """
    return template.layer.call(x, own(template))


def own(template: LayerTemplate) -> dict[str, str]:
    """Return a layer's numbers as `forward` reads them: arguments are attributes there."""
    return {
        name: words.term(replace(term, parameter=f"self.{term.parameter}"))
        for name, term in template.terms.items()
    }
