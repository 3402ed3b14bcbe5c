"""The maps of every iterate: the last is the reconstruction, the first the first guess, all put together alike."""

import dataclasses
from types import SimpleNamespace

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from xdvn.core.cost import CostTerms
from xdvn.core.fourdvarnet import AbstractNetwork, Solution
from xdvn.iterates import iterates


@dataclasses.dataclass(frozen=True)
class Steps:
    n_steps: int


class Halving(AbstractNetwork):
    """Goes half of the way to 1 at each of three steps, and tells them."""

    solver: Steps = eqx.field(static=True, default=Steps(3))

    def trace(self, obs, first_guess=None):
        start = jnp.zeros(obs.values.shape) if first_guess is None else first_guess
        return SimpleNamespace(x=jnp.stack([1 - 0.5**k * (1 - start) for k in range(4)]))

    def __call__(self, obs, first_guess=None, *, key=None):
        solution = Solution(self.trace(obs, first_guess).x[-1], CostTerms(jnp.zeros(()), jnp.zeros(())), jnp.zeros(()))
        return solution


class Silent(AbstractNetwork):
    """Tells nothing."""

    def __call__(self, obs, first_guess=None, *, key=None):
        return Solution(obs.values, CostTerms(jnp.zeros(()), jnp.zeros(())), jnp.zeros(()))


def test_iterates_are_whole_maps(small_twin, small_model):
    model = dataclasses.replace(small_model, net=Halving())
    days = small_twin.isel(time=slice(6))
    formed = iterates(model, days, progress=False)
    assert formed.ssh.dims == ("step", *small_twin.ssh_obs.dims)
    xr.testing.assert_allclose(formed.ssh.isel(step=-1, drop=True), model.reconstruct(days, progress=False).ssh)
    normaliser = model.spec.variables[0].normaliser
    coords = [small_twin.lat.values, small_twin.lon.values]
    for k in range(4):
        expected = normaliser.undo(np.full(days.ssh_obs.shape, 1 - 0.5**k, np.float32), coords)
        np.testing.assert_allclose(formed.ssh.isel(step=k).transpose("time", "lat", "lon"), expected, atol=1e-5)
    assert "ancillary_variables" not in formed.ssh.attrs
    assert formed.ssh.attrs["units"] == "m"


def test_a_trained_solver_tells_how_it_came_there(small_twin, small_model):
    days = small_twin.isel(time=slice(5))
    formed = iterates(small_model, days, progress=False)
    assert formed.sizes["step"] == small_model.net.solver.n_steps + 1
    maps = small_model.reconstruct(days, progress=False)
    np.testing.assert_allclose(formed.ssh.isel(step=-1), maps.ssh, atol=1e-5)
    mean = small_model.spec.variables[0].normaliser.mean.on([small_twin.lat.values, small_twin.lon.values])
    np.testing.assert_allclose(
        formed.ssh.isel(step=0).transpose("time", "lat", "lon"), mean + np.zeros((5, 1, 1)), atol=1e-5
    )


def test_networks_without_steps_are_refused(small_twin, small_model):
    with pytest.raises(TypeError, match="Silent has no iterates: it is not a solver"):
        iterates(dataclasses.replace(small_model, net=Silent()), small_twin)
