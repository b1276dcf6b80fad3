"""The units that specs can name, one file each."""

from archdsl.language.units.basic import Basic
from archdsl.language.units.bottleneck import Bottleneck
from archdsl.language.units.dense_bottleneck import DenseBottleneck
from archdsl.language.units.double import Double

UNITS = (Basic, Double, Bottleneck, DenseBottleneck)

__all__ = ["UNITS", "Basic", "Bottleneck", "DenseBottleneck", "Double"]
