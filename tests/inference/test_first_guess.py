"""First guesses: the mapper's own map in a reconstruction; in training, also maps that do not know the future."""

from dataclasses import dataclass

import numpy as np
import pytest
import xarray as xr

from xdvn.grid.axes import find_axes
from xdvn.grid.patches import Patcher
from xdvn.grid.spec import GridSpec
from xdvn.inference.first_guess import first_guess_from_mapper, first_guess_from_maps
from xdvn.mapper import AbstractMapper

PATCH = (5, 8, 8)


@dataclass(frozen=True)
class LastDay(AbstractMapper):
    """Fills the whole record with its last observed value, so that a map tells which days it was made of."""

    def reconstruct(self, ds):
        seen = ds.ssh_obs.mean(("lat", "lon")).dropna("time")
        return xr.Dataset({"ssh": xr.zeros_like(ds.ssh_obs) + float(seen[-1])})


@pytest.fixture
def days(small_twin):
    """Observations whose value is the number of the day, on every second day."""
    number = np.arange(small_twin.sizes["time"], dtype=float)
    everywhere = xr.zeros_like(small_twin.ssh) + xr.DataArray(number, dims="time")
    return xr.Dataset({"ssh_obs": everywhere.where(everywhere % 2 == 0), "ssh": everywhere})


@pytest.fixture
def spec(days):
    axes = find_axes(days)
    return GridSpec.from_dataset(days, [("ssh_obs", "ssh")], axes, slice(0, 40), PATCH)


def in_days(guess, spec, start):
    normaliser = spec.variables[0].normaliser
    patcher = Patcher((40, 16, 16), PATCH, (1, 8, 8))
    window = guess.at(start, patcher)
    assert window.shape == (1, *PATCH)
    mean = normaliser.mean.on([np.sort(c) for c in spec.land.coords])[: PATCH[1], : PATCH[2]]
    return window[0] * normaliser.std + mean


def test_a_reconstruction_starts_from_the_map_of_the_whole_record(days, spec):
    guess = first_guess_from_mapper(LastDay(), days, spec)
    assert np.allclose(in_days(guess, spec, (10, 0, 0)), 38, atol=1e-3)


def test_some_training_windows_do_not_know_the_days_after_them(days, spec):
    guess = first_guess_from_mapper(LastDay(), days, spec, ends=[10, 11])
    assert np.allclose(in_days(guess, spec, (10, 8, 8)), 14, atol=1e-3)
    assert np.allclose(in_days(guess, spec, (11, 0, 8)), 14, atol=1e-3)  # day 15 is not observed
    assert np.allclose(in_days(guess, spec, (12, 0, 0)), 38, atol=1e-3)


def test_without_an_observation_before_its_end_a_window_takes_the_whole_record(days, spec):
    late = days.assign(ssh_obs=days.ssh_obs.where(days.ssh_obs > 20))
    guess = first_guess_from_mapper(LastDay(), late, spec, ends=[3])
    assert np.allclose(in_days(guess, spec, (3, 0, 0)), 38, atol=1e-3)


def test_a_variable_without_a_map_starts_from_its_mean(days, spec):
    two = days.assign(sst_obs=days.ssh_obs + 5, sst=days.ssh + 5)
    both = GridSpec.from_dataset(two, [("ssh_obs", "ssh"), ("sst_obs", "sst")], find_axes(two), slice(0, 40), PATCH)
    guess = first_guess_from_mapper(LastDay(), two, both)
    assert np.array_equal(guess.whole[0], first_guess_from_mapper(LastDay(), days, spec).whole[0])
    assert not guess.whole[1].any()


def test_a_map_of_nothing_that_is_mapped_is_refused(days, spec):
    other = LastDay().reconstruct(days).rename(ssh="height")
    with pytest.raises(KeyError, match=r"first_guess holds \['height'\]: expected one of \['ssh'\]. Name its map"):
        first_guess_from_maps(other, spec)
