"""Draw a network: choose the view by its size, and a cheaper one if that takes too long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType

from archdsl.apps.draw import opened
from archdsl.apps.draw.dot import dot
from archdsl.apps.draw.paint import DEADLINE, LARGEST, RESOLUTION, SlowError, paint
from archdsl.apps.draw.row import Link
from archdsl.apps.draw.scene import Scene
from archdsl.apps.draw.subject import Subject
from archdsl.apps.draw.views import arc, focus, matrix, overview, paper
from archdsl.errors import Diagnostic, fail

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


@dataclass(frozen=True, repr=False)
class Picture:
    """The content of a file, the view that it shows, notes on it, and the kind of file."""

    content: bytes
    view: str
    notes: tuple[Diagnostic, ...] = ()
    form: str = "svg"

    def __repr__(self) -> str:
        return f"<Picture {self.view}, {self.form}, {len(self.content):,} bytes>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str | bytes]:
        """Return the picture for a notebook; only SVG and PNG can be shown there."""
        shown: dict[str, str | bytes] = {"text/plain": repr(self)}
        if self.form == "svg":
            shown["image/svg+xml"] = self.content.decode()
        if self.form == "png":
            shown["image/png"] = self.content
        return shown


def chosen(subject: Subject) -> str:
    """Return the default view for the size of a network."""
    layers = subject.report.layers
    deepest = "overview" if subject.strengths is None else "focus"
    return next((view for most, view in SIZES if layers <= most), deepest)


def scene(subject: Subject, view: str | None = None, style: str = "exploded") -> Scene:
    """Return the scene of a view.

    Args:
        subject: the network, its counts, and the layer in focus.
        view: a key of `VIEWS`; chosen by size if None.
        style: `exploded` or `compact`.

    Raises:
        ArchdslError: A414 if the view or style does not exist, or cannot show this network; A442 if
            its links are to show strengths and have none.
    """
    if subject.opened is not None:
        block = opened.find(subject.graph, subject.opened)
        return opened.scene(subject.title, subject.opened, block, _of_block(subject))
    view = view or chosen(subject)
    _known(view, style)
    _check_strengths(subject, view, style)
    if style == "compact":
        return paper.compact_scene(subject)
    drawn: Scene = VIEWS[view].scene(subject)
    return drawn


def draw(
    subject: Subject,
    form: str,
    view: str | None = None,
    style: str = "exploded",
    deadline: float = DEADLINE,
) -> Picture:
    """Draw a network as svg, png, pdf or dot.

    Args:
        subject: the network, its counts, and the layer in focus.
        form: one of `archdsl.apps.draw.paint.FORMS`.
        view: a key of `VIEWS`; chosen by size if None.
        style: `exploded`, or `compact` for figure 1(a), which only the view `paper` has.
        deadline: seconds until a cheaper view is tried, which a note (A505) then says.

    Raises:
        ArchdslError: A414 for an unknown view, A422 without pygraphviz, A442 if links are to show
            strengths and have none, A501 if Graphviz fails, A504 for a bitmap that would be too
            large, A506 if no view was drawn in time.
    """
    if subject.opened is not None:
        return _opened(subject, form, view, deadline)
    wanted = view or ("paper" if style == "compact" else chosen(subject))
    _known(wanted, style)
    _check_strengths(subject, wanted, style)
    for tried in _tries(wanted):
        weighs = subject.strengths is None or tried in SINGLE
        if not (weighs and VIEWS[tried].fits(subject)):
            continue
        drawn = scene(subject, tried, style if tried == wanted else "exploded")
        _bitmap(drawn, form)
        try:
            content = paint(dot(drawn), form, deadline)
        except SlowError:
            continue
        notes = () if tried == wanted else (_instead(subject, wanted, tried),)
        return Picture(content, tried, notes, form)
    raise fail("A506", f"no view of {subject.graph.name} was painted in {deadline:g} s",
               help="write a .dot file, or give it more time with --deadline")  # fmt: skip


def _opened(subject: Subject, form: str, view: str | None, deadline: float) -> Picture:
    """Draw a block; one picture has room for any."""
    if view is not None:
        raise fail("A414", "an opened block has no views", help="leave out --view or --open")
    drawn = scene(subject)
    _bitmap(drawn, form)
    try:
        return Picture(paint(dot(drawn), form, deadline), str(subject.opened), form=form)
    except SlowError:
        raise fail(
            "A506",
            f"{subject.opened} was not painted in {deadline:g} s",
            help="write a .dot file, or give it more time with --deadline",
        ) from None


def _known(view: str, style: str) -> None:
    if view not in VIEWS:
        raise fail("A414", f"`{view[:40]}` is not a view", help=f"views: {', '.join(VIEWS)}")
    if style not in STYLES:
        raise fail("A414", f"`{style[:40]}` is not a style", help=f"styles: {', '.join(STYLES)}")
    if style == "compact" and view != "paper":
        raise fail("A414", f"the view {view} has no compact style", help="use --view paper")


def _check_strengths(subject: Subject, view: str, style: str) -> None:
    """Raise ArchdslError for strengths that a view cannot show (A414) or does not have (A442)."""
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


def _of_block(subject: Subject) -> Mapping[Link, float] | None:
    """Return the strengths of the opened block. Raise ArchdslError (A442) if it has none."""
    if subject.strengths is None:
        return None
    if not (links := subject.strengths.blocks.get(subject.opened or "")):
        raise fail(
            "A442", f"the parts of {subject.opened} have no weights for each output they read"
        )
    return links


def _tries(view: str) -> Iterator[str]:
    """Yield a view, then the cheaper ones."""
    yield view
    yield from CHEAPER[CHEAPER.index(view) + 1 if view in CHEAPER else 0 :]


def _instead(subject: Subject, wanted: str, drawn: str) -> Diagnostic:
    small = VIEWS[wanted].fits(subject)
    why = "took too long to paint" if small else "has no room for so many layers"
    return Diagnostic(
        "A505", f"the view {wanted} of {subject.graph.name} {why}; this is {drawn}", level="note"
    )


def _bitmap(drawn: Scene, form: str) -> None:
    """Raise ArchdslError (A504) for a bitmap that Graphviz would silently shrink."""
    if form != "png":
        return
    bounds = drawn.bounds
    across, up = (
        round(points * RESOLUTION)
        for points in (bounds.right - bounds.left, bounds.top - bounds.bottom)
    )
    if max(across, up) > LARGEST:
        raise fail(
            "A504",
            f"the bitmap would have {across:,} x {up:,} pixels, more than {LARGEST:,} a side",
            help="write an svg or a pdf, or choose --view focus or overview",
        )
