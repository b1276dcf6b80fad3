"""The words of recipes."""
