"""A whole field as the solver forms it: the maps of every iterate, from the first guess to the reconstruction.

    x_0, ..., x_K of every window, put together as ``Model.reconstruct`` puts its windows together

For looking at: ``xdvn.plot.animation(iterates(model, ds)["ssh"], over="step")``. Each iterate is one reconstruction, so
this takes K + 1 times as long, and compiles once.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Protocol, runtime_checkable

import equinox as eqx
import jax.numpy as jnp
import xarray as xr
from jaxtyping import Array, Float, Int, PRNGKeyArray

from xdvn.core.fourdvarnet import AbstractNetwork, Solution
from xdvn.core.observations import Observations
from xdvn.model import Model

__all__ = ["iterates"]


@runtime_checkable
class Traceable(Protocol):
    """A network that can tell its iterates, such as ``FourDVarNet``."""

    @property
    def solver(self) -> Any:
        """Has ``n_steps``."""

    def trace(self, obs: Observations, first_guess: Array | None = None) -> Any:
        """Return an object whose ``x`` is "step *space channel"."""


class Iterate(AbstractNetwork):
    """The k-th iterate of a network in place of its result."""

    net: AbstractNetwork
    k: Int[Array, ""]

    def __call__(
        self,
        obs: Observations,
        first_guess: Float[Array, "*space channel"] | None = None,
        *,
        key: PRNGKeyArray | None = None,
    ) -> Solution:
        """Return x_k, with the terms of the full solve."""
        assert isinstance(self.net, Traceable)
        x = self.net.trace(obs, first_guess).x[self.k]
        return eqx.tree_at(lambda solution: solution.x, self.net(obs, first_guess), x)


def iterates(model: Model, ds: xr.Dataset, **options: Any) -> xr.Dataset:
    """Map ``ds`` by every iterate of a model's solver.

    Parameters
    ----------
    model : Model
        Its network must have a solver: ``FourDVarNet``.
    ds : xr.Dataset
        Observations, as for ``reconstruct``; choose a few days, at least a window of the model.
    **options
        Passed to ``model.reconstruct``, such as ``progress=``.

    Returns
    -------
    xr.Dataset
        The maps along a first dimension ``step``, 0 (first guess) to K. A last x <- phi(x) after the solver, which some
        networks have, is not part of it.

    Raises
    ------
    TypeError
        The network is no solver, so there are no iterates.
    """
    net = model.net
    if not isinstance(net, Traceable):
        raise TypeError(
            f"{type(net).__name__} has no iterates: it is not a solver that can tell its steps with trace(obs); train "
            "a FourDVarNet, the default of ds.dvn.fit"
        )
    steps = range(net.solver.n_steps + 1)
    names = [variable.name for variable in model.spec.variables]
    models = (dataclasses.replace(model, net=Iterate(model.net, jnp.asarray(k))) for k in steps)
    maps = [each.reconstruct(ds, **options)[names] for each in models]
    together = xr.concat(maps, xr.Variable("step", list(steps), {"long_name": "iteration of the solver", "units": "1"}))
    return together.assign({name: _alone(together[name]) for name in names})


def _alone(da: xr.DataArray) -> xr.DataArray:
    """Return the map without the names of variables that are not there."""
    alone = da.copy(deep=False)
    alone.attrs = {k: v for k, v in da.attrs.items() if k != "ancillary_variables"}
    return alone
