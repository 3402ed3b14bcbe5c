"""Every baseline can be where a model starts: at fit, in the model's file, and in a reconstruction after loading."""

import dataclasses

import numpy as np
import pytest

from xdvn import storage
from xdvn.baselines import (
    Climatology,
    CloudsOfOtherTimes,
    Dineof,
    EachTime,
    ExactAnalysis,
    LinearInTime,
    OptimalInterpolation,
    Persistence,
    RandomPoints,
)
from xdvn.core.cost import LearnedWeight, VariationalCost
from xdvn.core.fourdvarnet import FourDVarNet
from xdvn.core.modulators import IdentityModulator
from xdvn.core.priors import IdentityPrior
from xdvn.core.solvers import GradientSolver
from xdvn.grid.axes import find_axes
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.model import load


def mappers(ds):
    """One of each, with every kind of part inside."""
    axes = find_axes(ds.ssh)
    mean, land = MeanField.from_data(ds.ssh, axes), LandMask.from_data(ds.ssh, axes)
    return {
        "oi": OptimalInterpolation(
            "ssh_obs", "ssh", (5.0, 0.7, 0.9), 0.2, mean, EachTime(), ExactAnalysis(), axes, 0.1, 1.2, 0.1, land
        ),
        "dineof": Dineof("ssh_obs", "ssh", 2, withheld=RandomPoints(0.05), mean=mean, land=land),
        "dineof chosen": Dineof("ssh_obs", "ssh", withheld=CloudsOfOtherTimes(0.1), most_modes=3),
        "linear": LinearInTime("ssh_obs", "ssh", mean),
        "persistence": Persistence("ssh_obs", "ssh", mean, damping=9.0),
        "climatology": Climatology("ssh_obs", mean, (mean,), (mean,), name="ssh"),
    }


NAMES = ["oi", "dineof", "dineof chosen", "linear", "persistence", "climatology"]


@pytest.mark.parametrize("name", NAMES)
def test_saved_and_read_it_maps_the_same(small_twin, tmp_path, name):
    ds = small_twin.isel(time=slice(0, 9))
    mapper = mappers(ds)[name]
    storage.write(tmp_path / "m.xdvn", mapper, {})
    back = storage.read(tmp_path / "m.xdvn")
    assert type(back) is type(mapper)
    assert np.array_equal(back.reconstruct(ds).ssh, mapper.reconstruct(ds).ssh)


def trivial(channels, ndim, *, key):
    """A network of one number that compiles at once: half a step towards the observations."""
    cost = VariationalCost(IdentityPrior(), obs_weight=LearnedWeight(1.0))
    return FourDVarNet(cost, GradientSolver(modulator=IdentityModulator(), n_steps=1, step_size=0.5))


@pytest.fixture(scope="module")
def fitted(small_twin):
    """Fitted with the cheapest start."""
    guess = LinearInTime("ssh_obs", "ssh", MeanField.from_data(small_twin.ssh, find_axes(small_twin.ssh)))
    return small_twin.dvn.fit(
        "ssh_obs", truth="ssh", patch={"time": 5}, net=trivial, first_guess=guess, epochs=1, validation=0,
        batch_size=8, progress=False,
    )  # fmt: skip


def test_from_fit_to_file_to_map(small_twin, fitted, tmp_path):
    """A step towards the observations, from the mapper's map of each window: elsewhere the two are equal."""
    fitted.save(tmp_path / "m.xdvn")
    ds = small_twin.isel(time=slice(0, 5))
    maps = load(tmp_path / "m.xdvn").reconstruct(ds, progress=False).ssh
    assert np.array_equal(maps, fitted.reconstruct(ds, progress=False).ssh)
    start = fitted.first_guess.reconstruct(ds).ssh
    seen = ds.ssh_obs.notnull().values
    np.testing.assert_allclose(maps.values[~seen], start.values[~seen], atol=1e-5)
    bare = dataclasses.replace(fitted, first_guess=None).reconstruct(ds, progress=False).ssh
    assert np.abs(maps - bare).max() > 1e-2


@pytest.mark.parametrize("name", NAMES)
def test_a_model_starts_from_any_after_loading_too(small_twin, fitted, tmp_path, name):
    """A network that does nothing hands its start back."""
    ds = small_twin.isel(time=slice(0, 5))
    still = GradientSolver(modulator=IdentityModulator(), n_steps=1, step_size=0.0)
    mapper = mappers(small_twin)[name]
    model = dataclasses.replace(fitted, net=FourDVarNet(VariationalCost(IdentityPrior()), still), first_guess=mapper)
    model.save(tmp_path / "m.xdvn")
    maps = load(tmp_path / "m.xdvn").reconstruct(ds, progress=False).ssh
    np.testing.assert_allclose(maps, mapper.reconstruct(ds).ssh, atol=1e-5)
