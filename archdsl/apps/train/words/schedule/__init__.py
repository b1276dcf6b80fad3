"""The schedules that recipes can name, one file each."""

from archdsl.apps.train.words.schedule.constant import Constant
from archdsl.apps.train.words.schedule.cosine import Cosine
from archdsl.apps.train.words.schedule.linear import LinearDecay
from archdsl.apps.train.words.schedule.steps import Steps

SCHEDULES = (Constant, Steps, Cosine, LinearDecay)

__all__ = ["SCHEDULES", "Constant", "Cosine", "LinearDecay", "Steps"]
