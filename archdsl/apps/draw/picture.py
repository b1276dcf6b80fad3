"""Draw a network: choose the view by its size, and a cheaper one if that takes too long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archdsl.apps.draw import opened
from archdsl.apps.draw.choices import (
    SINGLE,
    VIEWS,
    check_known,
    check_strengths,
    chosen,
    styled,
    tries,
)
from archdsl.apps.draw.dot import dot
from archdsl.apps.draw.figure import Figure
from archdsl.apps.draw.figure import together as stacked_scenes
from archdsl.apps.draw.paint import DEADLINE, LARGEST, SlowError, paint, pixels
from archdsl.apps.draw.row import Link
from archdsl.apps.draw.scene import Scene
from archdsl.apps.draw.subject import Subject
from archdsl.apps.draw.views import paper
from archdsl.errors import Diagnostic, fail


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


def scene(subject: Subject, view: str | None = None, style: str | None = "exploded") -> Scene:
    """Return the scene of a view.

    Args:
        subject: the network, its counts, and the layer in focus.
        view: a key of `VIEWS`; chosen by size if None.
        style: `exploded`, `compact`, or None for what `styled` returns.

    Raises:
        ArchdslError: A414 if the view or style does not exist, or cannot show this network; A442 if
            its links are to show strengths and have none.
    """
    if subject.opened is not None:
        block = opened.find(subject.graph, subject.opened)
        return opened.scene(subject.title, subject.opened, block, _of_block(subject))
    view = view or chosen(subject)
    style = styled(subject, view, style)
    check_known(subject, view, style)
    check_strengths(subject, view, style)
    if style == "compact":
        return paper.compact_scene(subject)
    drawn: Scene = VIEWS[view].scene(subject)
    return drawn


def draw(
    subject: Subject,
    form: str,
    view: str | None = None,
    style: str | None = None,
    deadline: float = DEADLINE,
    *,
    figure: Figure | None = None,
) -> Picture:
    """Draw a network as svg, png, pdf or dot.

    Args:
        subject: the network, its counts, and the layer in focus.
        form: one of `archdsl.apps.draw.paint.FORMS`.
        view: a key of `VIEWS`; chosen by size if None.
        style: `exploded`, or `compact` for figure 1(a), which only the view `paper` has; chosen by
            `styled` if None.
        deadline: seconds until a cheaper view is tried, which a note (A505) then says.
        figure: title, caption, width, font and colours.

    Raises:
        ArchdslError: A414 for an unknown view, A422 without pygraphviz, A442 if links are to show
            strengths and have none, A501 if Graphviz fails, A504 for a bitmap that would be too
            large, A506 if no view was drawn in time.
    """
    figure = figure or Figure()
    subject = figure.of(subject)
    if subject.opened is not None:
        return _opened(subject, form, view, deadline, figure)
    wanted = view or ("paper" if style == "compact" else chosen(subject))
    style = styled(subject, wanted, style)
    check_known(subject, wanted, style)
    check_strengths(subject, wanted, style)
    for tried in tries(wanted):
        weighs = subject.strengths is None or tried in SINGLE
        if not (weighs and VIEWS[tried].fits(subject)):
            continue
        drawn = scene(subject, tried, style if tried == wanted else "exploded")
        try:
            content = _painted(drawn, form, deadline, figure)
        except SlowError:
            continue
        notes = () if tried == wanted else (_instead(subject, wanted, tried),)
        return Picture(content, tried, notes, form)
    raise fail("A506", f"no view of {subject.graph.name} was painted in {deadline:g} s",
               help="write a .dot file, or give it more time with --deadline")  # fmt: skip


def together(
    subjects: Sequence[Subject], form: str, view: str | None = None, style: str | None = None,
    deadline: float = DEADLINE, figure: Figure | None = None,
) -> Picture:  # fmt: skip
    """Draw several networks in one picture, one below the other.

    Args:
        subjects: the networks.
        form: as for `draw`.
        view: as for `draw`, for all of them; by the size of each if None.
        style: as for `draw`.
        deadline: seconds to paint it.
        figure: as for `draw`; its title and caption are those of each network if None.

    Raises:
        ArchdslError: as `draw` does.
    """
    figure = figure or Figure()
    whole = stacked_scenes([scene(figure.of(subject), view, style) for subject in subjects])
    try:
        return Picture(_painted(whole, form, deadline, figure), view or "by size", form=form)
    except SlowError:
        raise fail(
            "A506", f"the figure was not painted in {deadline:g} s",
            help="write a .dot file, or give it more time with --deadline",
        ) from None  # fmt: skip


def _painted(drawn: Scene, form: str, deadline: float, figure: Figure) -> bytes:
    """Return the bytes of a file. Raise SlowError after the deadline."""
    _bitmap(drawn, form, figure.width)
    text = dot(figure.colours.drawn(drawn), figure.font)
    return paint(text, form, deadline, background=figure.ground, width=figure.width)


def _opened(
    subject: Subject, form: str, view: str | None, deadline: float, figure: Figure
) -> Picture:
    """Draw a block; one picture has room for any."""
    if view is not None:
        raise fail("A414", "an opened block has no views", help="leave out --view or --open")
    try:
        content = _painted(scene(subject), form, deadline, figure)
        return Picture(content, str(subject.opened), form=form)
    except SlowError:
        raise fail(
            "A506",
            f"{subject.opened} was not painted in {deadline:g} s",
            help="write a .dot file, or give it more time with --deadline",
        ) from None


def _of_block(subject: Subject) -> Mapping[Link, float] | None:
    """Return the strengths of the opened block. Raise ArchdslError (A442) if it has none."""
    if subject.strengths is None:
        return None
    if not (links := subject.strengths.blocks.get(subject.opened or "")):
        raise fail(
            "A442", f"the parts of {subject.opened} have no weights for each output they read"
        )
    return links


def _instead(subject: Subject, wanted: str, drawn: str) -> Diagnostic:
    small = VIEWS[wanted].fits(subject)
    why = "took too long to paint" if small else "has no room for so many layers"
    return Diagnostic(
        "A505", f"the view {wanted} of {subject.graph.name} {why}; this is {drawn}", level="note"
    )


def _bitmap(drawn: Scene, form: str, width: float | None = None) -> None:
    """Raise ArchdslError (A504) for a bitmap that Graphviz would silently shrink."""
    if form != "png":
        return
    bounds = drawn.bounds
    wide, high = bounds.right - bounds.left, bounds.top - bounds.bottom
    scale = pixels(width) * (1 if width is None else 72 * width / wide)
    across, up = round(wide * scale), round(high * scale)
    if max(across, up) > LARGEST:
        raise fail(
            "A504",
            f"the bitmap would have {across:,} x {up:,} pixels, more than {LARGEST:,} a side",
            help="write an svg or a pdf, or choose --view focus or overview",
        )
