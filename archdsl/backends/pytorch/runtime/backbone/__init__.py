"""What emitted backbones offer; pasted into files with `--backbone`."""
