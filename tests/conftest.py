"""What all tests share: expected texts, settings of property tests, one seed."""

from __future__ import annotations

import difflib
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).parent

# Triton's kernels are run by its interpreter; it must know before anything imports it.
os.environ.setdefault("TRITON_INTERPRET", "1")

# A shell that starts the tests in the background ignores Ctrl-C for them and for all they start;
# what is tested with Ctrl-C must hear it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples on every run: a change fails for what it changed, not for its luck. A busy
# machine is no reason to fail either. `pytest --hypothesis-profile thorough` looks further.
settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    max_examples=50,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", deadline=None, max_examples=2_000)
settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the files under tests/golden anew from what the tests produce",
    )


def pytest_collection_finish() -> None:
    """Spend less time on garbage collection, which took up to a third of some tests' time.

    What exists by now, torch's modules and thousands of tests, lives until the end: it need not be
    searched for garbage again and again. Syntax trees and graphs are many objects but no garbage.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_unconfigure() -> None:
    """Let Python free all objects when it ends: native code complains of those that are left."""
    gc.unfreeze()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden(name, text)` holds `text` against tests/golden/<path of the test module>/<name>."""
    folder = TESTS / "golden" / request.path.relative_to(TESTS).with_suffix("")
    update = request.config.getoption("--update-golden")

    def check(name: str, text: str) -> None:
        path = folder / name
        shown = path.relative_to(TESTS.parent).as_posix()
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        elif not path.exists():
            pytest.fail(
                f"{shown} does not exist: run this test with --update-golden, then read the file",
                pytrace=False,
            )
        elif text != (expected := path.read_text(encoding="utf-8")):
            was, now = expected.splitlines(), text.splitlines()
            diff = "\n".join(difflib.unified_diff(was, now, shown, "this run", lineterm=""))
            hint = "if the change is meant, run this test with --update-golden"
            pytest.fail(f"{diff or 'only line ends differ'}\n{hint}", pytrace=False)

    return check


@pytest.fixture(autouse=True)
def _seeded_torch() -> None:
    """The same weights and inputs whatever order the tests run in; torch is not loaded for it.

    `torch.manual_seed` also keeps the stack of its caller for each kind of device that has not been
    used yet, which takes a thousand times as long as the seed.
    """
    if torch := sys.modules.get("torch"):
        torch.default_generator.manual_seed(0)


@pytest.fixture(scope="session")
def torchvision() -> Iterator[ModuleType]:
    """torchvision, whose networks are an independent reference; without it the test is skipped."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    pytest.importorskip("PIL", reason="pillow, which torchvision needs, is not installed")
    pytest.importorskip("numpy", reason="numpy, which torchvision needs, is not installed")
    library = None
    try:
        import torchvision
    except ModuleNotFoundError:
        pytest.skip("torchvision is not installed")
    except RuntimeError:
        # Beside a torch built for the CPU alone, torchvision's own operators do not load. No
        # network that we compare with uses them, but the import insists that they are declared.
        library = torch.library.Library("torchvision", "FRAGMENT")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision
    yield torchvision
    del library  # declarations last as long as the library that made them
