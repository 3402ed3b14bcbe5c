"""Every kind of grid and axis has a picture, in which each cell is at its place and nothing covers its neighbours."""

import datetime

import cartopy.crs as ccrs
import cftime
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.collections import QuadMesh

from xdvn import plot
from xdvn.plot.selection import pick
from xdvn.plot.style import choose_colours


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def wave(lat, lon, n=3):
    """Return a field that is a function of position alone, on days at noon."""
    values = np.cos(np.deg2rad(lat))[:, None] * np.sin(np.deg2rad(2 * lon))
    coords = {
        "time": pd.date_range("2000-01-01T12:00", periods=n),
        "lat": ("lat", lat, {"units": "degrees_north"}),
        "lon": ("lon", lon, {"units": "degrees_east"}),
    }
    return xr.DataArray(values * np.ones((n, 1, 1)), coords, ("time", "lat", "lon"), "ssh", {"units": "m"})


def mesh_of(ax) -> QuadMesh:
    (mesh,) = [artist for artist in ax.get_children() if isinstance(artist, QuadMesh)]
    return mesh


def check_cells(ax, da):
    """Each painted cell has the value of the data there, and each value is painted once."""
    corners = mesh_of(ax).get_coordinates()
    middle = 0.25 * (corners[1:, 1:] + corners[:-1, :-1] + corners[1:, :-1] + corners[:-1, 1:])
    centre = ax.projection.proj4_params["lon_0"]
    painted = np.ma.filled(mesh_of(ax).get_array().astype(float), np.nan).reshape(middle.shape[:2])
    finite = np.isfinite(painted)
    lon, lat = middle[..., 0] + centre, middle[..., 1]
    np.testing.assert_allclose(
        painted[finite], (np.cos(np.deg2rad(lat)) * np.sin(np.deg2rad(2 * lon)))[finite], atol=1e-6
    )
    assert finite.sum() == da.isel(time=0).size
    # No cell is wider than the step of the grid.
    widths = np.abs(np.diff(corners[..., 0], axis=1))[:, :][finite[0][None].repeat(len(corners), 0)]
    assert widths.max() < 1.01 * float(np.abs(np.diff(da.lon)).min())


LAT, LON = np.arange(-40.0, 41, 4), np.arange(0.0, 360, 4)


@pytest.mark.parametrize(
    "lon",
    [
        LON[(LON > 300) | (LON < 60)],
        np.sort((LON[(LON > 300) | (LON < 60)] + 180) % 360 - 180),
        (np.arange(160.0, 204, 4) + 180) % 360 - 180,
        np.sort((np.arange(160.0, 204, 4) + 180) % 360 - 180),
        np.arange(40.0, -44, -4) % 360,
        np.array([0.0, 4, 8, 12, 40, 44, 48]),
        np.array([48.0, 44, 40, 12, 8, 4, 0]),
        np.array([8.0, 0, 4, 16, 12, 20]),
        np.array([0.0, 4, 12, 16, 20]),
        np.arange(0, 60, 4, "f4"),
    ],
    ids=[
        "pieces 0 to 360", "sorted", "date line", "date line in pieces", "westward", "hole", "hole westward",
        "unsorted", "one missing", "float32",
    ],
)  # fmt: skip
def test_cells_are_painted_at_their_places(lon):
    da = wave(LAT, lon.astype(float))
    check_cells(plot.field(da.assign_coords(lon=da.lon.astype(lon.dtype)), land=False), da)


def test_both_conventions_give_one_picture():
    lon = LON[(LON > 300) | (LON < 60)]
    pictures = []
    for da in (wave(LAT, lon), wave(LAT, np.sort((lon + 180) % 360 - 180))):
        figure = plot.overview(da.to_dataset())
        figure.canvas.draw()
        pictures.append(np.asarray(figure.canvas.buffer_rgba()))
    assert (pictures[0] == pictures[1]).mean() > 0.999


@pytest.mark.parametrize("part", [{"lat": [8]}, {"lon": [3]}, {"lat": [8], "lon": [3]}])
def test_a_row_a_column_and_a_cell_are_visible(part):
    da = wave(33 + 0.25 * np.arange(20), -60 + 0.25 * np.arange(24)).isel(part)
    figure = plot.overview(da.to_dataset(), land=False)
    figure.canvas.draw()
    (ax,) = [ax for ax in figure.axes if ax.get_title() == "ssh"]
    box = ax.get_window_extent()
    assert min(box.width, box.height) > 5
    x0, x1 = ax.get_xlim()
    assert np.ptp(mesh_of(ax).get_coordinates()[..., 0]) == pytest.approx(x1 - x0, rel=1e-6)


