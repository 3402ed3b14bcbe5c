"""Instrument errors have their standard deviation and correlation; a roll is linear across the swath."""

import dataclasses

import numpy as np
import pytest
import xarray as xr

from xdvn.osse import JASON1, SWOT, CorrelatedNoise, RollNoise, Swath, WhiteNoise, along_swath, along_track, sample

WORLD = {"lat": (-66.0, 66.0), "lon": (-180.0, 180.0)}


@pytest.fixture(scope="module")
def track():
    return along_track([dataclasses.replace(JASON1, sampling=2.0)], "2000-01-01", 5, **WORLD)


@pytest.fixture(scope="module")
def swath():
    return along_swath(SWOT, "2000-01-01", 21, (20, 50), (-60, -20), swath=Swath(across=25, along=10))


def test_white_noise_is_white(track):
    noise = WhiteNoise(0.03).draw(track, seed=0)
    assert noise.std() == pytest.approx(0.03, rel=0.01)
    assert abs(np.corrcoef(noise[1:], noise[:-1])[0, 1]) < 0.01


@pytest.mark.parametrize("length", [50.0, 400.0])
def test_correlated_noise_decays_along_the_track(track, length):
    """The correlation is exp(-s / L), with s = 13 km per step of 2 s at 6.5 km/s."""
    noise = CorrelatedNoise(0.02, length).draw(track, seed=1)
    assert noise.std() == pytest.approx(0.02, rel=0.03)
    for lag in (1, 5, 20):
        expected = np.exp(-lag * 13 / length)
        assert np.corrcoef(noise[lag:], noise[:-lag])[0, 1] == pytest.approx(expected, abs=0.03)


def test_passes_and_missions_are_independent():
    """A hundred pairs of points on either side of the gap between two passes are uncorrelated."""
    points = along_track([JASON1], "2000-01-01", 300, lat=(33, 43), lon=(-65, -55))
    gaps = np.flatnonzero(np.diff(points.time.values) > np.timedelta64(60, "s"))
    noise = CorrelatedNoise(1.0, 1e6).draw(points, seed=0)
    assert gaps.size > 200
    assert abs(np.corrcoef(noise[gaps], noise[gaps + 1])[0, 1]) < 0.2
    assert np.corrcoef(noise[:-1], noise[1:])[0, 1] > 0.9
    both = xr.concat(
        [points, points.assign_coords(mission=("point", np.full(points.sizes["point"], "other")))], "point"
    )
    one, other = np.split(CorrelatedNoise(1.0, 100.0).draw(both, seed=0), 2)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.1


def test_roll_tilts_each_line(swath):
    noise = RollNoise(0.04, length=200).draw(swath, seed=0)
    across = swath.cross_track_distance.values
    np.testing.assert_allclose(noise[abs(across) == 60].std(), 0.04, rtol=0.1)
    np.testing.assert_allclose(noise[abs(across) == 10].std(), 0.04 / 6, rtol=0.1)
    slope = noise / across
    line = swath.line.values
    same = line[1:] == line[:-1]
    np.testing.assert_allclose(slope[1:][same], slope[:-1][same], atol=1e-12)
    # Lines further apart than a few lengths are tilted independently, neighbours alike.
    tilt = slope[np.flatnonzero(np.diff(line, prepend=-1))]
    assert np.corrcoef(tilt[1:], tilt[:-1])[0, 1] == pytest.approx(np.exp(-10 / 200), abs=0.03)
    assert abs(np.corrcoef(tilt[200:], tilt[:-200])[0, 1]) < 0.1


def test_sums_draw_independently_and_repeatably(swath):
    model = WhiteNoise(0.02) + RollNoise(0.02) + CorrelatedNoise(0.01, 100.0)
    noise = model.draw(swath, seed=5)
    np.testing.assert_array_equal(noise, model.draw(swath, seed=5))
    assert not np.array_equal(noise, model.draw(swath, seed=6))
    tilt = (0.02 * swath.cross_track_distance.values / 60) ** 2
    assert noise.var() == pytest.approx(0.02**2 + 0.01**2 + tilt.mean(), rel=0.1)
    twice = (WhiteNoise(1.0) + WhiteNoise(1.0)).draw(swath, seed=0)
    assert twice.var() == pytest.approx(2, rel=0.05)


def test_sample_accepts_an_error_model(track):
    grid = {"lat": np.linspace(-70, 70, 15), "lon": np.linspace(-185, 185, 38)}
    time = np.datetime64("2000-01-01", "ns") + np.arange(12) * np.timedelta64(1, "D")
    flat = xr.DataArray(np.zeros((12, 15, 38)), dims=("time", "lat", "lon"), coords={"time": time, **grid})
    track = track.isel(point=slice(0, 20_000))
    got = sample(flat, track, noise=CorrelatedNoise(0.02, 100.0), seed=3)
    np.testing.assert_allclose(got, CorrelatedNoise(0.02, 100.0).draw(track, seed=3), atol=1e-12)
    np.testing.assert_allclose(
        sample(flat, track, noise=0.02, seed=3), WhiteNoise(0.02).draw(track, seed=3), atol=1e-12
    )
    assert float(abs(sample(flat, track)).max()) == 0


def test_errors_of_no_points_are_empty(track):
    assert (WhiteNoise(0.1) + CorrelatedNoise(0.1, 10.0)).draw(track.isel(point=slice(0)), seed=0).size == 0


def test_invalid_settings_raise_an_error(track):
    for make in (WhiteNoise, lambda std: CorrelatedNoise(std, 10.0), RollNoise):
        with pytest.raises(ValueError, match="std=-0.1: expected a standard deviation of 0 or more, such as 0.02"):
            make(-0.1)
    with pytest.raises(ValueError, match="length=0.0: expected a positive distance .*Use WhiteNoise"):
        CorrelatedNoise(0.1, 0.0)
    with pytest.raises(ValueError, match="length=1000.0, edge=0.0: expected positive distances"):
        RollNoise(0.1, edge=0.0)
    with pytest.raises(ValueError, match="no cross_track_distance: expected swath points. Use along_swath"):
        RollNoise(0.1).draw(track, seed=0)
