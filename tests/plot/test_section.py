import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import QuadMesh
from matplotlib.dates import date2num

from xdvn.plot.section import section


def mesh_of(ax):
    (mesh,) = [artist for artist in ax.get_children() if isinstance(artist, QuadMesh)]
    return mesh


def centres(mesh):
    """Return the horizontal and vertical positions of the cells of a mesh of two axes."""
    corners = mesh.get_coordinates()
    x, y = corners[0, :, 0], corners[:, 0, 1]
    return (x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2


def test_a_hovmoller_diagram_has_longitude_across_and_time_upward(ssh):
    ax = section(ssh.isel(lat=4))
    ax.figure.savefig(io.BytesIO(), dpi=40)
    x, y = centres(mesh_of(ax))
    np.testing.assert_allclose(x % 360, ssh.lon % 360)
    np.testing.assert_allclose(y, date2num(ssh.time.values))
    np.testing.assert_array_equal(mesh_of(ax).get_array(), ssh.isel(lat=4))
    assert ax.get_xlabel() == "longitude"
    assert ax.get_title() == "lat 36"
    assert ax.child_axes[0].get_ylabel() == "Sea surface height [m]"


def test_latitude_is_upward_and_depth_downward(ssh):
    along_lat = section(ssh.isel(lon=[3]).transpose("time", "lon", "lat"))
    np.testing.assert_array_equal(mesh_of(along_lat).get_array(), ssh.isel(lon=3).transpose("lat", "time"))
    assert along_lat.get_ylabel() == "latitude"
    depth = xr.DataArray([0.0, 10, 30, 60], dims="depth", attrs={"units": "m", "positive": "down"})
    profile = xr.DataArray(np.arange(20.0).reshape(5, 4), {"time": ssh.time, "depth": depth}, ("time", "depth"), "t")
    ax = section(profile)
    np.testing.assert_array_equal(mesh_of(ax).get_array(), profile.T)
    assert ax.yaxis_inverted()
    line = section(profile, time=1)
    np.testing.assert_array_equal(line.get_lines()[0].get_xydata(), np.stack([profile[1], depth], 1))
    assert line.yaxis_inverted()


@pytest.mark.parametrize("convention", [lambda lon: lon, lambda lon: lon % 360, lambda lon: (lon + 180) % 360 - 180])
@pytest.mark.parametrize("order", [np.arange(12), np.arange(12)[::-1], np.random.default_rng(0).permutation(12)])
def test_longitudes_across_the_date_line_are_contiguous(ssh, convention, order):
    lon = 174.0 + np.arange(12)
    moved = ssh.isel(lat=4).assign_coords(lon=convention(lon)).isel(lon=order)
    x, _ = centres(mesh := mesh_of(section(moved)))
    np.testing.assert_allclose(np.abs(np.diff(x)), 1, atol=1e-9)
    np.testing.assert_allclose(x % 360, lon[:: int(np.sign(x[1] - x[0]))] % 360, atol=1e-9)
    by_column = {round(a % 360): column for a, column in zip(x, mesh.get_array().T, strict=True)}
    for a, column in zip(lon, ssh.isel(lat=4).values.T, strict=True):
        np.testing.assert_array_equal(by_column[round(a % 360)], column)


def test_missing_days_are_not_painted(ssh):
    long = xr.concat([ssh.isel(lat=4), ssh.isel(lat=4).assign_coords(time=ssh.time + np.timedelta64(20, "D"))], "time")
    mesh = mesh_of(section(long))
    values = mesh.get_array()
    assert values.shape == (11, 12)
    assert values.mask[5].all()
    assert not np.delete(values.mask, 5, axis=0).any()
    edges = mesh.get_coordinates()[:, 0, 1] - date2num(ssh.time.values[0])
    np.testing.assert_allclose(edges, [*np.arange(-0.5, 5), *np.arange(19.5, 25)])


def test_a_time_series_of_one_cell_is_a_line(ssh):
    ax = section(ssh.isel(lat=[2], lon=[3]))
    np.testing.assert_array_equal(ax.get_lines()[0].get_ydata(), ssh.isel(lat=2, lon=3))
    np.testing.assert_array_equal(ax.get_lines()[0].get_xdata(), date2num(ssh.time.values))
    assert ax.get_ylabel() == "Sea surface height [m]"
    assert ax.get_title() == "lat 35, lon -64.5"


def test_a_value_between_gaps_has_a_marker(ssh):
    series = xr.DataArray(np.full(100, np.nan), {"time": np.arange(100.0)}, ("time",), "v")
    series[40] = 2.0
    (line,) = section(series).get_lines()
    assert line.get_marker() == "."
    dense = section(series.fillna(1.0))
    assert dense.get_lines()[0].get_marker() in ("", "None")


def test_a_calendar_of_a_model_has_the_same_diagram(ssh):
    model = ssh.convert_calendar("noleap", use_cftime=True)
    expected, got = (centres(mesh_of(section(da.isel(lat=4)))) for da in (ssh, model))
    np.testing.assert_array_equal(got[1], expected[1])


def test_an_empty_section_has_a_note_and_infinite_values_are_masked(ssh):
    ax = section(ssh.isel(lat=4) * np.nan)
    assert "no finite values" in [text.get_text() for text in ax.texts]
    infinite = ssh.isel(lat=4).where(ssh.lon < -63, np.inf)
    mesh = mesh_of(section(infinite))
    np.testing.assert_array_equal(mesh.get_array().mask, np.isinf(infinite))
    assert np.isfinite(mesh.get_clim()).all()


def test_given_axes_limits_and_periods_are_used(ssh):
    own = plt.figure().add_subplot()
    period = slice("2012-10-23", "2012-10-24")
    assert section(ssh.isel(lat=4), own, time=period, limits=(0, 1), cmap="plasma", colour_bar=False) is own
    assert mesh_of(own).get_clim() == (0, 1)
    assert mesh_of(own).get_array().shape == (2, 12)
    assert not own.child_axes


def test_maps_and_single_values_are_refused(ssh):
    with pytest.raises(ValueError, match=r"'ssh' has the dimensions \('time', 'lat', 'lon'\): expected one or two"):
        section(ssh)
    with pytest.raises(ValueError, match=r"'ssh' has one value: expected one or two dimensions. Select a period"):
        section(ssh.isel(lat=0, lon=0), time=0)
    with pytest.raises(ValueError, match=r"'ssh' has the shape \(0, 12\): expected one value or more"):
        section(ssh.isel(lat=0, time=slice(0)))
