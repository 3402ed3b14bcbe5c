import io
import socket

import cartopy.crs as ccrs
import cartopy.feature
import matplotlib.pyplot as plt
import numpy as np
import pytest
import shapely
import xarray as xr
from cartopy.mpl.feature_artist import FeatureArtist
from cartopy.mpl.geoaxes import GeoAxes
from matplotlib.collections import QuadMesh

from xdvn import plot


def mesh_of(ax):
    (mesh,) = [artist for artist in ax.get_children() if isinstance(artist, QuadMesh)]
    return mesh


def land_of(ax):
    return [artist for artist in ax.get_children() if isinstance(artist, FeatureArtist)]


def bar_of(ax):
    (bar,) = ax.child_axes
    return bar


def waves(lat, lon):
    values = np.sin(np.deg2rad(lat))[:, None] + np.cos(np.deg2rad(lon))
    return xr.DataArray(values, {"lat": lat, "lon": lon}, ("lat", "lon"), name="v", attrs={"units": "m"})


def test_values_units_and_date_are_drawn(ssh):
    ax = plot.field(ssh, time="2012-10-23")
    np.testing.assert_array_equal(mesh_of(ax).get_array(), ssh.values[1])
    assert ax.get_title() == "2012-10-23"
    assert bar_of(ax).get_ylabel() == "Sea surface height [m]"


def test_anomalies_are_symmetric_about_zero(ssh):
    ax = plot.field(ssh.assign_attrs(standard_name="sea_surface_height_anomaly"))
    low, high = mesh_of(ax).get_clim()
    assert low == -high < 0
    assert mesh_of(ax).get_cmap().name == "RdBu_r"
    assert mesh_of(plot.field(ssh, limits=(-1, 2), cmap="plasma")).get_clim() == (-1, 2)


def test_the_input_is_unchanged(ssh):
    before = ssh.copy(deep=True)
    plot.field(ssh)
    xr.testing.assert_identical(ssh, before)


def test_gaps_are_masked(ssh):
    gappy = ssh.where(ssh.lon < -63)
    np.testing.assert_array_equal(mesh_of(plot.field(gappy)).get_array().mask, np.isnan(gappy.values[2]))


@pytest.mark.parametrize(
    ("lat", "lon", "projection"),
    [
        (np.arange(30.0, 46), np.arange(-6.0, 37), ccrs.PlateCarree),
        (np.arange(-25.0, -10), np.arange(170.0, 190), ccrs.PlateCarree),
        (np.arange(60.0, 80), np.arange(-20.0, 30), ccrs.LambertConformal),
        (np.arange(-80.0, -60), np.arange(-70.0, -20), ccrs.LambertConformal),
        (np.arange(60.0, 89), np.arange(0.0, 360, 4), ccrs.NorthPolarStereo),
        (np.arange(-88.0, -60), np.arange(-180.0, 180, 4), ccrs.SouthPolarStereo),
        (np.arange(0.0, 66, 2), np.arange(-80.0, 10, 2), ccrs.Mercator),
        (np.arange(-50.0, 61, 2), np.arange(120.0, 290, 2), ccrs.Mercator),
        (np.arange(-89.0, 90, 4), np.arange(0.0, 360, 4), ccrs.Robinson),
    ],
    ids=["Mediterranean", "Fiji", "Nordic Seas", "Weddell Sea", "Arctic", "Antarctic", "Atlantic", "Pacific", "globe"],
)
def test_land_is_drawn_without_a_network(lat, lon, projection):
    ax = plot.field(waves(lat, lon))
    ax.figure.savefig(io.BytesIO(), dpi=40)
    assert isinstance(ax.projection, projection)
    assert len(land_of(ax)) == 2


def test_the_network_is_closed_here():
    with pytest.raises(OSError, match="no network in this test"):
        socket.create_connection(("localhost", 9))


