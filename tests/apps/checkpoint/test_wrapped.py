"""A state dict is found under every wrapper, in any order; of several, none is guessed."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import pytest

from archdsl.apps.checkpoint.wrapped import NESTED, unwrap
from archdsl.errors import ArchdslError


class Weight:
    """Something with a shape."""

    shape = (1,)


PLAIN = {name: Weight() for name in ("stem.conv.weight", "stages.0.layers.0.weight", "head.bias")}

KEYS = ("state_dict", "model", "net", "model_state_dict", "ema", "state_dict_ema", "student")
PREFIXES = ("module", "_orig_mod", "model", "network", "net", "_forward_module")
OTHERS: dict[str, Any] = {
    "epoch": 3, "acc": 93.0, "n_averaged": Weight(), "args": {"lr": 0.1, "data": "cifar"},
    "optimizer": {"state": {0: {"exp_avg": Weight()}}, "param_groups": [{"lr": 0.1}]},
}  # fmt: skip


def prefixed(state: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {f"{prefix}.{name}": value for name, value in state.items()}


def code(loaded: object) -> str:
    with pytest.raises(ArchdslError) as raised:
        unwrap(loaded, PLAIN)
    return raised.value.diagnostics[0].code


def test_a_plain_state_dict() -> None:
    found = unwrap(PLAIN, PLAIN)
    assert (found.where, found.entries, found.extra) == ("", PLAIN, ())


@pytest.mark.parametrize("key", KEYS)
def test_containers_with_other_entries(key: str) -> None:
    found = unwrap({**OTHERS, key: PLAIN}, PLAIN)
    assert (found.where, found.entries, found.extra) == (key, PLAIN, ())


@pytest.mark.parametrize("prefix", PREFIXES)
def test_prefixes(prefix: str) -> None:
    """`AveragedModel` adds a tensor beside them, which is not the network's."""
    found = unwrap({"n_averaged": Weight(), **prefixed(PLAIN, prefix)}, PLAIN)
    assert (found.where, found.entries, found.extra) == (prefix, PLAIN, ())


@pytest.mark.parametrize("order", list(permutations(("module", "_orig_mod", "network"))))
@pytest.mark.parametrize("keys", [(), ("state_dict",), ("state_dict", "model")])
def test_any_nesting(order: tuple[str, ...], keys: tuple[str, ...]) -> None:
    state: dict[str, Any] = PLAIN
    for prefix in reversed(order):
        state = prefixed(state, prefix)
    for key in reversed(keys):
        state = {**OTHERS, key: state}
    found = unwrap(state, PLAIN)
    assert (found.where, found.entries, found.extra) == (".".join(keys + order), PLAIN, ())


@pytest.mark.parametrize("wrapper", ["_orig_mod", "module", "_fsdp_wrapped_module"])
def test_a_part_of_the_network_is_wrapped(wrapper: str) -> None:
    state = {name.replace("stages.0", f"stages.{wrapper}.0"): PLAIN[name] for name in PLAIN}
    assert unwrap(state, PLAIN).entries == PLAIN


def test_entries_beside_a_plain_state_dict() -> None:
    """A script that adds its own entries to the state dict: only tensors could be weights."""
    assert unwrap({**OTHERS, **PLAIN}, PLAIN).extra == ("n_averaged",)


def test_further_weights_are_named_as_they_are() -> None:
    found = unwrap({"model": {**PLAIN, "more.weight": Weight()}}, PLAIN)
    assert found.extra == ("more.weight",)
    twice = {**PLAIN, "stem.module.conv.weight": Weight()}
    assert unwrap(twice, PLAIN).extra == ("stem.module.conv.weight",)


AMBIGUOUS = {
    "beside each other": {"model": PLAIN, "ema": dict(PLAIN)},
    "within each other": {**PLAIN, "ema": dict(PLAIN)},
    "by prefixes": {**prefixed(PLAIN, "online_model"), **prefixed(PLAIN, "ema_model.module")},
    "with and without a prefix": {**PLAIN, **prefixed(PLAIN, "module")},
    "of which one has more": {"teacher": {**PLAIN, "more": Weight()}, "student": dict(PLAIN)},
}


@pytest.mark.parametrize("how", AMBIGUOUS)
def test_two_state_dicts_are_not_guessed_among(how: str) -> None:
    assert code(AMBIGUOUS[how]) == "A443"


def test_one_mapping_under_two_keys_is_one_state_dict() -> None:
    assert unwrap({"model": PLAIN, "best": PLAIN}, PLAIN).entries == PLAIN


def test_the_place_with_most_names_is_reported() -> None:
    part = {name: value for name, value in PLAIN.items() if name != "head.bias"}
    found = unwrap({"model": part, "other": {"head.bias": Weight()}}, PLAIN)
    assert (found.where, set(found.entries)) == ("model", set(part))
    assert unwrap({"a.b": Weight()}, PLAIN).entries == {}


@pytest.mark.parametrize("loaded", [None, [PLAIN], 3, Weight(), {}, {"a": {"b": 1}}, "text"])
def test_what_holds_no_tensors(loaded: object) -> None:
    assert code(loaded) == "A440"


def test_loops_long_names_and_depth_are_bounded() -> None:
    loop: dict[str, Any] = {"model": PLAIN}
    loop.update({f"self{n}": loop for n in range(50)})
    assert unwrap(loop, PLAIN).entries == PLAIN
    long = {f"{'module.' * 100_000}{name}": value for name, value in PLAIN.items()}
    assert unwrap(long, PLAIN).entries == PLAIN
    deep: dict[str, Any] = PLAIN
    for _ in range(NESTED + 1):
        deep = {"model": deep}
    assert code(deep) == "A440"


def test_names_of_a_network_that_are_also_wrappers() -> None:
    """A network whose only name is a prefix of nothing: nothing is cut from it."""
    for head, tail in product(("stages", "model"), ("weight", "0.weight")):
        state = {f"{head}.{tail}": Weight()}
        assert unwrap(state, state).where == ""
        assert unwrap({"model": state}, state).entries == state
