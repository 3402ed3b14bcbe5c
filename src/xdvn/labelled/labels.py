"""The names of a state's variables: between arrays "*space channel" and Datasets without coordinates.

A coordinate would sit in the part of a Dataset that is compared before a compiled program is used again, and windows at
other places would be compiled anew. Called by the labelled costs.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import xarray as xr
from jaxtyping import Array, Float

from xdvn.grid.spec import GridSpec
from xdvn.labelled.registration import register

__all__ = ["Labels"]


class Labels(eqx.Module):
    """The names of a state's variables and dimensions, and the size of one normalised unit.

    Parameters
    ----------
    names : tuple of str
        Variables, in the order of the channels; channels behind theirs (covariates) have no name and pass unchanged.
    dims : tuple of str
        Time first, then space in the order of the state's axes.
    n_times : int
        Times of a window: channel = variable x ``n_times`` + time.
    scales : tuple of float, optional
        Standard deviations by which the variables were normalised: then fields are departures from the mean in the
        variables' units; else they are normalised.

    Raises
    ------
    ValueError
        There is not one scale for each variable, or a name stands twice.
    ImportError
        When applied without xarray-jax.
    """

    names: tuple[str, ...] = eqx.field(static=True)
    dims: tuple[str, ...] = eqx.field(static=True)
    n_times: int = eqx.field(static=True)
    scales: tuple[float, ...] | None = eqx.field(static=True, default=None)

    def __check_init__(self) -> None:
        if len(set(self.names)) < len(self.names) or len(set(self.dims)) < len(self.dims):
            raise ValueError(f"variables {self.names} on dimensions {self.dims}: each name may stand only once")
        if self.scales is not None and len(self.scales) != len(self.names):
            raise ValueError(f"{len(self.scales)} scales for the variables {self.names}; give one for each")

    @classmethod
    def of(cls, spec: GridSpec) -> Labels:
        """Return the labels of what a model maps: ``Labels.of(model.spec)``."""
        variables = spec.variables
        scales = tuple(v.normaliser.std for v in variables)
        return cls(tuple(v.name for v in variables), spec.axes.dims, spec.patch[0], scales)

    def name(self, x: Float[Array, "*space channel"]) -> xr.Dataset:
        """Return the named variables of a state.

        Raises
        ------
        ValueError
            The state has other axes, or too few channels.
        """
        self._check(x)
        arrays = {}
        for i, name in enumerate(self.names):
            field = jnp.moveaxis(x[..., i * self.n_times : (i + 1) * self.n_times], -1, 0)
            arrays[name] = field if self.scales is None else self.scales[i] * field
        return _dataset(arrays, self.dims)

    def flatten(self, fields: xr.Dataset, like: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return the state of named variables; those not in ``fields``, and covariates, are taken from ``like``.

        Raises
        ------
        ValueError
            A variable is not of the state, or has other dimensions or sizes.
        """
        if not set(fields.data_vars) <= set(self.names):
            raise ValueError(f"got the variables {sorted(map(str, fields.data_vars))}; the state has {self.names}")
        state = like
        for i, name in enumerate(self.names):
            if name not in fields.data_vars:
                continue
            variable = fields[name].variable
            if set(variable.dims) != set(self.dims):
                raise ValueError(f"{name!r} came back on {variable.dims}; expected {self.dims}, without any left out")
            field = jnp.moveaxis(variable.transpose(*self.dims).data, 0, -1)
            shape = (*like.shape[:-1], self.n_times)
            if field.shape != shape:
                raise ValueError(f"{name!r} came back with sizes {field.shape}; expected {shape}: pad what was cut off")
            field = field if self.scales is None else field / self.scales[i]
            state = state.at[..., i * self.n_times : (i + 1) * self.n_times].set(field)
        return state

    def _check(self, x: Array) -> None:
        if x.ndim != len(self.dims) or x.shape[-1] < len(self.names) * self.n_times:
            raise ValueError(
                f"a state of shape {x.shape} for variables {self.names} of {self.n_times} times on {self.dims}; "
                f"expected {len(self.dims) - 1} axes of space and {len(self.names) * self.n_times} or more channels"
            )


def _dataset(arrays: dict[str, Array], dims: tuple[str, ...]) -> xr.Dataset:
    """Put arrays, traced ones too, into a Dataset without coordinates."""
    register()
    # A Dataset of empty placeholders gives the structure; xarray's own constructor would look into the arrays.
    blank = xr.Dataset({name: (dims, jnp.zeros(array.shape, array.dtype)) for name, array in arrays.items()})
    leaves, structure = jax.tree.flatten({name: blank[[name]] for name in arrays})
    assert len(leaves) == len(arrays)
    parts = jax.tree.unflatten(structure, [arrays[name] for name in sorted(arrays)])
    return xr.merge([parts[name] for name in arrays]) if len(arrays) > 1 else parts[next(iter(arrays))]
