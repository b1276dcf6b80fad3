"""The units that specs can name, one file each."""

from archdsl.vocabulary.units.basic import Basic
from archdsl.vocabulary.units.bottleneck import Bottleneck
from archdsl.vocabulary.units.dense_bottleneck import DenseBottleneck
from archdsl.vocabulary.units.double import Double

UNITS = (Basic, Double, Bottleneck, DenseBottleneck)

__all__ = ["UNITS", "Basic", "Bottleneck", "DenseBottleneck", "Double"]
