"""The check of whole methods: a baseline and a model pass, a mapper that breaks one promise is told which."""

from dataclasses import dataclass

import numpy as np
import pytest

from xdvn import OptimalInterpolation, testing
from xdvn.mapper import AbstractMapper

PAIRS = {"ssh": "ssh_obs"}
RNG = np.random.default_rng(0)


@pytest.fixture
def sea(small_twin):
    return small_twin.isel(time=slice(8))


def test_ours_keep_their_promises(sea, small_model):
    testing.check_mapper(OptimalInterpolation("ssh_obs", name="ssh"), sea, PAIRS)
    testing.check_mapper(small_model, sea, PAIRS)


@dataclass(frozen=True)
class Zero(AbstractMapper):
    """Maps everything to zero; what is broken is a field."""

    broken: str = ""

    def reconstruct(self, ds):
        seen = ds.ssh_obs
        maps = seen.fillna(0.0).rename("ssh")
        if self.broken == "input":
            ds.ssh_obs.attrs["touched"] = True
        if self.broken == "name":
            maps = maps.rename("map")
        if self.broken == "dims":
            maps = maps.transpose()
        if self.broken == "fixed order":
            maps = maps.transpose("time", "lat", "lon")
        if self.broken == "coords":
            maps = maps.assign_coords(lon=maps.lon + 1)
        if self.broken == "units":
            maps = maps.assign_attrs(units="cm")
        if self.broken == "gaps":
            maps = maps.where(maps.lat > maps.lat[3])
        if self.broken == "chance":
            maps = maps + RNG.normal()
        if self.broken == "order":
            maps = maps + float(seen.values.ravel()[np.isfinite(seen.values.ravel())][0])
        maps.attrs.setdefault("units", seen.attrs["units"])
        return maps.to_dataset()


def test_the_same_mapper_unbroken_passes(sea):
    testing.check_mapper(Zero(), sea, PAIRS)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("input", "changed the Dataset it was given; work on a copy"),
        ("name", r"returned \['map'\], expected a variable 'ssh'"),
        ("dims", r"has the dimensions \('lon', 'lat', 'time'\), expected the observations' \('time', 'lat', 'lon'\)"),
        (
            "fixed order",
            r"has the dimensions \('time', 'lat', 'lon'\), expected the observations' \('lon', 'lat', 'time'\)",
        ),
        ("coords", "the coordinate 'lon' of 'ssh' is not that of the observations"),
        ("units", "has units 'cm', the observations have 'm'"),
        ("gaps", "'ssh' is NaN in .* cells that were observed; a map is complete at sea"),
        ("chance", "is not reproducible: two runs on equal input differ"),
        ("order", "depends on the order of the dimensions"),
    ],
)
def test_a_broken_mapper_is_told_what_it_breaks(sea, broken, message):
    with pytest.raises(AssertionError, match=message):
        testing.check_mapper(Zero(broken), sea.copy(deep=True), PAIRS)


@dataclass(frozen=True)
class Unsaved(AbstractMapper):
    f: object

    def reconstruct(self, ds):
        return Zero().reconstruct(ds)


def test_a_mapper_that_cannot_be_saved_is_told(sea):
    with pytest.raises(AssertionError, match="Unsaved cannot be saved: Unsaved.f is a ufunc"):
        testing.check_mapper(Unsaved(np.sin), sea, PAIRS)
