"""Conversion between states "*space channel" and Datasets of named variables without coordinates.

Coordinates would be static data of a compiled program, so each window would need its own compilation.
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
    """Names of the variables and dimensions of a state, and the standard deviations of its normalisation.

    Parameters
    ----------
    names : tuple of str
        Variables, in the order of the channels. Further channels (covariates) have no name and are unchanged.
    dims : tuple of str
        Dimensions, time first, then space in the order of the state's axes.
    n_times : int
        Time steps of a window; channel = variable x ``n_times`` + time.
    scales : tuple of float, optional
        Standard deviations of the variables; fields are then anomalies in physical units. If None, fields are
        normalised.

    Raises
    ------
    ValueError
        If ``scales`` does not have one value for each variable, or if a name is repeated.
    ImportError
        On application, if xarray-jax is not installed.
    """

    names: tuple[str, ...] = eqx.field(static=True)
    dims: tuple[str, ...] = eqx.field(static=True)
    n_times: int = eqx.field(static=True)
    scales: tuple[float, ...] | None = eqx.field(static=True, default=None)

    def __check_init__(self) -> None:
        if len(set(self.names)) < len(self.names) or len(set(self.dims)) < len(self.dims):
            raise ValueError(f"names={self.names}, dims={self.dims}: expected unique names. Rename the repeated ones.")
        if self.scales is not None and len(self.scales) != len(self.names):
            raise ValueError(
                f"scales={self.scales}: expected one value for each of {self.names}. Give {len(self.names)}."
            )

    @classmethod
    def of(cls, spec: GridSpec) -> Labels:
        """Return the labels of a model, ``Labels.of(model.spec)``."""
        variables = spec.variables
        scales = tuple(v.normaliser.std for v in variables)
        return cls(tuple(v.name for v in variables), spec.axes.dims, spec.patch[0], scales)

    def name(self, x: Float[Array, "*space channel"]) -> xr.Dataset:
        """Return the named variables of a state.

        Raises
        ------
        ValueError
            If the state has other axes or too few channels.
        """
        self._check(x)
        arrays = {}
        for i, name in enumerate(self.names):
            field = jnp.moveaxis(x[..., i * self.n_times : (i + 1) * self.n_times], -1, 0)
            arrays[name] = field if self.scales is None else self.scales[i] * field
        return _dataset(arrays, self.dims)

    def flatten(self, fields: xr.Dataset, like: Float[Array, "*space channel"]) -> Float[Array, "*space channel"]:
        """Return the state of named variables, with covariates and missing variables from ``like``.

        Raises
        ------
        ValueError
            If a variable is not part of the state, or has other dimensions or sizes.
        """
        if not set(fields.data_vars) <= set(self.names):
            raise ValueError(
                f"variables {sorted(map(str, fields.data_vars))}: expected some of {self.names}. "
                "Return only variables of the state."
            )
        state = like
        for i, name in enumerate(self.names):
            if name not in fields.data_vars:
                continue
            variable = fields[name].variable
            if set(variable.dims) != set(self.dims):
                raise ValueError(f"{name!r} on dimensions {variable.dims}: expected {self.dims}. Return all of them.")
            field = jnp.moveaxis(variable.transpose(*self.dims).data, 0, -1)
            shape = (*like.shape[:-1], self.n_times)
            if field.shape != shape:
                raise ValueError(f"{name!r} of shape {field.shape}: expected {shape}. Pad it to the full window.")
            field = field if self.scales is None else field / self.scales[i]
            state = state.at[..., i * self.n_times : (i + 1) * self.n_times].set(field)
        return state

    def _check(self, x: Array) -> None:
        if x.ndim != len(self.dims) or x.shape[-1] < len(self.names) * self.n_times:
            raise ValueError(
                f"state of shape {x.shape}: expected {len(self.dims) - 1} space axes and at least "
                f"{len(self.names) * self.n_times} channels. Check names, dims and n_times of the Labels."
            )


def _dataset(arrays: dict[str, Array], dims: tuple[str, ...]) -> xr.Dataset:
    """Return a Dataset without coordinates of arrays, which may be traced."""
    register()
    # xarray's constructor cannot hold traced arrays, so a Dataset of zeros gives the tree structure.
    blank = xr.Dataset({name: (dims, jnp.zeros(array.shape, array.dtype)) for name, array in arrays.items()})
    leaves, structure = jax.tree.flatten({name: blank[[name]] for name in arrays})
    assert len(leaves) == len(arrays)
    parts = jax.tree.unflatten(structure, [arrays[name] for name in sorted(arrays)])
    return xr.merge([parts[name] for name in arrays]) if len(arrays) > 1 else parts[next(iter(arrays))]
