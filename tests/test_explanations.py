"""Every code has a page, and the examples on it are wrong and right in the way that it says."""

from __future__ import annotations

import itertools
import re
import runpy
import shlex
import sys
from pathlib import Path

import pytest

import archdsl
from archdsl.api import check_text
from archdsl.cli.main import run as run_command
from archdsl.codes import TITLES
from archdsl.errors import ArchdslError
from archdsl.frontend.load import parse
from archdsl.lowering import lower

SPECS = Path(__file__).parent.parent / "specs"
FOLDER = Path(__file__).parent.parent / "archdsl" / "explain"
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md"))}
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)

WHOLE_CHECK = {"A220", "A223", "A224", "A303", "A304"}
"""Codes that need figures of the whole network: found by `check`, after the graph is built."""

COMMANDS = (
    "A001", "A010", "A012", "A109", "A305", "A401", "A402", "A410", "A411", "A412", "A413", "A414",
    "A415", "A420", "A430", "A431", "A440", "A441", "A442", "A443", "A444", "A445",
    "A446", "A447", "A448", "A460", "A461", "A462", "A463",
    "A503", "A504", "A505",
)  # fmt: skip
"""Codes that a command shows, run here as the page says."""

UNTRIED = ("A121", "A403", "A421", "A422", "A450", "A451", "A501", "A506")
"""Codes of an environment that cannot be made everywhere: permissions, a bug, a missing library, a
busy machine, a format without an operator; and A121, which tests of one's own functions show."""

RULES = ("A120", "A204", "A205")
"""Codes that a rule of one's own shows, in a spec that names it."""

SPEC = """archdsl: 1
name: mine
input: [3, 32, 32]
stages:
  count: 1
  layers: 32
  unit: {kind: basic, order: pre, width: 8}
  connect: WORD
  aggregate: concat
"""

FOUND = re.compile(r"error\[|(?:note|warning)\[A[45]")

NO_SPEC = {*COMMANDS, *UNTRIED, *RULES}
BY_SPEC = sorted(TITLES.keys() - NO_SPEC - WHOLE_CHECK)


def examples(code: str) -> list[tuple[str, str]]:
    """The wrong and the right example of a page, each with the language of its fence."""
    return FENCE.findall(PAGES[code])


def codes_of(text: str) -> set[str]:
    """What reading and lowering a spec finds, remarks included."""
    try:
        spec = parse(text)
        return {remark.code for remark in (*spec.notes, *lower(spec).remarks)}
    except ArchdslError as error:
        return {finding.code for finding in error.diagnostics}


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert PAGES.keys() == TITLES.keys()


@pytest.mark.parametrize("code", TITLES)
def test_page_has_its_form(code: str) -> None:
    title, _, rest = PAGES[code].partition("\n\n")
    assert title == f"# {code}: {TITLES[code]}"
    paragraph, wrong, _ = re.split(r"^(?:Wrong|Right):$", rest, flags=re.MULTILINE)
    assert paragraph.strip()
    assert "\n\n" not in paragraph.strip()
    assert wrong.strip().startswith("```")
    assert len(examples(code)) == 2


@pytest.mark.parametrize("code", BY_SPEC)
def test_example_is_wrong_in_this_way_or_right(code: str) -> None:
    (language, wrong), (other, right) = examples(code)
    assert language == other == "yaml"
    assert codes_of(wrong) == {code}
    assert codes_of(right) == set()


@pytest.mark.parametrize("code", sorted(WHOLE_CHECK))
def test_example_is_wrong_or_right_to_the_whole_check(code: str) -> None:
    (_, wrong), (_, right) = examples(code)
    assert check(wrong) == {code}
    assert check(right) == set()


def check(text: str) -> set[str]:
    """What `archdsl check` finds."""
    try:
        return {remark.code for remark in check_text(text).require().remarks}
    except ArchdslError as error:
        return {finding.code for finding in error.diagnostics}


