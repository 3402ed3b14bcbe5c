"""Outer losses: how wrong a reconstruction was, on one sample; objects that can be weighed and added.

    L = 0.5 * SupervisedLoss(window) + GaussianNLL(window)

The inner cost J never sees the truth; a loss does, or sees observations that the network was not shown. Write one of
your own by subclassing ``AbstractSolutionLoss``; ``fit(loss=...)`` takes it.
"""

from xdvn.core.losses.abstract import AbstractLoss, AbstractSolutionLoss, Sample, SumOfLosses
from xdvn.core.losses.likelihood import GaussianNLL, WithheldNLL
from xdvn.core.losses.supervised import SupervisedLoss
from xdvn.core.losses.variational import VariationalLoss
from xdvn.core.losses.withheld import WithheldLoss

__all__ = [
    "AbstractLoss",
    "AbstractSolutionLoss",
    "GaussianNLL",
    "Sample",
    "SumOfLosses",
    "SupervisedLoss",
    "VariationalLoss",
    "WithheldLoss",
    "WithheldNLL",
]
