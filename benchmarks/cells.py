"""Write docs/cells.md: rules times aggregations, at equal parameters.

    python benchmarks/cells.py [--pictures]

All numbers are computed from the specs; nothing is trained or timed. `--pictures` also draws the
rules, into docs/cells/.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from archdsl.api import check
from archdsl.apps.draw.showing import picture as picture_of
from archdsl.apps.search.solve import Budget, solve
from archdsl.frontend.load import Spec, parse

DOCS = Path(__file__).parent.parent / "docs"
PARAMETERS = 500_000

RULES = {
    "plain": "plain",
    "full": "full",
    "exponential": "exponential",
    "harmonic": "harmonic",
    "strided": "{rule: strided, step: 3}",
    "window": "{rule: window, last: 4}",
}
AGGREGATIONS = ("sum", "mean", "concat", "weighted", "attention", "streams")
WORDS = {"streams": "{kind: streams, count: 4}"}
"""How an aggregation is written, if not by its word alone."""

COLUMNS = ["width", "parameters", "MACs", "links", "path", "inference", "training", "moved"]

SPEC = """\
archdsl: 2
name: cell
params: {{width: 16}}
input: [3, 32, 32]
stem: [{{conv: width}}]
stages:
  count: 3
  layers: 12
  unit: {{kind: basic, order: pre, width: width}}
  connect: {rule}
  aggregate: {aggregate}
  exit: rule
between: {{kind: transition, width: width}}
head: [norm, relu, {{pool: {{to: 1}}}}, flatten, {{linear: 10}}]
"""

PAGE = """\
# Rules and aggregations at equal parameters

A layer reads earlier outputs by a rule, and an aggregation joins them. This page has one network
for each pair of the two. All have three stages of 12 layers, and the same unit: norm, ReLU and a
3x3 convolution. The width of all layers is the one whose network is nearest to {parameters:,}
parameters. In a concatenation, the input of a layer is wider, so its output is narrower.

Nothing here is trained or timed. All numbers are those of `archdsl check` for one float32 image
of 32x32 pixels, and say nothing about accuracy. `python benchmarks/cells.py` writes this page: it
finds each width with `archdsl.apps.search.solve`.

- *links*: outputs read by all layers.
- *path*: the most links on a shortest path between two layers of a stage. Gradients take such a
  path.
- *inference* and *training*: the most bytes of feature maps that are held at once, without and
  with what training keeps.
- *moved*: bytes that aggregations read and write, each output once per reader. A layer that
  reads one output moves nothing, unless it copies that to streams.

{pictures}
| {header} |
|---|---|{numbers}|
{rows}
With `plain`, a layer reads one output. The aggregation does not matter then, but `streams` has four
streams all the same: a layer reads a learned sum of four equal copies. With `full`, all layers
share one state of streams; with the other rules, each layer fills streams of its own.

The networks are this spec with another `connect`, `aggregate` and `width`:

```yaml
{spec}```
"""


def cell(rule: str, aggregate: str) -> Spec:
    """Return the spec of a pair; its width is not yet that of the page."""
    return parse(text_of(rule, aggregate))


def text_of(rule: str, aggregate: str) -> str:
    """Return the text of the spec of a pair."""
    return SPEC.format(rule=RULES[rule], aggregate=WORDS.get(aggregate, aggregate))


def row(rule: str, aggregate: str) -> str:
    """Return a pair's line of the table."""
    width = solve(cell(rule, aggregate), "width", Budget("parameters", PARAMETERS)).nearest.setting
    report = check(parse(text_of(rule, aggregate), {"width": width})).report
    moved = report.aggregation_bytes.read + report.aggregation_bytes.written
    cells = (
        f"{width}",
        f"{report.parameters:,}",
        f"{report.macs / 1e6:,.1f}M",
        f"{report.links}",
        f"{report.shortest_gradient_path}",
        *(
            f"{number / 2**20:,.2f} MiB"
            for number in (
                report.activation_bytes.inference,
                report.activation_bytes.training,
                moved,
            )
        ),
    )
    return f"| `{rule}` | `{aggregate}` | {' | '.join(cells)} |\n"


def rows() -> Iterator[str]:
    """Yield all lines of the table."""
    for rule, aggregate in product(RULES, AGGREGATIONS):
        yield row(rule, aggregate)


def page() -> str:
    """Return docs/cells.md."""
    pictures = "".join(
        f"`{RULES[rule]}`:\n\n![A stage of 12 layers by the rule {rule}](cells/{rule}.svg)\n\n"
        for rule in RULES
    )
    spec = SPEC.format(rule="exponential", aggregate="concat")
    return PAGE.format(
        parameters=PARAMETERS,
        pictures=pictures,
        header=" | ".join(["rule", "aggregation", *COLUMNS]),
        numbers="|".join(["---:"] * len(COLUMNS)),
        rows="".join(rows()),
        spec=spec,
    )


def picture(rule: str) -> bytes:
    """Return the drawing of one stage."""
    text = SPEC.format(rule=RULES[rule], aggregate="sum").replace("count: 3", "count: 1")
    drawn = parse(text.replace("name: cell", f"name: {rule}"))
    return picture_of(drawn, "svg", view="arc").content


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", action="store_true", help="draw the rules, too")
    arguments = parser.parse_args()
    (DOCS / "cells.md").write_text(page(), encoding="utf-8", newline="\n")
    if arguments.pictures:
        (DOCS / "cells").mkdir(exist_ok=True)
        for rule in RULES:
            (DOCS / "cells" / f"{rule}.svg").write_bytes(picture(rule))


if __name__ == "__main__":
    main()
