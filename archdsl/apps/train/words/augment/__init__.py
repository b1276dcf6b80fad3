"""The changes of images that recipes can name, one file each."""

from archdsl.apps.train.words.augment.erase import Erase
from archdsl.apps.train.words.augment.mirror import Mirror
from archdsl.apps.train.words.augment.shift import Shift

AUGMENTS = (Mirror, Shift, Erase)

__all__ = ["AUGMENTS", "Erase", "Mirror", "Shift"]
