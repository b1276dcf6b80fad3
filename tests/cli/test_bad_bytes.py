"""Files whose bytes or size are the trouble, and odd ones that are fine."""

from __future__ import annotations

from pathlib import Path

import pytest

from archdsl.cli.render import visible
from archdsl.errors import Source
from archdsl.frontend import files, load
from cli.commands import SMALL, archdsl, written

SCALAR = f"description: {'x' * 5_000}\n"

REFUSED = {
    "nothing": (b"", "A011", 1, 1),
    "byte order mark alone": (b"\xef\xbb\xbf", "A011", 1, 1),
    "NUL": (SMALL.replace("small", "sm\0all").encode(), "A000", 2, 9),
    "escape": (SMALL.encode() + b"# \x1b[2J\n", "A000", 10, 3),
    "NUL after a byte order mark": (b"\xef\xbb\xbfa: 1\nb: \0\n", "A000", 2, 4),
    "bytes that are no UTF-8": (b"name: \xff\n", "A012", None, None),
    "Latin-1": ("# caf\u00e9\n".encode("latin-1"), "A012", None, None),
    "UTF-16": (SMALL.encode("utf-16"), "A012", None, None),
    "UTF-16 without a mark": (SMALL.encode("utf-16-le"), "A000", 1, 2),
    "UTF-32": (SMALL.encode("utf-32"), "A012", None, None),
    "an encoded surrogate": (b"name: \xed\xa0\x80\n", "A012", None, None),
    "100,000 brackets": (b"[" * 100_000, "A009", 1, 33),
    "50,000 dashes": (b"- " * 50_000, "A009", 1, 65),
    "50,000 question marks": (b"? " * 50_000, "A006", 1, 3),
    "50,000 colons": (b"a: " * 50_000, "A000", 1, 5),
    "300 KB of comment": (b"#" * 300 * 1024, "A001", None, None),
    "256 KB of comment": (b"#" * 256 * 1024, "A011", 1, 1),
    "30,000 ones": (b"a: [" + b"1, " * 30_000 + b"]", "A010", 1, 59_996),
    "5,000 digits": (f"archdsl: {'9' * 5_000}\n".encode(), "A007", 1, 10),
    "a long value": (SCALAR.encode(), "A007", 1, 14),
    "a long value in many lines": (b"a: x\n" + b"  x\n" * 50_000, "A007", 1, 4),
    "a long value of escapes": (b'a: "' + b"\\x41" * 60_000 + b'"', "A007", 1, 4),
    "a key of 3 KB": (b"k" * 3_000 + b": 1\n", "A000", 1, 3_001),
    "a tag of 200 KB": (b"a: " + b"!" * 200_000, "A003", 1, 4),
    "anchors without an end": (b"a: [" + b"&a " * 60_000, "A002", 1, 5),
    "a bidi override where a word stands": (
        SMALL.replace("full", "\u202efull").encode(), "A105", 8, 12,
    ),
    "a version of 5,000 digits": (b"%YAML 1." + b"1" * 5_000 + b"\n--- {}\n", "A000", 1, 9),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content, code, line, column = REFUSED[what]
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_bytes(content)
    ran = archdsl("compile", "spec.yaml", "--format", "json")
    (finding,) = ran.findings()
    assert (finding["code"], finding["line"], finding["column"]) == (code, line, column)
    assert ran.code == (3 if code in {"A001", "A010"} else 1)
    assert ran.seconds < 1.5
    assert list(Path().iterdir()) == [Path("spec.yaml")]


@pytest.mark.parametrize("what", REFUSED)
def test_said_in_plain_characters(what: str, tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(REFUSED[what][0])
    err = archdsl("check", path).err
    assert f"error[{REFUSED[what][1]}]: " in err
    assert all(visible(line, 10_000) == line for line in err.splitlines())
    assert max(map(len, err.splitlines())) < 1_000


MANY = {
    "unknown keys": SMALL + "".join(f"k{n}: 1\n" for n in range(9_900)),
    "unknown layers": SMALL + f"head: [{'nrom, ' * 9_000}]\n",
    "unknown keys of stages": SMALL.split("stages")[0] + f"stages: [{'{layrs: 1}, ' * 4_000}]\n",
    "reads that are no numbers": SMALL.replace(
        "full", f"{{rule: explicit, reads: [{'[0, 0.5], ' * 4_500}]}}"
    ),
    "parameters": f"{SMALL}params:\n" + "".join(f"  p{n}: q{n}\n" for n in range(9_000)),
}


@pytest.mark.parametrize("what", MANY)
def test_thousands_of_mistakes_take_seconds(what: str, tmp_path: Path) -> None:
    ran = archdsl("check", written(tmp_path, MANY[what]))
    assert ran.code in {1, 3}
    assert ran.seconds < 5
    assert len(ran.err.splitlines()) < 200


BOM = "\ufeff"
SAME = {
    "byte order mark": (BOM + SMALL).encode(),
    "CRLF": SMALL.replace("\n", "\r\n").encode(),
    "CR": SMALL.replace("\n", "\r").encode(),
    "both": (BOM + SMALL.replace("\n", "\r\n")).encode(),
    "no last line end": SMALL.rstrip().encode(),
    "comments": ("# caf\u00e9 \u202e \U0001f600\n" + SMALL).encode(),
    "document start": b"---\n" + SMALL.encode(),
    "document end": SMALL.encode() + b"...\n",
    "directive": b"%YAML 1.2\n---\n" + SMALL.encode(),
    "indentation": SMALL.replace("\n  ", "\n      ").encode(),
    "quotes": SMALL.replace("name: small", "'name': \"small\"").encode(),
    "block text": SMALL.replace("name: small", "name: >-\n  small").encode(),
    "plus": SMALL.replace("layers: 4", "layers: +4").encode(),
}


@pytest.mark.parametrize("what", SAME)
def test_forms_that_compile_to_the_same_bytes(what: str, tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_bytes(SAME[what])
    archdsl("compile", written(tmp_path), "-o", tmp_path / "plain.py")
    ran = archdsl("compile", tmp_path / "odd.yaml", "-o", tmp_path / "odd.py")
    assert (ran.code, ran.err) == (0, "")
    assert (tmp_path / "plain.py").read_bytes() == (tmp_path / "odd.py").read_bytes()


FINE = {
    "a name that YAML 1.1 takes for false": ("name: small", "name: no"),
    "minus nothing": ("width: 8}", "width: 8, dropout: -0}"),
    "minus nothing, with a point": ("width: 8}", "width: 8, dropout: -0.0}"),
    "an exponent": ("width: 8}", "width: 8, dropout: 1e-1}"),
    "a block of text": ("name: small", "description: |\n  one\n  two\nname: small"),
    "words that are names in Python": ("name: small", "name: class"),
    "a parameter with a word's name": (
        "aggregate: concat\n",
        "aggregate: concat\nparams: {full: plain | full}\n",
    ),
    "a window beyond the stage": ("connect: full", "connect: {rule: window, last: 999999999}"),
    "one layer": ("layers: 4", "layers: 1"),
    "no convolution": ("{kind: basic, order: pre, width: 8}", "[norm, relu]"),
}


@pytest.mark.parametrize("what", FINE)
def test_odd_but_fine(what: str, tmp_path: Path) -> None:
    old, new = FINE[what]
    assert old in SMALL
    ran = archdsl("check", written(tmp_path, SMALL.replace(old, new)))
    assert (ran.code, ran.err) == (0, "")


def test_minus_nothing_is_nothing(tmp_path: Path) -> None:
    texts = [SMALL.replace("width: 8}", f"width: 8, dropout: {p}}}") for p in ("0.0", "-0.0")]
    shown = [archdsl("show", written(tmp_path, text), "--ir").out for text in texts]
    assert shown[0] == shown[1]
    assert "dropout" not in shown[0]


def test_a_file_that_changes_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, output = written(tmp_path), tmp_path / "small.py"
    read = files.read_file

    def read_then_change(name: Path) -> Source:
        source = read(name)
        written(tmp_path, "nothing: like it\n")
        return source

    archdsl("compile", path, "-o", tmp_path / "before.py")
    monkeypatch.setattr(load, "read_file", read_then_change)
    assert archdsl("compile", path, "-o", output).code == 0
    assert output.read_bytes() == (tmp_path / "before.py").read_bytes()
