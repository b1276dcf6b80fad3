"""Read and write checkpoints of training scripts, without running code in them."""

SUFFIXES = ("pth", "pt", "safetensors")
"""Formats of files with a state dict that are written."""
