"""The numbers of a recipe. In an emitted file this class is printed with those of its recipe."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Settings:
    """What the recipe says. Each is an option of this file, too: `--epochs 10`, `--no-compile`."""

    epochs: int = 1
    batch: int = 64  # images per step, over all processes
    accumulate: int = 1  # parts of a batch that run one after the other
    rate: float = 0.1
    weight_decay: float = 1e-4
    label_smoothing: float = 0.0
    clip: float = 0.0  # maximum norm of the gradient; 0 for none
    ema: float = 0.0  # decay of the average of the weights; 0 for none
    precision: str = "float32"  # or bfloat16, float16: of autocast
    channels_last: bool = False
    compile: bool = False
    sync_norm: bool = False  # batch norms over all processes, on CUDA
    fsdp: bool = False  # each process holds a part of the weights
    deterministic: bool = False
    hold_out: int = 0  # training images that choose the best weights instead of the test images
    seed: int = 0
    workers: int = 2  # processes that read image files
    checkpoint_steps: int = 1000  # steps between checkpoints inside an epoch
    keep_every: int = 0  # epochs between checkpoints that are kept; 0 for none
