"""Which dimensions of a Dataset are time, Y and X, and where their cells are.

Names are found in this order: what the caller says, CF attributes, and cf-xarray's guess from names and units made
on a copy, so that nothing is ever written to the caller's Dataset. Every other file of the package speaks of
``Axes`` and never of "lat" or "lon".

CF conventions: https://cfconventions.org (doi:10.5281/zenodo.14275599).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cf_xarray  # noqa: F401  (registers the .cf accessor used below)
import numpy as np
import xarray as xr

__all__ = ["Axes", "find_axes", "fractional_index", "holds_dates", "positions", "require_variable"]


@dataclass(frozen=True)
class Axes:
    """The dimension names of a gridded, time-dependent field.

    Parameters
    ----------
    time : str
        Name of the time dimension.
    space : tuple of str
        Names of the horizontal dimensions, slowest first: ``(Y, X)``, or one name for a section.
    """

    time: str
    space: tuple[str, ...]

    @property
    def dims(self) -> tuple[str, ...]:
        """All names in the order used inside: time first, then space."""
        return (self.time, *self.space)

    def describe(self) -> str:
        """Return one line for people, such as ``T=time, Y=lat, X=lon``."""
        letters = "YX"[-len(self.space) :]
        return ", ".join([f"T={self.time}", *(f"{a}={d}" for a, d in zip(letters, self.space, strict=True))])


def find_axes(ds: xr.Dataset | xr.DataArray, dims: Mapping[str, str] | None = None) -> Axes:
    """Find the time, Y and X dimensions of a Dataset without changing it.

    Parameters
    ----------
    ds : xr.Dataset or xr.DataArray
        The data; a DataArray is judged by its own dimensions.
    dims : mapping, optional
        What you know better: ``{"T": "t", "Y": "j", "X": "i"}`` (any part of it).

    Returns
    -------
    Axes
        The names found.

    Raises
    ------
    ValueError
        When an axis is missing or ambiguous; the message lists what was found and shows the ``dims=`` to pass.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> da = xr.DataArray(np.zeros((2, 3, 4)), dims=("time", "lat", "lon"),
    ...                   coords={"time": [0, 1], "lat": [1., 2., 3.], "lon": [5., 6., 7., 8.]})
    >>> find_axes(da).describe()
    'T=time, Y=lat, X=lon'
    """
    given = {str(k).upper(): v for k, v in (dims or {}).items()}
    unknown = set(given) - {"T", "Y", "X"}
    if unknown:
        typed = sorted(str(k) for k in (dims or {}) if str(k).upper() in unknown)
        raise ValueError(f"dims= has the keys {typed}; expected T (time), Y and X, as in dims={{'T': 'time'}}")
    for axis, name in given.items():
        if name not in ds.dims:
            raise ValueError(f"dims= says {axis} is {name!r}, but the dimensions are {_names(ds)}")
        if axis != "T" and name in ds.coords and holds_dates(ds[name]):
            raise ValueError(f"dims= says {axis} is {name!r}, which holds dates; did you mean dims={{'T': {name!r}}}?")
    guessed = ds.cf.guess_coord_axis()
    time = given.get("T") or _one_dim(guessed, ds, "T", ("T", "time"))
    if time is None:
        raise ValueError(
            f"no time axis among the dimensions {_names(ds)}; xdvn fills fields that vary in time. "
            "Add one with ds.expand_dims(time=[...]), or name it with dims={'T': 'your_dimension'}"
        )
    y = given.get("Y") or _one_dim(guessed, ds, "Y", ("Y", "latitude"), taken=(time,), last=False)
    x = given.get("X") or _one_dim(guessed, ds, "X", ("X", "longitude"), taken=(time,), last=True)
    space = tuple(dict.fromkeys(d for d in (y, x) if d is not None))
    if not space:
        raise ValueError(
            f"no horizontal axes among the dimensions {_names(ds)} (time is {time!r}); mark their coordinates, once "
            "and for every call: ds['your_rows'].attrs['axis'] = 'Y', ds['your_columns'].attrs['axis'] = 'X'; or give "
            "fit dims={'Y': 'your_rows', 'X': 'your_columns'}"
        )
    return Axes(str(time), space)


def holds_dates(coord: xr.DataArray) -> bool:
    """Whether a coordinate of one dimension holds dates, of NumPy or of a cftime calendar."""
    return coord.dtype.kind == "M" or (
        coord.dtype.kind == "O" and coord.size > 0 and hasattr(coord.values[0], "calendar")
    )


def positions(ds: xr.Dataset | xr.DataArray, dim: str) -> np.ndarray:
    """Return the cell centres along one dimension as float64: times in days since 1970, others in their own unit.

    A dimension without a coordinate variable is counted 0, 1, 2, ...
    """
    if dim not in ds.coords or ds[dim].ndim != 1:
        return np.arange(ds.sizes[dim], dtype=np.float64)
    values = ds[dim].values
    if np.issubdtype(values.dtype, np.datetime64):
        return (values - np.datetime64("1970-01-01")) / np.timedelta64(1, "D")
    if np.issubdtype(values.dtype, np.timedelta64):
        return values / np.timedelta64(1, "D")
    if values.dtype == object:
        import cftime

        return np.asarray(cftime.date2num(values, "days since 1970-01-01", calendar=values[0].calendar), np.float64)
    return values.astype(np.float64)


def fractional_index(grid: xr.Dataset | xr.DataArray, dim: str, points: xr.Dataset | xr.DataArray) -> np.ndarray:
    """Return where points lie along one evenly spaced dimension of a grid, counted in steps from its first value.

    Raises
    ------
    ValueError
        If the grid's coordinate is not evenly spaced, or has one value only.
    """
    known = positions(grid, dim)
    steps = np.diff(known)
    if len(steps) == 0 or not np.allclose(steps, steps.mean(), rtol=1e-3, atol=0):
        raise ValueError(
            f"{dim!r} is not evenly spaced (steps {steps.min() if len(steps) else 'none'} to "
            f"{steps.max() if len(steps) else 'none'}); interpolate to even steps first, for example with "
            f"field.interp({dim}=np.linspace(...))"
        )
    return (positions(points, dim) - known[0]) * (len(steps) / (known[-1] - known[0]))


def require_variable(ds: xr.Dataset, name: str, role: str) -> xr.DataArray:
    """Return ``ds[name]``, or raise a KeyError that suggests the nearest name."""
    if name in ds.variables:
        return ds[name]
    import difflib

    found = sorted(str(v) for v in ds.data_vars)
    near = difflib.get_close_matches(name, found, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    raise KeyError(f"{role} variable {name!r} is not in the Dataset{hint} It has: {', '.join(found) or 'no variables'}")


def _names(ds: xr.Dataset | xr.DataArray) -> str:
    return ", ".join(f"{d} ({n})" for d, n in ds.sizes.items()) or "none"


def _one_dim(
    guessed: xr.Dataset | xr.DataArray,
    ds: xr.Dataset | xr.DataArray,
    axis: str,
    keys: tuple[str, ...],
    taken: tuple[str, ...] = (),
    last: bool = False,
) -> str | None:
    """Dimension that carries one axis: a 1-D coordinate's own, or the first/last free one of a 2-D coordinate's."""
    found: list[str] = []
    for key in keys:
        names = [*guessed.cf.axes.get(key, []), *guessed.cf.coordinates.get(key, [])]
        for name in dict.fromkeys(names):
            dims = [str(d) for d in guessed[name].dims if d in ds.dims and d not in taken]
            if dims:
                found.append(dims[-1] if last else dims[0])
    found = list(dict.fromkeys(found))
    if len(found) > 1:
        raise ValueError(f"{axis} could be any of {found}; say which with dims={{{axis!r}: {found[0]!r}}}")
    return found[0] if found else None
