"""The views: each is one file with `scene(subject) -> Scene` and `fits(subject) -> bool`."""
