"""Identification of file formats by the names of variables and dimensions, and one entry point for all formats.

``identify_format`` uses neither the name of the file nor its values.
"""

from __future__ import annotations

import glob
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from xdvn.readers import along_track, colour, maps, nemo, orbit, positions, regular, swath, temperature
from xdvn.readers.decoding import open_header

__all__ = ["FORMATS", "FileFormat", "identify_format", "read"]


@dataclass(frozen=True)
class FileFormat:
    """A file format.

    Parameters
    ----------
    description : str
        Name of the product.
    reader : callable, optional
        Function that reads it; None for known files without observations or maps.
    fits : callable
        Test of the format: of the result of ``open_header``, or of the first lines of a text file.
    text : bool
        Whether the format is text. Default: False.
    instead : str
        Advice for files without a reader.
    """

    description: str
    reader: Callable[..., xr.Dataset] | None
    fits: Callable[[Any], bool]
    text: bool = False
    instead: str = ""

    @property
    def call(self) -> str:
        """The function that reads it directly, as it is typed."""
        return f"xdvn.readers.{self.reader.__name__}" if self.reader else ""


def read(path: str | Path | Sequence[str | Path], **options: Any) -> xr.Dataset:
    """Read a file of any known format, or several files of one format, joined in time.

    Times that occur in several files are merged: equal maps once, gaps filled from the others; where values differ, the
    later file has precedence and a warning states their number. Measurements with equal time and position occur once.

    Parameters
    ----------
    path : str, Path or a sequence of them
        The file; a pattern such as ``"maps/*.nc"``; a folder; or several of these.
    **options
        Arguments of the reader of the format, ``identify_format(path).call``.

    Returns
    -------
    xr.Dataset
        The result of the reader; the attribute ``recognised_as`` contains the format.

    Raises
    ------
    ValueError
        The format is unknown or has no reader, or the files have different formats or grids.
    """
    paths = [path] if isinstance(path, (str, Path)) else list(path)
    files = [file for one in paths for file in _expand(one)]
    if len(files) != 1 or not isinstance(path, (str, Path)):
        return _joined([read(file, **options) for file in files])
    path = files[0]
    file_format = identify_format(path)
    if file_format.reader is None:
        raise ValueError(
            f"{Path(path).name} contains {file_format.description}, which has no reader. {file_format.instead}"
        )
    return file_format.reader(path, **options).assign_attrs(
        recognised_as=f"{file_format.description} ({file_format.call})"
    )


