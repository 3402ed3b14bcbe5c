"""Maps of every iterate: the first is the first guess, the last the reconstruction."""

import dataclasses
from types import SimpleNamespace

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from xdvn.core.cost import CostTerms
from xdvn.core.networks.fourdvarnet import AbstractNetwork, Solution
from xdvn.diagnostics import iterates


@dataclasses.dataclass(frozen=True)
class Steps:
    n_steps: int


class Halving(AbstractNetwork):
    """A network that halves the distance to 1 in each of three steps."""

    solver: Steps = eqx.field(static=True, default=Steps(3))

    def trace(self, obs, first_guess=None):
        start = jnp.zeros(obs.values.shape) if first_guess is None else first_guess
        return SimpleNamespace(x=jnp.stack([1 - 0.5**k * (1 - start) for k in range(4)]))

    def __call__(self, obs, first_guess=None, *, key=None):
        solution = Solution(self.trace(obs, first_guess).x[-1], CostTerms(jnp.zeros(()), jnp.zeros(())), jnp.zeros(()))
        return solution


class Direct(AbstractNetwork):
    """A network without iterates."""

    def __call__(self, obs, first_guess=None, *, key=None):
        return Solution(obs.values, CostTerms(jnp.zeros(()), jnp.zeros(())), jnp.zeros(()))


def test_iterates_are_complete_maps(small_twin, small_model):
    model = dataclasses.replace(small_model, network=Halving())
    days = small_twin.isel(time=slice(6))
    maps = iterates(model, days, progress=False)
    assert maps.ssh.dims == ("step", *small_twin.ssh_obs.dims)
    xr.testing.assert_allclose(maps.ssh.isel(step=-1, drop=True), model.reconstruct(days, progress=False).ssh)
    normaliser = model.spec.variables[0].normaliser
    coords = [small_twin.lat.values, small_twin.lon.values]
    for k in range(4):
        expected = normaliser.inverse_transform(np.full(days.ssh_obs.shape, 1 - 0.5**k, np.float32), coords)
        np.testing.assert_allclose(maps.ssh.isel(step=k).transpose("time", "lat", "lon"), expected, atol=1e-5)
    assert "ancillary_variables" not in maps.ssh.attrs
    assert maps.ssh.attrs["units"] == "m"


def test_iterates_of_a_trained_solver(small_twin, small_model):
    days = small_twin.isel(time=slice(5))
    maps = iterates(small_model, days, progress=False)
    assert maps.sizes["step"] == small_model.network.solver.n_steps + 1
    final = small_model.reconstruct(days, progress=False)
    np.testing.assert_allclose(maps.ssh.isel(step=-1), final.ssh, atol=1e-5)
    mean = small_model.spec.variables[0].normaliser.mean.on([small_twin.lat.values, small_twin.lon.values])
    np.testing.assert_allclose(
        maps.ssh.isel(step=0).transpose("time", "lat", "lon"), mean + np.zeros((5, 1, 1)), atol=1e-5
    )


def test_a_network_without_iterates_is_an_error(small_twin, small_model):
    with pytest.raises(
        TypeError, match=r"Direct has no iterates: expected a network with trace\(obs\). Train a FourDVarNet"
    ):
        iterates(dataclasses.replace(small_model, network=Direct()), small_twin)
