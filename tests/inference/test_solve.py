"""Fits of solved windows: one number each, of the windows in which something was observed."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from seas import sea, untrained

from xdvn import Training
from xdvn.core.cost import CostTerms
from xdvn.core.losses import Sample
from xdvn.core.networks.fourdvarnet import AbstractNetwork, Solution
from xdvn.core.observations import Observations
from xdvn.grid.time_split import TimeSplit
from xdvn.inference.solve import FitDiagnostics, forward
from xdvn.training.loader import WindowLoader


class Counting(AbstractNetwork):
    """A network whose two terms of J are the sum of the observations and its negative."""

    def __call__(self, obs, first_guess=None, *, key=None):
        total = jnp.sum(obs.values)
        return Solution(obs.values, CostTerms(total, -total), total)


def batch(totals, weights):
    """A batch of windows of 2 x 2 cells, each with one observation, or with none where its value is NaN."""
    values = np.zeros((len(totals), 2, 2, 1), np.float32)
    values[:, 0, 0, 0] = totals
    obs = jax.vmap(Observations)(jnp.nan_to_num(values), jnp.isfinite(values) & (values != 0))
    zeros = jnp.zeros(values.shape)
    return jax.vmap(Sample)(obs, zeros, zeros > 0, zeros, jnp.asarray(weights, jnp.float32), None)


def test_windows_without_observations_and_repeats_do_not_count():
    fits = FitDiagnostics.of_training(Counting(), [batch([1, np.nan, 3], [1, 1, 1]), batch([4, 5, 5], [1, 1, 0])])
    assert fits.misfit == [1, 3, 4, 5]
    assert fits.prior_residual == [-1, -3, -4, -5]


def test_no_more_batches_are_read_than_needed():
    read = []

    def batches():
        for i in range(9):
            read.append(i)
            yield batch([1, 2, 3], [1, 1, 1])

    assert len(FitDiagnostics.of_training(Counting(), batches(), n_windows=6).misfit) == 6
    assert read == [0, 1]


def test_the_training_domain_has_their_95th_percentiles():
    ds = sea((12, 8, 8))
    model = untrained(ds, (5, 6, 6))
    split = TimeSplit(slice(0, 12), None)
    loader = WindowLoader.of(ds, [("ssh_obs", "ssh")], model.spec, split, Training(batch_size=4))
    windows = list(next(loader.training(1, np.random.default_rng(0))))
    terms = [forward(model.network, b.obs, b.first_guess)[-1] for b in windows]
    fits = FitDiagnostics.of_training(model.network, windows, n_windows=10**6)
    real = np.concatenate([np.asarray(b.sample_weight) > 0 for b in windows])
    np.testing.assert_allclose(fits.misfit, np.concatenate([t.observations for t in terms])[real], rtol=1e-6)
    domain = loader.training_domain.with_fits(fits.misfit, fits.prior_residual)
    assert domain.misfit == pytest.approx(np.quantile(fits.misfit, 0.95))
    assert domain.prior_residual == pytest.approx(np.quantile(fits.prior_residual, 0.95))
    assert loader.training_domain.with_fits([], []) is loader.training_domain


@pytest.mark.parametrize("chunks", [None, {"time": 6}])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: 100 * x, r"about 100 times the training data, .*\.attrs\['units'\] = 'cm'"),
        (lambda x: 1000 * x, r"about 1000 times the training data, .*\.attrs\['units'\] = 'mm'"),
        (lambda x: x / 1000, r"about 1/1000 of the training data, .*\.attrs\['units'\] = 'km'"),
        (lambda x: x / 100, "about 1/100 of the training data, .*expected one unit. Convert it to their unit"),
        (lambda x: x + 273.15, "differs from the training data by 273 on average, as degC and K do"),
    ],
)
def test_observations_without_units_in_another_unit_warn(change, message, chunks):
    ds = sea()
    model = untrained(ds)
    other = ds.assign(ssh_obs=change(ds.ssh_obs).drop_attrs(deep=False))
    other = other if chunks is None else other.chunk(chunks)
    with pytest.warns(UserWarning, match=f"'ssh_obs' (is )?{message}"):
        model.reconstruct(other, progress=False).compute()
    if "cm" in message:
        labelled = other.assign(ssh_obs=other.ssh_obs.assign_attrs(units="cm"))
        with pytest.warns(UserWarning, match="was converted to 'm'"):
            converted = model.reconstruct(labelled, progress=False).compute()
        np.testing.assert_allclose(converted.ssh, model.reconstruct(ds, progress=False).ssh, atol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_noise_and_few_observations_are_no_other_unit(seed):
    ds = sea(seed=seed)
    model, rng = untrained(ds), np.random.default_rng(seed)
    for share, noise in ((1, 0), (1, 10), (0.1, 0), (0.02, 0), (0.02, 10)):
        observed = ds.ssh_obs.where(rng.random(ds.ssh.shape) < share) + noise * rng.normal(size=ds.ssh.shape)
        model.reconstruct(ds.assign(ssh_obs=observed.drop_attrs(deep=False)), progress=False)
