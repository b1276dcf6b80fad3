"""Group runs that differ only in their seed, and name the groups by what they differ in."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from archdsl.apps.runs.model import Run
from archdsl.apps.runs.spread import Spread, spread
from archdsl.apps.runs.values import printable
from archdsl.frontend.dump import flow

FREE = frozenset({"seed", "workers", "checkpoint_steps", "keep_every"})
"""Settings in which the runs of a group may differ; only the seed changes what is computed."""

SURROUNDINGS = ("device", "processes", "torch")
"""What runs of a group may also differ in."""

LONGEST = 60
"""The number of characters of a label."""


@dataclass(frozen=True)
class Group:
    """Runs of one network, recipe and data set, ordered by their seed."""

    label: str
    runs: tuple[Run, ...]

    @property
    def first(self) -> Run:
        """Return the run with the smallest seed."""
        return self.runs[0]

    @property
    def noun(self) -> str:
        """Return what the runs are counted as: a seed can also be repeated, or unknown."""
        seeds = {run.seed for run in self.runs if run.seed is not None}
        return "seed" if len(seeds) == len(self.runs) else "run"

    @cached_property
    def error(self) -> Spread | None:
        """The error of the final weights on the test images, in percent."""
        return spread(run.error for run in self.runs)

    @cached_property
    def best_error(self) -> Spread | None:
        """The smallest error after an epoch, in percent."""
        return spread(run.best_error for run in self.runs)

    @property
    def finished(self) -> int:
        """Return the number of runs that are finished."""
        return sum(run.finished for run in self.runs)


def grouped(runs: Iterable[Run]) -> list[Group]:
    """Return the groups in the order of their first runs."""
    by_key: dict[object, list[Run]] = {}
    for run in runs:
        by_key.setdefault(_key(run), []).append(run)
    ordered = [sorted(group, key=_seed) for group in by_key.values()]
    return [
        Group(label, tuple(group)) for label, group in zip(_labels(ordered), ordered, strict=True)
    ]


def _seed(run: Run) -> float:
    return run.seed if isinstance(run.seed, int | float) else float("inf")


def _key(run: Run) -> object:
    """Return what runs of a group have in common; a run without settings is a group alone."""
    summary, own = run.summary, run.summary.settings
    if not own:
        return run.path
    recipe: object = (summary.recipe_sha256, summary.data)
    if run.recipe is not None:
        recipe = json.dumps(_words(run), sort_keys=True)
    spec = run.spec.sha256 if run.spec else summary.spec_sha256
    fixed = sorted((name, repr(value)) for name, value in own.items() if name not in FREE)
    return run.network, spec, recipe, tuple(fixed)


def _words(run: Run) -> dict[str, Any]:
    """Return the values of a recipe that are not settings, which an option can have changed."""
    own = run.summary.settings
    return {name: value for name, value in (run.recipe or {}).items() if name not in own}


def facts(run: Run) -> dict[str, str]:
    """Return what can differ between runs as text by name: network, parameters, settings."""
    spec = run.spec.parameters if run.spec else None
    own = {**spec.values, **spec.choices} if spec else {}
    trained = {name: x for name, x in run.summary.settings.items() if name not in FREE}
    texts = {name: _text(value) for name, value in own.items()}
    texts |= {f"recipe {name}" if name in own else name: _text(x) for name, x in trained.items()}
    texts |= {f"recipe {name}": printable(flow(value)) for name, value in _words(run).items()}
    named = {"recipe": run.summary.recipe, "data": run.summary.data}
    around = {name: _text(getattr(run.summary, name)) for name in SURROUNDINGS}
    return {"network": run.network, **texts, **named, **around}


def _text(value: object) -> str:
    """Return a setting as text, as it is written after `--set`."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_text, value))}]"
    return printable(str(value))


def differing(groups: Sequence[Group]) -> dict[str, list[str]]:
    """Return the facts in which groups differ, by name, with the text for each group.

    Runs of a group that differ in their device, for example, give a list. What is not known, or
    what a network does not have, is an empty text and not a difference.
    """
    each = [_joined([facts(run) for run in group.runs]) for group in groups]
    names = dict.fromkeys(name for texts in each for name in texts)
    table = {name: [texts.get(name, "") for texts in each] for name in names}
    return {name: texts for name, texts in table.items() if len({*texts} - {""}) > 1}


def _joined(each: Sequence[Mapping[str, str]]) -> dict[str, str]:
    names = dict.fromkeys(name for texts in each for name in texts)
    return {
        name: ", ".join(dict.fromkeys(texts[name] for texts in each if texts.get(name)))
        for name in names
    }


def _labels(groups: Sequence[Sequence[Run]]) -> list[str]:
    """Return a unique label for each group: its network, and what differs between those of it."""
    networks = [group[0].network for group in groups]
    labels = list(networks)
    for network in set(networks):
        same = [index for index, name in enumerate(networks) if name == network]
        differences = differing([Group("", tuple(groups[index])) for index in same])
        for position, index in enumerate(same):
            words = [
                f"{name}={texts[position]}"
                for name, texts in differences.items()
                if texts[position] and name not in SURROUNDINGS
            ]
            labels[index] = " ".join([network, *words])
    return _unique(
        [label if len(label) <= LONGEST else f"{label[:LONGEST]}..." for label in labels]
    )


def _unique(labels: Sequence[str]) -> list[str]:
    counts, seen = Counter(labels), Counter[str]()
    unique = []
    for label in labels:
        seen[label] += 1
        unique.append(f"{label} ({seen[label]})" if counts[label] > 1 else label)
    return unique
