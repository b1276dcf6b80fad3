"""Source that is pasted into data.py and train.py. Nothing here is imported by the compiler."""
