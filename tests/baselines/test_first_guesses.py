"""Every baseline as a first guess: in `fit`, in the model file, and in a reconstruction after loading."""

import dataclasses

import numpy as np
import pytest

from xdvn import Training
from xdvn.baselines import (
    CholeskyAnalysis,
    Climatology,
    Dineof,
    LinearInTime,
    OptimalInterpolation,
    Persistence,
    PerTimeTiling,
)
from xdvn.core.cost import LearnedWeight, VariationalCost
from xdvn.core.modulators import IdentityModulator
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.priors import IdentityPrior
from xdvn.core.solvers import GradientSolver
from xdvn.grid.axes import find_axes
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.io import model_file as storage
from xdvn.model import load
from xdvn.training import RandomPoints, TransplantedCloudMasks


def mappers(ds):
    """Return one mapper of each class, with parts of every kind."""
    axes = find_axes(ds.ssh)
    mean, land = MeanField.from_data(ds.ssh, axes), LandMask.from_data(ds.ssh, axes)
    return {
        "oi": OptimalInterpolation(
            "ssh_obs", "ssh", (5.0, 0.7, 0.9), 0.2, mean, PerTimeTiling(), CholeskyAnalysis(), axes, 0.1, 1.2, 0.1, land
        ),
        "dineof": Dineof("ssh_obs", "ssh", 2, holdout=RandomPoints(0.05), mean=mean, land=land),
        "dineof chosen": Dineof("ssh_obs", "ssh", holdout=TransplantedCloudMasks(0.1), max_modes=3),
        "linear": LinearInTime("ssh_obs", "ssh", mean),
        "persistence": Persistence("ssh_obs", "ssh", mean, damping=9.0),
        "climatology": Climatology("ssh_obs", mean, (mean,), (mean,), name="ssh"),
    }


NAMES = ["oi", "dineof", "dineof chosen", "linear", "persistence", "climatology"]


@pytest.mark.parametrize("name", NAMES)
def test_maps_are_equal_after_saving_and_loading(small_twin, tmp_path, name):
    ds = small_twin.isel(time=slice(0, 9))
    mapper = mappers(ds)[name]
    storage.write(tmp_path / "m.xdvn", mapper, {})
    loaded = storage.read(tmp_path / "m.xdvn")
    assert type(loaded) is type(mapper)
    assert np.array_equal(loaded.reconstruct(ds).ssh, mapper.reconstruct(ds).ssh)


def trivial(channels, ndim, *, key):
    """Return a network with one parameter that compiles fast: half a step towards the observations."""
    cost = VariationalCost(IdentityPrior(), obs_weight=LearnedWeight(1.0))
    return FourDVarNet(cost, GradientSolver(modulator=IdentityModulator(), n_steps=1, step_size=0.5))


@pytest.fixture(scope="module")
def fitted(small_twin):
    """Return a model fitted with the cheapest first guess."""
    guess = LinearInTime("ssh_obs", "ssh", MeanField.from_data(small_twin.ssh, find_axes(small_twin.ssh)))
    return small_twin.dvn.fit(
        "ssh_obs",
        truth="ssh",
        network=trivial,
        first_guess=guess,
        validation=0,
        progress=False,
        windows={"time": 5},
        training=Training(epochs=1, batch_size=8),
    )


def test_from_fit_to_file_to_map(small_twin, fitted, tmp_path):
    """The network changes the first guess only at the observations."""
    fitted.save(tmp_path / "m.xdvn")
    ds = small_twin.isel(time=slice(0, 5))
    maps = load(tmp_path / "m.xdvn").reconstruct(ds, progress=False).ssh
    assert np.array_equal(maps, fitted.reconstruct(ds, progress=False).ssh)
    start = fitted.first_guess.reconstruct(ds).ssh
    observed = ds.ssh_obs.notnull().values
    np.testing.assert_allclose(maps.values[~observed], start.values[~observed], atol=1e-5)
    bare = dataclasses.replace(fitted, first_guess=None).reconstruct(ds, progress=False).ssh
    assert np.abs(maps - bare).max() > 1e-2


@pytest.mark.parametrize("name", NAMES)
def test_a_loaded_model_starts_from_its_first_guess(small_twin, fitted, tmp_path, name):
    """A solver with step size 0 returns the first guess."""
    ds = small_twin.isel(time=slice(0, 5))
    solver = GradientSolver(modulator=IdentityModulator(), n_steps=1, step_size=0.0)
    mapper = mappers(small_twin)[name]
    model = dataclasses.replace(
        fitted, network=FourDVarNet(VariationalCost(IdentityPrior()), solver), first_guess=mapper
    )
    model.save(tmp_path / "m.xdvn")
    maps = load(tmp_path / "m.xdvn").reconstruct(ds, progress=False).ssh
    np.testing.assert_allclose(maps, mapper.reconstruct(ds).ssh, atol=1e-5)
