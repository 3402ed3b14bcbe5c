"""Along-track observations as points: locations, anomalies, windows, and points outside the grid."""

import numpy as np
import pytest
import xarray as xr

from xdvn.grid.axes import Axes
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.grid.points import TrackPoints
from xdvn.grid.variable import Normaliser, Variable

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
    """Return a variable with mean 10 + 2 lat, which interpolation preserves, and standard deviation 4, in metres."""
    lat, lon = (grid()[d].values for d in ("lat", "lon"))
    mean = MeanField(np.broadcast_to(10 + 2 * lat[:, None], (5, 4)).copy(), (lat, lon))
    land = LandMask(np.ones((5, 4), bool), (lat, lon))
    return Variable(name, name, Normaliser(mean, 4.0), {"units": "m"}, land, **options)


def tracks(steps, values, **more):
    """Return observations at locations in steps from the first cell."""
    t, y, x = np.asarray(steps, float).T
    coords = {
        "time": ("point", NOON + (t * 86400e9).astype("timedelta64[ns]")),
        "lat": ("point", 33 + 0.2 * y),
        "lon": ("point", -65 + 0.5 * x),
    }
    return xr.Dataset({"ssh_obs": ("point", np.asarray(values, float), {"units": "m"}), **more}, coords)


def test_locations_are_in_steps_and_values_are_anomalies_at_their_positions():
    steps = [[2.25, 1.5, 0.1], [0.4, 3.3, 2.9]]
    points = TrackPoints.encode(tracks(steps, [100.0, 90.0]), [variable()], grid(), AXES)
    assert np.allclose(points.locations, steps[::-1])  # in order of time
    lat = 33 + 0.2 * np.array([3.3, 1.5])
    assert np.allclose(points.values, (np.array([90.0, 100.0]) - 10 - 2 * lat) / 4, atol=1e-5)
    assert points.error_variance is None


def test_locations_do_not_depend_on_the_storage_order_of_the_grid():
    measured = tracks([[2.25, 1.5, 0.1], [0.4, 3.3, 2.9]], [100.0, 90.0])
    turned = grid().isel(lat=slice(None, None, -1)).transpose("lon", "time", "lat")
    one, other = (TrackPoints.encode(measured, [variable()], g, AXES) for g in (grid(), turned))
    assert np.allclose(one.locations, other.locations)
    assert np.array_equal(one.values, other.values)


def test_every_point_has_the_index_of_its_variable():
    measured = tracks([[1, 1, 1], [2, 2, 2]], [1.0, np.nan], sla_obs=("point", [np.nan, 3.0]))
    points = TrackPoints.encode(measured, [variable("sst"), variable(), variable("sla_obs")], grid(), AXES)
    assert points.variable.tolist() == [1, 2]


def test_errors_are_variances_in_normalised_units():
    measured = tracks([[1, 1, 1], [2, 2, 2]], [1.0, 2.0], noise=("point", [0.2, 0.4]))
    named = TrackPoints.encode(measured, [variable(obs_error="noise")], grid(), AXES)
    assert np.allclose(named.error_variance, [0.05**2, 0.1**2])
    number = TrackPoints.encode(measured, [variable(obs_error=2.0)], grid(), AXES)
    assert np.allclose(number.error_variance, 0.25)


def test_a_warning_counts_the_points_outside_the_grid():
    measured = tracks([[1, 1, 1], [9, 1, 1], [1, -0.6, 1], [1, 4.4, 3.4], [2, 2, 2]], [1.0, 2, 3, 4, np.nan])
    with pytest.warns(UserWarning, match="2 of 4 along-track observations lie outside the domain or the period"):
        points = TrackPoints.encode(measured, [variable()], grid(), AXES)
    assert np.allclose(points.locations, [[1, 1, 1], [1, 4.4, 3.4]])


def test_windows_contain_the_points_of_their_cells_and_have_one_size():
    rng = np.random.default_rng(0)
    steps = rng.uniform(-0.5, 0.5, (400, 3)) + rng.integers(0, [6, 5, 4], (400, 3))
    points = TrackPoints.encode(tracks(steps, np.arange(400.0)), [variable()], grid(), AXES)
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
        locations = window["locations"][window["mask"]] + start
        assert np.allclose(np.sort(locations[:, 0]), np.sort(steps[inside][:, 0]), atol=1e-5)
    assert points.size == max(counts)
    assert points.days(6).tolist() == [True] * 6


def test_unsuitable_tracks_raise_an_error_with_a_cure():
    measured = tracks([[1, 1, 1], [2, 2, 2]], [1.0, 2.0])

    def encode(changed, **options):
        return TrackPoints.encode(changed, [variable(**options)], grid(), AXES)

    with pytest.raises(KeyError, match=r"tracks= has the variables \['sla'\]: expected some of \['ssh_obs'\]. Rename"):
        encode(measured.rename(ssh_obs="sla"))
    with pytest.raises(ValueError, match=r"tracks= lacks the coordinates \['lon'\]. Add them"):
        encode(measured.drop_vars("lon"))
    with pytest.raises(
        ValueError, match=r"'ssh_obs' in tracks= has the dimensions \('a', 'point'\), .*: expected the same"
    ):
        encode(measured.assign(ssh_obs=measured.ssh_obs.expand_dims("a")))
    with pytest.raises(ValueError, match="none of the 2 along-track observations lies on the grid.*the same period"):
        encode(measured.assign_coords(lon=measured.lon + 60))
    turned = encode(measured.assign_coords(lon=measured.lon + 360))
    np.testing.assert_allclose(turned.values, encode(measured).values, atol=1e-6)
    np.testing.assert_allclose(turned.locations, encode(measured).locations, atol=1e-9)
    with pytest.raises(ValueError, match="'ssh_obs' is in 'cm'; the model was trained in 'm'"):
        encode(measured.assign(ssh_obs=measured.ssh_obs.assign_attrs(units="cm")))
    with pytest.raises(KeyError, match="observation-error variable 'nois' is not in the Dataset; did you mean 'noise'"):
        encode(measured.assign(noise=measured.ssh_obs), obs_error="nois")