def identify_format(path: str | Path) -> FileFormat:
    """Return the format of a file.

    Raises
    ------
    FileNotFoundError
        The file does not exist.
    ValueError
        The format is unknown. The message lists the contents of the file and all formats.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}. xdvn.datasets.fetch(name) downloads files of its catalogue")
    with path.open("rb") as file:
        beginning = file.read(4096)
    for magic, cure in _OTHER_FILES.items():
        if beginning.startswith(magic) and (magic or not beginning):
            raise ValueError(f"{path.name} {cure}")
    is_text = not beginning.startswith((b"CDF", b"\x89HDF"))
    contents: Any = beginning.decode("utf-8", errors="replace") if is_text else open_header(path)
    for file_format in FORMATS:
        if file_format.text == is_text and file_format.fits(contents):
            return file_format
    contained = "text" if is_text else ", ".join(f"{v}{contents[v].dims}" for v in contents.variables)
    raise ValueError(
        f"{path.name} has an unknown format: it contains {contained}. Known formats: "
        f"{'; '.join(known.description for known in FORMATS if known.reader)}. Read other regular grids with "
        "xdvn.readers.read_grid"
    )


def _expand(path: str | Path) -> list[Path]:
    """Return the files of a path, a pattern or a folder, sorted by name."""
    path = Path(path).expanduser()
    if path.is_file():
        return [path]
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
    elif any(letter in str(path) for letter in "*?["):
        found = [Path(p) for p in sorted(glob.glob(str(path), recursive=True)) if Path(p).is_file()]
    else:
        return [path]
    if not found:
        folder = next((p for p in (path, *path.parents) if p.is_dir()), Path("."))
        names = ", ".join(sorted(p.name for p in folder.iterdir())[:5]) or "nothing"
        raise FileNotFoundError(f"no file matches {path}: {folder} contains {names}. Check the pattern")
    return found


def _joined(parts: list[xr.Dataset]) -> xr.Dataset:
    """Join files of one format: maps sorted by time, tracks and swaths in the order given."""
    if not parts:
        raise ValueError("path=[]: expected at least one file")
    formats = list(dict.fromkeys(part.attrs["recognised_as"] for part in parts))
    if len(formats) > 1:
        raise ValueError(
            f"the files have several formats ({'; '.join(formats)}). Read the files of one format at a time"
        )
    dim = next((d for d in ("point", "num_lines", "time") if d in parts[0].dims), None)
    if dim is None or "cycle" in parts[0].attrs:
        raise ValueError(f"files with {formats[0]} cannot be joined in time. Read them one by one")
    parts = parts if dim != "time" else [part.load() if _share_times(parts) else part for part in parts]
    try:
        joined = xr.concat(parts, dim=dim, join="exact", data_vars="minimal", coords="minimal", compat="equals")
    except ValueError as failure:
        raise ValueError(f"the files have different grids: {failure}. Read them one by one") from failure
    joined.attrs = parts[0].attrs
    if dim == "point":
        return _without_repeated_points(joined)
    return _merge_times(joined).sortby("time") if dim == "time" else joined


def _share_times(parts: list[xr.Dataset]) -> bool:
    times = np.concatenate([part["time"].values for part in parts])
    return len(np.unique(times)) < len(times)


def _merge_times(ds: xr.Dataset) -> xr.Dataset:
    """Merge maps of one time, in the order of the files."""
    times = ds["time"].values
    unique, first = np.unique(times, return_index=True)
    if unique.size == times.size:
        return ds
    merged = ds.isel(time=first).copy(deep=True)
    differing = 0
    for k, time in enumerate(unique):
        for i in np.flatnonzero(times == time)[1:]:
            for name in ds.data_vars:
                if "time" not in ds[name].dims:
                    continue
                old, new = merged[name].isel(time=k), ds[name].isel(time=i)
                both = old.notnull() & new.notnull()
                differing += int((both & (old != new)).sum())
                merged[name][{"time": k}] = new.where(new.notnull(), old)
    if differing:
        warnings.warn(
            f"{differing} values differ between files with common times; those of the later file are used. Read the "
            "files one by one to compare them",
            stacklevel=4,
        )
    return merged


def _without_repeated_points(ds: xr.Dataset) -> xr.Dataset:
    keys = np.stack([ds[c].values.astype("M8[ns]").astype(np.int64) if c == "time" else
                     np.round(ds[c].values * 1e6).astype(np.int64) for c in ("time", "lat", "lon")])  # fmt: skip
    first = np.sort(np.unique(keys, axis=1, return_index=True)[1])
    return ds if first.size == ds.sizes["point"] else ds.isel(point=first)


def _has(*names: str) -> Callable[[xr.Dataset], bool]:
    return lambda ds: any(name in ds.data_vars for name in names)


def _is_regular(ds: xr.Dataset) -> bool:
    try:
        regular.coordinate(ds, "time")
        return regular.is_regular(ds)
    except ValueError:
        return False


def _is_challenge(ds: xr.Dataset) -> bool:
    without_units = "time" in ds.variables and "units" not in ds["time"].attrs
    others = set(maps.CHALLENGE_NAMES) - {"sst"}
    return _is_regular(ds) and (bool(others & set(map(str, ds.data_vars))) or ("sst" in ds.data_vars and without_units))


def _is_curvilinear(ds: xr.Dataset) -> bool:
    try:
        lat = ds[regular.coordinate(ds, "latitude")]
    except ValueError:
        return False
    return lat.ndim == 2 and any(name in ds.data_vars for name in nemo.NEMO_NAMES)


def _is_outline(ds: xr.Dataset) -> bool:
    return set(map(str, ds.variables)) == {"lon", "lat"} and ds["lon"].dims == ds["lat"].dims


def _is_number_table(beginning: str) -> bool:
    lines = beginning.splitlines()[:-1]
    try:
        return bool(lines) and all(len([float(word) for word in line.split()]) == 4 for line in lines)
    except ValueError:
        return False


def _has_no_time(ds: xr.Dataset) -> bool:
    try:
        regular.coordinate(ds, "time")
    except ValueError:
        return any(variable.ndim >= 2 for variable in ds.variables.values())
    return False


_DRAW = "xdvn.plot draws land without a file"
_ADD_TIME = (
    "Open it with ds = xr.open_dataset(path), rename its axes, as in ds.rename(x='lon', y='lat'), and add the time "
    "with ds.expand_dims(time=[np.datetime64('2014-07-17')])"
)
_OTHER_FILES = {
    b"\x1f\x8b": "is compressed: expected a NetCDF file or a table. Decompress it with gunzip",
    b"\x0e\x03\x13\x01": "is an HDF4 file: expected NetCDF. Convert it, for example with `ncks -4 in.hdf out.nc`",
    b"GRIB": "is a GRIB file: expected NetCDF. Open it with xr.open_dataset(path, engine='cfgrib')",
    b"PK": "is a zip archive: expected a NetCDF file. Unpack it; open zarr stores with xr.open_zarr(path)",
    b"": "is empty: expected a NetCDF file. Download it again",
}

FORMATS = (
    FileFormat(
        "SWOT level-3 swaths", swath.read_swot_l3, lambda ds: "num_pixels" in ds.dims and _has(*swath.HEIGHTS)(ds)
    ),
    FileFormat("simulated KaRIn swaths", swath.read_simulated_swath, lambda ds: "x_ac" in ds.variables),
    FileFormat("simulated nadir tracks", along_track.read_simulated_track, _has("ssh_model")),
    FileFormat(
        "along-track level-3 sea level",
        along_track.read_along_track_l3,
        lambda ds: _has("sla_unfiltered", "sla_filtered")(ds) and len(ds.dims) == 1,
    ),
    FileFormat("a reference ground track", orbit.read_ground_track, _has("pass_number")),
    FileFormat(
        "sea level maps (DUACS, Copernicus Marine, IMOS)",
        maps.read_sea_level_maps,
        lambda ds: _has(*maps.PRODUCT_NAMES)(ds) and _is_regular(ds),
    ),
    FileFormat("maps of an SSH mapping challenge", maps.read_challenge_maps, _is_challenge),
    FileFormat(
        "sea surface temperature",
        temperature.read_sst,
        lambda ds: _has(*temperature.TEMPERATURE_NAMES)(ds) and _is_regular(ds),
    ),
    FileFormat(
        "chlorophyll", colour.read_chlorophyll, lambda ds: _has(*colour.CHLOROPHYLL_NAMES)(ds) and _is_regular(ds)
    ),
    FileFormat("NEMO model output", nemo.read_nemo, _is_curvilinear),
    FileFormat("maps on a regular grid", regular.read_grid, _is_regular),
    FileFormat("maps on a curvilinear grid", positions.read_curvilinear, positions.is_curvilinear),
    FileFormat("measurements along a track", positions.read_track, positions.is_track),
    FileFormat("a grid without a time", None, _has_no_time, instead=_ADD_TIME),
    FileFormat("an outline without measurements", None, _is_outline, instead=_DRAW),
    FileFormat("an ephemeris", orbit.read_ephemeris, lambda beginning: "cycle_duration" in beginning, text=True),
    FileFormat("a table of along-track heights", along_track.read_along_track_text, _is_number_table, text=True),
    FileFormat(
        "polygons (TopoJSON or GeoJSON)",
        None,
        lambda beginning: beginning.lstrip().startswith("{") and ('"Topology"' in beginning or '"Feature' in beginning),
        text=True,
        instead=_DRAW,
    ),
)
"""All formats, in the order in which they are tried: the most specific first."""
