"""Laplace over a whole record: draws that fit together, variances that fall where there are data."""

import warnings

import numpy as np
import pytest

import xdvn
from xdvn.core.explicit import ConditionalNetwork
from xdvn.core.unet import UNet
from xdvn.pipeline import fit
from xdvn.posteriors import Laplace
from xdvn.testing import check_posterior


def small(channels, ndim, *, key):
    return ConditionalNetwork(UNet(3 * channels, channels, ndim, widths=(4,), key=key))


def mapped(ds, model, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ds.dvn.reconstruct(model, progress=False, **options)


def test_it_is_surer_at_observations_and_says_what_it_rests_on(small_twin, small_model):
    ds = small_twin.isel(time=slice(8), lon=slice(8))
    posterior = Laplace(prior_variance=0.1, obs_variance=0.01, draws=8)
    maps = mapped(ds, small_model, posterior=posterior, samples=True)
    seen = ds.ssh_obs.notnull()
    at, off = (float((maps.ssh_std**2).where(w).mean()) for w in (seen, ~seen))
    assert at < 0.7 * off
    assert "of the variance is set by the damping" in maps.ssh_std.attrs["comment"]
    # Windows share the noise, so the mean of their draws spreads less than each, but not by much.
    spread = (maps.ssh_sample - maps.ssh).std("sample")
    ratio = float(np.sqrt((spread**2).mean() / (maps.ssh_std**2).mean()))
    assert 0.5 < ratio < 1.05


def test_without_anything_known_the_climatology_is_left(small_twin, small_model):
    """A prior that says nothing and no data: the damping alone, one climatological variance."""
    ds = small_twin.isel(time=slice(5), lon=slice(8))
    ds = ds.assign(ssh_obs=ds.ssh_obs.where(ds.lat < 33.1))
    posterior = Laplace(prior_variance=1e6, obs_variance=1.0, draws=30)
    maps = mapped(ds, small_model, posterior=posterior)
    normal = small_model.spec.variables[0].normaliser.std
    assert np.isclose(float((maps.ssh_std.sel(lat=slice(34, None)) ** 2).mean()), normal**2, rtol=0.1)


def test_the_prior_variance_is_measured_on_truth(small_twin, small_model):
    found = Laplace.measured(small_model, small_twin.isel(time=slice(12), lon=slice(8)), obs_variance=0.01)
    assert 0 < found.prior_variance < 2
    assert found.obs_variance == 0.01


@pytest.mark.filterwarnings("ignore:the map is|the Hessian")
def test_the_contract(small_twin, small_model):
    ds = small_twin.isel(time=slice(6), lon=slice(8))
    check_posterior(Laplace(0.5, 0.05, draws=2), small_model, ds, {"ssh": "ssh_obs"})


def test_what_has_no_cost_is_refused(small_twin):
    oi = xdvn.OptimalInterpolation("ssh_obs", name="ssh")
    with pytest.raises(TypeError, match="needs a trained Model with a cost, got OptimalInterpolation"):
        Laplace(1.0).reconstruct(small_twin, oi)
    model = fit(
        small_twin.isel(time=slice(12)), "ssh_obs", truth="ssh", patch={"time": 5}, net=small, epochs=1, validation=0,
        progress=False,
    )  # fmt: skip
    with pytest.raises(TypeError, match=r"a FourDVarNet, not this ConditionalNetwork; see Ensemble\(\)"):
        Laplace(1.0).reconstruct(small_twin, model)
