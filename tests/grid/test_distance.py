"""Distances to observations against brute force over all pairs, on the sphere and in planes, in every layout."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.grid.distance import distance_to_observations

R = 6371.0


def tracks(seed=0, shape=(7, 9, 11), share=0.06, lat0=50.0):
    observed = np.random.default_rng(seed).random(shape) < share
    observed[2] = False
    coords = {
        "time": pd.date_range("2020-01-01", periods=shape[0]),
        "lat": ("lat", lat0 + 0.5 * np.arange(shape[1]), {"units": "degrees_north"}),
        "lon": ("lon", 175 + 1.0 * np.arange(shape[2]), {"units": "degrees_east"}),
    }
    return xr.DataArray(observed, coords, ("time", "lat", "lon"), name="observed")


def haversine(da):
    lat, lon = (np.deg2rad(a).ravel() for a in np.meshgrid(da.lat, da.lon, indexing="ij"))
    s = np.sin((lat[:, None] - lat) / 2) ** 2
    s += np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    return 2 * R * np.arcsin(np.sqrt(s))


def brute(da, within_days=0, within_km=0.0):
    """Compare every cell with every observation."""
    observed, pairs = da.values.reshape(da.shape[0], -1), haversine(da)
    space, time = np.full(observed.shape, np.inf), np.full(observed.shape, np.inf)
    for t in range(observed.shape[0]):
        for s in range(observed.shape[0]):
            points = observed[s]
            if not points.any():
                continue
            if abs(t - s) <= within_days:
                space[t] = np.minimum(space[t], pairs[:, points].min(1))
            close = (pairs[:, points] <= within_km + 1e-9).any(1)
            time[t] = np.where(close, np.minimum(time[t], abs(t - s)), time[t])
    return [np.where(np.isfinite(a), a, np.nan).reshape(da.shape) for a in (space, time)]


@pytest.mark.parametrize(("within_days", "within_km"), [(0, 0.0), (1, 0.0), (0, 90.0), (2, 150.0)])
def test_equals_brute_force(within_days, within_km):
    da = tracks()
    ours = distance_to_observations(da, within_days=within_days, within_km=within_km)
    space, time = brute(da, within_days, within_km)
    np.testing.assert_allclose(ours.distance_in_space, space, atol=1e-3)
    np.testing.assert_allclose(ours.distance_in_time, time)
    assert bool((ours.distance_in_space.where(da) == 0).sum() == da.sum())
    if within_days == 0:
        assert bool(ours.distance_in_space[2].isnull().all())
    assert bool(ours.distance_in_time.isnull().any()) == np.isnan(time).any()


def test_layout_and_attributes():
    da = tracks(1)
    expected = distance_to_observations(da)
    for change in (
        lambda d: d.transpose("lon", "time", "lat"),
        lambda d: d.isel(lat=slice(None, None, -1), time=slice(None, None, -1)),
        lambda d: d.chunk(time=2),
        lambda d: d.assign_coords(lon=("lon", (d.lon.values + 180) % 360 - 180, {"units": "degrees_east"})),
    ):
        other = change(da)
        ours = distance_to_observations(other)
        for name in expected:
            assert ours[name].dims == other.dims
            aligned = ours[name].sortby(["time", "lat"]).transpose("time", "lat", "lon")
            np.testing.assert_allclose(aligned, expected[name], atol=1e-3)
    assert expected.distance_in_space.attrs == {"units": "km", "long_name": "distance to the nearest observation"}
    assert "within 2 days" in distance_to_observations(da, within_days=2).distance_in_space.attrs["long_name"]
    assert expected.distance_in_time.attrs["units"] == "day"


def test_uneven_times_and_planes():
    da = tracks(2).assign_coords(time=[0.0, 1.0, 1.5, 4.0, 9.0, 9.5, 30.0])
    da[:] = False
    da[1, 3, 3] = da[4, 3, 3] = True
    ours = distance_to_observations(da).distance_in_time.sel(lat=51.5, lon=178)
    np.testing.assert_allclose(ours, [1, 0, 0.5, 3, 0, 0.5, 21])
    plane = da.assign_coords(
        lat=("lat", 3000.0 * np.arange(9), {"units": "m"}), lon=("lon", 4.0 * np.arange(11), {"units": "km"})
    )
    ours = distance_to_observations(plane, dims={"Y": "lat", "X": "lon"}).distance_in_space[1]
    assert float(ours[4, 4]) == pytest.approx(5.0)
    section = da.isel(lon=3, drop=True)
    assert float(distance_to_observations(section).distance_in_space[1, 5]) == pytest.approx(111.195, abs=0.01)


def test_curvilinear_grids_have_the_distances_of_regular_ones():
    """Compare a regular grid with two-dimensional coordinates, also rotated about the axis of the Earth."""
    da = tracks(3)
    lat, lon = np.meshgrid(da.lat, da.lon, indexing="ij")
    for turn in (0.0, 40.0):
        curved = da.rename(lat="y", lon="x").drop_vars(["y", "x"])
        curved = curved.assign_coords(nav_lat=(("y", "x"), lat), nav_lon=(("x", "y"), (lon + turn).T))
        ours = distance_to_observations(curved, within_km=90, dims={"Y": "y", "X": "x"})
        expected = distance_to_observations(da, within_km=90)
        np.testing.assert_allclose(ours.distance_in_space, expected.distance_in_space, atol=1e-3)
        np.testing.assert_array_equal(ours.distance_in_time, expected.distance_in_time)


def test_wrong_arguments_raise_an_error():
    da = tracks()
    with pytest.raises(ValueError, match=r"dtype float64: expected booleans. .*notnull"):
        distance_to_observations(da.astype(float))
    with pytest.raises(ValueError, match="within_days=-1, within_km=0: expected 0 or more"):
        distance_to_observations(da, within_days=-1)
    index = da.rename(lat="j", lon="i").assign_coords(j=range(9), i=range(11))
    with pytest.raises(ValueError, match="expected degrees, m or km"):
        distance_to_observations(index, dims={"Y": "j", "X": "i"})
