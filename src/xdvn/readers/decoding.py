"""Access to NetCDF files: missing metadata are added before decoding, and CF flags become booleans.

``open_file`` adds the default fill value of the NetCDF library to packed integers and floats without one
(https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html), and units to a time axis without
units. ``flagged`` follows CF section 3.5, https://cfconventions.org.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import xarray as xr

__all__ = ["day_units", "flagged", "open_file", "open_header"]


def open_header(path: str | Path) -> xr.Dataset:
    """Return the variables and attributes of a file, lazy and undecoded.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If it is not a NetCDF file.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}. xdvn.datasets.fetch(name) downloads files of its catalogue")
    try:
        return xr.open_dataset(path, engine="netcdf4", decode_cf=False)
    except OSError as failure:
        raise ValueError(f"{path.name}: expected a NetCDF file ({failure}). Download it again") from failure


def open_file(
    path: str | Path, *, time_units: Mapping[str, str] | None = None, chunks: Mapping[str, int] | None = None
) -> xr.Dataset:
    """Open and decode a NetCDF file.

    Parameters
    ----------
    path : str or Path
        The file.
    time_units : mapping, optional
        Units such as ``"days since 2012-10-01"`` by name of a time variable without units.
    chunks : mapping, optional
        Chunk sizes by dimension, ``{}`` for those of the file. If None, the arrays are NumPy arrays, read on first use.
    """
    raw = open_header(path)
    for name, variable in raw.variables.items():
        attrs = variable.attrs
        if (time_units or {}).get(str(name)) and "units" not in attrs:
            attrs["units"] = (time_units or {})[str(name)]
        if not {"_FillValue", "missing_value"} & set(attrs) and (fill := _default_fill(variable)) is not None:
            attrs["_FillValue"] = fill
    decoded = xr.decode_cf(raw)
    return decoded if chunks is None else decoded.chunk(chunks)


def day_units(values: np.ndarray, epoch: str) -> str:
    """Return the units of a daily time axis without units, inferred from its step.

    Parameters
    ----------
    values : array
        The axis, with a step of 1 (days), 24 (hours) or 86400 (seconds).
    epoch : str
        Date of the value 0.

    Raises
    ------
    ValueError
        If the axis has fewer than two values, or another step.
    """
    steps = np.unique(np.diff(np.asarray(values, dtype=np.float64)))
    units = {1.0: "days", 24.0: "hours", 86400.0: "seconds"}
    if len(steps) != 1 or steps[0] not in units:
        raise ValueError(
            f"the time axis has no units and its steps are {steps[:3].tolist() or 'none'}: expected 1 (days), 24 "
            "(hours) or 86400 (seconds). Set time_units='days since 2012-10-01'"
        )
    return f"{units[steps[0]]} since {epoch}"


def flagged(flags: xr.DataArray, meanings: Sequence[str]) -> xr.DataArray:
    """Return where any of the named flags is set.

    Parameters
    ----------
    flags : xr.DataArray
        Flags with CF attributes: integers or, after decoding, floats with NaN for missing flags.
    meanings : sequence of str
        Words of the attribute ``flag_meanings``.

    Returns
    -------
    xr.DataArray
        Booleans; False where the flag is missing.

    Raises
    ------
    ValueError
        If the variable has no CF attributes of flags, or lacks one of ``meanings``.

    Examples
    --------
    >>> attrs = {"flag_meanings": "land cloud ice", "flag_masks": [1, 2, 4]}
    >>> flagged(xr.DataArray([0, 1, 2, 6], attrs=attrs), ["cloud", "ice"]).values.tolist()
    [False, False, True, True]
    """
    words = str(flags.attrs.get("flag_meanings", "")).split()
    encoding = next((k for k in ("flag_masks", "flag_values") if k in flags.attrs), None)
    unknown = [word for word in meanings if word not in words]
    if encoding is None or unknown:
        raise ValueError(
            f"{flags.name or 'the variable'} has no flag {' or '.join(unknown or meanings)}: expected one of "
            f"{', '.join(words) or 'its flag_meanings, but it has none'}, with flag_masks or flag_values"
        )
    numbers = np.atleast_1d(flags.attrs[encoding]).astype(np.int64)
    chosen = [int(numbers[words.index(word)]) for word in meanings]
    filled = flags.fillna(0).astype(np.int64) if flags.dtype.kind == "f" else flags.astype(np.int64)
    if encoding == "flag_values":
        return filled.isin(chosen)
    return (filled & sum(set(chosen))) != 0


def _default_fill(variable: xr.Variable) -> Any:
    """Return the fill value of the NetCDF library for packed integers and floats, None for flags and axes."""
    encoded = {"scale_factor", "add_offset"} & set(variable.attrs)
    if variable.ndim < 2 or not (encoded or variable.dtype.kind == "f"):
        return None
    default = netCDF4.default_fillvals.get(variable.dtype.str[1:])
    return None if default is None else variable.dtype.type(default)
