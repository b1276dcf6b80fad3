"""Published tables as suites of rows, run again: printed figures beside computed ones."""
