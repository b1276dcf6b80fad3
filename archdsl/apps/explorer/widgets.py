"""`archdsl.explore`: sliders in a notebook for the parameters of a spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from archdsl.apps.explorer.look import Look, look_at
from archdsl.errors import fail
from archdsl.extras import require
from archdsl.frontend.load import Spec

Choices = range | Sequence[Any]


def explore(spec: Spec, view: str | None = None, **choices: Choices) -> Any:
    """Return a widget with a slider for each parameter, above the picture and the counts.

    Needs ipywidgets and pygraphviz, and a notebook with a running kernel.

    Args:
        spec: a spec.
        view: paper, overview, arc, focus or matrix; chosen by size if None.
        choices: the values of each slider, by parameter: a range or a list. Without any, each
            parameter that is a whole number from 1 gets a slider to three times its value.

    Returns:
        An `ipywidgets.VBox`.

    Raises:
        ArchdslError: A414 for a parameter that the spec does not have or without values, A422 if
            ipywidgets or pygraphviz is not installed.

    Example:
        >>> import archdsl
        >>> spec = archdsl.load("specs/sparsenet-bc-cifar.yaml")  # doctest: +SKIP
        >>> archdsl.explore(spec, base=[2, 3, 4], depth=range(22, 101, 6))  # doctest: +SKIP
    """
    require("ipywidgets", "pygraphviz")
    import ipywidgets

    sliders = {
        name: _slider(name, values, spec.parameters.values[name])
        for name, values in (_checked(spec, choices) or _whole(spec)).items()
    }
    shown = ipywidgets.HTML()

    def draw(*_: object) -> None:
        shown.value = html(look_at(spec, {n: s.value for n, s in sliders.items()}, view))

    for slider in sliders.values():
        slider.observe(draw, "value")
    draw()
    return ipywidgets.VBox([ipywidgets.HBox([*sliders.values()]), shown])


def html(seen: Look) -> str:
    """Return the errors, the picture and the counts as HTML; all text is escaped."""
    findings = "".join(
        f"<p>{escape(finding['level'])}[{finding['code']}]: {escape(finding['message'])}</p>"
        for finding in seen.diagnostics
    )
    picture = seen.picture[seen.picture.find("<svg") :] if seen.picture else ""
    rows = "".join(
        f"<tr><td>{escape(title)}</td><td style='text-align: right'>{escape(value)}</td></tr>"
        for title, value in seen.counts
    )
    return f"{findings}<div style='background: white'>{picture}</div><table>{rows}</table>"


def _checked(spec: Spec, choices: Mapping[str, Choices]) -> dict[str, list[Any]]:
    """Return the values of each slider. Raise A414 for one that cannot be made."""
    for name, values in choices.items():
        if name not in spec.parameters.values:
            names = ", ".join(spec.parameters.values) or "none"
            raise fail("A414", f"there is no parameter `{name}`", help=f"parameters: {names}")
        if not len(values):
            raise fail("A414", f"`{name}` has no values to choose from")
    return {name: list(values) for name, values in choices.items()}


def _whole(spec: Spec) -> dict[str, list[Any]]:
    """Return the numbers from 1 to three times its value for each whole number of the spec."""
    values = spec.parameters.values.items()
    return {
        name: list(range(1, 3 * value + 1))
        for name, value in values
        if isinstance(value, int) and value > 0
    }


def _slider(name: str, values: Sequence[Any], now: object) -> Any:
    import ipywidgets

    return ipywidgets.SelectionSlider(
        options=values,
        value=now if now in values else values[0],
        description=name,
        continuous_update=False,
    )
