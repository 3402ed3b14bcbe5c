"""The spread of an ensemble: closed form for a linear mapper, the interface, and errors for equal members."""

from dataclasses import dataclass

import numpy as np
import pytest
import xarray as xr

import xdvn
from xdvn.mapper import AbstractMapper
from xdvn.testing import check_posterior
from xdvn.uncertainty import Ensemble


@dataclass(frozen=True)
class Times(AbstractMapper):
    """The observations times a factor, zero elsewhere."""

    obs: str
    factor: float

    def reconstruct(self, ds):
        return xr.Dataset({"level": (self.factor * ds[self.obs]).fillna(0).assign_attrs(units="m")})


@pytest.fixture
def ds():
    values = np.where(np.random.default_rng(0).random((6, 20, 20)) < 0.5, 1.0, np.nan)
    coords = {"time": np.arange(6.0), "lat": np.arange(20.0), "lon": np.arange(20.0)}
    return xr.Dataset({"y": (("time", "lat", "lon"), values, {"units": "m"})}, coords)


def test_spread_of_a_linear_mapper(ds):
    maps = Ensemble(members=200, obs_error=0.3).reconstruct(ds, Times("y", 2.0))
    observed = ds.y.notnull().values
    assert np.isclose(np.sqrt((maps.level_std.values[observed] ** 2).mean()), 0.6, rtol=0.01)
    assert not maps.level_std.values[~observed].any()
    assert maps.level_std.attrs["units"] == "m"
    assert maps.level.attrs["ancillary_variables"] == "level_std"


def test_spread_of_several_models(ds):
    maps = Ensemble(members=3, models=(Times("y", 2.0), Times("y", 3.0))).reconstruct(ds, Times("y", 1.0))
    observed = ds.y.notnull().values
    assert np.allclose(maps.level.values[observed], 2.0)
    assert np.allclose(maps.level_std.values[observed], 1.0)


def test_samples_are_the_members(ds):
    maps = Ensemble(members=4, obs_error=0.3).reconstruct(ds, Times("y", 1.0), samples=True)
    assert maps.level_sample.dims == ("sample", "time", "lat", "lon")
    assert np.allclose(maps.level_sample.std("sample", ddof=1), maps.level_std, atol=1e-6)
    assert np.allclose(maps.level_sample.mean("sample"), maps.level, atol=1e-6)


def test_the_contract_with_a_trained_model(small_twin, small_model):
    ds = small_twin.isel(time=slice(12))
    check_posterior(Ensemble(2, obs_error=0.02), small_model, ds, {"ssh": "ssh_obs"})
    maps = ds.dvn.reconstruct(small_model, posterior=Ensemble(3, obs_error=0.05), samples=True, progress=False)
    assert {"ssh_std", "ssh_sample", "ssh_observed"} <= set(maps.ssh.attrs["ancillary_variables"].split())
    assert float(maps.ssh_std.mean()) > 0


def test_errors_name_the_cure(ds, small_twin, small_model):
    with pytest.raises(ValueError, match=r"all members would be equal: expected obs_error= or models=\. Pass obs_err"):
        Ensemble().reconstruct(ds, Times("y", 1.0))
    with pytest.raises(ValueError, match=r"members=1, .* expected 2 members or more .* Pass e\.g\. members=10"):
        Ensemble(members=1)
    with pytest.raises(ValueError, match=r"obs_error=\(0\.1, 0\.2\): expected one number for all, or one for each of"):
        Ensemble(obs_error=(0.1, 0.2)).reconstruct(ds, Times("y", 1.0))
    with pytest.raises(ValueError, match=r"samples=True requires posterior="):
        xdvn.reconstruct(small_twin, small_model, samples=True)
