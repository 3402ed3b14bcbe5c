"""Cell means and offsets against pandas and a linear field, and the edges of cells."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.tracks import bin_points

NOON = pd.date_range("2012-10-01T12:00", periods=4)
GRID = xr.Dataset(
    coords={"time": NOON, "lat": np.round(33 + 0.2 * np.arange(6), 9), "lon": np.round(-65 + 0.2 * np.arange(7), 9)}
)


def points(n: int = 500, seed: int = 0) -> xr.DataArray:
    random = np.random.default_rng(seed)
    time = np.datetime64("2012-10-01", "ns") + random.integers(0, 4 * 86400, n).astype("timedelta64[s]")
    coords = {"time": time, "lat": random.uniform(32.9, 34.1, n), "lon": random.uniform(-65.1, -63.7, n)}
    coords = {name: ("point", values) for name, values in coords.items()}
    return xr.DataArray(random.normal(size=n), dims="point", coords=coords, name="ssh_obs", attrs={"units": "m"})


def test_means_and_offsets_equal_those_of_pandas():
    obs = points()
    table = obs.to_dataframe().reset_index()
    table["t"] = (table.time - pd.Timestamp("2012-10-01")).dt.days
    table["i"], table["j"] = ((table.lat - 32.9) // 0.2).astype(int), ((table.lon + 65.1) // 0.2).astype(int)
    mean = table.groupby(["t", "i", "j"])[["ssh_obs", "time", "lat", "lon"]].mean()
    cells = bin_points(obs, GRID)
    assert int(cells.ssh_obs.notnull().sum()) == len(mean)
    t, i, j = (mean.index.get_level_values(k).values for k in ("t", "i", "j"))
    np.testing.assert_allclose(cells.ssh_obs.values[t, i, j], mean.ssh_obs, atol=1e-6)
    expected = {
        "time": (mean.time - NOON[t]) / pd.Timedelta("1D"),
        "lat": (mean.lat - GRID.lat.values[i]) / 0.2,
        "lon": (mean.lon - GRID.lon.values[j]) / 0.2,
    }
    for dim, offset in expected.items():
        np.testing.assert_allclose(cells[f"ssh_obs_offset_{dim}"].values[t, i, j], offset, atol=1e-5)


def test_offsets_reproduce_the_measurements_of_a_linear_field():
    obs = points()
    days = (obs.time - NOON.values[0]) / np.timedelta64(1, "D")
    obs = (3 * obs.lat - 2 * obs.lon + 0.5 * days).rename("y")
    cells = bin_points(obs, GRID)
    day = (cells.time - NOON.values[0]) / np.timedelta64(1, "D")
    centre = 3 * cells.lat - 2 * cells.lon + 0.5 * day
    at_offset = centre + 3 * 0.2 * cells.y_offset_lat - 2 * 0.2 * cells.y_offset_lon + 0.5 * cells.y_offset_time
    np.testing.assert_allclose(cells.y, at_offset.where(cells.y.notnull()).transpose(*cells.y.dims), atol=1e-4)


def test_a_day_with_a_time_of_noon_is_the_calendar_day():
    time = np.array(["2012-10-02T00:00:00", "2012-10-02T23:59:59", "2012-10-03T00:00:00"], "datetime64[ns]")
    coords = {"time": ("point", time), "lat": ("point", np.full(3, 33.2)), "lon": ("point", np.full(3, -64.6))}
    cells = bin_points(xr.DataArray([1.0, 2.0, 9.0], dims="point", coords=coords, name="y"), GRID)
    assert cells.y.values[1:3, 1, 2].tolist() == [1.5, 9.0]


def test_order_and_direction_of_axes_do_not_matter():
    obs = points()
    usual = bin_points(obs, GRID)
    turned = GRID.isel(lat=slice(None, None, -1))
    cells = bin_points(obs, xr.DataArray(np.zeros((7, 4, 6)), dims=("lon", "time", "lat"), coords=turned.coords))
    assert cells.ssh_obs.dims == ("lon", "time", "lat")
    back = cells.isel(lat=slice(None, None, -1)).transpose("time", "lat", "lon")
    np.testing.assert_allclose(back.ssh_obs, usual.ssh_obs, atol=1e-6)
    np.testing.assert_allclose(back.ssh_obs_offset_lat, usual.ssh_obs_offset_lat, atol=1e-5)


def test_missing_and_distant_points_are_skipped():
    obs = points(50)
    obs[:10] = np.nan
    far = obs.assign_coords(lat=obs.lat.where(np.arange(50) < 20, 60.0))
    cells = bin_points(far, GRID)
    assert cells.equals(bin_points(obs[10:20], GRID))


def test_maps_of_no_points_are_nan():
    assert bool(bin_points(points()[:0], GRID).ssh_obs.isnull().all())


def test_attributes_and_types():
    cells = bin_points(points(), GRID)
    assert cells.ssh_obs.attrs["units"] == "m"
    assert cells.ssh_obs.attrs["ancillary_variables"].split() == [f"ssh_obs_offset_{d}" for d in GRID.dims]
    assert all(v.dtype == np.float32 for v in cells.data_vars.values())
    offsets = cells.drop_vars("ssh_obs").to_array()
    assert float(abs(offsets).max()) <= 0.5
    assert all(cells[v].attrs["units"] == "1" for v in cells.data_vars if "offset" in str(v))


def test_points_need_a_name_and_coordinates():
    with pytest.raises(ValueError, match=r"no name: expected one .*points.rename\('ssh_obs'\)"):
        bin_points(points().rename(None), GRID)
    with pytest.raises(ValueError, match=r"lack the coordinates \['lat'\]. Add them"):
        bin_points(points().drop_vars("lat"), GRID)


def test_points_outside_the_grid_raise_an_error_with_both_ranges():
    with pytest.raises(ValueError, match=r"none of the 500 points.*lon 34.*Select the same period"):
        bin_points(points().pipe(lambda p: p.assign_coords(lon=p.lon + 100)), GRID)


def test_conventions_of_longitude_may_differ():
    expected = bin_points(points(), GRID)
    xr.testing.assert_identical(bin_points(points().pipe(lambda p: p.assign_coords(lon=p.lon + 360)), GRID), expected)


@pytest.mark.parametrize("grid", ["as stored", "sorted"])
@pytest.mark.parametrize("middle", [0.0, 180.0])
def test_a_grid_across_the_cut_of_longitudes(middle, grid):
    """All measurements are used, whichever convention the grid and the measurements have."""
    turn = middle - float(GRID.lon.mean())
    expected = bin_points(
        points().pipe(lambda p: p.assign_coords(lon=p.lon + turn)), GRID.assign_coords(lon=GRID.lon + turn)
    )
    for wrap in (lambda x: x % 360, lambda x: (x + 180) % 360 - 180):
        across = GRID.assign_coords(lon=wrap(GRID.lon + turn))
        across = across.sortby("lon") if grid == "sorted" else across
        for wrap_points in (lambda x: x % 360, lambda x: (x + 180) % 360 - 180):
            ours = bin_points(
                points().pipe(lambda p, wrap=wrap_points: p.assign_coords(lon=wrap(p.lon + turn))), across
            )
            np.testing.assert_array_equal(ours.lon, across.lon)
            aligned = ours.assign_coords(lon=(ours.lon - expected.lon[0] + 1) % 360).sortby("lon")
            np.testing.assert_allclose(aligned.ssh_obs, expected.ssh_obs, atol=1e-6)
            np.testing.assert_allclose(aligned.ssh_obs_offset_lon, expected.ssh_obs_offset_lon, atol=1e-6)


def test_longitudes_of_either_convention():
    """On a grid across Greenwich, half of the points have longitudes near 360."""
    grid, obs = (da.assign_coords(lon=da.lon + 64.4) for da in (GRID, points()))
    assert 0.2 < float((obs.lon < 0).mean()) < 0.8
    xr.testing.assert_allclose(bin_points(obs.assign_coords(lon=obs.lon % 360), grid), bin_points(obs, grid))
