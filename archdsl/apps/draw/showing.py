"""Draw networks from Python and in notebooks."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch

from archdsl.analysis import Report, analyse
from archdsl.api import Checked
from archdsl.apps.draw.figure import Figure
from archdsl.apps.draw.focus import default_focus, read_focus
from archdsl.apps.draw.picture import Picture, draw
from archdsl.apps.draw.strengths import Strengths
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
    style: str | None = None,
    open: str | None = None,
    strengths: Strengths | None = None,
    figure: Figure | None = None,
) -> Picture:
    """Draw a network; `content` of the result are the bytes of a file.

    Args:
        network: a spec, its graph, or the result of `archdsl.api.check`.
        form: svg, png, pdf or dot.
        view: paper, overview, arc, focus or matrix; by size if None.
        focus: the layer whose links are highlighted, as `STAGE.LAYER`.
        style: exploded or compact (figure 1(a) of Zhu et al. 2018). If None, running sums such as
            those of a ResNet are compact, unless a focus is named.
        open: the block inside a unit that is drawn instead, such as `stages.0.layers.2.gate`.
        strengths: how strongly the network uses its links, which their widths show; of a trained
            network `archdsl.strengths` returns them.
        figure: title, caption, width, font and colours: an `archdsl.apps.draw.figure.Figure`.

    Raises:
        ArchdslError: A414 for an invalid argument, A422 without pygraphviz, A442 if there are no
            strengths to show, A501, A504 or A506 if
            it cannot be drawn; and the errors of `lower` for a spec.
    """
    shown = replace(subject(network, focus), opened=open, strengths=strengths)
    return draw(shown, form, view, style, figure=figure)


def subject(network: Spec | Graph | Checked, focus: str | None = None) -> Subject:
    """Return the network to draw, with its counts and the layer in focus.

    Args:
        network: a spec, its graph, or the result of `archdsl.api.check`.
        focus: the layer in focus as `STAGE.LAYER`; chosen by `default_focus` if None.

    Raises:
        ArchdslError: A414 if there is no such layer; the errors of `lower` for a spec.
    """
    graph, report, title = _analysed(network)
    layer = default_focus(graph) if focus is None else read_focus(focus, graph)
    return Subject(graph, report, layer, title, pointed=focus is not None)


def svg(network: Spec | Graph | Checked) -> str | None:
    """Return the picture that a notebook shows; None, so that it shows text, if there is none."""
    try:
        return picture(network).content.decode()
    except ArchdslError:
        return None


@singledispatch
def _analysed(network: object) -> tuple[Graph, Report, str]:
    raise TypeError(f"not a network: {type(network).__name__}")


@_analysed.register
def _(network: Spec) -> tuple[Graph, Report, str]:
    graph = lower(network).graph
    return graph, analyse(graph), titled(graph.name, network.settings)


@_analysed.register
def _(network: Graph) -> tuple[Graph, Report, str]:
    return network, analyse(network), network.name


@_analysed.register
def _(network: Checked) -> tuple[Graph, Report, str]:
    return network.graph, network.report, titled(network.spec.name, network.spec.settings)
