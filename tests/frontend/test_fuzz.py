"""Whatever the text: a checked spec or an ArchdslError, soon, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from archdsl.api import Checked, check_text
from archdsl.codes import TITLES
from archdsl.errors import ArchdslError, Diagnostic
from archdsl.frontend.load import parse as parse_spec
from archdsl.language.arithmetic import Scope, Value
from archdsl.language.expression import LONGEST, parse
from archdsl.lowering.limits import Limits
from frontend.hostile import (
    GOOD,
    NAMES,
    ODD,
    arithmetic,
    damaged,
    odd_yaml,
    raw_bytes,
    reference,
    replaced,
)

SMALL = Limits(layers=300, links=3_000, parameters=10**9, activation_bytes=10**10)
SECONDS = 5.0
"""Of this process's own time; what is refused takes a small part of it, 300 layers about one."""

SPARSE = next(text for text in GOOD if "name: sparsenet-bc-cifar" in text)
RESNET = next(text for text in GOOD if "name: resnet-imagenet" in text)


def checked(text: str, given: dict[str, Any] | None = None) -> Checked | ArchdslError:
    """A result or an ArchdslError; anything else fails the test."""
    started = time.process_time()
    try:
        found: Checked | ArchdslError = check_text(text, given, SMALL)
    except ArchdslError as error:
        found = error
    assert time.process_time() - started < SECONDS
    if isinstance(found, ArchdslError):
        assert {finding.code for finding in found.diagnostics} <= TITLES.keys()
        assert found.exit in {1, 3}
    return found


def evaluated(text: str) -> Value | Diagnostic:
    """The value of an expression, or the finding of the ArchdslError."""
    try:
        return parse(text).evaluate(Scope(NAMES))
    except ArchdslError as error:
        (finding,) = error.diagnostics
        return finding


def placed(found: Checked | ArchdslError) -> None:
    """Every finding stands in the text it is about."""
    for finding in found.diagnostics if isinstance(found, ArchdslError) else found.remarks:
        if finding.span is not None and finding.source is not None:
            assert 1 <= finding.span.line <= finding.source.text.count("\n") + 2
            assert finding.span.column >= 1
            assert finding.span.width >= 1


TEXTS: dict[str, SearchStrategy[str]] = {
    "text": st.text(max_size=300),
    "bytes": raw_bytes(),
    "odd YAML": odd_yaml(),
    "damaged": damaged(),
    "replaced": replaced(),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_any_text_is_taken_or_refused(kind: str) -> None:
    @settings(max_examples=settings().max_examples * (3 if kind in {"damaged", "replaced"} else 2))
    @given(TEXTS[kind])
    def taken_or_refused(text: str) -> None:
        placed(checked(text))

    taken_or_refused()


@given(replaced())
def test_what_is_taken_is_taken_again_from_what_a_file_carries(text: str) -> None:
    try:
        spec = parse_spec(text)
    except ArchdslError:
        return
    again = parse_spec(spec.text)
    assert (again.text, again.sha256) == (spec.text, spec.sha256)
    assert again.words == spec.words.model_copy(update={"expect": ()})


@given(
    text=st.sampled_from([SPARSE, RESNET]),
    name=st.sampled_from(["growth", "depth", "base", "dropout", "block", "layers", "nothing"]),
    value=st.one_of(st.text(max_size=40), st.sampled_from(ODD), odd_yaml(), arithmetic()),
)
def test_any_setting_is_taken_or_refused(text: str, name: str, value: str) -> None:
    placed(checked(text, {name: value}))


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from(["growth", "block", "depth"]), JSON)
def test_any_value_of_the_api_is_taken_or_refused(name: str, value: Any) -> None:
    for text in (SPARSE, RESNET):
        checked(text, {name: value})


