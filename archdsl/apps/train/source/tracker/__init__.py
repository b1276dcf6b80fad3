"""Trackers that are pasted into an emitted file."""
