"""Which view and style of a network is drawn, and which others are tried."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from types import ModuleType

from archdsl.apps.draw.subject import Subject
from archdsl.apps.draw.views import arc, focus, matrix, overview, paper
from archdsl.apps.draw.views.compact import continues
from archdsl.errors import fail
from archdsl.frontend.nearest import suggestion

VIEWS: dict[str, ModuleType] = {
    "paper": paper,
    "overview": overview,
    "arc": arc,
    "focus": focus,
    "matrix": matrix,
}
STYLES = ("exploded", "compact")
CHEAPER = ("arc", "focus", "overview")
SINGLE = ("paper", "arc", "focus", "matrix")
"""Views that draw links one by one, so that they can show strengths."""

SIZES = ((24, "paper"), (2_000, "arc"), (100_000, "matrix"))
"""Maximum number of layers for which each view is the default."""


def chosen(subject: Subject) -> str:
    """Return the default view for the size of a network."""
    layers = subject.counts.layers
    deepest = "overview" if subject.strengths is None else "focus"
    return next((view for most, view in SIZES if layers <= most), deepest)


def styled(subject: Subject, view: str, style: str | None) -> str:
    """Return the style: that which is named, or the default of a view.

    A running sum, as in a ResNet, is compact unless the reads of a layer were asked for: that is
    how such networks are known. Compare networks in the exploded style, which shows all links.

    Args:
        subject: the network.
        view: a key of `VIEWS`.
        style: one of `STYLES`, or None.
    """
    if style is not None:
        return style
    sums = all(stage.operator.adds and continues(stage) for stage in subject.shown)
    plain = not subject.pointed and subject.strengths is None
    return "compact" if view == "paper" and sums and plain else "exploded"


def check_known(subject: Subject, view: str, style: str) -> None:
    """Raise A414 for a view or style that does not exist, or not for this picture.

    Args:
        subject: the network.
        view: the view that is asked for.
        style: the style.
    """
    if view not in VIEWS:
        raise fail("A414", f"`{view[:40]}` is not a view", help=_near(view, VIEWS, "views"))
    if style not in STYLES:
        raise fail("A414", f"`{style[:40]}` is not a style", help=_near(style, STYLES, "styles"))
    if style == "compact" and view != "paper":
        raise fail("A414", f"the view {view} has no compact style", help="use --view paper")
    if view == "overview" and subject.single is not None:
        raise fail("A414", "an overview shows all stages", help="leave out --stage or --view")


def _near(word: str, words: Collection[str], noun: str) -> str:
    """Return the word that was meant, or all of them."""
    near = suggestion(word, words)
    return near.help if near else f"{noun}: {', '.join(words)}"


def check_strengths(subject: Subject, view: str, style: str) -> None:
    """Raise an error if links are to show strengths and cannot.

    Args:
        subject: the network.
        view: the view that is asked for.
        style: the style.

    Raises:
        ArchdslError: A414 if the view does not draw links one by one, A442 if the stages that are
            drawn have no strengths.
    """
    if subject.strengths is None:
        return
    name = "the compact style" if style == "compact" else f"the view {view}"
    if style == "compact" or view not in SINGLE:
        raise fail(
            "A414", f"{name} does not draw links one by one, so it cannot show their strengths",
            help=f"leave out the weights, or choose --view {', '.join(SINGLE)}",
        )  # fmt: skip
    if not subject.shown_strengths():
        paths = ", ".join(list(subject.strengths.blocks)[:4])
        raise fail(
            "A442", f"the stages of {subject.graph.name} have no weights for each output they read",
            help=f"its blocks have some: write --open PATH: {paths}" if paths else None,
        )  # fmt: skip


def tries(view: str) -> Iterator[str]:
    """Yield a view, then the cheaper ones."""
    yield view
    yield from CHEAPER[CHEAPER.index(view) + 1 if view in CHEAPER else 0 :]
