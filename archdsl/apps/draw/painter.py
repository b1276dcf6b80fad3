"""The child process that paints: DOT on standard input, the picture on standard output.

A program of its own, run by its path and isolated: Graphviz answers no Ctrl-C, knows no deadline,
and writes to the process's standard error as it likes. It exits 3 if pygraphviz is missing.
"""

import sys


def main(form: str) -> None:
    """Read DOT, write a picture; `form` is svg, png or pdf."""
    try:
        import pygraphviz
    except ImportError as error:
        sys.stderr.write(str(error))
        sys.exit(3)
    graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode("utf-8"))
    # Not prog="neato", args="-n2": it silently computes a new layout.
    sys.stdout.buffer.write(graph.draw(format=form, prog="nop2"))


if __name__ == "__main__":
    main(sys.argv[1])
