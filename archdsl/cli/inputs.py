"""Read specs from files, from standard input (`-`), and from generated files, which carry one."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TextIO

from archdsl import api
from archdsl.errors import Source, fail
from archdsl.frontend.extending import Extension
from archdsl.frontend.files import decode
from archdsl.frontend.load import Spec, parse
from archdsl.frontend.reader import BYTES

STDIN = Path("-")
"""Written instead of a spec file, it means standard input."""


def load(
    path: Path,
    settings: Mapping[str, Any] | None = None,
    *,
    extend: Iterable[Extension] = (),
) -> Spec:
    """Read and check a spec as `archdsl.load` does, also from standard input or a generated file.

    Args:
        path: a spec file, `-`, or a Python file that archdsl generated. The spec in such a file is
            read with the settings that it was compiled with.
        settings: parameters to set, by name.
        extend: custom rules, units, aggregations and layers.

    Raises:
        ArchdslError: as `archdsl.load` does, A420 for a Python file that archdsl did not generate,
            and A414 for one whose network is not that of its spec.
    """
    if path == STDIN:
        return parse(Source("-", _text(sys.stdin)), settings, extend=extend)
    if path.suffix == ".py":
        # Commands that only count start in less time without the code that emits.
        from archdsl.backends.pytorch.provenance import read_emitted

        emitted = read_emitted(path)
        if emitted.output_stride is not None:
            raise fail(
                "A414",
                f"{path} was compiled with --output-stride, so its spec is of another network",
                help="name the spec itself",
            )
        source = Source(f"{path}, SPEC", emitted.spec)
        return parse(source, {**emitted.settings, **(settings or {})}, extend=extend)
    return api.load(path, settings, extend=extend)


@lru_cache(maxsize=1)
def _text(stream: TextIO) -> str:
    """Return the text of standard input, which can be read once. Raise A001 or A012."""
    return decode(stream.buffer.read(BYTES + 4), "standard input")
