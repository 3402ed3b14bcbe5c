"""Ground tracks against published properties of the orbits and brute force."""

import dataclasses

import numpy as np
import pytest

from xdvn.osse import CRYOSAT2, ENVISAT, GFO, JASON1, SWOT, TOPEX_INTERLEAVED, Mission

ALL = [JASON1, TOPEX_INTERLEAVED, ENVISAT, GFO, SWOT, CRYOSAT2]
BOX = {"lat": (33.0, 43.0), "lon": (-65.0, -55.0)}


def angles_between(one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return angles at the Earth's centre [degrees]; longitudes differ much next to a pole."""
    (y, x), (b, a) = (np.radians(place) for place in (one, other))
    haversine = np.sin((b - y) / 2) ** 2 + np.cos(y) * np.cos(b) * np.sin((a - x) / 2) ** 2
    return np.degrees(2 * np.arcsin(np.sqrt(haversine)))


def nodes(mission: Mission) -> np.ndarray:
    """Return the longitudes of all ascending nodes of one cycle."""
    return mission.position((np.arange(mission.revolutions) - mission.u0 / 360) * mission.period)[1]


@pytest.mark.parametrize("mission", ALL, ids=lambda m: m.name)
def test_tracks_repeat_after_a_cycle(mission):
    time = np.linspace(0, mission.cycle, 1000)
    lat, lon = mission.position(time)
    again = mission.position(time + mission.cycle)
    np.testing.assert_allclose(again[0], lat, atol=1e-8)
    np.testing.assert_allclose(np.remainder(again[1] - lon + 180, 360), 180, atol=1e-8)
    assert angles_between((lat, lon), again).max() <= 1e-9


def test_swot_is_as_aviso_describes_it():
    """Nodal period 6173.62 s, 25.890 degrees between consecutive and 1.233 between neighbouring tracks."""
    assert SWOT.period * 86400 == pytest.approx(6173.6, abs=0.05)
    crossings = nodes(SWOT)
    assert np.remainder(crossings[0] - crossings[1], 360) == pytest.approx(25.890, abs=2e-3)
    np.testing.assert_allclose(np.diff(np.sort(crossings)), 1.233, atol=5e-4)


@pytest.mark.parametrize(
    ("mission", "minutes", "spacing"),
    [(JASON1, 112.43, 2.835), (ENVISAT, 100.60, 0.7186), (GFO, 100.63, 1.4754), (CRYOSAT2, 99.23, 360 / 5344)],
    ids=lambda v: getattr(v, "name", None),
)
def test_nodal_periods_and_equatorial_spacings(mission, minutes, spacing):
    assert mission.period * 1440 == pytest.approx(minutes, abs=0.01)
    np.testing.assert_allclose(np.diff(np.sort(nodes(mission))), spacing, atol=5e-4)


def test_interleaved_tracks_lie_midway():
    between = np.sort(np.concatenate([nodes(JASON1), nodes(TOPEX_INTERLEAVED)]))
    np.testing.assert_allclose(np.diff(between), 360 / 127 / 2, atol=1e-6)


def test_latitude_is_bounded_by_the_inclination():
    time = np.linspace(0, 1, 20000)
    assert JASON1.position(time)[0].max() == pytest.approx(66.04, abs=1e-3)
    assert ENVISAT.position(time)[0].max() == pytest.approx(180 - 98.55, abs=1e-3)


def test_ascending_prograde_tracks_head_north_east_and_retrograde_ones_north_west():
    for mission, sign in ((JASON1, 1), (ENVISAT, -1)):
        lat, lon = mission.position(np.array([0.0, 60 / 86400]))
        assert lat[1] > lat[0]
        assert np.sign(lon[1] - lon[0]) == sign


@pytest.mark.parametrize("mission", ALL, ids=lambda m: m.name)
@pytest.mark.parametrize(
    ("lat", "lon"), [(BOX["lat"], BOX["lon"]), ((-12.0, 70.0), (170.0, 190.0)), ((-90.0, 90.0), (-180.0, 180.0))]
)
def test_a_box_gets_all_its_measurements_and_no_others(mission, lat, lon):
    mission = dataclasses.replace(mission, lon0=mission.lon0 + 33, u0=77, sampling=10)
    start, stop = 1000.3, 1003.7
    every = mission.sampling / 86400
    time = np.arange(np.ceil(start / every), np.ceil(stop / every)) * every
    y, x = mission.position(time)
    x = np.remainder(x - lon[0], 360) + lon[0]
    inside = (y >= lat[0]) & (y <= lat[1]) & (x <= lon[1])
    got = mission.ground_track(start, stop, lat, lon)
    for found, brute in zip(got, (time[inside], y[inside], x[inside]), strict=True):
        np.testing.assert_array_equal(found, brute)


def test_a_box_no_orbit_reaches_is_empty():
    assert all(part.size == 0 for part in JASON1.ground_track(0, 5, lat=(70, 80), lon=(0, 50)))


def test_coverage_of_the_gulf_stream_box():
    """An independent code at 1 Hz gives 1.44 % of the 1/20-degree pixels a day for four nadirs in 84 days."""
    n_observed = 0
    for mission in (JASON1, TOPEX_INTERLEAVED, ENVISAT, GFO):
        time, lat, lon = dataclasses.replace(mission, sampling=1.0).ground_track(0, 84, **BOX)
        cells = np.floor([time, (lat - 33) * 20, (lon + 65) * 20])
        n_observed += np.unique(cells, axis=1).shape[1]
    assert n_observed / (84 * 200 * 200) == pytest.approx(0.0144, rel=0.02)


def test_a_year_of_cryosat_has_the_number_of_real_points():
    """The 2021a challenge holds 50 196 points of 2017 in this box, after a few per cent were edited out.

    An independent code counts 51.85 thousand; the share of time in a band of latitude, times that of longitude, is the
    closed form that the count has on average over the phases of the orbit.
    """
    time, _, _ = CRYOSAT2.ground_track(0, 365, **BOX)
    assert 50_196 < time.size < 1.05 * 50_196
    assert time.size == pytest.approx(51_850, rel=5e-3)
    south, north = (np.arcsin(np.sin(np.radians(y)) / np.sin(np.radians(92.03))) for y in BOX["lat"])
    expected = (north - south) / np.pi * 10 / 360 * 365 * 86400 / 0.9434
    counts = [CRYOSAT2.ground_track(epoch, epoch + 365, **BOX)[0].size for epoch in np.linspace(0, 368, 9)]
    assert np.mean(counts) == pytest.approx(expected, rel=3e-3)


def test_shifted_moves_all_tracks_east():
    time = np.linspace(0, 3, 50)
    moved = JASON1.shifted(7.5).position(time)[1] - JASON1.position(time)[1]
    np.testing.assert_allclose(np.remainder(moved, 360), 7.5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inclination": 190.0}, "inclination=190.0: expected degrees between 0 and 180"),
        ({"cycle": 0.0}, "cycle=0.0: expected a positive number"),
        ({"sampling": -1.0}, "sampling=-1.0: expected a positive number"),
    ],
)
def test_invalid_orbits_raise_an_error(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(JASON1, **change)


def test_edges_must_increase():
    with pytest.raises(ValueError, match=r"lat=\(43, 33\): expected the lower edge first. Use \(33, 43\)"):
        JASON1.ground_track(0, 1, lat=(43, 33), lon=(-65, -55))
