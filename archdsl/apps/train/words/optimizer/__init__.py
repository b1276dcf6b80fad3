"""The optimizers that recipes can name, one file each."""

from archdsl.apps.train.words.optimizer.adam import Adam
from archdsl.apps.train.words.optimizer.adamw import AdamW
from archdsl.apps.train.words.optimizer.sgd import SGD

OPTIMIZERS = (SGD, AdamW, Adam)

__all__ = ["OPTIMIZERS", "SGD", "Adam", "AdamW"]
