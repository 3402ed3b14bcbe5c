"""The same sea, observed once more: what is shown, what is held, and what the truth looks like where others looked."""

import numpy as np
import pytest

from xdvn.grid.axes import find_axes
from xdvn.testing import check_resampling
from xdvn.training import TransplantedCloudMasks, WholeTimeSteps, WholeTracks
from xdvn.training.resampling import PerturbObservations, ShuffleMasks, WithholdObservations, _default_holdout

PAIRS = [("ssh_obs", "ssh")]


def drawn(resampling, ds, seed=0):
    return resampling.draw(ds, PAIRS, find_axes(ds), seed)


@pytest.mark.parametrize(
    "resampling",
    [
        WithholdObservations(),
        WithholdObservations(WholeTimeSteps(0.3)),
        ShuffleMasks(),
        PerturbObservations(0.1),
        PerturbObservations(0.1, WithholdObservations()),
    ],
    ids=lambda r: type(r).__name__,
)
def test_every_resampling_keeps_the_contract(small_twin, resampling):
    check_resampling(resampling, small_twin, "ssh_obs", "ssh")


def test_withheld_and_shown_are_all_that_was_seen(small_twin):
    split = drawn(WithholdObservations(), small_twin.transpose("lon", "time", "lat"))
    both = split.observed.ssh_obs.fillna(split.withheld.ssh_obs)
    assert both.dims == ("lon", "time", "lat")
    assert both.equals(small_twin.ssh_obs.transpose("lon", "time", "lat"))
    splits = WithholdObservations(n_realisations=4).realisations(small_twin, PAIRS, find_axes(small_twin), 0)
    ever = sum(t.withheld.ssh_obs.notnull() for t in splits)
    assert len(splits) == 4
    assert int(ever.max()) < 4


def test_tracks_are_withheld_where_a_day_sees_little_and_clouds_where_it_sees_much(small_twin):
    thin = np.zeros((3, 20, 20), bool)
    thin[:, 4] = True
    assert isinstance(_default_holdout(thin), WholeTracks)
    assert isinstance(_default_holdout(~thin), TransplantedCloudMasks)


def test_other_days_show_the_truth_through_their_masks(small_twin):
    ds = small_twin.drop_vars([v for v in small_twin if "offset" in v])
    split = drawn(ShuffleMasks(), ds, seed=3)
    shown, was = split.observed.ssh_obs.notnull().values, ds.ssh_obs.notnull().values
    shift = [k for k in range(1, 40) if np.array_equal(shown, np.roll(was, -k, 0))]
    assert len(shift) == 1
    np.testing.assert_array_equal(split.observed.ssh_obs.values[shown], ds.ssh.values[shown])
    first, *more = ShuffleMasks(n_realisations=3).realisations(ds, PAIRS, find_axes(ds), 0)
    assert first.observed is ds
    assert len(more) == 2


@pytest.mark.parametrize("turned", [False, True])
def test_other_days_look_where_the_satellite_was_in_the_cell(small_twin, turned):
    """On a plane in space and time, the truth at a place is known: its value in the cell plus slopes times offsets."""
    plane = 0.3 * small_twin.lat + 0.1 * small_twin.lon + 0.02 * (small_twin.time - small_twin.time[0]).dt.days
    ds = small_twin.assign(ssh=plane.transpose(*small_twin.ssh.dims).astype("float64"))
    ds = ds.isel(lat=slice(None, None, -1)) if turned else ds
    # No offset may look beyond the rim, where the truth ends.
    inner = {"time": slice(1, -1), "lat": slice(1, -1), "lon": slice(1, -1)}
    seen = drawn(ShuffleMasks(), ds, seed=1).observed
    step = 0.2
    offsets = {d: seen[f"ssh_obs_offset_{d}"].fillna(0) for d in ("time", "lat", "lon")}
    expected = ds.ssh + 0.3 * step * offsets["lat"] + 0.1 * step * offsets["lon"] + 0.02 * offsets["time"]
    error = (seen.ssh_obs - expected).isel(inner)
    assert int(error.notnull().sum()) > 100
    assert float(np.abs(error).max()) < 1e-5


def test_noise_has_its_size_and_leaves_what_is_held(small_twin):
    split = drawn(PerturbObservations(0.3, WithholdObservations()), small_twin)
    clean = drawn(WithholdObservations(), small_twin)
    added = (split.observed.ssh_obs - clean.observed.ssh_obs).values
    assert np.isclose(np.nanstd(added), 0.3, rtol=0.05)
    assert split.withheld.ssh_obs.identical(clean.withheld.ssh_obs)
    given = (small_twin, PAIRS, find_axes(small_twin), 0)
    assert len(PerturbObservations(0.3, WithholdObservations(), 2).realisations(*given)) == 2
    first, *more = PerturbObservations(0.3, n_realisations=2).realisations(*given)
    assert first.observed is small_twin
    assert len(more) == 1


def test_refusals_teach(small_twin):
    axes = find_axes(small_twin)
    with pytest.raises(ValueError, match=r"ShuffleMasks\(\): expected truth=, got none. Use WithholdObservations\(\)"):
        ShuffleMasks().draw(small_twin, [("ssh_obs", "ssh_obs")], axes, 0)
    with pytest.raises(ValueError, match=r"expected two time steps or more, got 1. Give a longer period"):
        drawn(ShuffleMasks(), small_twin.isel(time=[0]))
    with pytest.raises(ValueError, match="expected a standard deviation for each of"):
        drawn(PerturbObservations((0.1, 0.2)), small_twin)
