"""Tabulated orbits against the formula of their table, brute force, and the tables of agencies."""

import dataclasses

import numpy as np
import pytest
import xarray as xr

from xdvn.osse import CRYOSAT2, JASON1, SWOT, Ephemeris, along_track
from xdvn.readers import read

BOX = {"lat": (33.0, 43.0), "lon": (-65.0, -55.0)}


def table_of(mission, every=30.0):
    time = np.arange(0, mission.cycle, every / 86400)
    return Ephemeris(mission.name, mission.cycle, time, *mission.position(time), sampling=mission.sampling)


def angle(one, other):
    (y, x), (b, a) = (np.radians(place) for place in (one, other))
    h = np.sin((b - y) / 2) ** 2 + np.cos(y) * np.cos(b) * np.sin((a - x) / 2) ** 2
    return np.degrees(2 * np.arcsin(np.sqrt(h)))


@pytest.fixture
def real(request):
    import os
    from pathlib import Path

    def path_of(name):
        path = Path(os.environ["XDVN_DATA_DIR"]) / name
        if not path.is_file():
            pytest.skip(f"the real file {name} is not in XDVN_DATA_DIR; docs/data.md says where it comes from")
        return path

    return path_of


def test_a_table_reproduces_its_formula():
    """The error is of fourth order in the spacing, also at poles, date line and end of the cycle."""
    time = np.random.default_rng(0).uniform(-5, 45, 3000)
    for mission in (JASON1, SWOT):
        errors = [angle(table_of(mission, every).position(time), mission.position(time)).max() for every in (60, 30)]
        assert errors[1] < 1e-4
        assert 8 < errors[0] / errors[1] < 32


def test_tracks_repeat_after_a_cycle():
    orbit = table_of(SWOT)
    time = np.linspace(0, orbit.cycle, 2000)
    assert angle(orbit.position(time), orbit.position(time + 3 * orbit.cycle)).max() <= 1e-9


@pytest.mark.parametrize(
    ("lat", "lon"), [(BOX["lat"], BOX["lon"]), ((-12.0, 60.0), (170.0, 190.0)), ((70.0, 90.0), (-180.0, 180.0))]
)
def test_a_box_gets_all_its_measurements_and_no_others(lat, lon):
    short = dataclasses.replace(CRYOSAT2, cycle=2.0, revolutions=29, nodal_days=2)  # over both poles
    orbit = table_of(short).shifted(33)
    every = orbit.sampling / 86400
    start, stop = 3.3, 7.9
    time = np.arange(np.ceil(start / every), np.ceil(stop / every)) * every
    y, x = orbit.position(time)
    x = np.remainder(x - lon[0], 360) + lon[0]
    inside = (y >= lat[0]) & (y <= lat[1]) & (x <= lon[1])
    got = orbit.ground_track(start, stop, lat, lon)
    assert got[0].size > 500
    for found, brute in zip(got, (time[inside], y[inside], x[inside]), strict=True):
        np.testing.assert_allclose(found, brute, atol=1e-10)


def test_it_replaces_a_mission():
    settings = {"start": "2012-10-01", "days": 12, **BOX}
    table, formula = (along_track([m], **settings) for m in (table_of(JASON1), JASON1))
    assert abs(table.sizes["point"] - formula.sizes["point"]) <= 4  # points on the box's edge
    shared = np.intersect1d(table.time, formula.time)
    assert shared.size > 0.99 * formula.sizes["point"]
    for name in ("lat", "lon"):
        one, other = (t[name].values[np.isin(t.time, shared)] for t in (table, formula))
        np.testing.assert_allclose(one, other, atol=2e-4)


def test_swots_real_ephemeris_is_as_aviso_describes_it(real):
    """292 revolutions of 6173.62 s, 25.890 degrees between consecutive and 1.233 between neighbouring tracks."""
    orbit = Ephemeris.from_dataset(read(real("tracks/ephemeris_science_sept2015_ell.txt")), "swot")
    time = np.arange(0, orbit.cycle, 10 / 86400)
    lat = orbit.position(time)[0]
    up = np.flatnonzero((lat[:-1] < 0) & (lat[1:] >= 0))
    crossing = time[up] - lat[up] / (lat[up + 1] - lat[up]) * (10 / 86400)
    assert crossing.size == 292
    assert np.diff(crossing).mean() * 86400 == pytest.approx(6173.62, abs=0.01)
    node = orbit.position(crossing)[1]
    np.testing.assert_allclose(np.remainder(node[:-1] - node[1:], 360), 25.890, atol=1e-3)
    np.testing.assert_allclose(np.diff(np.sort(node)), 1.233, atol=5e-4)
    assert angle(orbit.position(time), orbit.position(time + orbit.cycle)).max() <= 1e-9


def test_the_reference_passes_of_jason_are_the_missions_track(real):
    """Up to the flattening of the Earth and the orbit's small eccentricity, with one shift in longitude."""
    ds = read(real("tracks/tp_jason_reference_ground_tracks.nc"))
    orbit = Ephemeris.from_dataset(ds, "jason")
    assert np.median(np.diff(orbit.time)) * 86400 == pytest.approx(10.77, abs=0.01)
    time = np.arange(0, orbit.cycle, 0.003)
    lat, lon = orbit.position(time)
    geocentric = np.degrees(np.arctan((1 - 0.00669438) * np.tan(np.radians(lat))))
    expected = dataclasses.replace(JASON1, u0=-90.0).position(time)
    assert abs(geocentric - expected[0]).max() < 0.15
    shift = np.remainder(lon - expected[1], 360)
    assert np.percentile(shift, 95) - np.percentile(shift, 5) < 0.5


def test_invalid_tables_raise_an_error():
    orbit = table_of(JASON1)
    with pytest.raises(ValueError, match="have 28557, 28557 and 3 values: expected equal numbers of 4 or more. Check"):
        dataclasses.replace(orbit, lon=orbit.lon[:3])
    with pytest.raises(ValueError, match="expected increasing values from 0 to below cycle=5.0 days. Select one cycle"):
        dataclasses.replace(orbit, cycle=5.0)
    with pytest.raises(
        ValueError, match="points are .* apart: expected the speed of the track. Correct cycle=10.0 days"
    ):
        dataclasses.replace(orbit, cycle=10.0)
    with pytest.raises(ValueError, match=r"no attribute cycle: expected days. Use ds.assign_attrs\(cycle=9.9156\)"):
        Ephemeris.from_dataset(xr.Dataset(), "none")
