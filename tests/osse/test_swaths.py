"""Geometry of swaths, the nadir gap, and the coverage of the Gulf Stream box."""

import numpy as np
import pytest

from xdvn.osse import ENVISAT, SWOT, Swath, along_swath

BOX = {"lat": (33.0, 43.0), "lon": (-65.0, -55.0)}


@pytest.fixture(scope="module")
def points():
    return along_swath(SWOT, "2012-10-01", 84, **BOX)


def unit(lat, lon):
    y, x = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)], axis=-1)


def test_pixels_are_at_their_distances_from_the_track():
    """Relative to the simultaneous point of the track, distance, right angle and side are correct."""
    points = along_swath(SWOT, "2000-01-01", 21, (30, 60), (0, 20), swath=Swath(across=10, along=20))
    time = (points.time.values - np.datetime64("2000-01-01", "ns")) / np.timedelta64(1, "D")
    here, ahead = (unit(*SWOT.position(time + shift)) for shift in (0, 1e-6))
    pixel = unit(points.lat.values, points.lon.values)
    distance = 6371.0 * np.arccos(np.clip((here * pixel).sum(-1), -1, 1))
    np.testing.assert_allclose(distance, abs(points.cross_track_distance), atol=0.05)
    flight = ahead - here
    flight /= np.linalg.norm(flight, axis=-1, keepdims=True)
    across = pixel - here
    across /= np.linalg.norm(across, axis=-1, keepdims=True)
    assert abs((flight * across).sum(-1)).max() < 2e-2
    right = np.sign((np.cross(flight, here) * across).sum(-1))
    np.testing.assert_array_equal(right, np.sign(points.cross_track_distance))


def test_there_is_a_gap_under_the_satellite(points):
    assert float(abs(points.cross_track_distance).min()) == 10
    assert float(abs(points.cross_track_distance).max()) == 60
    assert np.unique(points.cross_track_distance).size == 52


def test_lines_have_their_spacing(points):
    """Two kilometres over ground last 0.31 s."""
    one_pass = points.time.values[points.time.values < points.time.values[0] + np.timedelta64(10, "m")]
    step = np.median(np.diff(np.unique(one_pass)) / np.timedelta64(1, "ms"))
    assert step == pytest.approx(2 / 6.39 * 1000, rel=0.01)
    assert (np.diff(points.line) >= 0).all()


def test_coverage_of_the_gulf_stream_box(points):
    """An independent code gives 9.0 % of 1/20-degree pixels a day, 33 empty days of 84, 97.7 % in 21 days."""
    day = (points.time.values - np.datetime64("2012-10-01", "ns")) // np.timedelta64(1, "D")
    cell = np.stack([day, (points.lat.values - 33) * 20, (points.lon.values + 65) * 20]).astype(int)
    observed = np.zeros((84, 201, 201), bool)
    observed[tuple(cell)] = True
    observed = observed[:, :200, :200]
    by_day = observed.mean(axis=(1, 2))
    assert by_day.mean() == pytest.approx(0.090, rel=0.03)
    assert by_day.max() == pytest.approx(0.237, rel=0.03)
    assert int((by_day == 0).sum()) == 33
    assert observed[:21].any(axis=0).mean() == pytest.approx(0.977, abs=0.01)


def test_a_box_gets_all_its_pixels_and_no_others():
    """The pixels equal those of a larger box inside the box."""
    settings = {"swath": Swath(across=5, along=5)}
    small = along_swath(ENVISAT, "2000-01-01", 6, (40, 45), (-20, -10), **settings)
    large = along_swath(ENVISAT, "2000-01-01", 6, (35, 50), (-30, 0), **settings)
    inside = (large.lat >= 40) & (large.lat <= 45) & (large.lon >= -20) & (large.lon <= -10)
    cut = large.isel(point=np.flatnonzero(inside))
    for name in ("time", "lat", "lon", "cross_track_distance"):
        if name == "time":
            np.testing.assert_array_equal(small[name], cut[name])
        else:
            np.testing.assert_allclose(small[name], cut[name], atol=1e-12)


def test_boxes_across_the_date_line_are_complete():
    points = along_swath(SWOT, "2000-01-01", 21, (0, 10), (175, 185))
    assert 175 <= float(points.lon.min()) < 176
    assert 184 < float(points.lon.max()) <= 185


@pytest.mark.parametrize("change", [{"inner": 70.0}, {"inner": -1.0}, {"across": 0.0}, {"along": -2.0}])
def test_invalid_swaths_raise_an_error(change):
    with pytest.raises(ValueError, match=r"inner=.*, along=.*: expected 0 <= inner < outer and positive spacings"):
        Swath(**change)
