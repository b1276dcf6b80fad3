"""Nodes as they are made, with their shapes; equal aggregates become one node."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.errors import Diagnostic, fail
from archdsl.ir.graph import Node
from archdsl.ir.ops import Aggregate, Chain, Layer, Op, Shape
from archdsl.ir.shapes import Steps, after, mismatch, show
from archdsl.language.aggregation import Aggregation

NOTE = "torch would broadcast or fail; archdsl refuses both"


class Builder:
    """Collects the nodes of one network in the order of computation."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.shapes: dict[str, Shape] = {}
        self.remarks: list[Diagnostic] = []
        self.steps = Steps()
        self.owned: dict[str, dict[str, tuple[int, ...]]] = {}
        self.joined: dict[tuple[Aggregation, tuple[str, ...], tuple[str, ...]], str] = {}

    def add(self, name: str, op: Op, inputs: tuple[str, ...], origin: str) -> str:
        """Add a node, and return its name.

        Args:
            name: its name, not in use yet.
            op: what it computes.
            inputs: names of nodes that exist already and whose shapes fit.
            origin: the part of the spec that it comes from, such as `stages.unit`.

        Raises:
            ArchdslError: A212 or A218, without a position, if a layer cannot take its
                input.
        """
        self.nodes[name] = Node(name, op, inputs, origin)
        shapes = [self.shapes[source] for source in inputs]
        if isinstance(op, Chain):
            self.shapes[name] = self.steps(op.layers, shapes[0])[-1]
        else:
            self.shapes[name] = after(op, shapes)
        return name

    def add_chain(
        self, name: str, layers: tuple[Layer, ...], source: str, origin: str, scope: str = ""
    ) -> str:
        """Add a chain that reads one node, and return its name; without layers, that of the node.

        Args:
            name: name of the new node.
            layers: the layers; may be empty.
            source: the node that the first layer reads.
            origin: the part of the spec that it comes from, such as `stages.unit`.
            scope: prefix of the names of the weights; the node's name by default.
        """
        return self.add(name, Chain(scope or name, layers), (source,), origin) if layers else source

    def join(
        self, name: str, operator: Aggregation, sources: Sequence[str], origin: str, reader: str,
        scopes: tuple[str, ...],
    ) -> str:  # fmt: skip
        """Return the aggregate of nodes: a new node, an equal one, or the only source itself.

        A reader whose weights are its own never shares an aggregate with another. A single source
        is an aggregate only of an operator that folds, which makes a state of it.

        Args:
            name: name of a new node.
            operator: how the sources are joined.
            sources: the nodes, in the order of the reads.
            origin: where the spec says so.
            reader: the layer or exit that reads them, for diagnostics.
            scopes: prefixes of the names of the weights, if the operator has some.

        Raises:
            ArchdslError: A210 or A211 without a place, if shapes do not agree; A228, if the
                operator takes no such outputs.
        """
        if len(sources) == 1 and not operator.folds:
            return sources[0]
        key = (operator, tuple(sources), scopes if operator.weights() else ())
        node = self.joined.get(key)
        if node is None:
            self.check(operator, sources, reader)
            if operator.folds:
                self.check_owned(operator, sources, reader, scopes)
            check_width(operator, operator.width([self.shapes[s][0] for s in sources]))
            node = self.joined[key] = self.add(name, Aggregate(operator, key[2]), key[1], origin)
        return node

    def check_owned(
        self, operator: Aggregation, sources: Sequence[str], reader: str, scopes: Sequence[str]
    ) -> None:
        """Raise A228 if outputs with weights of their own are read at another width than before.

        Args:
            operator: an aggregation that folds.
            sources: the nodes, in the order of the reads.
            reader: the layer or exit that reads them, for diagnostics.
            scopes: prefixes of the names of the weights.
        """
        own = operator.weights_for([self.shapes[source][0] for source in sources])
        if any(self.owned.setdefault(scope, own) != own for scope in scopes):
            raise fail(
                "A228",
                f"the weights of `{operator.kind}` depend on the channels of an output, and "
                f"{reader} reads one with other channels than a layer before",
                help="let `carry` keep the channels: `width: incoming`",
            )

    def check(self, operator: Aggregation, sources: Sequence[str], reader: str) -> None:
        """Refuse outputs that cannot be joined; torch would broadcast some of them silently.

        Args:
            operator: how the sources are joined.
            sources: the nodes, in the order of the reads.
            reader: the layer or exit that reads them, for diagnostics.

        Raises:
            ArchdslError: A210 or A211 if the shapes do not agree, A228 if the operator
                takes no such outputs.
        """
        check_join(operator, [self.shapes[source] for source in sources], sources, reader)


def check_join(
    operator: Aggregation, shapes: Sequence[Shape], names: Sequence[str], reader: str,
    help: str | None = None,
) -> None:  # fmt: skip
    """Refuse outputs that cannot be joined. Raises ArchdslError (A210, A211, A228).

    Args:
        operator: the aggregation.
        shapes: shapes of the outputs, in the order of the reads.
        names: names of the outputs, for the diagnostic.
        reader: what the diagnostic calls the reader.
        help: what to do about shapes that do not agree; by default what helps in a stage.
    """
    if mismatch(operator, shapes) is None:
        check_widths(operator, [shape[0] for shape in shapes], reader)
        return
    listed = [f"{name} ({show(shape)})" for name, shape in zip(names[:8], shapes, strict=False)]
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    raise fail(
        "A210" if operator.equal_widths else "A211",
        f"{operator.kind} needs {_needs(operator)}, but {reader} reads {', '.join(listed)}{more}",
        note=None if operator.broadcasts else NOTE,
        help=help or _help(operator),
    )


def check_widths(operator: Aggregation, widths: Sequence[int], reader: str) -> None:
    """Raise A228 if an aggregation takes no outputs with these features.

    Args:
        operator: the aggregation.
        widths: features of the outputs, in the order of the reads.
        reader: what the diagnostic calls the reader.
    """
    problem = operator.problem(widths)
    if problem:
        raise fail("A228", f"`{operator.kind}` cannot join what {reader} reads: it joins {problem}")


def check_width(operator: Aggregation, width: object) -> None:
    """Raise A101 if an aggregation states a width that no tensor has.

    Args:
        operator: the aggregation.
        width: what its method `width` returned.
    """
    if not isinstance(width, int) or isinstance(width, bool) or width < 1:
        raise fail(
            "A101",
            f"the width of a join by `{operator.kind}` would be {width!r}",
            help="return a whole number of 1 or more from `width`",
        )


def _needs(operator: Aggregation) -> str:
    if operator.broadcasts:
        return "sizes that are equal or 1"
    return "equal shapes" if operator.equal_widths else "maps of equal size"


def _help(operator: Aggregation) -> str:
    if operator.equal_widths:
        return "make every unit as wide as the input of the stage, or write `entry: projection`"
    return "stride and pool between stages, or write `entry: projection`"
