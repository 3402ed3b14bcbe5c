"""Resampled observations: hold-outs, masks of other days, added errors, and their error messages."""

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
def test_every_resampling_satisfies_the_contract(small_twin, resampling):
    check_resampling(resampling, small_twin, "ssh_obs", "ssh")


def test_observed_and_withheld_together_are_all_observations(small_twin):
    split = drawn(WithholdObservations(), small_twin.transpose("lon", "time", "lat"))
    both = split.observed.ssh_obs.fillna(split.withheld.ssh_obs)
    assert both.dims == ("lon", "time", "lat")
    assert both.equals(small_twin.ssh_obs.transpose("lon", "time", "lat"))
    splits = WithholdObservations(n_realisations=4).realisations(small_twin, PAIRS, find_axes(small_twin), 0)
    ever = sum(t.withheld.ssh_obs.notnull() for t in splits)
    assert len(splits) == 4
    assert int(ever.max()) < 4


def test_default_holdout_is_tracks_for_sparse_and_clouds_for_dense_observations():
    sparse = np.zeros((3, 20, 20), bool)
    sparse[:, 4] = True
    assert isinstance(_default_holdout(sparse), WholeTracks)
    assert isinstance(_default_holdout(~sparse), TransplantedCloudMasks)


def test_shuffled_masks_sample_the_truth(small_twin):
    ds = small_twin.drop_vars([v for v in small_twin if "offset" in v])
    split = drawn(ShuffleMasks(), ds, seed=3)
    shuffled, original = split.observed.ssh_obs.notnull().values, ds.ssh_obs.notnull().values
    shift = [k for k in range(1, 40) if np.array_equal(shuffled, np.roll(original, -k, 0))]
    assert len(shift) == 1
    np.testing.assert_array_equal(split.observed.ssh_obs.values[shuffled], ds.ssh.values[shuffled])
    first, *more = ShuffleMasks(n_realisations=3).realisations(ds, PAIRS, find_axes(ds), 0)
    assert first.observed is ds
    assert len(more) == 2


@pytest.mark.parametrize("reverse", [False, True])
def test_shuffled_masks_sample_at_the_positions_of_the_observations(small_twin, reverse):
    """On a plane in space and time, the truth is the value of the cell plus slopes times offsets."""
    plane = 0.3 * small_twin.lat + 0.1 * small_twin.lon + 0.02 * (small_twin.time - small_twin.time[0]).dt.days
    ds = small_twin.assign(ssh=plane.transpose(*small_twin.ssh.dims).astype("float64"))
    ds = ds.isel(lat=slice(None, None, -1)) if reverse else ds
    # Offsets in the outermost cells point outside the truth.
    inner = {"time": slice(1, -1), "lat": slice(1, -1), "lon": slice(1, -1)}
    observed = drawn(ShuffleMasks(), ds, seed=1).observed
    step = 0.2
    offsets = {d: observed[f"ssh_obs_offset_{d}"].fillna(0) for d in ("time", "lat", "lon")}
    expected = ds.ssh + 0.3 * step * offsets["lat"] + 0.1 * step * offsets["lon"] + 0.02 * offsets["time"]
    error = (observed.ssh_obs - expected).isel(inner)
    assert int(error.notnull().sum()) > 100
    assert float(np.abs(error).max()) < 1e-5


def test_added_errors_have_their_standard_deviation_and_omit_withheld_observations(small_twin):
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


def test_errors_name_a_cure(small_twin):
    axes = find_axes(small_twin)
    with pytest.raises(ValueError, match=r"ShuffleMasks\(\): expected truth=, got none. Use WithholdObservations\(\)"):
        ShuffleMasks().draw(small_twin, [("ssh_obs", "ssh_obs")], axes, 0)
    with pytest.raises(ValueError, match=r"expected two time steps or more, got 1. Give a longer period"):
        drawn(ShuffleMasks(), small_twin.isel(time=[0]))
    with pytest.raises(ValueError, match="expected a standard deviation for each of"):
        drawn(PerturbObservations((0.1, 0.2)), small_twin)
