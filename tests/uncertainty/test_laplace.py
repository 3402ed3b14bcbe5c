"""The Laplace posterior over a whole Dataset: samples without seams, smaller variances at observations."""

import warnings

import numpy as np
import pytest

import xdvn
from xdvn import Training
from xdvn.api import fit
from xdvn.core.layers.unet import UNet
from xdvn.core.networks.feed_forward import ConditionalFeedForwardNetwork
from xdvn.testing import check_posterior
from xdvn.uncertainty import Laplace


def small(channels, ndim, *, key):
    return ConditionalFeedForwardNetwork(UNet(3 * channels, channels, ndim, widths=(4,), key=key))


def mapped(ds, model, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ds.dvn.reconstruct(model, progress=False, **options)


def test_the_variance_is_smaller_at_observations(small_twin, small_model):
    ds = small_twin.isel(time=slice(8), lon=slice(8))
    posterior = Laplace(prior_variance=0.1, obs_variance=0.01, n_samples=8)
    maps = mapped(ds, small_model, posterior=posterior, samples=True)
    observed = ds.ssh_obs.notnull()
    at, off = (float((maps.ssh_std**2).where(w).mean()) for w in (observed, ~observed))
    assert at < 0.7 * off
    assert "of the variance is set by the damping" in maps.ssh_std.attrs["comment"]
    # Windows share the noise, so the spread of their weighted mean is only a little smaller.
    spread = (maps.ssh_sample - maps.ssh).std("sample")
    ratio = float(np.sqrt((spread**2).mean() / (maps.ssh_std**2).mean()))
    assert 0.5 < ratio < 1.05


def test_without_information_the_variance_is_climatological(small_twin, small_model):
    """With a very wide prior and no data, the damping sets the variance."""
    ds = small_twin.isel(time=slice(5), lon=slice(8))
    ds = ds.assign(ssh_obs=ds.ssh_obs.where(ds.lat < 33.1))
    posterior = Laplace(prior_variance=1e6, obs_variance=1.0, n_samples=30)
    maps = mapped(ds, small_model, posterior=posterior)
    normal = small_model.spec.variables[0].normaliser.std
    assert np.isclose(float((maps.ssh_std.sel(lat=slice(34, None)) ** 2).mean()), normal**2, rtol=0.1)


def test_the_prior_variance_is_estimated_from_the_truth(small_twin, small_model):
    laplace = Laplace.measured(small_model, small_twin.isel(time=slice(12), lon=slice(8)), obs_variance=0.01)
    assert 0 < laplace.prior_variance < 2
    assert laplace.obs_variance == 0.01


@pytest.mark.filterwarnings("ignore:the map is|the Hessian")
def test_the_contract(small_twin, small_model):
    ds = small_twin.isel(time=slice(6), lon=slice(8))
    check_posterior(Laplace(0.5, 0.05, n_samples=2), small_model, ds, {"ssh": "ssh_obs"})


def test_a_mapper_without_a_cost_is_an_error(small_twin):
    oi = xdvn.OptimalInterpolation("ssh_obs", name="ssh")
    with pytest.raises(TypeError, match=r"expected a trained Model with a cost, got OptimalInterpolation\. Use Ensem"):
        Laplace(1.0).reconstruct(small_twin, oi)
    model = fit(
        small_twin.isel(time=slice(12)),
        "ssh_obs",
        truth="ssh",
        network=small,
        validation=0,
        progress=False,
        windows={"time": 5},
        training=Training(epochs=1),
    )
    with pytest.raises(TypeError, match=r"a FourDVarNet, got ConditionalFeedForwardNetwork\. Use Ensemble\(\)"):
        Laplace(1.0).reconstruct(small_twin, model)
