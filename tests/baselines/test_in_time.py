"""Interpolation in time against numpy.interp and a loop, and cells without observations."""

import numpy as np
import pytest
import xarray as xr

from xdvn.baselines import LinearInTime, Persistence
from xdvn.grid.mean import MeanField


def dataset(seed=0, share=0.3, shape=(15, 4, 5)):
    """Return a gappy random field at uneven times; one cell has no observation, one has a single one."""
    rng = np.random.default_rng(seed)
    values = np.where(rng.random(shape) < share, rng.normal(size=shape), np.nan)
    values[:, 1, 2], values[:, 0, 0], values[7, 0, 0] = np.nan, np.nan, 5.0
    time = np.cumsum(rng.integers(1, 5, shape[0])).astype(np.float64)
    coords = {"time": time, "lat": 30.0 + np.arange(shape[1]), "lon": np.arange(float(shape[2]))}
    return xr.Dataset({"sst": (("time", "lat", "lon"), values, {"units": "K"})}, coords)


def test_linear_equals_numpy_interp():
    ds = dataset()
    maps = LinearInTime("sst").reconstruct(ds).sst
    for y, x in np.ndindex(4, 5):
        cell = ds.sst.values[:, y, x]
        observed = np.isfinite(cell)
        if observed.any():
            expected = np.interp(ds.time, ds.time[observed], cell[observed])
            np.testing.assert_allclose(maps[:, y, x], expected, atol=1e-12)
    np.testing.assert_allclose(maps[:, 1, 2], float(ds.sst.mean()))
    np.testing.assert_allclose(maps[:, 0, 0], 5.0)
    assert maps.attrs["units"] == "K"


@pytest.mark.parametrize("damping", [None, 4.0])
def test_persistence_by_a_loop(damping):
    ds = dataset()
    mean = MeanField(np.array([[2.0, 3.0]]), (np.zeros(1), np.array([0.0, 4.0])))
    maps = Persistence("sst", "last", mean, damping).reconstruct(ds)["last"].values
    for y, x in np.ndindex(4, 5):
        m, last = 2 + x / 4, None
        for i, t in enumerate(ds.time.values):
            if np.isfinite(ds.sst.values[i, y, x]):
                last = t, ds.sst.values[i, y, x]
            expected = m
            if last is not None:
                expected = m + (last[1] - m) * (1 if damping is None else np.exp(-(t - last[0]) / damping))
            assert np.isclose(maps[i, y, x], expected)


def test_persistence_uses_no_later_observations():
    ds = dataset()
    mean = MeanField(np.zeros((1, 1)), (np.zeros(1), np.zeros(1)))
    mapper = Persistence("sst", mean=mean)
    early = mapper.reconstruct(ds.isel(time=slice(0, 9))).sst
    xr.testing.assert_equal(mapper.reconstruct(ds).sst.isel(time=slice(0, 9)), early)
    assert not early.isnull().any()


@pytest.mark.parametrize("mapper", [LinearInTime("sst"), Persistence("sst", damping=5.0)])
@pytest.mark.parametrize(
    "change",
    [
        lambda ds: ds.transpose("lon", "time", "lat"),
        lambda ds: ds.isel(lat=slice(None, None, -1)),
        lambda ds: ds.isel(time=[3, 0, 1, 14, 2, *range(4, 14)]),
        lambda ds: ds.chunk({"time": 4, "lon": 2}),
        lambda ds: ds.assign_coords(time=np.datetime64("2020-01-01") + (24 * ds.time.values).astype("timedelta64[h]")),
    ],
    ids=["order", "southward", "unsorted times", "dask", "dates"],
)
def test_layout_changes_nothing(mapper, change):
    ds = dataset()
    changed = change(ds)
    before = changed.copy(deep=True)
    maps = mapper.reconstruct(changed).sst
    assert maps.dims == changed.sst.dims
    xr.testing.assert_identical(changed, before)
    back = maps.sortby(["time", "lat"]).transpose("time", "lat", "lon")
    np.testing.assert_allclose(back, mapper.reconstruct(ds).sst, atol=1e-12)


def test_errors_name_the_cure():
    with pytest.raises(ValueError, match=r"damping=0\.0: expected a positive time in days\. Pass e\.g\. 10\.0"):
        Persistence("sst", damping=0.0)
    for mapper in (LinearInTime("sst"), Persistence("sst")):
        with pytest.raises(ValueError, match="every value is missing"):
            mapper.reconstruct(dataset() * np.nan)
