"""Checks of mappers: a baseline and a model pass, and a broken mapper raises the corresponding error."""

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


def test_mappers_of_the_package_pass(sea, small_model):
    testing.check_mapper(OptimalInterpolation("ssh_obs", name="ssh"), sea, PAIRS)
    testing.check_mapper(small_model, sea, PAIRS)


@dataclass(frozen=True)
class Zero(AbstractMapper):
    """Mapper that returns zeros, with one optional defect."""

    broken: str = ""

    def reconstruct(self, ds):
        observed = ds.ssh_obs
        maps = observed.fillna(0.0).rename("ssh")
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
        if self.broken == "random":
            maps = maps + RNG.normal()
        if self.broken == "order":
            maps = maps + float(observed.values.ravel()[np.isfinite(observed.values.ravel())][0])
        maps.attrs.setdefault("units", observed.attrs["units"])
        return maps.to_dataset()


def test_the_mapper_without_defect_passes(sea):
    testing.check_mapper(Zero(), sea, PAIRS)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("input", r"changed its input: expected an unchanged Dataset\. Work on a copy"),
        ("name", r"returned \['map'\]: expected a variable 'ssh'\. Rename the output"),
        (
            "dims",
            r"has dimensions \('lon', 'lat', 'time'\): expected \('time', 'lat', 'lon'\)\. Transpose to the obs",
        ),
        (
            "fixed order",
            r"has dimensions \('time', 'lat', 'lon'\): expected \('lon', 'lat', 'time'\)\. Transpose to the obs",
        ),
        ("coords", r"coordinate 'lon' of 'ssh' differs: expected that of the observations\. Copy it"),
        ("units", r"has units 'cm': expected 'm'\. Copy the units"),
        ("gaps", r"'ssh' is NaN in \d+ observed cells: expected no gaps at sea\. Fill all cells"),
        ("random", r"two runs differ: expected equal maps\. Draw random numbers from a seed"),
        ("order", r"maps depend on the order of the dimensions: expected equal maps\. Use dimensions by name"),
    ],
)
def test_a_defect_of_a_mapper_raises(sea, broken, message):
    with pytest.raises(AssertionError, match=message):
        testing.check_mapper(Zero(broken), sea.copy(deep=True), PAIRS)


@dataclass(frozen=True)
class Unsaved(AbstractMapper):
    f: object

    def reconstruct(self, ds):
        return Zero().reconstruct(ds)


def test_a_mapper_that_cannot_be_saved_raises(sea):
    with pytest.raises(AssertionError, match="Unsaved cannot be saved: Unsaved.f is a ufunc"):
        testing.check_mapper(Unsaved(np.sin), sea, PAIRS)
