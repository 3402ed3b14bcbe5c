"""One entry for all files: look at what is in them, say what they are, and read them with the reader for that.

``recognise`` judges from names of variables and dimensions, never from the name of a file or from values. The order of
``KINDS`` is the order of trial, the most particular first. ``read`` is what users call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from xdvn.readers import along_track, colour, maps, nemo, orbit, regular, swath, temperature
from xdvn.readers.decoding import open_header

__all__ = ["KINDS", "Kind", "read", "recognise"]


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Parameters
    ----------
    about : str
        What it is, in words.
    reader : callable, optional
        What reads it; None for files that are known but hold no measurements or maps.
    fits : callable
        Whether a file, as ``open_header`` returns it, or the first lines of a text, is of this kind.
    text : bool
        Whether it is a text file.
    instead : str
        What to do with a file without a reader.
    """

    about: str
    reader: Callable[..., xr.Dataset] | None
    fits: Callable[[Any], bool]
    text: bool = False
    instead: str = ""

    @property
    def call(self) -> str:
        """What to type to read it directly."""
        return f"xdvn.readers.{self.reader.__name__}" if self.reader else ""


def read(path: str | Path | Sequence[str | Path], **options: Any) -> xr.Dataset:
    """Read a file of any known kind, or several of one kind, joined in time.

    Parameters
    ----------
    path : str, Path or a sequence of them
        The file or files.
    **options
        Arguments of the reader for that kind; ``recognise(path).call`` tells which one it is.

    Returns
    -------
    xr.Dataset
        Tidy, as the kind's reader describes; the attribute ``recognised_as`` says what the file was taken for.

    Raises
    ------
    ValueError
        If a file is of no known kind, or of one that xdvn does not read, or if several are not of the same kind.
    """
    if not isinstance(path, (str, Path)):
        return _joined([read(one, **options) for one in path])
    kind = recognise(path)
    if kind.reader is None:
        raise ValueError(f"{Path(path).name} holds {kind.about}, which is out of scope: {kind.instead}")
    return kind.reader(path, **options).assign_attrs(recognised_as=f"{kind.about} ({kind.call})")


def recognise(path: str | Path) -> Kind:
    """Return what kind of file this is.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is of no known kind; the message lists what it holds, and all kinds.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}; xdvn.datasets.fetch(name) fetches those of its catalogue")
    with path.open("rb") as file:
        beginning = file.read(4096)
    is_text = not beginning.startswith((b"CDF", b"\x89HDF"))
    seen: Any = beginning.decode("utf-8", errors="replace") if is_text else open_header(path)
    for kind in KINDS:
        if kind.text == is_text and kind.fits(seen):
            return kind
    held = "text" if is_text else ", ".join(f"{v}{seen[v].dims}" for v in seen.variables)
    raise ValueError(
        f"{path.name} is of no kind that xdvn knows: it holds {held}. Known are: "
        f"{'; '.join(kind.about for kind in KINDS if kind.reader)}. Any NetCDF file with regular latitudes, longitudes "
        "and times is read by xdvn.readers.read_grid"
    )


def _joined(parts: list[xr.Dataset]) -> xr.Dataset:
    """Join files of one kind along time: maps by their times, tracks and swaths one after the other."""
    if not parts:
        raise ValueError("no file to read: the list of paths is empty")
    kinds = list(dict.fromkeys(part.attrs["recognised_as"] for part in parts))
    if len(kinds) > 1:
        raise ValueError(f"the files are of several kinds ({'; '.join(kinds)}); read those of one kind at a time")
    dim = next((d for d in ("point", "num_lines", "time") if d in parts[0].dims), None)
    if dim is None or "cycle" in parts[0].attrs:
        raise ValueError(f"files that hold {kinds[0]} cannot be joined in time; read them one by one")
    try:
        joined = xr.concat(parts, dim=dim, join="exact", data_vars="minimal", coords="minimal", compat="equals")
    except ValueError as failure:
        raise ValueError(f"the files do not lie on one grid, so they cannot be joined: {failure}") from failure
    joined.attrs = parts[0].attrs
    return joined.sortby("time") if dim == "time" else joined


def _has(*names: str) -> Callable[[xr.Dataset], bool]:
    return lambda ds: any(name in ds.data_vars for name in names)


def _is_regular(ds: xr.Dataset) -> bool:
    try:
        regular.coordinate(ds, "time")
        return regular.is_regular(ds)
    except ValueError:
        return False


def _is_challenge(ds: xr.Dataset) -> bool:
    counts_only = "time" in ds.variables and "units" not in ds["time"].attrs
    others = set(maps.CHALLENGE_NAMES) - {"sst"}
    return _is_regular(ds) and (bool(others & set(map(str, ds.data_vars))) or ("sst" in ds.data_vars and counts_only))


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


_DRAW = "xdvn.plot draws the land by itself, without files"

KINDS = (
    Kind("SWOT level-3 swaths", swath.read_swot_l3, lambda ds: "num_pixels" in ds.dims and _has(*swath.HEIGHTS)(ds)),
    Kind("simulated KaRIn swaths", swath.read_simulated_swath, lambda ds: "x_ac" in ds.variables),
    Kind("simulated nadir tracks", along_track.read_simulated_track, _has("ssh_model")),
    Kind(
        "along-track level-3 sea level",
        along_track.read_along_track_l3,
        lambda ds: _has("sla_unfiltered", "sla_filtered")(ds) and len(ds.dims) == 1,
    ),
    Kind("a reference ground track", orbit.read_ground_track, _has("pass_number")),
    Kind(
        "sea level maps (DUACS, Copernicus Marine, IMOS)",
        maps.read_sea_level_maps,
        lambda ds: _has(*maps.PRODUCT_NAMES)(ds) and _is_regular(ds),
    ),
    Kind("maps of an SSH mapping challenge", maps.read_challenge_maps, _is_challenge),
    Kind(
        "sea surface temperature",
        temperature.read_sst,
        lambda ds: _has(*temperature.TEMPERATURE_NAMES)(ds) and _is_regular(ds),
    ),
    Kind("chlorophyll", colour.read_chlorophyll, lambda ds: _has(*colour.CHLOROPHYLL_NAMES)(ds) and _is_regular(ds)),
    Kind("NEMO model output", nemo.read_nemo, _is_curvilinear),
    Kind("maps on a regular grid", regular.read_grid, _is_regular),
    Kind("an outline without measurements", None, _is_outline, instead=_DRAW),
    Kind("an ephemeris", orbit.read_ephemeris, lambda beginning: "cycle_duration" in beginning, text=True),
    Kind("a table of along-track heights", along_track.read_along_track_text, _is_number_table, text=True),
    Kind(
        "polygons (TopoJSON or GeoJSON)",
        None,
        lambda beginning: beginning.lstrip().startswith("{") and ('"Topology"' in beginning or '"Feature' in beginning),
        text=True,
        instead=_DRAW,
    ),
)
"""All kinds, in the order in which they are tried."""
