"""Check the claims of a suite on growth with depth: the class O(...) that exact counts show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archdsl import api
from archdsl.apps.reproduce.reproduce import placed
from archdsl.apps.reproduce.suite import ClaimWords, Suite
from archdsl.apps.scaling.growth import growth
from archdsl.apps.scaling.scaling import counts, deepened, first_stage
from archdsl.errors import ArchdslError, Diagnostic, fail
from archdsl.lowering.cost import primitives
from archdsl.lowering.limits import SEARCHED, Allowance, Limits, Size

QUANTITIES = {
    "parameters": "parameters",
    "gradient_path": "shortest_gradient_path",
    "aggregated": "max_aggregated_outputs",
}
"""Key of a claim to the field of `Counts`."""


@dataclass(frozen=True)
class Measured:
    """A claim with the counts of each quantity at each depth."""

    suite: Suite
    words: ClaimWords
    counts: Mapping[str, tuple[int, ...]]
    problems: tuple[Diagnostic, ...] = ()

    def shows(self, quantity: str) -> str | None:
        """Return the growth class of a quantity, such as `O(N)`; None if it was not counted."""
        fit = growth(dict(zip(self.words.depths, self.counts.get(quantity, ()), strict=False)))
        return f"O({fit.name})" if fit else None


def run_claim(suite: Suite, index: int, allowance: Allowance | None = None) -> Measured:
    """Count one claim. Its errors, and those of its spec, are in the result.

    Args:
        suite: the suite.
        index: the index of the claim.
        allowance: the limits on all networks of a command, of which each claim takes its part.
    """
    words = suite.words.claims[index]
    try:
        measured = Measured(suite, words, _counts(suite, index, allowance or Allowance(Limits())))
    except ArchdslError as error:
        return Measured(suite, words, {}, error.diagnostics)
    problems = [
        Diagnostic(
            "A220",
            f"{name} of {words.label} shows {shown}, but {suite.words.source} has {claimed}",
            note="counts: " + ", ".join(f"{count:,}" for count in measured.counts[name]),
            **suite.at("claims", index, name),
        )
        for name in QUANTITIES
        if (shown := measured.shows(name)) != (claimed := getattr(words, name))
    ]
    return Measured(suite, words, measured.counts, tuple(problems))


def _counts(suite: Suite, index: int, allowance: Allowance) -> dict[str, tuple[int, ...]]:
    words = suite.words.claims[index]
    with placed(suite, "claims", index):
        spec = api.load(suite.spec(words.spec), words.settings)
        deepest = deepened(first_stage(spec), words.depths[-1])
        # A stage that is only counted takes a quarter of the time of one that is built.
        allowance.take(Size(primitives=-(-primitives(deepest) // SEARCHED)))
        rows = list(counts(spec, words.depths, allowance.limits))
    table = {name: [getattr(count, there) for count in rows] for name, there in QUANTITIES.items()}
    for name, column in table.items():
        if None in column:
            message = f"{name} is not counted at these depths"
            raise fail("A106", message, **suite.at("claims", index, "depths"))
    return {name: tuple(column) for name, column in table.items()}
