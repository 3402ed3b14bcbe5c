"""The projection solver with patterns as priors: DINEOF, step by step, and the least-squares fit of fixed EOFs.

Beckers & Rixen 2003, doi:10.1175/1520-0426(2003)020<1839:ECADFF>2.0.CO;2.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.cost import VariationalCost
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.observations import Observations
from xdvn.core.priors import EOFPrior, TruncatedSVDPrior
from xdvn.core.solvers import ProjectionSolver


def field(shape, rank=2, seed=0):
    """A field (cells x variables, times) of a few patterns, and which of its entries are seen."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(shape[0], rank)) @ rng.normal(size=(rank, shape[1])) + 0.05 * rng.normal(size=shape)
    return X, rng.random(shape) < 0.7


def dineof(X, seen, rank, n_iterations):
    """Fill with zeros, then, again and again, put the truncated decomposition into the gaps."""
    filled = np.where(seen, X, 0)
    for _ in range(n_iterations):
        u, s, vt = np.linalg.svd(filled, full_matrices=False)
        filled[~seen] = (u[:, :rank] @ np.diag(s[:rank]) @ vt[:rank])[~seen]
    return filled


@pytest.mark.parametrize(
    ("space", "n_variables", "times"),
    [((15,), 1, 8), ((4, 4), 1, 8), ((9,), 2, 7)],
    ids=["1-D", "2-D", "2 variables"],
)
def test_truncated_svd_and_projection_are_dineof(space, n_variables, times):
    X, seen = field((int(np.prod(space)) * n_variables, times))
    shape = (*space, n_variables * times)
    with jax.enable_x64(True):
        values = jnp.asarray(np.where(seen, X, np.nan).reshape(shape))
        obs = Observations(values, jnp.asarray(seen.reshape(shape)))
        cost = VariationalCost(TruncatedSVDPrior(2, n_variables))
        for n_iterations in (1, 5, 200):
            # The first step of a solve from 0 only puts the data in.
            x = FourDVarNet(cost, ProjectionSolver(n_steps=n_iterations + 1))(obs).x
            expected = dineof(X, seen, 2, n_iterations)
            assert np.abs(np.asarray(x).reshape(X.shape) - expected).max() <= 1e-9 * np.abs(X).max()
    # And DINEOF has found something: the gaps are closer to the truth than zeros by far.
    assert np.std((expected - X)[~seen]) < 0.5 * np.std(X[~seen])


@pytest.mark.parametrize("n_variables", [None, 1], ids=["extended EOFs of the window", "classical EOFs of each time"])
def test_eofs_and_projection_are_the_least_squares_fit_on_what_is_seen(n_variables):
    rng = np.random.default_rng(1)
    space, times, rank = (3, 5), 4, 2
    samples = 1 + np.einsum("ap,p...->a...", rng.normal(size=(40, 3)), rng.normal(size=(3, *space, times)))
    y, seen = rng.normal(size=(*space, times)), rng.random((*space, times)) < 0.7
    with jax.enable_x64(True):
        prior = EOFPrior.from_samples(samples, rank, n_variables=n_variables)
        obs = Observations(jnp.asarray(np.where(seen, y, np.nan)), jnp.asarray(seen))
        x = np.asarray(FourDVarNet(VariationalCost(prior), ProjectionSolver(n_steps=500))(obs).x)
    # Each column is fitted by itself: the one window, or each of its times.
    columns = 1 if n_variables is None else times
    E, mean = np.asarray(prior.basis.array).reshape(-1, rank), np.asarray(prior.mean.array).ravel()
    fitted = np.empty((len(E), columns))
    for t, (data, there) in enumerate(zip(y.reshape(-1, columns).T, seen.reshape(-1, columns).T, strict=True)):
        amplitudes = np.linalg.lstsq(E[there], (data - mean)[there])[0]
        fitted[:, t] = mean + E @ amplitudes
    expected = np.where(seen, y, fitted.reshape(y.shape))
    assert np.abs(x - expected).max() <= 1e-9
