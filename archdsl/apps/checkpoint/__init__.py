"""Weights from files of other programs: read without running anything, found under any wrapper."""
