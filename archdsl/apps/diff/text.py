"""A difference for terminals: 80 columns, `-` before, `+` after, no colour needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from archdsl.apps.diff.links import LayerLinks
from archdsl.apps.diff.model import Change, Difference, PartDiff
from archdsl.counted import counted

WIDTH = 80
TOPOLOGIES = {
    "same": "the same topology: the same nodes read each other, under other names or words",
    "same, joined in another order": "the same topology, but outputs are joined in another order",
    None: "the networks are too large to tell whether their topologies are the same",
}
LISTED = 6
"""How many layers, and how many outputs of one, are listed."""


def text(changes: Difference) -> str:
    """Return totals, then every part that changed; the last line names the other parts."""
    before, after = changes.labels
    lines = [*_wrapped("--- ", before), *_wrapped("+++ ", after)]
    if changes.same:
        return "\n".join([*lines, "", "no difference"]) + "\n"
    if sentence := TOPOLOGIES.get(changes.topology):
        lines += ["", sentence]
    lines += ["", *_table(changes.totals)]
    same = [part.name for part in changes.parts if part.status == "same"]
    for part in changes.parts:
        if part.status != "same":
            lines += ["", *_part(part)]
    lines += ["", *_wrapped("unchanged: ", ", ".join(same))] if same else []
    return "\n".join(lines) + "\n"


def _table(changes: Sequence[Change]) -> Iterator[str]:
    """Counts that changed; others are not shown."""
    for change in changes:
        if change.differs:
            yield _count(change, 26)


def _count(change: Change, width: int) -> str:
    name = change.name.replace("_", " ")
    before, after = (_number(value) for value in (change.before, change.after))
    return f"{name:<{width}}  {before:>15}  {after:>15}  {_by(change):>16}".rstrip()


def _number(value: int | str | None) -> str:
    return "?" if value is None else f"{value:,}" if isinstance(value, int) else value


def _by(change: Change) -> str:
    """Return the change as a percentage, or as a number if the value was 0 before."""
    if not isinstance(change.before, int) or not isinstance(change.after, int):
        return ""
    more = change.after - change.before
    return f"{more / change.before:+.1%}" if change.before else f"{more:+,}"


def _part(part: PartDiff) -> Iterator[str]:
    status = part.status
    yield part.name + ("" if status == "changed" else f"  {status}")
    for change in part.changes:
        if not change.differs:
            continue
        if isinstance(change.before, int) and isinstance(change.after, int):
            yield "  " + _count(change, 24)
        else:
            yield from _words(change)
    if status == "changed":
        yield from _edits(part)
    if part.links is not None and status == "changed":
        yield from _links(part)


def _edits(part: PartDiff) -> Iterator[str]:
    """Yield layers that were removed and added; nothing for units that are listed as a whole."""
    if not part.edits:
        return
    yield "  layers that differ:"
    for edit in part.edits[:LISTED]:
        number = f"{'F' if any(part.stages) else ''}{edit.first}"
        name = number if edit.first == edit.last else f"{number} to {edit.last}"
        for mark, entries in (("-", edit.removed), ("+", edit.added)):
            for entry in entries:
                yield from _wrapped(f"    {name:<10} {mark} ", entry)
                name = ""
    if len(part.edits) > LISTED:
        yield f"    {len(part.edits) - LISTED:,} more"


def _words(change: Change) -> Iterator[str]:
    """Yield the value before, and below it the value after."""
    name = change.name.replace("_", " ")
    for mark, value in (("-", change.before), ("+", change.after)):
        if value is not None:
            yield from _wrapped(f"  {name:<12} {mark} ", _number(value))
            name = ""


def _links(part: PartDiff) -> Iterator[str]:
    links = part.links
    assert links is not None
    if links.layers is None:
        yield "  links are too many to be told apart"
    elif links.layers:
        yield f"  links that differ: {links.added:,} added, {links.removed:,} removed"
        for one in links.layers[:LISTED]:
            yield from _wrapped(f"    {_reader(one):<7} ", _signed(one))
        if len(links.layers) > LISTED:
            yield f"    {counted(len(links.layers) - LISTED, 'more layer')}"
    if links.exit.added or links.exit.removed:
        yield from _wrapped("    exit    ", _signed(links.exit))


def _reader(one: LayerLinks) -> str:
    """Return the number of a layer, and its number before if that was another one."""
    if one.after is None:
        return f"F{one.before} (removed)"
    moved = one.before not in {None, one.after}
    return f"F{one.after} (was F{one.before})" if moved else f"F{one.after}"


def _signed(one: LayerLinks) -> str:
    """Return the outputs that were added and removed, such as `+F3 +F1 -F2`."""
    return "  ".join(filter(None, (_some("+", one.added), _some("-", one.removed))))


def _some(mark: str, layers: Sequence[int]) -> str:
    names = [f"{mark}F{layer}" for layer in layers[:LISTED]]
    left = len(layers) - LISTED
    return " ".join([*names, *([f"and {left:,} more"] if left > 0 else [])])


def _wrapped(head: str, words: str) -> list[str]:
    return wrap(
        head + words, WIDTH, subsequent_indent=" " * len(head), drop_whitespace=True,
        replace_whitespace=False, break_on_hyphens=False,
    ) or [head]  # fmt: skip
