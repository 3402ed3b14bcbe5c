"""Maps of every iterate x_0, ..., x_K of the solver, from the first guess to the reconstruction.

To animate them: ``xdvn.plot.animation(iterates(model, ds)["ssh"], over="step")``. Each iterate is one reconstruction,
so this takes K + 1 times as long and compiles once.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Protocol, runtime_checkable

import equinox as eqx
import jax.numpy as jnp
import xarray as xr
from jaxtyping import Array, Float, Int, PRNGKeyArray

from xdvn.core.networks.fourdvarnet import AbstractNetwork, Solution
from xdvn.core.observations import Observations
from xdvn.model import Model

__all__ = ["iterates"]


@runtime_checkable
class Traceable(Protocol):
    """Network that returns its iterates with ``trace``, such as ``FourDVarNet``."""

    @property
    def solver(self) -> Any:
        """Solver with the attribute ``n_steps``."""

    def trace(self, obs: Observations, first_guess: Array | None = None) -> Any:
        """Return an object whose ``x`` is "step *space channel"."""


class Iterate(AbstractNetwork):
    """Network whose result is the k-th iterate of another network."""

    network: AbstractNetwork
    k: Int[Array, ""]

    def __call__(
        self,
        obs: Observations,
        first_guess: Float[Array, "*space channel"] | None = None,
        *,
        key: PRNGKeyArray | None = None,
    ) -> Solution:
        """Return x_k, with the terms of the full solve."""
        assert isinstance(self.network, Traceable)
        x = self.network.trace(obs, first_guess).x[self.k]
        return eqx.tree_at(lambda solution: solution.x, self.network(obs, first_guess), x)


def iterates(model: Model, ds: xr.Dataset, **options: Any) -> xr.Dataset:
    """Map ``ds`` with every iterate of a model's solver.

    Parameters
    ----------
    model : Model
        Model whose network has a solver: ``FourDVarNet``.
    ds : xr.Dataset
        Observations, as for ``reconstruct``; a few days, at least one window of the model.
    **options
        Options of ``model.reconstruct``, such as ``progress=``.

    Returns
    -------
    xr.Dataset
        Maps along a first dimension ``step``, 0 (first guess) to K. They do not include the last x <- phi(x) of some
        networks.

    Raises
    ------
    TypeError
        The network has no iterates.
    """
    network = model.network
    if not isinstance(network, Traceable):
        raise TypeError(
            f"{type(network).__name__} has no iterates: expected a network with trace(obs). "
            "Train a FourDVarNet, the default of ds.dvn.fit."
        )
    steps = range(network.solver.n_steps + 1)
    names = [variable.name for variable in model.spec.variables]
    models = (dataclasses.replace(model, network=Iterate(model.network, jnp.asarray(k))) for k in steps)
    step_axis = xr.Variable("step", list(steps), {"long_name": "iteration of the solver", "units": "1"})
    maps = xr.concat([m.reconstruct(ds, **options)[names] for m in models], step_axis)
    return maps.assign({name: _without_ancillary(maps[name]) for name in names})


def _without_ancillary(da: xr.DataArray) -> xr.DataArray:
    """Return the map without its attribute ``ancillary_variables``."""
    copy = da.copy(deep=False)
    copy.attrs = {k: v for k, v in da.attrs.items() if k != "ancillary_variables"}
    return copy
