"""The data sets that a recipe can name, one small file each."""

from archdsl.apps.train.words.data.cifar10 import Cifar10
from archdsl.apps.train.words.data.cifar100 import Cifar100
from archdsl.apps.train.words.data.folder import Folder
from archdsl.apps.train.words.data.mnist import FashionMnist, Mnist
from archdsl.apps.train.words.data.npz import Npz

DATA = (Cifar10, Cifar100, Mnist, FashionMnist, Npz, Folder)

__all__ = ["DATA", "Cifar10", "Cifar100", "FashionMnist", "Folder", "Mnist", "Npz"]
