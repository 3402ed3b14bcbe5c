"""Outer losses: the error of a reconstruction on one sample, as objects that can be weighted and added.

    L = 0.5 * SupervisedLoss(window) + GaussianNLL(window)

The inner cost J does not contain the truth. A loss compares with the truth, or with observations withheld from the
network. Subclass ``AbstractSolutionLoss`` to add one.
"""

from xdvn.core.losses.abstract import AbstractLoss, AbstractSolutionLoss, Sample, SumOfLosses
from xdvn.core.losses.likelihood import GaussianNLL, WithheldNLL
from xdvn.core.losses.squared import SupervisedLoss, VariationalLoss, WithheldLoss

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