@pytest.mark.parametrize("code", RULES)
def test_rule_is_wrong_or_right(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (_, wrong), (_, right) = examples(code)
    for text in (wrong, right):
        word = re.search(r'Literal\["(.*)"\]', text)
        assert word
        Path("mine.yaml").write_text(SPEC.replace("WORD", word[1]), encoding="utf-8")
        Path("mine.py").write_text(text, encoding="utf-8")
        if text is right:
            runpy.run_path("mine.py")
        else:
            with pytest.raises(ArchdslError) as caught:
                runpy.run_path("mine.py")
            assert {finding.code for finding in caught.value.diagnostics} == {code}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the pages' commands speak of."""
    monkeypatch.chdir(tmp_path)
    small = SPEC.replace("WORD", "full").replace("mine", "small")
    texts = {
        "small.yaml": small,
        "specs/small.yaml": small,
        "deep.yaml": small.replace("small", "deep")
        .replace("32\n", "9000\n")
        .replace("full", "plain"),
        "sparse.yaml": small.replace("full", "exponential"),
        "wide.yaml": small.replace("width: 8", "width: 9"),
        "con.yaml": small.replace("small", "con"),
        "sparsenet-cifar.yaml": (SPECS / "sparsenet-cifar.yaml").read_text(encoding="utf-8"),
        "results.yaml": "#" * 300 * 1024,
        "listed.yaml": f"reads: [{'0, ' * 20_000}]",
        "train.py": "print('training')\n",
        "networks.yaml": "- small.yaml\n",
        "units.yaml": re.sub("layers: .*\n.*unit: (.*)", r"layers: [\1, \1]", small),
        "trained/last.pt": "",
        "trained/net.py": "",
        "run/metrics.jsonl": '{"epoch": 1, "loss": 2.3, "error": 61.5}\n',
        "damaged/metrics.jsonl": '{"epoch": 1, "loss": 2.3, "error": 61.5}\n',
        "damaged/summary.json": "{",
        "compiled/manifest.yaml": "files:\n  - {file: small.py, spec: ../small.yaml}\n",
    }
    for name, text in texts.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    network = check_text(small).emit()
    for folder in ("run", "damaged"):
        Path(folder, "net.py").write_text(network, encoding="utf-8")
    for example in examples("A431"):
        name, text = re.split(r"\$ (?:cat|archdsl) ?", example[1])[1].split("\n", 1)
        Path(name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("code", COMMANDS)
@pytest.mark.usefixtures("desk")
def test_command_is_wrong_or_right(
    code: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (_, wrong), (language, right) = examples(code)
    prepare(code)
    run(wrong, monkeypatch)
    said = [line for line in capsys.readouterr().err.splitlines() if re.match(FOUND, line)]
    assert said == [line for line in wrong.splitlines() if f"[{code}]" in line]
    if code == "A012":
        Path("small-utf8.yaml").write_text(Path("small.yaml").read_text("utf-16"), "utf-8")
    if language == "console":
        assert run(right, monkeypatch) == 0
    else:
        assert codes_of(right) == set()


def prepare(code: str) -> None:
    """Bring about what is wrong, where it is not the command itself."""
    if code == "A012":
        small = Path("small.yaml")
        small.write_bytes(small.read_text(encoding="utf-8").encode("utf-16"))
    if code in {"A440", "A441", "A442", "A443", "A444", "A445", "A446", "A447", "A448"}:
        for name in ("small", "sum"):
            text = Path("small.yaml").read_text(encoding="utf-8").replace("small", name)
            if name == "sum":
                text = text.replace("concat", "sum\nstem: [{conv: {width: 8, kernel: 3}}]")
            Path(f"{name}.yaml").write_text(text, encoding="utf-8")
            torch = pytest.importorskip("torch")
            network = archdsl.build(archdsl.load(f"{name}.yaml"))
            torch.save(network.state_dict(), f"{name}.pt")
            both = {"model": network.state_dict(), "ema": network.state_dict()}
            torch.save(both, f"{name}-both.pt")
            torch.save(dict(list(network.state_dict().items())[1:]), f"{name}-half.pt")
    if code == "A444":
        shared = (
            SPEC.replace("mine", "shares")
            .replace("WORD", "full")
            .replace("archdsl: 1", "archdsl: 2")
        )
        shared = shared.replace("concat", "attention\nstem: [{conv: 8}]").replace("32\n", "3\n")
        Path("shares.yaml").write_text(shared, encoding="utf-8")
        network = archdsl.build(archdsl.load("shares.yaml"))
        torch.save(network.state_dict(), "shares.pt")
        images = torch.rand(2, 3, 32, 32).numpy()
        numpy = pytest.importorskip("numpy")
        numpy.save("images.npy", images)
        numpy.save("last.npy", images.transpose(0, 2, 3, 1))
    if code == "A420":
        text = check_text(Path("small.yaml").read_text(encoding="utf-8")).emit()
        Path("small.py").write_text(text + "# changed\n", encoding="utf-8")


def run(console: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run the commands of a page that are archdsl's own; the last one's exit code."""
    code = 0
    for line in console.splitlines():
        command, *words = shlex.split(line.removeprefix("$ ")) if line.startswith("$ ") else [""]
        if command == "mkdir":
            Path(words[0]).mkdir()
        if command == "archdsl":
            found = (sorted(Path().glob(word)) if "*" in word else [word] for word in words)
            monkeypatch.setattr(sys, "argv", ["archdsl", *map(str, itertools.chain(*found))])
            code = run_command()
    return code
