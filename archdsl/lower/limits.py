"""How much may be built, checked by closed form before anything is; raised by the caller only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from archdsl.errors import ArchdslError, Diagnostic, Place
from archdsl.vocabulary.rule import Rule


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest layers, links, parameters, and bytes of activations (batch 1, float32)."""

    layers: int = 100_000
    links: int = 2_000_000
    parameters: int = 10**11
    activation_bytes: int = 10**11


@dataclass(frozen=True, slots=True)
class Planned:
    """A stage that is not built yet."""

    layers: int
    rule: Rule
    place: Place


def check(stages: Iterable[Planned], limits: Limits) -> None:
    """Refuse what is too large. Raises ArchdslError (A301) with the exact count."""
    stages = list(stages)
    layers = sum(stage.layers for stage in stages)
    links = sum(links_of(stage) for stage in stages)
    place = max(stages, key=lambda stage: stage.layers).place
    found = [
        f"{count:,} {what} (limit {limit:,})"
        for count, what, limit in (
            (layers, "layers", limits.layers),
            (links, "links", limits.links),
        )
        if count > limit
    ]
    if found:
        message = f"this is {' with '.join(found)}"
        if len(found) == 1 and links > limits.links:
            message = f"{layers:,} layers make {found[0]}"
        elif len(found) == 1:
            message += f", with {links:,} links"
        flag = f"--max-layers {layers}" if layers > limits.layers else ""
        flag += f" --max-links {links}" if links > limits.links else ""
        help = f"raise it on the command line: {flag.strip()}"
        raise ArchdslError(Diagnostic("A301", message, help=help, **place))


def links_of(stage: Planned) -> int:
    """The links of a stage by its rule's closed form; a rule without one is bounded by `bound`."""
    has_closed_form = type(stage.rule).links is not Rule.links
    if has_closed_form or stage.layers <= 10_000:
        return stage.rule.links(stage.layers)
    return stage.rule.bound(stage.layers)
