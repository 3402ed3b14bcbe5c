import numpy as np
import pytest
import xarray as xr

from xdvn.plot.selection import pick


def test_the_nearest_instant_is_selected(ssh):
    layer = pick(ssh, "2012-10-25T06:00")
    assert layer.when == "2012-10-25"
    np.testing.assert_array_equal(layer.values, ssh.values[3])
    np.testing.assert_array_equal(pick(ssh).values, ssh.values[2])  # the middle of the time series


def test_order_of_dimensions_does_not_matter(ssh):
    np.testing.assert_array_equal(pick(ssh.transpose("lon", "time", "lat"), "2012-10-25").values, ssh.values[3])


def test_a_single_instant_needs_no_time_axis(ssh):
    day = ssh.isel(time=1)
    assert pick(day).when == "2012-10-23"
    np.testing.assert_array_equal(pick(day.drop_vars("time")).values, ssh.values[1])


def test_titles_contain_hours_except_midnight_and_noon(ssh):
    assert pick(ssh.assign_coords(time=ssh.time + np.timedelta64(90, "m")), "2012-10-22").when == "2012-10-22 13:30"


@pytest.mark.parametrize("start", [-190.0, 170.0])
def test_longitudes_across_the_date_line_stay_together(ssh, start):
    lon = start + np.arange(ssh.sizes["lon"]) * 2
    for convention in (lon, lon % 360, (lon + 180) % 360 - 180):
        layer = pick(ssh.assign_coords(lon=convention))
        np.testing.assert_allclose(layer.x, lon - lon.mean())
        assert layer.centre % 360 == pytest.approx(lon.mean() % 360)


def test_the_extent_is_half_a_cell_beyond_the_centres_and_within_the_poles():
    lat, lon = np.arange(-90, 91, 1.0), np.arange(0, 360, 1.0)
    layer = pick(xr.DataArray(np.zeros((181, 360)), {"lat": lat, "lon": lon}, ("lat", "lon")))
    assert layer.extent == (-180, 180, -90, 90)
    regional = pick(xr.DataArray(np.zeros((3, 3)), {"lat": [1.0, 2, 3], "lon": [5.0, 7, 9]}, ("lat", "lon")))
    assert regional.extent == (-3, 3, 0.5, 3.5)


def test_two_dimensional_coordinates_are_found(ssh):
    lat, lon = np.meshgrid(ssh.lat, ssh.lon, indexing="ij")
    curved = (
        ssh.rename(lat="y", lon="x")
        .drop_vars(["y", "x"])
        .assign_coords(nav_lat=(("y", "x"), lat + lon / 50), nav_lon=(("y", "x"), lon))
    )
    layer = pick(curved.transpose("x", "time", "y", transpose_coords=False))
    np.testing.assert_allclose(layer.y, lat + lon / 50)
    np.testing.assert_array_equal(layer.values, ssh.values[2])


def test_a_plane_has_no_longitudes(ssh):
    plane = xr.DataArray(
        ssh.values[0], {"y": np.arange(10.0), "x": ("x", np.arange(12.0), {"units": "km"})}, ("y", "x")
    )
    layer = pick(plane)
    assert layer.centre is None
    assert layer.names == ("x [km]", "y")


def test_only_one_instant_is_computed(ssh):
    computed = []
    lazy = ssh.chunk(time=1).map_blocks(lambda block: block)
    lazy.data = lazy.data.map_blocks(lambda b: computed.append(1) or b, dtype=float, meta=np.empty((0, 0, 0)))
    pick(lazy)
    assert len(computed) == 1


def test_data_without_two_horizontal_dimensions_or_with_gaps_are_refused(ssh):
    with pytest.raises(
        ValueError, match=r"'ssh' has the horizontal dimensions \['lat'\]: expected two. Draw a section"
    ):
        pick(ssh.isel(lon=0, drop=True))
    with pytest.raises(ValueError, match=r"has another dimension 'depth'. Select one level with da.isel\(depth=0\)"):
        pick(ssh.expand_dims(depth=[0.0, 10.0]))
    gaps = ssh.lon.where(ssh.lon < -62)
    curved = ssh.rename(lon="x").assign_coords(lon=(("lat", "x"), np.tile(gaps, (ssh.sizes["lat"], 1)))).drop_vars("x")
    with pytest.raises(ValueError, match=r"'ssh' have gaps \(NaN\). Fill them, .*interpolate_na"):
        pick(curved)


def test_an_instant_is_a_date_or_a_position(ssh):
    np.testing.assert_array_equal(pick(ssh, 3).values, ssh.values[3])
    np.testing.assert_array_equal(pick(ssh, -1).values, ssh.values[4])
    model = ssh.convert_calendar("360_day", align_on="date", use_cftime=True)
    layer = pick(model, "2012-10-25")
    np.testing.assert_array_equal(layer.values, ssh.values[3])
    assert layer.when == "2012-10-25"
    with pytest.raises(ValueError, match="Use the nearest, time='2012-10-26'"):
        pick(ssh, "2013-01-01")


def test_a_grid_of_rows_and_columns_in_two_dimensions_is_a_grid_of_two_axes(ssh):
    lat, lon = np.meshgrid(ssh.lat, (ssh.lon + 240) % 360, indexing="ij")
    plain = ssh.assign_coords(lon=(ssh.lon + 240) % 360)
    full = (
        ssh.rename(lat="y", lon="x").drop_vars(["y", "x"]).assign_coords(lat=(("y", "x"), lat), lon=(("y", "x"), lon))
    )
    a, b = pick(plain), pick(full)
    np.testing.assert_array_equal(a.x, b.x)
    np.testing.assert_array_equal(a.y, b.y)
    assert a.centre == b.centre


def test_a_single_depth_is_selected(ssh):
    np.testing.assert_array_equal(pick(ssh.expand_dims(depth=[5.0])).values, ssh.values[2])


def test_points_and_empty_maps_are_refused(ssh):
    with pytest.raises(ValueError, match=r"'ssh' has the dimensions \('time',\): .* Draw points with xdvn.plot.tracks"):
        pick(ssh.isel(lat=0, lon=0))
    with pytest.raises(ValueError, match="'ssh' has no cell along 'lat': expected one or more. Check the selection"):
        pick(ssh.sel(lat=slice(50, 60)))
