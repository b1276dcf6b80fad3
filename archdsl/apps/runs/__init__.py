"""Read folders of trainings, group them by what they train, and print them as tables."""
