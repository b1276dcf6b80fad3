"""Some of the random attacks of `stress.py`."""

from __future__ import annotations

import pytest

from runtime.stress import attack


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("seed", range(12))
def test_nothing_differs_from_the_plain_network_without_an_error(seed: int) -> None:
    counts = attack(seed, actions=8)
    assert counts["equal"] > 0
