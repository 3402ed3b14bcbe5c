"""A NetCDF file opened with its metadata put right first, so that xarray's own decoding does all the rest.

Two things that files leave out are filled in before decoding: the fill value of packed integers and of floats, which is
then the one that the NetCDF library itself writes into cells that nobody filled; and the units of a time axis that only
counts. Nothing is computed here: variables stay lazy. All readers start from ``open_file``. NetCDF fill values:
https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import xarray as xr

__all__ = ["day_units", "open_file", "open_header"]


def open_header(path: str | Path) -> xr.Dataset:
    """Return a file's variables and attributes as they are stored, undecoded and unread.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no NetCDF file.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}; xdvn.datasets.fetch(name) fetches those of its catalogue")
    try:
        return xr.open_dataset(path, engine="netcdf4", decode_cf=False)
    except OSError as failure:
        raise ValueError(f"{path.name} is no NetCDF file, or a damaged one ({failure}); download it again") from failure


def open_file(
    path: str | Path, *, time_units: Mapping[str, str] | None = None, chunks: Mapping[str, int] | None = None
) -> xr.Dataset:
    """Open and decode a NetCDF file.

    Parameters
    ----------
    path : str or Path
        The file.
    time_units : mapping, optional
        Units such as ``"days since 2012-10-01"`` for time variables, by name, whose own are missing.
    chunks : mapping, optional
        Chunk sizes by dimension of the file, ``{}`` for its own, to get dask arrays; by default, NumPy arrays read on
        first use.
    """
    with_fill = open_header(path)
    for name, variable in with_fill.variables.items():
        attrs = variable.attrs
        if (time_units or {}).get(str(name)) and "units" not in attrs:
            attrs["units"] = (time_units or {})[str(name)]
        if not {"_FillValue", "missing_value"} & set(attrs) and (fill := _default_fill(variable)) is not None:
            attrs["_FillValue"] = fill
    decoded = xr.decode_cf(with_fill)
    return decoded if chunks is None else decoded.chunk(chunks)


def day_units(values: np.ndarray, epoch: str) -> str:
    """Return the units of a daily time axis that only counts, judged from its step.

    Parameters
    ----------
    values : array
        The axis: ascending by 1 (days), 24 (hours) or 86400 (seconds).
    epoch : str
        Date that 0 stands for.

    Raises
    ------
    ValueError
        If the axis has fewer than two values, or another step.
    """
    steps = np.unique(np.diff(np.asarray(values, dtype=np.float64)))
    units = {1.0: "days", 24.0: "hours", 86400.0: "seconds"}
    if len(steps) != 1 or steps[0] not in units:
        raise ValueError(
            f"the time axis has no units, and its steps are {steps[:3].tolist() or 'none'}; expected a daily axis that "
            "counts days (1), hours (24) or seconds (86400). Say what it counts with time_units='days since 2012-10-01'"
        )
    return f"{units[steps[0]]} since {epoch}"


def _default_fill(variable: xr.Variable) -> Any:
    """Fill value of the NetCDF library, for data that can be missing: packed integers and floats, not flags or axes."""
    packed = {"scale_factor", "add_offset"} & set(variable.attrs)
    if variable.ndim < 2 or not (packed or variable.dtype.kind == "f"):
        return None
    default = netCDF4.default_fillvals.get(variable.dtype.str[1:])
    return None if default is None else variable.dtype.type(default)
