import datetime
import io

import cartopy.crs as ccrs
import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import PathCollection, QuadMesh

from xdvn import plot


def dots_of(ax):
    (dots,) = [artist for artist in ax.get_children() if isinstance(artist, PathCollection)]
    return dots


@pytest.fixture
def track():
    """Return forty observations in two days, with longitudes in 0 to 360."""
    at = {
        "time": np.datetime64("2012-10-24T01:00", "ns") + np.arange(40) * np.timedelta64(1, "h"),
        "latitude": np.linspace(34.2, 38.2, 40),
        "longitude": np.linspace(294.5, 298.5, 40),
    }
    values = np.linspace(-1, 2, 40)
    return xr.DataArray(values, {k: ("point", v) for k, v in at.items()}, ("point",), "ssh", {"units": "m"})


def test_points_of_the_day_are_on_its_map_with_its_colours(ssh, track):
    ax = plot.tracks(track, ssh, time="2012-10-24")
    ax.figure.savefig(io.BytesIO(), dpi=40)
    dots = dots_of(ax)
    # The map at 12:00 represents its calendar day, with 23 or 24 hourly points.
    np.testing.assert_array_equal(dots.get_array(), track.values[:24][: dots.get_array().size])
    assert dots.get_array().size in (23, 24)
    (mesh,) = [artist for artist in ax.get_children() if isinstance(artist, QuadMesh)]
    assert mesh.get_clim() == dots.get_clim()
    middle = float(ssh.lon.mean())
    offsets = dots.get_offsets()
    np.testing.assert_allclose(offsets[:, 0] + middle, track.longitude.values[: len(offsets)] - 360)
    np.testing.assert_allclose(offsets[:, 1], track.latitude.values[: len(offsets)])
    assert ax.get_title() == "2012-10-24"


def test_without_a_map_the_extent_contains_all_points(track):
    ax = plot.tracks(track.assign_coords(longitude=("point", np.linspace(178, 183, 40))))
    assert dots_of(ax).get_array().size == 40
    assert ax.projection.proj4_params["pm"] % 360 == pytest.approx(180.5)
    west, east, south, north = ax.get_extent(ax.projection)
    assert west < -2.5 < 2.5 < east
    assert south < 34.2 < 38.2 < north
    assert dots_of(plot.tracks(track, time="2012-10-24")).get_array().size == 24
    assert dots_of(plot.tracks(track, time="2012-10-24T06:00", days=0.25)).get_array().size == 7


def test_given_axes_are_used(ssh, track):
    own = plt.figure().add_subplot(projection=ccrs.PlateCarree())
    assert plot.tracks(track, ssh.isel(time=2), own) is own
    plain = plot.tracks(track, ssh.isel(time=2), plt.figure().add_subplot())
    assert dots_of(plain).get_offsets()[:, 0].max() < -60


def test_tracks_without_points_are_refused(ssh, track):
    with pytest.raises(ValueError, match="none of the 40 observations is finite within 0.5 days of 2012-10-22. Choose"):
        plot.tracks(track, ssh, time="2012-10-22")
    with pytest.raises(ValueError, match="the track has the dimensions"):
        plot.tracks(ssh)


@pytest.mark.parametrize("calendar", ["noleap", "standard"])
def test_days_of_other_calendars_are_selected(ssh, track, calendar):
    maps = ssh.convert_calendar(calendar, use_cftime=True)
    times = xr.date_range("2012-10-24T01:00", periods=40, freq="h", calendar=calendar, use_cftime=True).values
    model = track.assign_coords(time=("point", times))
    expected = dots_of(plot.tracks(track, ssh, time="2012-10-24")).get_array()
    np.testing.assert_array_equal(dots_of(plot.tracks(model, maps, time="2012-10-24")).get_array(), expected)
    for time in ("2012-10-24", datetime.date(2012, 10, 24), np.datetime64("2012-10-24")):
        found = dots_of(plot.tracks(model, time=time)).get_array()
        np.testing.assert_array_equal(found, dots_of(plot.tracks(track, time=time)).get_array())
        assert found.size == 24


def test_a_day_without_points_is_refused_with_the_nearest(track):
    with pytest.raises(ValueError, match="within 0.5 days of 2012-11-22. Choose another time='2012-10-25' or longer"):
        plot.tracks(track, time="2012-11-22")


def test_points_around_a_pole_are_on_a_polar_map(track):
    polar = track.assign_coords(
        latitude=("point", 85 + 4 * np.sin(np.arange(40.0))), longitude=("point", 63.0 * np.arange(40) % 360)
    )
    ax = plot.tracks(polar)
    ax.figure.savefig(io.BytesIO(), dpi=40)
    assert isinstance(ax.projection, ccrs.NorthPolarStereo)
    place = ax.projection.transform_points(ccrs.PlateCarree(), polar.longitude.values, polar.latitude.values)
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    assert x0 < place[:, 0].min() < place[:, 0].max() < x1
    assert y0 < place[:, 1].min() < place[:, 1].max() < y1


def test_a_track_without_a_note_on_its_empty_map(track):
    assert not plot.tracks(track).texts
