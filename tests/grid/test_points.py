"""Tracks become points: places in steps, departures from the mean where they were made; what is left out is told."""

import numpy as np
import pytest
import xarray as xr

from xdvn.grid.axes import Axes
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.grid.normalise import Normaliser
from xdvn.grid.points import TrackPoints
from xdvn.grid.variable import Variable

AXES = Axes("time", ("lat", "lon"))
DAY = np.timedelta64(86400 * 10**9, "ns")
NOON = np.datetime64("2012-10-01T12", "ns")


def grid(n=(6, 5, 4)):
    coords = {
        "time": NOON + np.arange(n[0]) * DAY,
        "lat": 33 + 0.2 * np.arange(n[1]),
        "lon": -65 + 0.5 * np.arange(n[2]),
    }
    return xr.DataArray(np.zeros(n), coords, ("time", "lat", "lon"), "ssh_obs")


def variable(name="ssh_obs", **options):
    """Mean 10 + 2 lat (a plane that interpolation keeps), standard deviation 4, metres."""
    lat, lon = (grid()[d].values for d in ("lat", "lon"))
    mean = MeanField(np.broadcast_to(10 + 2 * lat[:, None], (5, 4)).copy(), (lat, lon))
    land = LandMask(np.ones((5, 4), bool), (lat, lon))
    return Variable(name, name, Normaliser(mean, 4.0), {"units": "m"}, land, **options)


def tracks(steps, values, **more):
    """Measurements at places given in steps from the first cell."""
    t, y, x = np.asarray(steps, float).T
    coords = {
        "time": ("point", NOON + (t * 86400e9).astype("timedelta64[ns]")),
        "lat": ("point", 33 + 0.2 * y),
        "lon": ("point", -65 + 0.5 * x),
    }
    return xr.Dataset({"ssh_obs": ("point", np.asarray(values, float), {"units": "m"}), **more}, coords)


def test_places_are_steps_and_values_depart_from_the_mean_at_their_own_place():
    steps = [[2.25, 1.5, 0.1], [0.4, 3.3, 2.9]]
    points = TrackPoints.pack(tracks(steps, [100.0, 90.0]), [variable()], grid(), AXES)
    assert np.allclose(points.locations, steps[::-1])  # in order of time
    lat = 33 + 0.2 * np.array([3.3, 1.5])
    assert np.allclose(points.values, (np.array([90.0, 100.0]) - 10 - 2 * lat) / 4, atol=1e-5)
    assert points.error_variance is None


def test_places_do_not_depend_on_how_the_grid_is_stored():
    measured = tracks([[2.25, 1.5, 0.1], [0.4, 3.3, 2.9]], [100.0, 90.0])
    turned = grid().isel(lat=slice(None, None, -1)).transpose("lon", "time", "lat")
    one, other = (TrackPoints.pack(measured, [variable()], g, AXES) for g in (grid(), turned))
    assert np.allclose(one.locations, other.locations)
    assert np.array_equal(one.values, other.values)


def test_every_variable_of_the_tracks_is_told_apart():
    measured = tracks([[1, 1, 1], [2, 2, 2]], [1.0, np.nan], sla_obs=("point", [np.nan, 3.0]))
    points = TrackPoints.pack(measured, [variable("sst"), variable(), variable("sla_obs")], grid(), AXES)
    assert points.variable.tolist() == [1, 2]


def test_errors_come_as_variances_in_normalised_units():
    measured = tracks([[1, 1, 1], [2, 2, 2]], [1.0, 2.0], noise=("point", [0.2, 0.4]))
    named = TrackPoints.pack(measured, [variable(obs_error="noise")], grid(), AXES)
    assert np.allclose(named.error_variance, [0.05**2, 0.1**2])
    number = TrackPoints.pack(measured, [variable(obs_error=2.0)], grid(), AXES)
    assert np.allclose(number.error_variance, 0.25)


def test_what_lies_outside_is_counted_and_told_and_padding_is_not():
    measured = tracks([[1, 1, 1], [9, 1, 1], [1, -0.6, 1], [1, 4.4, 3.4], [2, 2, 2]], [1.0, 2, 3, 4, np.nan])
    with pytest.warns(UserWarning, match="2 of 4 along-track measurements lie outside the domain or the period"):
        points = TrackPoints.pack(measured, [variable()], grid(), AXES)
    assert np.allclose(points.locations, [[1, 1, 1], [1, 4.4, 3.4]])


def test_windows_hold_exactly_the_points_of_their_cells_and_have_one_size():
    rng = np.random.default_rng(0)
    steps = rng.uniform(-0.5, 0.5, (400, 3)) + rng.integers(0, [6, 5, 4], (400, 3))
    points = TrackPoints.pack(tracks(steps, np.arange(400.0)), [variable()], grid(), AXES)
    patch, starts = (3, 2, 2), [(0, 0, 0), (1, 2, 1), (3, 3, 2)]
    points = points.padded(starts, patch)
    cells = np.floor(steps + 0.5)
    counts = []
    for start in starts:
        window = points.window(start, patch)
        inside = ((cells >= start) & (cells < np.add(start, patch))).all(1)
        counts.append(inside.sum())
        assert window["mask"].sum() == inside.sum()
        assert window["values"].shape == window["mask"].shape == (points.size,)
        held = window["locations"][window["mask"]] + start
        assert np.allclose(np.sort(held[:, 0]), np.sort(steps[inside][:, 0]), atol=1e-5)
    assert points.size == max(counts)
    assert points.days(6).tolist() == [True] * 6


def test_tracks_that_do_not_fit_are_told_what_to_do():
    measured = tracks([[1, 1, 1], [2, 2, 2]], [1.0, 2.0])

    def pack(changed, **options):
        return TrackPoints.pack(changed, [variable(**options)], grid(), AXES)

    with pytest.raises(KeyError, match=r"tracks= holds \['sla'\], none of the observed variables \['ssh_obs'\]"):
        pack(measured.rename(ssh_obs="sla"))
    with pytest.raises(ValueError, match=r"tracks= lacks the coordinates \['lon'\]; add them"):
        pack(measured.drop_vars("lon"))
    with pytest.raises(ValueError, match=r"'ssh_obs' in tracks= has the dimensions \('a', 'point'\)"):
        pack(measured.assign(ssh_obs=measured.ssh_obs.expand_dims("a")))
    with pytest.raises(ValueError, match="none of the 2 along-track measurements lies on the grid.*% 360 - 180"):
        pack(measured.assign_coords(lon=measured.lon + 360))
    with pytest.raises(ValueError, match="'ssh_obs' is in 'cm'; the model was trained in 'm'"):
        pack(measured.assign(ssh_obs=measured.ssh_obs.assign_attrs(units="cm")))
    with pytest.raises(KeyError, match="observation-error variable 'nois' is not in the Dataset; did you mean 'noise'"):
        pack(measured.assign(noise=measured.ssh_obs), obs_error="nois")
