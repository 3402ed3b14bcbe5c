"""Readers of sea level maps: DUACS and Copernicus Marine, IMOS OceanCurrent, and the SSH mapping challenges.

Maps are on (time, lat, lon): ``adt``, ``sla``, ``ugos``, ``vgos`` (products) or ``ssh``, ``ssh_obs`` (challenges).
Products: doi:10.48670/moi-00148 (DUACS), doi:10.24400/527896/a01-2020.002 and doi:10.24400/527896/a01-2021.005
(challenges).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import xarray as xr

from xdvn.readers.decoding import day_units, open_header
from xdvn.readers.regular import coordinate, read_grid

__all__ = ["CHALLENGE_NAMES", "PRODUCT_NAMES", "read_challenge_maps", "read_sea_level_maps"]

PRODUCT_NAMES = {
    **{name: name for name in ("adt", "sla", "ugos", "vgos", "ugosa", "vgosa", "err_sla")},
    "GSL": "adt",
    "GSLA": "sla",
    "UCUR": "ugos",
    "VCUR": "vgos",
}
"""Names of the products' variables: in the file, and after reading."""

CHALLENGE_NAMES = {
    "ssh": "ssh",
    "gssh": "ssh",
    "sossheig": "ssh",
    "ssh_mod": "ssh_obs",
    "nadir_obs": "ssh_obs",
    "sst": "sst",
}
"""Names of the challenges' variables: truth and maps become ``ssh``, gappy observations ``ssh_obs``."""


def read_sea_level_maps(
    path: str | Path, *, lon_start: float = -180.0, chunks: Mapping[str, int] | None = None
) -> xr.Dataset:
    """Read daily maps of DUACS (Copernicus Marine L4) or IMOS OceanCurrent.

    Parameters
    ----------
    path : str or Path
        The file, with one day or several.
    lon_start : float
        Western limit of the longitudes [degrees east], such as 0 for 0 to 360. Default: -180.
    chunks : mapping, optional
        As in ``read_grid``.

    Returns
    -------
    xr.Dataset
        ``adt``, ``sla`` [m], ``ugos``, ``vgos``, ``ugosa``, ``vgosa`` [m s-1] and ``err_sla`` [m] on (time, lat, lon),
        as far as the file has them.

    Raises
    ------
    ValueError
        If the file has none of them.
    """
    return read_grid(path, _present(path, PRODUCT_NAMES), lon_start=lon_start, chunks=chunks)


def read_challenge_maps(
    path: str | Path,
    names: Mapping[str, str] | None = None,
    *,
    time_units: str | None = None,
    epoch: str = "2012-10-01",
    lon_start: float = -180.0,
    chunks: Mapping[str, int] | None = None,
) -> xr.Dataset:
    """Read gridded truth, observations or published maps of the SSH mapping challenges 2020a and 2021a.

    Parameters
    ----------
    path : str or Path
        The file.
    names : mapping, optional
        Variables to read and their new names, such as ``{"ssh_mod": "ssh"}`` for maps or ``{"ssh_obs": "ssh_obs"}``
        for observations with errors. If None, ``CHALLENGE_NAMES``.
    time_units : str, optional
        Units of the time axis. If None, those of the file, else of a daily axis since ``epoch``.
    epoch : str
        Date of the value 0 of a time axis without units, as in some files of the challenge 2020a.
    lon_start : float
        Western limit of the longitudes [degrees east]. Default: -180.
    chunks : mapping, optional
        As in ``read_grid``.

    Returns
    -------
    xr.Dataset
        ``ssh`` (truth or maps), ``ssh_obs`` (observations, NaN in gaps) and ``sst`` on (time, lat, lon), as far as the
        file has them.

    Raises
    ------
    ValueError
        If the file has none of them, or if its time axis has no units and is not daily.
    """
    header = open_header(path)
    time = header[coordinate(header, "time", Path(path).name)]
    if time_units is None and "units" not in time.attrs:
        time_units = day_units(time.values, epoch)
    names = _present(path, CHALLENGE_NAMES) if names is None else names
    return read_grid(path, names, lon_start=lon_start, time_units=time_units, chunks=chunks)


def _present(path: str | Path, names: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a file to rename; of two with the same new name, the first."""
    header = open_header(path)
    present: dict[str, str] = {}
    for old, new in names.items():
        if old in header.data_vars and new not in present.values():
            present[old] = new
    if not present:
        raise ValueError(
            f"{Path(path).name} has none of {', '.join(names)}: it contains {', '.join(map(str, header.data_vars))}. "
            "Read other regular grids with xdvn.readers.read_grid"
        )
    return present
