"""Changes of images that are pasted into an emitted file."""
