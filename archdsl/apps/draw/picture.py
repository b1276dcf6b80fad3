"""A network as a picture: which view by its size, and a cheaper one where that takes too long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

from archdsl.apps.draw.dot import dot
from archdsl.apps.draw.paint import DEADLINE, LARGEST, RESOLUTION, SlowError, paint
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
SIZES = ((24, "paper"), (2_000, "arc"), (100_000, "matrix"))
"""Up to how many layers a view is chosen when none is named."""


@dataclass(frozen=True)
class Picture:
    """A file's content, the view it shows, and what there is to say of it."""

    content: bytes
    view: str
    notes: tuple[Diagnostic, ...] = ()


def chosen(subject: Subject) -> str:
    """The view for a network of this size."""
    layers = subject.report.layers
    return next((view for most, view in SIZES if layers <= most), "overview")


def scene(subject: Subject, view: str | None = None, style: str = "exploded") -> Scene:
    """The scene of a view, the one chosen by size if none is named.

    Raises: ArchdslError (A414) if there is no such view or style, or it cannot show this network.
    """
    view = view or chosen(subject)
    _known(view, style)
    if style == "compact":
        return paper.compact_scene(subject)
    made: Scene = VIEWS[view].scene(subject)
    return made


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
        style: `compact` is figure 1(a), of the view `paper` alone.
        deadline: seconds until a cheaper view is tried, which a note (A505) then says.

    Raises:
        ArchdslError: A414 for an unknown view, A422 without pygraphviz, A501 if Graphviz fails,
            A504 for a bitmap that would be too large, A506 if no view was drawn in time.
    """
    wanted = view or ("paper" if style == "compact" else chosen(subject))
    _known(wanted, style)
    for tried in _tries(wanted):
        module = VIEWS[tried]
        if not module.fits(subject):
            continue
        made = scene(subject, tried, style if tried == wanted else "exploded")
        _bitmap(made, form)
        try:
            content = paint(dot(made), form, deadline)
        except SlowError:
            continue
        notes = () if tried == wanted else (_instead(subject, wanted, tried),)
        return Picture(content, tried, notes)
    raise fail("A506", f"no view of {subject.graph.name} was painted in {deadline:g} s",
               help="write a .dot file, or give it more time with --deadline")  # fmt: skip


def _known(view: str, style: str) -> None:
    if view not in VIEWS:
        raise fail("A414", f"`{view[:40]}` is not a view", help=f"views: {', '.join(VIEWS)}")
    if style not in STYLES:
        raise fail("A414", f"`{style[:40]}` is not a style", help=f"styles: {', '.join(STYLES)}")
    if style == "compact" and view != "paper":
        raise fail("A414", f"the view {view} has no compact style", help="use --view paper")


def _tries(view: str) -> Iterator[str]:
    """A view, and the cheaper ones after it."""
    yield view
    yield from CHEAPER[CHEAPER.index(view) + 1 if view in CHEAPER else 0 :]


def _instead(subject: Subject, wanted: str, made: str) -> Diagnostic:
    small = VIEWS[wanted].fits(subject)
    why = "took too long to paint" if small else "has no room for so many layers"
    return Diagnostic(
        "A505", f"the view {wanted} of {subject.graph.name} {why}; this is {made}", level="note"
    )


def _bitmap(made: Scene, form: str) -> None:
    """Raise ArchdslError (A504) for a bitmap that Graphviz would silently shrink."""
    if form != "png":
        return
    bounds = made.bounds
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
