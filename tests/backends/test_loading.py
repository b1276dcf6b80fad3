"""Networks that are built in a process: they can be pickled to another one, and leave nothing."""

from __future__ import annotations

import copy
import gc
import inspect
import linecache
import multiprocessing
import pickle
import subprocess
import sys
import traceback
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import archdsl
from archdsl.api import check_text
from archdsl.frontend.load import parse
from archdsl.loading import load_module, network_class
from backends.networks import REPRESENTATIVES, evaluated
from backends.test_own_aggregations import OWN
from backends.test_own_aggregations import spec as own_spec

NAMES = sorted(REPRESENTATIVES)
IN_ANOTHER_PROCESS = """
import sys, torch
network, x, expected = torch.load(sys.argv[1], weights_only=False)
assert torch.equal(network.eval()(x), expected)
print(type(network).__name__)
"""


def built(name: str = "concat full") -> nn.Module:
    return archdsl.build(parse(REPRESENTATIVES[name])).eval()


def saved(network: nn.Module, path: Path) -> Path:
    """The network, an input, and its output."""
    x = torch.randn(2, 3, 8, 8)
    torch.save((network, x, network(x).detach()), path)
    return path


def loaded_elsewhere(path: Path) -> str:
    command = [sys.executable, "-c", IN_ANOTHER_PROCESS, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_network_is_loaded_in_another_process(name: str, tmp_path: Path) -> None:
    assert loaded_elsewhere(saved(built(name), tmp_path / "network.pt")) == "Net"


def test_words_that_only_this_process_knows_are_not_needed(tmp_path: Path) -> None:
    network = archdsl.build(check_text(own_spec("halves"), extend=OWN).spec).eval()
    assert loaded_elsewhere(saved(network, tmp_path / "network.pt")) == "Own"


def test_a_stage_alone_is_loaded_in_another_process(tmp_path: Path) -> None:
    stage = built().get_submodule("stages.0")
    x = torch.randn(2, 4, 8, 8)
    torch.save((stage, x, stage(x).detach()), tmp_path / "stage.pt")
    assert loaded_elsewhere(tmp_path / "stage.pt") == "Stage"


def test_a_spawned_worker_is_given_a_network() -> None:
    network, x = built(), torch.randn(2, 3, 8, 8)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(evaluated, (network, x)) == evaluated(network, x)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol_of_pickle(protocol: int) -> None:
    network, x = built(), torch.randn(2, 3, 8, 8)
    again = pickle.loads(pickle.dumps((network, [network, type(network)]), protocol))
    assert again[0] is again[1][0]
    assert type(again[0]) is again[1][1] is type(network)
    assert torch.equal(again[0](x), network(x))


def test_a_pickle_holds_the_text_once() -> None:
    network = built()
    text = sys.modules[type(network).__module__].text
    assert pickle.dumps(network).count(text.splitlines()[-2].encode()) == 1


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_is_of_the_same_class(copied: Any) -> None:
    network = built()
    assert type(copied(network)) is type(network)


class Sub(network_class(load_module(check_text(REPRESENTATIVES["running"]).emit()))):  # type: ignore[misc]
    """A class of a user's, from a built one."""


def test_a_subclass_is_pickled() -> None:
    network = Sub()
    again = pickle.loads(pickle.dumps(network))
    assert type(again) is Sub
    assert again.state_dict().keys() == network.state_dict().keys()


def kept_of(name: str) -> list[str]:
    """Where something is still kept of a module."""
    gc.collect()
    places: dict[str, Any] = {"modules": sys.modules, "lines": linecache.cache}
    return [where for where, known in places.items() if any(name in key for key in known)]


def distinct(width: int) -> nn.Module:
    text = REPRESENTATIVES["concat full"].replace("width: 5", f"width: {width}")
    return archdsl.build(parse(text))


def test_nothing_is_kept_of_networks_that_are_gone() -> None:
    names = set()
    for width in range(7, 27):
        network = distinct(width)
        network(torch.randn(2, 3, 8, 8)).sum().backward()
        copy.deepcopy(network)
        pickle.loads(pickle.dumps(network))
        names.add(type(network).__module__)
        del network
    assert len(names) == 20
    assert not any(map(kept_of, names))


def test_a_part_keeps_its_module() -> None:
    network = distinct(31)
    name, whole = type(network).__module__, weakref.ref(network)
    stage = network.get_submodule("stages.0")
    del network
    assert kept_of(name) == ["modules", "lines"]
    assert whole() is None
    assert inspect.getsource(type(stage)).startswith("class Stage(nn.Module):")
    assert type(pickle.loads(pickle.dumps(stage))) is type(stage)
    del stage
    assert kept_of(name) == []


def test_the_same_text_is_the_same_class_while_it_is_used() -> None:
    first, second = distinct(33), distinct(33)
    assert type(first) is type(second)
    assert sys.modules[type(first).__module__].Net is type(first)


def test_threads_share_a_module() -> None:
    text = check_text(REPRESENTATIVES["concat full"].replace("width: 5", "width: 35")).emit()
    with ThreadPoolExecutor(8) as pool:
        modules = list(pool.map(load_module, [text] * 32))
    assert all(module is modules[0] for module in modules)


def test_a_text_that_fails_leaves_nothing() -> None:
    text = "raise ValueError('broken')\n"
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            load_module(text)
    gc.collect()
    assert not [name for name in linecache.cache if "".join(linecache.getlines(name)) == text]


def test_a_traceback_shows_lines_of_the_file() -> None:
    network = built()
    with pytest.raises(RuntimeError) as raised:
        network(torch.randn(2, 5, 8, 8))
    shown = "".join(traceback.format_exception(raised.value))
    assert "x = self.stem(x)" in shown


def test_type_hints_are_found() -> None:
    network = built()
    hints = inspect.signature(type(network).forward, eval_str=True)
    assert hints.return_annotation is Tensor
