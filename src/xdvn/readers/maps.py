"""Maps of sea level: DUACS and Copernicus Marine, IMOS OceanCurrent, and the files of the SSH mapping challenges.

All become (time, lat, lon) with ``adt``, ``sla``, ``ugos``, ``vgos`` (products) or ``ssh`` and ``ssh_obs``
(challenges). Land that a product marks with an undeclared fill value is NaN. Products: doi:10.48670/moi-00148 (DUACS),
doi:10.24400/527896/a01-2020.002 and doi:10.24400/527896/a01-2021.005 (challenges).
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
"""What the products' variables are called in the file, and after reading."""

CHALLENGE_NAMES = {
    "ssh": "ssh",
    "gssh": "ssh",
    "sossheig": "ssh",
    "ssh_mod": "ssh_obs",
    "nadir_obs": "ssh_obs",
    "sst": "sst",
}
"""The same for the challenges: truth and maps are ``ssh``, gappy observations ``ssh_obs``."""


def read_sea_level_maps(
    path: str | Path, *, west: float = -180.0, chunks: Mapping[str, int] | None = None
) -> xr.Dataset:
    """Read daily maps of DUACS (Copernicus Marine L4) or IMOS OceanCurrent.

    Parameters
    ----------
    path : str or Path
        The file, of one day or more.
    west : float
        Where longitudes begin [degrees east], -180 or 0 for global maps.
    chunks : mapping, optional
        As in ``read_grid``.

    Returns
    -------
    xr.Dataset
        Those of ``adt``, ``sla`` [m], ``ugos``, ``vgos``, ``ugosa``, ``vgosa`` [m s-1] and ``err_sla`` [m] that the
        file has, on (time, lat, lon).

    Raises
    ------
    ValueError
        If it has none of them.
    """
    return read_grid(path, _present(path, PRODUCT_NAMES), west=west, chunks=chunks)


def read_challenge_maps(
    path: str | Path,
    names: Mapping[str, str] | None = None,
    *,
    time_units: str | None = None,
    epoch: str = "2012-10-01",
    west: float = -180.0,
    chunks: Mapping[str, int] | None = None,
) -> xr.Dataset:
    """Read gridded truth, observations or published maps of the SSH mapping challenges 2020a and 2021a.

    Parameters
    ----------
    path : str or Path
        The file.
    names : mapping, optional
        Which variables to read, and what to call them, if not as in ``CHALLENGE_NAMES``: ``{"ssh_mod": "ssh"}`` for a
        map that is called as observations are, ``{"ssh_obs": "ssh_obs"}`` for observations with errors.
    time_units : str, optional
        Units of the time axis, if the file does not give them and they are not those of a daily axis since ``epoch``.
    epoch : str
        First day of the 2020a year: some of its files only count, in seconds or days since then.
    west : float
        Where longitudes begin [degrees east].
    chunks : mapping, optional
        As in ``read_grid``.

    Returns
    -------
    xr.Dataset
        ``ssh`` (a truth or a map), ``ssh_obs`` (observations, NaN where there are none) or ``sst``, whichever the file
        has, on (time, lat, lon).

    Raises
    ------
    ValueError
        If it has none of them, or a time axis without units that is not daily.
    """
    header = open_header(path)
    time = header[coordinate(header, "time", Path(path).name)]
    if time_units is None and "units" not in time.attrs:
        time_units = day_units(time.values, epoch)
    names = _present(path, CHALLENGE_NAMES) if names is None else names
    return read_grid(path, names, west=west, time_units=time_units, chunks=chunks)


def _present(path: str | Path, names: Mapping[str, str]) -> dict[str, str]:
    """Return the known variables of a file, the first one where two would get the same name."""
    header = open_header(path)
    present: dict[str, str] = {}
    for old, new in names.items():
        if old in header.data_vars and new not in present.values():
            present[old] = new
    if not present:
        raise ValueError(
            f"{Path(path).name} has none of the variables {', '.join(names)}; it has "
            f"{', '.join(map(str, header.data_vars))}. xdvn.readers.read_grid reads any regular grid"
        )
    return present