@settings(max_examples=settings().max_examples * 4)
@given(arithmetic())
def test_arithmetic_is_that_of_exact_fractions(text: str) -> None:
    try:
        wanted = reference(text)
    except ZeroDivisionError:
        wanted = None
    found = evaluated(text)
    if isinstance(found, Diagnostic):
        assert found.code == ("A110" if len(text) > LONGEST else "A113")
        assert wanted is None or len(text) > LONGEST
    else:
        assert found == wanted
        assert isinstance(found, int) == (wanted == int(wanted))


SIGNS = st.text("0123456789abc.+-*/%()[], _", max_size=60)


@settings(max_examples=settings().max_examples * 4)
@given(st.one_of(st.text(max_size=80), SIGNS, st.sampled_from(ODD)))
def test_what_is_no_arithmetic_is_refused(text: str) -> None:
    found = evaluated(text)
    if isinstance(found, Diagnostic):
        assert found.code in {"A110", "A111", "A112", "A113"}
        assert found.span is None or found.span.column <= len(text) + 1
    else:
        assert isinstance(found, int | Fraction | tuple)


@given(
    st.sampled_from(["(", "[", "-", "+", "1+", "a[", "max(", "1,", "((-", "//", "1 "]), st.data()
)
def test_long_chains_end(piece: str, data: st.DataObject) -> None:
    text = piece * data.draw(st.integers(1, 300)) + data.draw(st.sampled_from(["", "1", ")", "]"]))
    found = evaluated(text)
    if isinstance(found, Diagnostic):
        assert found.code in {"A110", "A112", "A113"}
    else:
        assert isinstance(found, int)


BATCH = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_DATA, (700 * 2**20,) * 2)
from archdsl.api import check_text
from archdsl.errors import ArchdslError
from archdsl.lowering.limits import Limits
limits = Limits(layers=300, links=3_000, parameters=10**9, activation_bytes=10**10)
codes = []
for text in json.load(sys.stdin):
    try:
        check_text(text, limits=limits)
        codes.append("fine")
    except ArchdslError as error:
        codes.append(error.diagnostics[0].code)
# Not ru_maxrss: a child's begins with what its parent held when it was started.
held = open("/proc/self/status").read().split("VmHWM:")[1].split()[0]
print(json.dumps([codes, int(held) // 1024]))
"""

GREEDY = {
    "brackets": ("[" * 200_000, "A009"),
    "braces": ("{a: " * 60_000, "A009"),
    "block": ("\n".join(" " * n + "a:" for n in range(500)), "A009"),
    "bomb": ("a: &a [x]\n" + "".join(f"b{n}: &b{n} [{'*a, ' * 9}]\n" for n in range(20)), "A002"),
    "merge": ("a: {b: 1}\nc:\n  <<: {d: 1}\n", "A002"),
    "layers": (SPARSE.replace("depth: 100", "depth: 1000000000"), "A301"),
    "stages": (SPARSE.replace("count: 3", "count: 1000000000"), "A301"),
    "growth": (SPARSE.replace("growth: 24", "growth: 10000000"), "A302"),
    "columns": (SPARSE.replace("exponential, base: base", "fractal, columns: 64"), "A202"),
    "offsets": (SPARSE.replace("exponential, base: base", "window, last: 10000000000"), "fine"),
    "digits": (SPARSE.replace("growth: 24", "growth: " + "9*" * 119 + "9"), "A113"),
    "input": (SPARSE.replace("[3, 32, 32]", "[65536, 65536, 65536]"), "A304"),
    "list": ("archdsl: [" + "1, " * 80_000 + "]", "A010"),
    "text": ("archdsl: " + "x " * 100_000, "A007"),
    "comment": ("# " + "x" * 300_000, "A001"),
    "shipped": (SPARSE, "fine"),
}


def test_greedy_texts_get_little_memory(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", BATCH],
        input=json.dumps([text for text, _ in GREEDY.values()]),
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    codes, megabytes = json.loads(ran.stdout)
    assert dict(zip(GREEDY, codes, strict=True)) == {
        what: code for what, (_, code) in GREEDY.items()
    }
    assert megabytes < 250
