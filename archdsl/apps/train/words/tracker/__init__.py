"""The trackers that recipes can name, one file each."""

from archdsl.apps.train.words.tracker.tensorboard import TensorBoard
from archdsl.apps.train.words.tracker.trackio import Trackio
from archdsl.apps.train.words.tracker.wandb import Wandb

TRACKERS = (TensorBoard, Wandb, Trackio)

__all__ = ["TRACKERS", "TensorBoard", "Trackio", "Wandb"]
