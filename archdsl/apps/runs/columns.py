"""Columns of the table of groups, and the exact numbers of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from archdsl.apps.runs.grouping import Group
from archdsl.apps.runs.model import Run
from archdsl.frontend.dump import flow


@dataclass(frozen=True, slots=True)
class Column:
    """A quantity of a group.

    Attributes:
        heading: its name in tables.
        text: returns it as text; empty if it is not known.
        number: returns the number by which a table is sorted; None if it has none.
        details: returns further text, for a tooltip.
    """

    heading: str
    text: Callable[[Group], str]
    number: Callable[[Group], float | None] = lambda group: None
    details: Callable[[Group], str] = lambda group: ""


def settings(run: Run) -> str:
    """Return the settings of the spec as after `--set`: `depth=40 growth=12`."""
    own = run.spec.settings if run.spec else {}
    return " ".join(f"{name}={flow(value)}" for name, value in own.items())


def duration(seconds: float | None) -> str:
    """Return a time in words.

    >>> duration(42.4), duration(3720)
    ('42 s', '1 h 02 min')
    """
    if seconds is None or seconds < 0:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
    return f"{minutes // 60:,} h {minutes % 60:02} min"


def memory(count: int | None) -> str:
    """Return bytes in MiB or GiB; empty if they were not measured.

    >>> memory(3 * 2**30), memory(5 * 2**20)
    ('3.00 GiB', '5 MiB')
    """
    if not count:
        return ""
    return f"{count / 2**30:.2f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"


def _epochs(group: Group) -> str:
    done = sorted({run.epochs for run in group.runs})
    planned = group.first.summary.settings.get("epochs")
    span = f"{done[0]:,}" if len(done) == 1 else f"{done[0]:,} to {done[-1]:,}"
    more = planned is not None and done != [planned]
    return f"{span} of {planned}" if more else span


def _finished(group: Group) -> str:
    if group.finished in {0, len(group.runs)}:
        return "yes" if group.finished else "no"
    return f"{group.finished} of {len(group.runs)}"


def _devices(group: Group) -> str:
    texts = (
        run.summary.device + (f" x {count}" if (count := run.summary.processes or 1) > 1 else "")
        for run in group.runs
    )
    return listed(texts)


def listed(texts: Iterable[str]) -> str:
    """Return different texts with commas between them; empty ones are left out."""
    return ", ".join(dict.fromkeys(text for text in texts if text))


def _mean(group: Group, value: Callable[[Run], float | None]) -> float | None:
    values = [number for run in group.runs if (number := value(run)) is not None]
    return sum(values) / len(values) if values else None


def _most_memory(group: Group) -> int | None:
    return max((run.summary.peak_memory_bytes or 0 for run in group.runs), default=None)


def _by_seed(value: Callable[[Run], float | None]) -> Callable[[Group], str]:
    def details(group: Group) -> str:
        pairs = ((run, number) for run in group.runs if (number := value(run)) is not None)
        return ", ".join(f"{_called(run)}: {number:.2f}" for run, number in pairs)

    return details


def _called(run: Run) -> str:
    return run.name if run.seed is None else f"seed {run.seed}"


def _seeds(group: Group) -> str:
    return listed("" if run.seed is None else str(run.seed) for run in group.runs)


COLUMNS = (
    Column("settings", lambda group: settings(group.first)),
    Column(
        "parameters",
        lambda group: "" if (n := group.first.parameters) is None else f"{n:,}",
        lambda group: group.first.parameters,
    ),
    Column(
        "error, %",
        lambda group: group.error.text(group.noun) if group.error else "",
        lambda group: group.error.mean if group.error else None,
        _by_seed(lambda run: run.error),
    ),
    Column(
        "best error, %",
        lambda group: group.best_error.text(group.noun) if group.best_error else "",
        lambda group: group.best_error.mean if group.best_error else None,
        _by_seed(lambda run: run.best_error),
    ),
    Column("epochs", _epochs, lambda group: max(run.epochs for run in group.runs)),
    Column("finished", _finished),
    Column("seeds", _seeds),
    Column(
        "time",
        lambda group: duration(_mean(group, lambda run: run.seconds)),
        lambda group: _mean(group, lambda run: run.seconds),
        lambda group: listed(f"{_called(x)}: {duration(x.seconds)}" for x in group.runs),
    ),
    Column("peak memory", lambda group: memory(_most_memory(group)), _most_memory),
    Column("device", _devices),
    Column("data", lambda group: group.first.summary.data),
    Column("recipe", lambda group: group.first.summary.recipe),
    Column(
        "spec hash",
        lambda group: group.first.spec_sha256[:12],
        details=lambda group: group.first.spec_sha256,
    ),
    Column(
        "recipe hash",
        lambda group: listed(run.summary.recipe_sha256[:12] for run in group.runs),
        details=lambda group: listed(run.summary.recipe_sha256 for run in group.runs),
    ),
)


def filled(groups: Sequence[Group], columns: Sequence[Column] = COLUMNS) -> list[Column]:
    """Return the columns that have a text for some group.

    Args:
        groups: the rows of the table.
        columns: the columns to choose from.
    """
    return [column for column in columns if any(column.text(group) for group in groups)]


def exact(run: Run) -> dict[str, Any]:
    """Return the numbers of a run, unrounded; None for what is not known."""
    summary = run.summary
    return {
        "run": run.name, "network": run.network, "parameters": run.parameters, "seed": run.seed,
        "error": run.error, "best_error": run.best_error, "epochs": run.epochs,
        "finished": run.finished, "seconds": run.seconds,
        "peak_memory_bytes": summary.peak_memory_bytes, "device": summary.device,
        "processes": summary.processes, "torch": summary.torch, "data": summary.data,
        "recipe": summary.recipe, "spec_sha256": run.spec_sha256,
        "recipe_sha256": summary.recipe_sha256,
    }  # fmt: skip