def test_a_swath_across_the_date_line_is_in_one_piece():
    """Two-dimensional coordinates, a time per line, a nadir gap, both sides of 180 degrees."""
    line, pixel = np.meshgrid(np.arange(40), np.arange(9), indexing="ij")
    lon = (179.0 + 0.08 * line + 0.15 * pixel + 180) % 360 - 180
    lat = -20 + 0.3 * line - 0.05 * pixel
    swath = xr.DataArray(
        np.where(pixel == 4, np.nan, lat),
        dims=("num_lines", "num_pixels"),
        name="ssha",
        attrs={"units": "m", "long_name": "sea surface height anomaly"},
        coords={
            "latitude": (("num_lines", "num_pixels"), lat, {"units": "degrees_north"}),
            "longitude": (("num_lines", "num_pixels"), lon, {"units": "degrees_east"}),
            "time": ("num_lines", np.datetime64("2023-07-01T03:20", "ns") + np.arange(40) * np.timedelta64(1, "s")),
        },
    )
    ax = plot.field(swath)
    ax.figure.savefig(io.BytesIO(), dpi=40)
    assert ax.get_title() == "2023-07-01 03:20"
    assert ax.projection.proj4_params["pm"] % 360 == pytest.approx(181.16)
    np.testing.assert_array_equal(mesh_of(ax).get_array().mask, pixel == 4)
    low, high = mesh_of(ax).get_clim()
    assert low == -high
    # All cells are near the middle of the map.
    corners = mesh_of(ax).get_coordinates()
    assert np.ptp(corners[..., 0]) < 6


def test_the_whole_globe_is_drawn():
    ax = plot.field(waves(np.arange(-89.0, 90, 6), np.arange(0.0, 360, 6)), land=False)
    ax.figure.canvas.draw()
    whole = ax.projection
    assert ax.get_xlim() == pytest.approx(whole.x_limits)
    assert ax.get_ylim() == pytest.approx(whole.y_limits)
    (grid,) = [artist for artist in ax.get_children() if type(artist).__name__ == "Gridliner"]
    below = {artist.get_text() for artist in grid.bottom_label_artists if artist.get_visible()}
    assert {"120°E", "120°W"} <= below


def test_nothing_is_cut_off_or_hidden(ssh):
    figure = plot.field(ssh.assign_coords(lon=ssh.lon - 120)).figure
    figure.savefig(io.BytesIO(), dpi=40)
    drawn, page = figure.get_tightbbox(), figure.bbox_inches
    assert page.x0 <= drawn.x0 <= drawn.x1 <= page.x1
    assert page.y0 <= drawn.y0 <= drawn.y1 <= page.y1


@pytest.mark.parametrize("first", [172.0, -188.0])
def test_labels_are_true_longitudes(ssh, first):
    ax = plot.field(waves(np.arange(0.0, 10), np.arange(first, first + 17)))
    ax.figure.draw_without_rendering()
    (grid,) = [artist for artist in ax.get_children() if type(artist).__name__ == "Gridliner"]
    below = {
        artist.get_text(): artist.get_position()[0] for artist in grid.bottom_label_artists if artist.get_visible()
    }
    assert {"175°E", "180°", "175°W"} <= set(below)
    # The label of 180 degrees is at the middle of the map.
    assert below["180°"] == pytest.approx(0, abs=1e-6)
    assert not [artist for artist in grid.top_label_artists + grid.right_label_artists if artist.get_visible()]


def test_eddies_are_circular(ssh):
    # One degree of latitude is as long as 1 / cos(lat) degrees of longitude.
    assert plot.field(ssh).get_aspect() == pytest.approx(1 / np.cos(np.deg2rad(ssh.lat.mean())))


def test_land_can_be_replaced(ssh):
    island = shapely.box(-64, 35, -63, 36)
    ax = plot.field(ssh, land=island)
    (west, south, east, north) = next(iter(land_of(ax)[0]._feature.geometries())).bounds
    centre = float(ssh.lon.mean())
    assert (west + centre, south, east + centre, north) == pytest.approx((-64, 35, -63, 36))
    own = cartopy.feature.ShapelyFeature([island], ccrs.PlateCarree())
    assert land_of(plot.field(ssh, land=own))[0]._feature is own
    assert not land_of(plot.field(ssh, land=False))


def test_given_axes_are_used(ssh):
    figure = plt.figure()
    own = figure.add_subplot(projection=ccrs.PlateCarree())
    assert plot.field(ssh, own, colour_bar=False) is own
    assert not own.child_axes
    west, east, south, north = own.get_extent(ccrs.PlateCarree())
    assert (west, east, south, north) == pytest.approx((-66.25, -60.25, 33.75, 38.75))
    plain = plot.field(ssh, plt.figure().add_subplot())
    assert not isinstance(plain, GeoAxes)
    assert plain.get_xlim() == pytest.approx((-66.25, -60.25))


def test_a_plane_is_drawn_on_plain_axes(ssh):
    plane = xr.DataArray(
        ssh.values[0], {"y": np.arange(10.0), "x": ("x", np.arange(12.0), {"units": "km"})}, ("y", "x")
    )
    ax = plot.field(plane)
    assert not isinstance(ax, GeoAxes)
    assert ax.get_xlabel() == "x [km]"
