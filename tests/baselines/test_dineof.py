"""DINEOF: the published fixed point, exact recovery, the number of modes, and cells without observations."""

import numpy as np
import pytest
import xarray as xr

from xdvn.baselines import Dineof
from xdvn.baselines.dineof import _truncated
from xdvn.grid.axes import find_axes
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.training import RandomPoints

ZERO = MeanField(np.zeros((1, 1)), (np.zeros(1), np.zeros(1)))


def low_rank(rank=3, shape=(20, 9, 10), missing=0.3, noise=0.0, seed=0):
    """Return a sum of ``rank`` modes with random gaps; one cell and one time have no observation."""
    rng = np.random.default_rng(seed)
    modes = rng.normal(size=(rank, *shape[1:])) * np.linspace(2, 1, rank)[:, None, None]
    field = np.tensordot(rng.normal(size=(shape[0], rank)), modes, axes=1)
    observed = rng.random(shape) > missing
    observed[:, shape[1] // 2, shape[2] // 2] = observed[shape[0] // 2] = False
    obs = np.where(observed, field + noise * rng.normal(size=shape), np.nan)
    coords = {"time": np.arange(float(shape[0])), "lat": np.arange(float(shape[1])), "lon": np.arange(float(shape[2]))}
    dims = ("time", "lat", "lon")
    return xr.Dataset({"sst": (dims, field), "sst_obs": (dims, obs, {"units": "degC"})}, coords)


def textbook(obs, modes, tolerance=1e-12, steps=20000):
    """Replace missing values by the truncated SVD until they converge, mode after mode (Beckers & Rixen 2003)."""
    missing = np.isnan(obs)
    x = np.where(missing, 0.0, obs)
    for n in range(1, modes + 1):
        for _ in range(steps):
            u, s, vt = np.linalg.svd(x, full_matrices=False)
            filled = (u[:, :n] * s[:n]) @ vt[:n]
            change = np.abs(filled - x)[missing].max()
            x = np.where(missing, filled, obs)
            if change < tolerance:
                break
    return x


@pytest.mark.parametrize("shape", [(8, 6, 6), (40, 3, 4)], ids=["more cells", "more times"])
def test_the_published_fixed_point(shape):
    ds = low_rank(2, shape, noise=0.3)
    obs = ds.sst_obs.values.reshape(ds.sizes["time"], -1)
    cells = np.isfinite(obs).any(0)
    expected = textbook(obs[:, cells].T, 2)
    dineof = Dineof("sst_obs", modes=2, mean=ZERO, tolerance=1e-12, max_iterations=20000)
    maps = dineof.reconstruct(ds, progress=False).sst_obs.values.reshape(obs.shape)
    np.testing.assert_allclose(maps[:, cells].T, expected, atol=1e-8)
    assert not maps[:, ~cells].any()


def test_a_low_rank_field_is_recovered_exactly():
    ds = low_rank(3)
    dineof = Dineof("sst_obs", "filled", modes=3, mean=ZERO, tolerance=1e-11, max_iterations=5000)
    maps = dineof.reconstruct(ds, progress=False).filled
    part = np.ones(ds.sst.shape, bool)
    part[:, 4, 5] = part[10] = False
    np.testing.assert_allclose(maps.values[part], ds.sst.values[part], atol=1e-7)
    assert np.abs(maps.values[~part]).max() < 1e-12, "unobserved cells and times get the mean"


@pytest.mark.parametrize("rank", [1, 2, 4])
def test_cross_validation_finds_the_number_of_modes(rank):
    ds = low_rank(rank, (30, 12, 12), noise=0.05)
    maps = Dineof("sst_obs", mean=ZERO, holdout=RandomPoints(0.05), tolerance=1e-5).reconstruct(ds, progress=False)
    assert maps.sst_obs.attrs["modes"] == rank
    again = Dineof("sst_obs", mean=ZERO, holdout=RandomPoints(0.05), tolerance=1e-5).reconstruct(ds, progress=False)
    xr.testing.assert_identical(maps, again)


def test_observations_are_unchanged_and_the_mean_is_that_of_the_observations():
    ds = low_rank(2, noise=0.1) + 7.0
    maps = Dineof("sst_obs", modes=2).reconstruct(ds, progress=False).sst_obs
    observed = ds.sst_obs.notnull()
    np.testing.assert_allclose(maps.values[observed], ds.sst_obs.values[observed], atol=1e-12)
    np.testing.assert_allclose(maps[:, 4, 5], float(ds.sst_obs.mean()))
    front = MeanField(np.arange(10.0)[None], (np.zeros(1), np.arange(10.0)))
    flat = (ds - 7.0).assign(sst_obs=ds.sst_obs - 7.0)
    moved = flat.assign(sst_obs=flat.sst_obs + flat.lon)
    anomalies = Dineof("sst_obs", modes=2, mean=ZERO).reconstruct(flat, progress=False).sst_obs
    with_front = Dineof("sst_obs", modes=2, mean=front).reconstruct(moved, progress=False).sst_obs
    np.testing.assert_allclose(with_front - flat.lon, anomalies, atol=1e-10)


@pytest.mark.parametrize(
    "change",
    [
        lambda ds: ds.transpose("lon", "time", "lat"),
        lambda ds: ds.isel(lat=slice(None, None, -1)),
        lambda ds: ds.chunk({"time": 5}),
    ],
    ids=["order", "southward", "dask"],
)
def test_layout_changes_nothing(change):
    ds = low_rank(2, noise=0.1)
    dineof = Dineof("sst_obs", modes=2)
    maps = dineof.reconstruct(change(ds), progress=False).sst_obs
    assert maps.dims == change(ds).sst_obs.dims
    assert maps.attrs["units"] == "degC"
    back = maps.sortby("lat").transpose("time", "lat", "lon")
    np.testing.assert_allclose(back, dineof.reconstruct(ds, progress=False).sst_obs, atol=1e-8)


def test_land_is_not_used_and_is_nan():
    ds = low_rank(2)
    ds["sst_obs"] = ds.sst_obs.where(ds.lon > 2)
    dineof = Dineof("sst_obs", modes=2, land=LandMask.from_data(ds.sst_obs, find_axes(ds.sst_obs)))
    maps = dineof.reconstruct(ds, progress=False).sst_obs
    assert np.array_equal(maps.isnull().all("time"), ds.sst_obs.isnull().all("time"))
    east = dineof.reconstruct(ds.sel(lon=slice(3, None)), progress=False).sst_obs
    xr.testing.assert_allclose(maps.sel(lon=slice(3, None)), east)


@pytest.mark.parametrize("shape", [(7, 30), (30, 7)])
def test_truncation_is_the_nearest_matrix_of_its_rank(shape):
    x = np.random.default_rng(0).normal(size=shape)
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    np.testing.assert_allclose(_truncated(x, 3), (u[:, :3] * s[:3]) @ vt[:3], atol=1e-12)
    np.testing.assert_allclose(_truncated(x, 7), x, atol=1e-12)


def test_convergence_is_reported():
    ds = low_rank(3, noise=0.3)
    attrs = Dineof("sst_obs", modes=3, tolerance=1e-3).reconstruct(ds, progress=False).sst_obs.attrs
    assert attrs["last_change"] < 1e-3
    assert 1 < attrs["iterations"] < 500
    message = "DINEOF with 3 modes has not converged: after 2 iterations .* expected less than 0.001. Increase"
    with pytest.warns(RuntimeWarning, match=message):
        Dineof("sst_obs", modes=3, max_iterations=2).reconstruct(ds, progress=False)
    full = ds.assign(sst_obs=ds.sst)
    xr.testing.assert_allclose(
        Dineof("sst_obs", modes=3).reconstruct(full, progress=False).sst_obs, ds.sst.rename("sst_obs")
    )


def test_errors_name_the_cure():
    with pytest.raises(ValueError, match=r"modes=0, .* expected positive numbers\. Pass e\.g\. modes=5"):
        Dineof("sst_obs", modes=0)
    with pytest.raises(ValueError, match=r"tolerance=0\.0: expected positive"):
        Dineof("sst_obs", tolerance=0.0)
    message = "modes=30: expected at most 20, since 'sst_obs' has 20 times and 89 observed cells. Use fewer modes"
    with pytest.raises(ValueError, match=message):
        Dineof("sst_obs", modes=30).reconstruct(low_rank(), progress=False)
    with pytest.raises(ValueError, match="every value is missing"):
        Dineof("sst_obs").reconstruct(low_rank() * np.nan)
