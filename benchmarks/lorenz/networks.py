"""The networks of the experiments, with convolutions along time.

For Lorenz-63, prior and solver are learned; for Lorenz-96, the prior is the true model and the solver is learned.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
from jaxtyping import Array, Float, PRNGKeyArray

from benchmarks.lorenz.protocol import Experiment
from xdvn.core.cost import LearnedWeight, VariationalCost
from xdvn.core.layers.convolution import Padding
from xdvn.core.modulators import ConvLSTMModulator
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.priors import BilinearPrior, DynamicalPrior, TwoScalePrior
from xdvn.core.priors.abstract import AbstractPrior
from xdvn.core.solvers import GradientSolver
from xdvn.dynamics import Rescaled

__all__ = ["AlongTime", "network63", "network96"]


class AlongTime(AbstractPrior):
    """A ``DynamicalPrior`` for states whose last spatial axis is time.

    Parameters
    ----------
    model : callable
        Model M, from "*space variable" to "*space variable".

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> AlongTime(lambda state: 2 * state)(jnp.array([[1.0], [1.0], [3.0]]))[:, 0].tolist()
    [1.0, 2.0, 2.0]
    """

    model: Callable[[Array], Array]

    def __call__(self, x: Float[Array, "*space time variable"]) -> Float[Array, "*space time variable"]:
        """Return phi(x)."""
        swapped = x.swapaxes(-1, -2)
        flat = swapped.reshape(*x.shape[:-2], -1)
        return DynamicalPrior(self.model, n_variables=x.shape[-1])(flat).reshape(swapped.shape).swapaxes(-1, -2)


def network63(experiment: Experiment, key: PRNGKeyArray) -> FourDVarNet:
    """Return a network for Lorenz-63: a bilinear prior at two resolutions and an LSTM, with kernels of 11 times."""
    k_fine, k_coarse, k_modulator = jax.random.split(key, 3)
    fine, coarse = (BilinearPrior(3, 1, hidden=10, downsampling=1, taps=11, key=k) for k in (k_fine, k_coarse))
    modulator = ConvLSTMModulator(3, 1, hidden=25, factor=1, scale=0.3, init_from_first_guess=True, key=k_modulator)
    return _network(TwoScalePrior(fine, coarse), modulator, n_steps=5)


def network96(experiment: Experiment, key: PRNGKeyArray) -> FourDVarNet:
    """Return a network for Lorenz-96: the true model as prior and an LSTM over ring and time."""
    scaling = experiment.scaling
    prior = AlongTime(Rescaled(experiment.model, scaling.std, scaling.mean))
    padding = (Padding.CIRCULAR, Padding.ZERO)
    modulator = ConvLSTMModulator(
        1, 2, hidden=12, factor=1, scale=0.3, init_from_first_guess=True, padding=padding, key=key
    )
    return _network(prior, modulator, n_steps=16)


def _network(prior: AbstractPrior, modulator: ConvLSTMModulator, n_steps: int) -> FourDVarNet:
    cost = VariationalCost(prior, obs_weight=LearnedWeight(1.0), prior_weight=LearnedWeight(1.0))
    return FourDVarNet(cost, GradientSolver(n_steps=n_steps, modulator=modulator, normalise=True))
