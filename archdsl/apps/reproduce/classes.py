"""Claims of a suite on growth with depth, measured: the class O(...) that exact counts show."""

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
"""Keys of a claim, and what the counts of a stage call them."""


@dataclass(frozen=True)
class Measured:
    """A claim that was measured: the counts of each quantity at each depth."""

    suite: Suite
    words: ClaimWords
    counts: Mapping[str, tuple[int, ...]]
    problems: tuple[Diagnostic, ...] = ()

    def shows(self, quantity: str) -> str | None:
        """The class that a quantity shows, if it was measured."""
        found = growth(dict(zip(self.words.depths, self.counts.get(quantity, ()), strict=False)))
        return f"O({found.name})" if found else None


def run_claim(suite: Suite, index: int, allowance: Allowance | None = None) -> Measured:
    """Measure one claim. What is wrong with it, or with its spec, is in the result.

    `allowance` is shared by claims of one command, and used up by each.
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
        found = list(counts(spec, words.depths, allowance.limits))
    table = {name: [getattr(count, there) for count in found] for name, there in QUANTITIES.items()}
    for name, column in table.items():
        if None in column:
            message = f"{name} is not counted at these depths"
            raise fail("A106", message, **suite.at("claims", index, "depths"))
    return {name: tuple(column) for name, column in table.items()}
