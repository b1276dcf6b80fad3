"""Source for train.py."""
