"""Read weights from checkpoints of training scripts, without running code in them."""
