"""Sampling is exact for linear fields and of the order of splines for others."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.grid.steps import fractional_index
from xdvn.osse import ENVISAT, JASON1, along_track, resample, sample

RANDOM = np.random.default_rng(0)


def field_of(function, n: int = 24, times: int = 5) -> xr.DataArray:
    """Return ``function(t, y, x)`` on days and a plane with a period of 1 in both directions."""
    t, side = np.arange(times, dtype=float), np.arange(n) / n
    values = function(t[:, None, None], side[:, None], side[None, :]) * np.ones((times, n, n))
    time = pd.Timestamp("2000-01-01") + pd.to_timedelta(t, "D")
    return xr.DataArray(
        values, coords={"time": time, "lat": side, "lon": side}, dims=("time", "lat", "lon"), name="ssh"
    )


def points_at(t: np.ndarray, y: np.ndarray, x: np.ndarray) -> xr.Dataset:
    time = np.datetime64("2000-01-01", "ns") + (t * 86400e9).astype("timedelta64[ns]")
    return xr.Dataset(coords={"time": ("point", time), "lat": ("point", y), "lon": ("point", x)})


def test_grid_points_are_exact():
    field = field_of(lambda t, y, x: RANDOM.normal(size=(5, 24, 24)))
    t, i, j = (RANDOM.integers(0, n, 100) for n in field.shape)
    for periodic in (True, False):
        got = sample(field, points_at(t.astype(float), i / 24, j / 24), periodic=periodic)
        np.testing.assert_allclose(got, field.values[t, i, j], atol=1e-7)


def test_linear_in_time():
    field = field_of(lambda t, y, x: np.where(t < 2, 3 * t, 6.0))
    got = sample(field, points_at(np.array([0.0, 0.5, 1.75, 3.2, 4.0]), np.full(5, 0.3), np.full(5, 0.7)))
    np.testing.assert_allclose(got, [0, 1.5, 5.25, 6, 6], atol=1e-9)


def test_linear_in_space_without_periods_is_exact_inside():
    """Splines are exact away from the edges, where they are mirrored."""
    field = field_of(lambda t, y, x: 2 * y - 5 * x, n=64)
    y, x = RANDOM.uniform(0.35, 0.65, (2, 50))
    np.testing.assert_allclose(sample(field, points_at(np.zeros(50), y, x)), 2 * y - 5 * x, atol=1e-6)


@pytest.mark.parametrize("periodic", [True, False])
def test_fourth_order_in_space(periodic):
    wave = lambda t, y, x: np.cos(2 * np.pi * (2 * y + x)) + np.sin(2 * np.pi * x)  # noqa: E731
    y, x = RANDOM.uniform(0.3, 0.7, (2, 200))
    points = points_at(np.zeros(200), y, x)
    errors = [float(abs(sample(field_of(wave, n), points, periodic=periodic) - wave(0, y, x)).max()) for n in (32, 64)]
    assert errors[0] / errors[1] == pytest.approx(16, rel=0.25)


def test_periodic_fields_continue_beyond_their_edge():
    field = field_of(lambda t, y, x: np.sin(2 * np.pi * x) * np.cos(2 * np.pi * y), n=64)
    y, x = RANDOM.uniform(-1.5, 2.5, (2, 200))
    got = sample(field, points_at(np.zeros(200), y, x), periodic=True)
    np.testing.assert_allclose(got, np.sin(2 * np.pi * x) * np.cos(2 * np.pi * y), atol=1e-5)


def test_outside_is_nan():
    field = field_of(lambda t, y, x: 1 + 0 * x)
    t, y, x = np.array([[-0.1, 0.5, 0.5], [4.1, 0.5, 0.5], [1, -0.01, 0.5], [1, 0.5, 0.99], [1, 0.5, 0.5]]).T
    assert sample(field, points_at(t, y, x)).isnull().values.tolist() == [True, True, True, True, False]
    assert sample(field, points_at(t, y, x), periodic=True).isnull().values.tolist() == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_longitudes_may_differ_by_a_turn_and_no_point_inside_is_an_error():
    field = field_of(lambda t, y, x: y + 10 * x)
    field = field.assign_coords(lon=field.lon - 0.5)
    inside = points_at(np.full(50, 1.5), RANDOM.uniform(0.2, 0.6, 50), RANDOM.uniform(-0.4, 0.3, 50))
    expected = sample(field, inside)
    assert not bool(expected.isnull().any())
    turned = sample(field, inside.assign_coords(lon=inside.lon % 360))
    np.testing.assert_allclose(turned, expected, atol=1e-11)
    assert turned.lon.values.tolist() == (inside.lon % 360).values.tolist()
    with pytest.raises(ValueError, match=r"no point is inside the field: time 2010-.*\(field: 2000-.*Select points of"):
        sample(field, inside.assign_coords(time=inside.time + np.timedelta64(3653, "D")))
    assert sample(field, inside.isel(point=[])).size == 0


def test_order_and_names_are_those_of_the_field():
    field = field_of(lambda t, y, x: y + 10 * x)
    turned = field.transpose("lon", "time", "lat")
    points = points_at(np.full(9, 1.5), RANDOM.uniform(0.4, 0.6, 9), RANDOM.uniform(0.4, 0.6, 9))
    np.testing.assert_array_equal(sample(turned, points), sample(field, points))
    assert sample(field, points).name == "ssh"


def test_noise_has_its_standard_deviation_and_depends_on_the_seed():
    field = field_of(lambda t, y, x: 0 * x)
    points = points_at(*RANDOM.uniform(0.2, 0.8, (3, 20_000)))
    one, again, other = (sample(field, points, noise=0.03, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert float(one.std()) == pytest.approx(0.03, rel=0.02)
    assert abs(np.corrcoef(one[1:], one[:-1])[0, 1]) < 0.03  # white
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.03


def test_resample_agrees_with_sample_and_keeps_times():
    field = field_of(lambda t, y, x: RANDOM.normal(size=(5, 24, 24)))
    coords = {"lat": np.array([0.1, 0.55]), "lon": np.array([0.2, 0.93, 1.01])}
    grid = resample(field, coords, periodic=True)
    assert grid.shape == (5, 2, 3)
    np.testing.assert_array_equal(grid.time, field.time)
    one = sample(field, points_at(np.array([3.0]), coords["lat"][1:], coords["lon"][2:]), periodic=True)
    np.testing.assert_allclose(grid[3, 1, 2], one[0], atol=1e-7)


def test_along_track_is_ordered_and_named():
    track = along_track([JASON1, ENVISAT], "2012-10-01", days=20, lat=(33, 43), lon=(-65, -55))
    assert (np.diff(track.time) > np.timedelta64(0)).all()
    assert track.time.values[0] >= np.datetime64("2012-10-01")
    assert track.time.values[-1] < np.datetime64("2012-10-21")
    assert set(track.mission.values) == {"jason1", "envisat"}
    alone = along_track([JASON1], "2012-10-01", days=20, lat=(33, 43), lon=(-65, -55))
    assert alone.equals(track.isel(point=np.flatnonzero(track.mission == "jason1")))


def test_a_later_epoch_is_the_same_track_later():
    settings = {"days": 10, "lat": (33, 43), "lon": (-65, -55)}
    whole = along_track([ENVISAT], "2012-10-01", **(settings | {"days": 20}))
    late = along_track([ENVISAT], "2012-10-11", **settings, epoch=10.0)
    tail = whole.isel(point=np.flatnonzero(whole.time >= np.datetime64("2012-10-11")))
    np.testing.assert_allclose(late.lat, tail.lat, atol=1e-9)
    assert np.abs((late.time.values - tail.time.values).astype(int)).max() < 10_000  # ns


def test_gaps_raise_an_error():
    field = field_of(lambda t, y, x: np.where(x > 0.5, np.nan, x))
    with pytest.raises(ValueError, match=r"ssh has gaps \(NaN\): expected a complete field .*fillna"):
        sample(field, points_at(*np.full((3, 1), 0.5)))


def test_uneven_grids_raise_an_error():
    field = field_of(lambda t, y, x: x).assign_coords(lat=np.arange(24.0) ** 2)
    with pytest.raises(ValueError, match=r"'lat' has steps of 1 to 45: expected even steps.*reindex\(lat="):
        sample(field, points_at(*np.full((3, 1), 0.5)))
    with pytest.raises(ValueError, match="'time' has 1 values: expected 2 or more"):
        fractional_index(field.isel(time=[0]), "time", field)


def test_negative_noise_raises_an_error():
    with pytest.raises(ValueError, match="noise=-0.1: expected a standard deviation of 0 or more"):
        sample(field_of(lambda t, y, x: x), points_at(*np.full((3, 1), 0.5)), noise=-0.1)


def test_other_dimensions_raise_an_error():
    with pytest.raises(ValueError, match=r"coords has \['x', 'y'\]: expected values for \['lat', 'lon'\]"):
        resample(field_of(lambda t, y, x: x), {"y": np.zeros(2), "x": np.zeros(2)})


def test_no_mission_raises_an_error():
    with pytest.raises(ValueError, match="missions is empty: expected one altimeter or more. Use missions="):
        along_track([], "2012-10-01", days=1, lat=(33, 43), lon=(-65, -55))
