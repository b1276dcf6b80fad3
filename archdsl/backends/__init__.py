"""Text in a target language."""
