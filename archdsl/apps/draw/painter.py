"""The child process that paints: it reads DOT from stdin and writes the picture to stdout.

It is a separate, isolated program, as Graphviz ignores Ctrl-C, has no deadline, and writes to
stderr. It exits with 3 if pygraphviz is not installed.
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
