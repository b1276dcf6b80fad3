"""Networks as pictures from Python, and as notebooks show them."""

from __future__ import annotations

from functools import singledispatch

from archdsl.analysis import Report, analyse
from archdsl.api import Checked
from archdsl.apps.draw.focus import default_focus, read_focus
from archdsl.apps.draw.picture import Picture, draw
from archdsl.apps.draw.subject import Subject, titled
from archdsl.errors import ArchdslError
from archdsl.frontend.load import Spec
from archdsl.ir.graph import Graph
from archdsl.lowering import lower


def picture(
    network: Spec | Graph | Checked,
    form: str = "svg",
    *,
    view: str | None = None,
    focus: str | None = None,
    style: str = "exploded",
) -> Picture:
    """Draw a network; `content` of the result are the bytes of a file.

    Args:
        network: a spec, the graph of one, or what `archdsl.api.check` gives.
        form: svg, png, pdf or dot.
        view: paper, overview, arc, focus or matrix; by size if None.
        focus: the layer whose links stand out, as `STAGE.LAYER`.
        style: exploded or compact (figure 1(a) of Zhu et al. 2018).

    Raises:
        ArchdslError: A414 for an invalid argument, A422 without pygraphviz, A501, A504 or A506 if
            it cannot be drawn; and the errors of `lower` for a spec.
    """
    return draw(subject(network, focus), form, view, style)


def subject(network: Spec | Graph | Checked, focus: str | None = None) -> Subject:
    """What there is to draw, with a layer in focus. Raises ArchdslError (A414, and as `lower`)."""
    graph, report, title = _known(network)
    layer = default_focus(graph) if focus is None else read_focus(focus, graph)
    return Subject(graph, report, layer, title)


def svg(network: Spec | Graph | Checked) -> str | None:
    """The picture that a notebook shows; None, which is text instead, if there is none."""
    try:
        return picture(network).content.decode()
    except ArchdslError:
        return None


@singledispatch
def _known(network: object) -> tuple[Graph, Report, str]:
    raise TypeError(f"no network: {type(network).__name__}")


@_known.register
def _(network: Spec) -> tuple[Graph, Report, str]:
    graph = lower(network).graph
    return graph, analyse(graph), titled(graph.name, network.settings)


@_known.register
def _(network: Graph) -> tuple[Graph, Report, str]:
    return network, analyse(network), network.name


@_known.register
def _(network: Checked) -> tuple[Graph, Report, str]:
    return network.graph, network.report, titled(network.spec.name, network.spec.settings)
