"""Loss, prior and observation operator that are written as functions of Datasets."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import xarray as xr
from jaxtyping import Array, Float

from xdvn.core.fourdvarnet import Solution
from xdvn.core.losses import AbstractSolutionLoss, Sample
from xdvn.core.observations import AbstractObservationOperator, Observations
from xdvn.core.priors import AbstractPrior
from xdvn.labelled.labels import Labels

__all__ = ["LabelledLoss", "LabelledOperator", "LabelledPrior"]


class LabelledLoss(AbstractSolutionLoss):
    """A loss written as a function of two Datasets, (reconstruction, truth) -> one number.

    Parameters
    ----------
    function : callable
        Yours. Where the truth is not known, the reconstruction it sees equals the truth, so that differences vanish.
    labels : Labels
        Names.

    Raises
    ------
    ValueError
        When applied: the function does not return one number.

    Examples
    --------
    >>> labels = Labels(("ssh",), ("time", "lat", "lon"), n_times=5)
    >>> loss = LabelledLoss(lambda rec, truth: ((rec.ssh - truth.ssh) ** 2).mean(), labels)
    """

    function: Callable[[xr.Dataset, xr.Dataset], xr.DataArray]
    labels: Labels

    def judge(self, solution: Solution, sample: Sample) -> Float[Array, ""]:
        """Return the loss of one sample."""
        found = jnp.where(sample.scored, solution.x, sample.truth)
        value = self.function(self.labels.name(found), self.labels.name(sample.truth))
        number = jnp.asarray(value.variable.data if isinstance(value, xr.DataArray) else value)
        if number.shape != ():
            raise ValueError(f"the function returned an array of shape {number.shape}; end it with .mean() or .sum()")
        return number


class LabelledPrior(AbstractPrior):
    """A prior written as a function of a Dataset, phi: plausible states are those it leaves as they are.

    Parameters
    ----------
    function : callable
        Yours, Dataset to Dataset; variables that it leaves out count as left as they are. Array fields of an equinox
        module are trained.
    labels : Labels
        Names.
    """

    function: Callable[[xr.Dataset], xr.Dataset]
    labels: Labels

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        return self.labels.flatten(self.function(self.labels.name(x)), x)


class LabelledOperator(AbstractObservationOperator):
    """An observation operator written as a function of a Dataset: what instruments show of each variable, H.

    Parameters
    ----------
    function : callable
        Yours, Dataset to Dataset, a variable standing for what was observed of it; those left out are observed as
        they are. It is read in cells; points between them see the state itself.
    labels : Labels
        Names.
    """

    function: Callable[[xr.Dataset], xr.Dataset]
    labels: Labels

    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Return H(x)."""
        return self.labels.flatten(self.function(self.labels.name(x)), x)
