"""Names of classes that no other class has."""

from __future__ import annotations


def free(name: str, taken: set[str]) -> str:
    """`Unit`, or `Unit2`, `Unit3`, ... if that is taken; the name is then taken too."""
    chosen, count = name, 1
    while chosen in taken:
        count += 1
        chosen = f"{name}{count}"
    taken.add(chosen)
    return chosen
