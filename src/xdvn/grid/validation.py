"""Checks of input: data type, packing, coordinates, infinities and undeclared fill values.

Gaps must be NaN. A file opened without decoding contains fill values such as 9.97e36, -32768 or 999 in its gaps; they
raise an error. CF conventions, sections 2.5.1 and 8.1: doi:10.5281/zenodo.14275599.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes, cell_centres

__all__ = [
    "check_coordinates",
    "check_dtype_and_packing",
    "check_finite",
    "check_observations",
    "find_fill_values",
]

_SCALED = ("scale_factor", "add_offset")
_GAPS = ("_FillValue", "missing_value")
_CANDIDATES = (
    *(sign * n for n in (999.0, 9999.0, 99999.0, 999999.0, 999.9, 9999.9, 1e20, 1e30, 1e35, 1e36) for sign in (-1, 1)),
    -32768.0, -32767.0, 32767.0, 65535.0, -2147483648.0, -2147483647.0, 2147483647.0, 9.969209968386869e36,
)  # fmt: skip


def check_observations(da: xr.DataArray, axes: Axes, role: str = "observed") -> None:
    """Check everything about a variable that a mapper reads; the values of a dask array are not read.

    Raises
    ------
    ValueError
        As for ``check_dtype_and_packing``, ``check_coordinates`` and ``check_finite``.
    """
    check_dtype_and_packing(da, role)
    check_coordinates(da, axes)
    if not da.chunks:
        check_finite(da, role)


def check_coordinates(da: xr.DataArray, axes: Axes) -> None:
    """Check that coordinates are finite and without repeats; any order is accepted.

    Raises
    ------
    ValueError
        They are not; the message names the cure.

    Examples
    --------
    >>> da = xr.DataArray(np.zeros((2, 1)), {"time": [0.0, 0.0], "x": [1.0]}, ("time", "x"))
    >>> check_coordinates(da, Axes("time", ("x",)))
    Traceback (most recent call last):
    ...
    ValueError: 'time' repeats 1 values, such as 0.0: expected each once. Use ds.groupby('time').mean().
    """
    for dim in axes.dims:
        if dim not in da.coords or da[dim].ndim != 1:
            continue
        coord = da[dim]
        at = cell_centres(da, dim)
        n_missing = int((~np.isfinite(at)).sum())
        if n_missing:
            raise ValueError(
                f"{dim!r} has missing values in {n_missing} steps: expected a position of each. Use "
                f"ds.sel({dim}=ds[{dim!r}].notnull())."
            )
        ordered = np.argsort(at, kind="stable")
        repeats = np.flatnonzero(np.diff(at[ordered]) == 0)
        if repeats.size:
            raise ValueError(
                f"{dim!r} repeats {repeats.size} values, such as {coord.values[ordered[repeats[0]]]}: expected each "
                f"once. Use ds.groupby({dim!r}).mean()."
            )


def check_dtype_and_packing(da: xr.DataArray, role: str) -> None:
    """Check the data type, packing and sizes of a variable; its values are not read.

    Parameters
    ----------
    da : xr.DataArray
        The variable.
    role : str
        Role of the variable in the error message, such as "observed" or "truth".

    Raises
    ------
    ValueError
        The variable is not numeric, is packed, or has an empty dimension.
    """
    if np.issubdtype(da.dtype, np.timedelta64):
        raise ValueError(
            f"the {role} variable {da.name!r} has dtype {da.dtype}, because its units are a time: expected numbers. "
            "Open the file with xr.open_dataset(path, decode_timedelta=False)."
        )
    if da.dtype.kind not in "iuf":
        raise ValueError(
            f"the {role} variable {da.name!r} has dtype {da.dtype}: expected numbers. Convert it, as in "
            f"ds[{str(da.name)!r}].astype(float)."
        )
    gaps = [a for a in _GAPS if np.isfinite(da.attrs.get(a, np.nan)).any()]
    encoded = [*(a for a in _SCALED if a in da.attrs), *gaps]
    if encoded:
        raise ValueError(
            f"the {role} variable {da.name!r} has the attributes {encoded}: expected unpacked values, NaN in gaps. Use "
            "xr.decode_cf(ds), or open the file without mask_and_scale=False."
        )
    empty = [d for d, n in da.sizes.items() if n == 0]
    if empty:
        raise ValueError(
            f"the {role} variable {da.name!r} has 0 steps along {', '.join(map(repr, empty))}: expected 1 or more. "
            "Check the selection, such as a slice against a descending coordinate."
        )


def check_finite(da: xr.DataArray, role: str) -> None:
    """Check the values for infinities and undeclared fill values.

    Raises
    ------
    ValueError
        There are some; the message shows how to replace them with NaN.
    """
    values = np.asarray(da.values)
    infinite = int(np.isinf(values).sum()) if values.dtype.kind == "f" else 0
    if infinite:
        raise ValueError(
            f"the {role} variable {da.name!r} has {infinite} infinite values: expected NaN in gaps. Use "
            f"ds.assign({da.name}=ds[{str(da.name)!r}].where(np.isfinite(ds[{str(da.name)!r}])))."
        )
    found = find_fill_values(values)
    if found:
        listed = ", ".join(f"{s:g}" for s in found)
        raise ValueError(
            f"the {role} variable {da.name!r} contains the fill value {listed}: expected NaN in gaps. Use "
            f"ds.assign({da.name}=ds[{str(da.name)!r}].where(ds[{str(da.name)!r}] != {found[0]:g}))."
        )


def find_fill_values(values: np.ndarray) -> list[float]:
    """Return the common fill values in ``values`` that are far from all other values.

    Far is more than ten times the range of the other values. Fill values within that, such as 0, are not detected.

    Examples
    --------
    >>> find_fill_values(np.array([0.1, -0.2, 0.3, 999.0, 999.0, np.nan]))
    [999.0]
    >>> find_fill_values(np.array([900.0, 950.0, 999.0]))
    []
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return []
    # Candidates are compared in the data type of the values.
    low, high = finite.min(), finite.max()
    candidates = [c for c in _CANDIDATES if _fits(c, values.dtype) and low <= values.dtype.type(c) <= high]
    present = [c for c in candidates if (finite == values.dtype.type(c)).any()]
    if not present:
        return []
    others = finite[~np.isin(finite, np.array(present, values.dtype))].astype(np.float64)
    if not others.size:
        return []
    low, high = others.min(), others.max()
    margin = 10 * max(high - low, np.finfo(np.float32).eps * max(abs(low), abs(high)))
    return [c for c in present if c > high + margin or c < low - margin]


def _fits(number: float, dtype: np.dtype) -> bool:
    if dtype.kind == "f":
        # As a Python float, because a comparison with float16 would cast the number and overflow.
        return abs(number) <= float(np.finfo(dtype).max)
    info = np.iinfo(dtype)
    return number.is_integer() and info.min <= number <= info.max