@pytest.mark.parametrize("south", [False, True])
def test_a_grid_around_a_pole(south):
    """Cells of a polar stereographic grid are squares in the plane, with the pole in the middle."""
    plane = ccrs.SouthPolarStereo() if south else ccrs.NorthPolarStereo()
    y, x = np.meshgrid(np.arange(-2e6, 2.1e6, 1e5), np.arange(-1.5e6, 2.1e6, 1e5), indexing="ij")
    places = ccrs.PlateCarree().transform_points(plane, x, y)
    coords = {"lat": (("y", "x"), places[..., 1]), "lon": (("y", "x"), places[..., 0])}
    da = xr.DataArray(x / 1e6, coords, ("y", "x"), "freeboard", {"units": "m"})
    assert pick(da).pole == (-90 if south else 90)
    ax = plot.field(da)
    assert isinstance(ax.projection, ccrs.SouthPolarStereo if south else ccrs.NorthPolarStereo)
    corners = mesh_of(ax).get_coordinates()
    np.testing.assert_allclose(np.diff(corners[..., 0], axis=1), 1e5, rtol=1e-6)
    np.testing.assert_allclose(np.diff(corners[..., 1], axis=0), 1e5, rtol=1e-6)
    x0, x1 = ax.get_xlim()
    assert (x0, x1) == pytest.approx((-1.55e6, 2.05e6), rel=0.02)
    swath = da.isel(y=slice(None, 3), x=slice(None, 12))
    assert pick(swath).pole is None


def test_a_logarithm_has_a_linear_scale():
    names = {"standard_name": "mass_concentration_of_chlorophyll_a_in_sea_water", "units": "mg m-3"}
    chl = xr.DataArray(10.0 ** np.linspace(-1.5, 0.5, 50), dims="x", name="chl", attrs=names)
    assert choose_colours(chl, [chl.values]).log
    for name in ("logchl", "log10_chl", "chl"):
        assert not choose_colours(np.log10(chl).rename(name).assign_attrs(names), [np.log10(chl.values)]).log
    positive = (3 + np.log10(chl)).assign_attrs(names)
    assert not choose_colours(positive.rename("log_chl"), [positive.values]).log
    assert not choose_colours(positive.assign_attrs(long_name="log10 of chlorophyll"), [positive.values]).log
    assert choose_colours(chl.assign_attrs(long_name="chlorophyll climatology"), [chl.values]).log


@pytest.mark.parametrize(
    ("time", "index"),
    [
        ("2000-01-02", 1), (datetime.date(2000, 1, 2), 1), (datetime.datetime(2000, 1, 3, 9), 2), (0, 0), (-1, 2),
        (np.int64(2), 2), (np.datetime64("2000-01-02"), 1), (np.datetime64("2000-01-02T18:00"), 1),
        (pd.Timestamp("2000-01-03"), 1), (cftime.DatetimeNoLeap(2000, 1, 3, 12), 2), ("1999-05-01", 0), (None, 1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("calendar", ["standard", "noleap", "360_day"])
def test_an_instant_is_a_date_or_an_index(time, index, calendar):
    da = wave(LAT, LON[:5]) + xr.DataArray([0.0, 10, 20], dims="time")
    if calendar != "standard":
        dates = xr.date_range("2000-01-01T12:00", periods=3, calendar=calendar, use_cftime=True)
        da = da.assign_coords(time=dates)
    layer = pick(da, time)
    np.testing.assert_allclose(layer.values, da[index].values)
    assert layer.when == f"2000-01-0{index + 1}"


def test_what_is_not_an_instant_raises_an_error():
    da = wave(LAT, LON[:5])
    for time, message in {
        3: "expected an index from 0 to 2",
        (0, 1): "expected one instant",
        "noon": "expected a date. Use time='2000-01-01'",
    }.items():
        with pytest.raises(ValueError, match=message):
            pick(da, time)


def test_one_instant_a_section_a_series_and_a_track():
    ds = wave(33 + 0.25 * np.arange(20), -60 + 0.25 * np.arange(24), n=12).to_dataset()
    (ax,) = [ax for ax in ds.isel(time=3).dvn.plot().axes if ax.get_title() == "ssh"]
    assert mesh_of(ax).get_array().size == 20 * 24
    section = ds.isel(lat=8, drop=True).dvn.plot().axes[0]
    np.testing.assert_allclose(mesh_of(section).get_array(), ds.ssh.isel(lat=8))
    assert (section.get_xlabel(), section.get_ylabel()) == ("lon [degrees_east]", "time")
    edges = mesh_of(section).get_coordinates()[0, :, 0]
    np.testing.assert_allclose(edges[:-1] + 0.125, ds.lon)
    series = ds.isel(lat=8, lon=3, drop=True).dvn.plot().axes[0]
    np.testing.assert_allclose(series.get_lines()[0].get_ydata(), ds.ssh[:, 8, 3])
    points = {
        "time": ("point", ds.time.values),
        "lat": ("point", ds.lat.values[:12]),
        "lon": ("point", ds.lon.values[:12]),
    }
    track = xr.Dataset({"sla": ("point", np.arange(12.0), {"units": "m"})}, points)
    dots = track.dvn.plot(land=False).axes[0].collections[-1]
    np.testing.assert_allclose(dots.get_array(), np.arange(12.0))


def test_fields_without_range_have_a_picture():
    da = wave(LAT, LON[:9])
    for values in (da * np.nan, da * 0 + 3, da.where(da < 0.5, np.inf)):
        figure = plot.overview(values.to_dataset(name="ssh"), land=False)
        figure.canvas.draw()
        assert figure.axes
