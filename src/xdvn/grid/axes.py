"""The time, Y and X dimensions of a Dataset, and the positions of its grid cells.

Axes are identified by, in this order, the ``dims`` argument, CF attributes, and the names and units that cf-xarray
recognises. The input Dataset is not changed.

CF conventions: https://cfconventions.org (doi:10.5281/zenodo.14275599).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cf_xarray  # noqa: F401  (registers the .cf accessor used below)
import numpy as np
import pandas as pd
import xarray as xr

__all__ = [
    "Axes",
    "cell_centres",
    "find_axes",
    "holds_dates",
    "is_longitude",
    "require_variable",
    "without_single",
]


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
        """All names in array order: time first, then space."""
        return (self.time, *self.space)

    def describe(self) -> str:
        """Return one readable line, such as ``T=time, Y=lat, X=lon``."""
        letters = "YX"[-len(self.space) :]
        return ", ".join([f"T={self.time}", *(f"{a}={d}" for a, d in zip(letters, self.space, strict=True))])


def find_axes(ds: xr.Dataset | xr.DataArray, dims: Mapping[str, str] | None = None) -> Axes:
    """Find the time, Y and X dimensions of a Dataset without changing it.

    Parameters
    ----------
    ds : xr.Dataset or xr.DataArray
        Data; only the dimensions of a DataArray itself count.
    dims : mapping, optional
        Names of axes that cannot be identified: ``{"T": "t", "Y": "j", "X": "i"}``, or some of these.

    Returns
    -------
    Axes
        The names found.

    Raises
    ------
    ValueError
        An axis is missing or ambiguous; the message lists the candidates and the ``dims=`` to pass.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> da = xr.DataArray(np.zeros((2, 3, 4)), dims=("time", "lat", "lon"),
    ...                   coords={"time": [0, 1], "lat": [1., 2., 3.], "lon": [5., 6., 7., 8.]})
    >>> find_axes(da).describe()
    'T=time, Y=lat, X=lon'
    """
    named = {str(k).upper(): v for k, v in (dims or {}).items()}
    unknown = set(named) - {"T", "Y", "X"}
    if unknown:
        typed = sorted(str(k) for k in (dims or {}) if str(k).upper() in unknown)
        raise ValueError(
            f"dims= has the keys {typed}: expected T (time), Y and X. Use, for example, dims={{'T': 'time'}}."
        )
    for axis, name in named.items():
        if name not in ds.dims:
            raise ValueError(f"dims={{{axis!r}: {name!r}}}: expected one of the dimensions {_names(ds)}.")
        if axis != "T" and name in ds.coords and holds_dates(ds[name]):
            raise ValueError(
                f"dims={{{axis!r}: {name!r}}} contains dates: expected a horizontal dimension. "
                f"Use dims={{'T': {name!r}}}."
            )
    guessed = ds.cf.guess_coord_axis()
    time = named.get("T") or _one_dim(guessed, ds, "T", ("T", "time"))
    if time is None:
        raise ValueError(
            f"no time axis among the dimensions {_names(ds)}: expected a field that varies in time. "
            "Add one with ds.expand_dims(time=[...]), or name it with dims={'T': 'your_dimension'}."
        )
    y = named.get("Y") or _one_dim(guessed, ds, "Y", ("Y", "latitude"), taken=(time,), last=False)
    x = named.get("X") or _one_dim(guessed, ds, "X", ("X", "longitude"), taken=(time,), last=True)
    space = tuple(dict.fromkeys(d for d in (y, x) if d is not None))
    if not space:
        raise ValueError(
            f"no horizontal axes among the dimensions {_names(ds)} (time is {time!r}). "
            "Set ds['your_rows'].attrs['axis'] = 'Y' and ds['your_columns'].attrs['axis'] = 'X', or pass "
            "dims={'Y': 'your_rows', 'X': 'your_columns'}."
        )
    for dim in (str(time), *space):
        cell_centres(ds, dim)  # raises an error for text, dates of other types and stacked indices
    return Axes(str(time), space)


def holds_dates(coord: xr.DataArray) -> bool:
    """Return whether a one-dimensional coordinate contains dates, of NumPy or of a cftime calendar."""
    return coord.dtype.kind == "M" or (
        coord.dtype.kind == "O" and coord.size > 0 and hasattr(coord.values[0], "calendar")
    )


def cell_centres(ds: xr.Dataset | xr.DataArray, dim: str) -> np.ndarray:
    """Return the cell centres along one dimension as float64: times in days since 1970, others in their unit.

    The cell centres of a dimension without a coordinate variable are 0, 1, 2, ...

    Raises
    ------
    ValueError
        The coordinate contains text, dates of ``datetime.date``, a stacked index or undecoded times.
    """
    if dim not in ds.coords or ds[dim].ndim != 1:
        return np.arange(ds.sizes[dim], dtype=np.float64)
    values = ds[dim].values
    if np.issubdtype(values.dtype, np.datetime64):
        return (values - np.datetime64("1970-01-01")) / np.timedelta64(1, "D")
    if np.issubdtype(values.dtype, np.timedelta64):
        return values / np.timedelta64(1, "D")
    _check_numbers_or_dates(ds[dim], dim)
    if values.dtype == object:
        import cftime

        return np.asarray(cftime.date2num(values, "days since 1970-01-01", calendar=values[0].calendar), np.float64)
    return values.astype(np.float64)


def _check_numbers_or_dates(coord: xr.DataArray, dim: str) -> None:
    if " since " in str(coord.attrs.get("units", "")):
        raise ValueError(
            f"{dim!r} has numbers in {coord.attrs['units']!r}: expected dates. Decode them with ds = xr.decode_cf(ds)"
        )
    if coord.dtype.kind in "iufb" or holds_dates(coord):
        return
    got = type(coord.values[0]).__name__ if coord.size else str(coord.dtype)
    if isinstance(coord.to_index(), pd.MultiIndex):
        raise ValueError(f"{dim!r} is a stacked index: expected a dimension. Use ds.unstack({dim!r})")
    raise ValueError(
        f"{dim!r} has values of type {got}: expected numbers or dates. For dates use "
        f"ds.assign_coords({dim}=pd.to_datetime(ds[{dim!r}].values))"
    )


def without_single(ds: xr.Dataset, names: Sequence[str], dims: Sequence[str]) -> xr.Dataset:
    """Return ``ds`` without dimensions of size one that are not axes; their coordinates become scalars.

    Parameters
    ----------
    ds : xr.Dataset
        Data with dimensions such as a depth or a member.
    names : sequence of str
        Variables that must have no other dimensions than the axes; missing ones are skipped.
    dims : sequence of str
        Names of the axes.

    Raises
    ------
    ValueError
        A variable has a further dimension of more than one value.
    """
    extra = {str(d) for name in names if name in ds.variables for d in ds[name].dims if d not in dims}
    for dim in sorted(extra):
        if ds.sizes[dim] != 1:
            name = next(n for n in names if n in ds.variables and dim in ds[n].dims)
            raise ValueError(
                f"{name!r} has the dimensions {ds[name].dims}: expected {tuple(dims)}. Select one of the "
                f"{ds.sizes[dim]} along {dim!r} with ds.isel({dim}=0)"
            )
    return ds.isel(dict.fromkeys(extra, 0)) if extra else ds


def is_longitude(da: xr.Dataset | xr.DataArray, dim: str) -> bool:
    """Return whether a dimension has a one-dimensional coordinate of longitudes in degrees."""
    if dim not in da.coords or da[dim].ndim != 1:
        return False
    units = str(da[dim].attrs.get("units", ""))
    alone = xr.Dataset(coords={dim: da[dim]}).cf.guess_coord_axis()
    if dim not in alone.cf.coordinates.get("longitude", []):
        return False
    # Kilometres may have the name and, after arithmetic, the units of a longitude.
    return (not units or units.startswith("degree")) and bool((np.abs(cell_centres(da, dim)) <= 720).all())


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
    """Return the dimension of one axis: that of a 1-D coordinate, or the first or last free one of a 2-D coordinate."""
    found: list[str] = []
    for key in keys:
        names = [*guessed.cf.axes.get(key, []), *guessed.cf.coordinates.get(key, [])]
        for name in dict.fromkeys(names):
            dims = [str(d) for d in guessed[name].dims if d in ds.dims and d not in taken]
            if dims:
                found.append(dims[-1] if last else dims[0])
    found = list(dict.fromkeys(found))
    if len(found) > 1:
        raise ValueError(f"the {axis} axis could be any of {found}. Select one with dims={{{axis!r}: {found[0]!r}}}.")
    return found[0] if found else None
