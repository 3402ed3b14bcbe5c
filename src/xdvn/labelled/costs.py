"""Loss, prior and observation operator as functions of Datasets."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import xarray as xr
from jaxtyping import Array, Float

from xdvn.core.losses import AbstractSolutionLoss, Sample
from xdvn.core.networks.fourdvarnet import Solution
from xdvn.core.observations import AbstractObservationOperator, Observations
from xdvn.core.priors import AbstractPrior
from xdvn.labelled.labels import Labels

__all__ = ["LabelledLoss", "LabelledOperator", "LabelledPrior"]


class LabelledLoss(AbstractSolutionLoss):
    """Loss as a function of two Datasets, (reconstruction, truth) -> scalar.

    Parameters
    ----------
    function : callable
        Function of the two Datasets. Where the truth is unknown, both are equal, so that differences vanish.
    labels : Labels
        Names of the variables and dimensions.

    Raises
    ------
    ValueError
        On application, if the function does not return a scalar.

    Examples
    --------
    >>> labels = Labels(("ssh",), ("time", "lat", "lon"), n_times=5)
    >>> loss = LabelledLoss(lambda rec, truth: ((rec.ssh - truth.ssh) ** 2).mean(), labels)
    """

    function: Callable[[xr.Dataset, xr.Dataset], xr.DataArray]
    labels: Labels

    def evaluate(self, solution: Solution, sample: Sample) -> Float[Array, ""]:
        """Return the loss of one sample."""
        reconstruction = jnp.where(sample.loss_mask, solution.x, sample.truth)
        value = self.function(self.labels.name(reconstruction), self.labels.name(sample.truth))
        number = jnp.asarray(value.variable.data if isinstance(value, xr.DataArray) else value)
        if number.shape != ():
            raise ValueError(
                f"function returned shape {number.shape}: expected a scalar. End it with .mean() or .sum()."
            )
        return number


class LabelledPrior(AbstractPrior):
    """Prior as a function phi of a Dataset, whose fixed points are the plausible states.

    Parameters
    ----------
    function : callable
        Function from Dataset to Dataset; variables that it omits are unchanged. If it is an equinox module, its array
        fields are trained.
    labels : Labels
        Names of the variables and dimensions.
    """

    function: Callable[[xr.Dataset], xr.Dataset]
    labels: Labels

    def __call__(self, x: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return phi(x)."""
        return self.labels.flatten(self.function(self.labels.name(x)), x)


class LabelledOperator(AbstractObservationOperator):
    """Observation operator H as a function of a Dataset.

    Parameters
    ----------
    function : callable
        Function from the Dataset of the state to that of its observed values; variables that it omits are unchanged. It
        applies to gridded observations; along-track observations use the state itself.
    labels : Labels
        Names of the variables and dimensions.
    """

    function: Callable[[xr.Dataset], xr.Dataset]
    labels: Labels

    def __call__(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "*space channel"]:
        """Return H(x)."""
        return self.labels.flatten(self.function(self.labels.name(x)), x)
