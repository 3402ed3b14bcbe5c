"""The same sea, observed once more: what is shown, what is held, and what the truth looks like where others looked."""

import numpy as np
import pytest

from xdvn.baselines import CloudsOfOtherTimes, Pieces, WholeTimes
from xdvn.grid.axes import find_axes
from xdvn.retakes import AsObserved, Noise, OtherDays, Withheld, _suited
from xdvn.testing import check_retake

PAIRS = [("ssh_obs", "ssh")]


def taken(retake, ds, seed=0):
    return retake.take(ds, PAIRS, find_axes(ds), seed)


@pytest.mark.parametrize(
    "retake",
    [AsObserved(), Withheld(), Withheld(WholeTimes(0.3)), OtherDays(), Noise(0.1), Noise(0.1, Withheld())],
    ids=lambda r: type(r).__name__,
)
def test_every_retake_keeps_the_contract(small_twin, retake):
    check_retake(retake, small_twin, "ssh_obs", "ssh")


def test_withheld_and_shown_are_all_that_was_seen(small_twin):
    take = taken(Withheld(), small_twin.transpose("lon", "time", "lat"))
    both = take.seen.ssh_obs.fillna(take.held.ssh_obs)
    assert both.dims == ("lon", "time", "lat")
    assert both.equals(small_twin.ssh_obs.transpose("lon", "time", "lat"))
    takes = Withheld().takes(small_twin, PAIRS, find_axes(small_twin), 4, 0)
    ever = sum(t.held.ssh_obs.notnull() for t in takes)
    assert len(takes) == 4
    assert int(ever.max()) < 4


def test_tracks_are_withheld_where_a_day_sees_little_and_clouds_where_it_sees_much(small_twin):
    thin = np.zeros((3, 20, 20), bool)
    thin[:, 4] = True
    assert isinstance(_suited(thin), Pieces)
    assert isinstance(_suited(~thin), CloudsOfOtherTimes)


def test_other_days_show_the_truth_through_their_masks(small_twin):
    ds = small_twin.drop_vars([v for v in small_twin if "offset" in v])
    take = taken(OtherDays(), ds, seed=3)
    shown, was = take.seen.ssh_obs.notnull().values, ds.ssh_obs.notnull().values
    shift = [k for k in range(1, 40) if np.array_equal(shown, np.roll(was, -k, 0))]
    assert len(shift) == 1
    np.testing.assert_array_equal(take.seen.ssh_obs.values[shown], ds.ssh.values[shown])
    first, *more = OtherDays().takes(ds, PAIRS, find_axes(ds), 3, 0)
    assert first.seen is ds
    assert len(more) == 2


@pytest.mark.parametrize("turned", [False, True])
def test_other_days_look_where_the_satellite_was_in_the_cell(small_twin, turned):
    """On a plane in space and time, the truth at a place is known: its value in the cell plus slopes times offsets."""
    plane = 0.3 * small_twin.lat + 0.1 * small_twin.lon + 0.02 * (small_twin.time - small_twin.time[0]).dt.days
    ds = small_twin.assign(ssh=plane.transpose(*small_twin.ssh.dims).astype("float64"))
    ds = ds.isel(lat=slice(None, None, -1)) if turned else ds
    # No offset may look beyond the rim, where the truth ends.
    inner = {"time": slice(1, -1), "lat": slice(1, -1), "lon": slice(1, -1)}
    seen = taken(OtherDays(), ds, seed=1).seen
    step = 0.2
    offsets = {d: seen[f"ssh_obs_offset_{d}"].fillna(0) for d in ("time", "lat", "lon")}
    expected = ds.ssh + 0.3 * step * offsets["lat"] + 0.1 * step * offsets["lon"] + 0.02 * offsets["time"]
    error = (seen.ssh_obs - expected).isel(inner)
    assert int(error.notnull().sum()) > 100
    assert float(np.abs(error).max()) < 1e-5


def test_noise_has_its_size_and_leaves_what_is_held(small_twin):
    take = taken(Noise(0.3, Withheld()), small_twin)
    clean = taken(Withheld(), small_twin)
    added = (take.seen.ssh_obs - clean.seen.ssh_obs).values
    assert np.isclose(np.nanstd(added), 0.3, rtol=0.05)
    assert take.held.ssh_obs.identical(clean.held.ssh_obs)
    assert len(Noise(0.3, Withheld()).takes(small_twin, PAIRS, find_axes(small_twin), 2, 0)) == 2
    assert Noise(0.3).takes(small_twin, PAIRS, find_axes(small_twin), 2, 0)[0].seen is small_twin


def test_refusals_teach(small_twin):
    axes = find_axes(small_twin)
    with pytest.raises(ValueError, match=r"OtherDays\(\) looks at the truth; without one, use Withheld\(\)"):
        OtherDays().take(small_twin, [("ssh_obs", "ssh_obs")], axes, 0)
    with pytest.raises(ValueError, match="needs two days or more, and the record has 1"):
        taken(OtherDays(), small_twin.isel(time=[0]))
    with pytest.raises(ValueError, match="expected a standard deviation for each of"):
        taken(Noise((0.1, 0.2)), small_twin)
