"""A page that needs no server: it has the looks of every combination of some values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

from archdsl import api
from archdsl.apps.explorer.look import shown
from archdsl.apps.explorer.page import html
from archdsl.errors import Source, fail
from archdsl.frontend.extending import Extension
from archdsl.frontend.load import parse
from archdsl.lowering.limits import Limits

MOST = 64
"""Maximum number of combinations."""


def static(
    source: Source, settings: Mapping[str, str], varied: Mapping[str, Sequence[str]],
    view: str | None = None, limits: Limits | None = None, extend: tuple[Extension, ...] = (),
) -> str:  # fmt: skip
    """Return the page as one self-contained file.

    Args:
        source: the text of a spec.
        settings: values for parameters, in all combinations.
        varied: the values of each parameter that the page lets its reader choose.
        view: a view of `archdsl draw`; chosen by size if None.
        limits: how large the networks may be together.
        extend: custom rules, units, aggregations and layers.

    Raises:
        ArchdslError: A305 for more than `MOST` combinations or networks that are too large
            together; the errors of the spec under any combination.
    """
    chosen = [dict(zip(varied, values, strict=True)) for values in product(*varied.values())]
    if len(chosen) > MOST:
        raise fail("A305", f"{len(chosen):,} combinations, more than {MOST}")
    spec = parse(source, settings, extend=extend)
    api.refuse_together((spec.with_settings(each) for each in chosen), limits)
    networks = (api.check(spec.with_settings(each), limits) for each in chosen)
    looks = [shown(checked, view).as_dict() for checked in networks]
    return html({"text": source.text, "varied": dict(varied), "looks": looks})
