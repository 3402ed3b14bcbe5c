"""Maps interpolated to the points of a track: linear in time, latitude and longitude.

Points outside the times of the maps, near or beyond the edge of the box, or where a map is NaN are left out and
counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cf_xarray  # noqa: F401  (registers the .cf accessor used below)
import numpy as np
import scipy
import xarray as xr

from xdvn.grid.axes import cell_centres, find_axes
from xdvn.metrics.alignment import check_units

__all__ = ["TrackPoints", "track_coordinates"]


@dataclass(frozen=True)
class TrackPoints:
    """Measured and mapped values of the points that can be scored, in the order of the track.

    Parameters
    ----------
    days : numpy.ndarray
        Times [days since 1970].
    measured, mapped : numpy.ndarray
        The track and the maps at its points.
    units : str
        Unit of the track, "1" if it has none.
    n_outside, n_unmapped : int
        Points left out because of their place or time, and because a map is NaN there.
    """

    days: np.ndarray
    measured: np.ndarray
    mapped: np.ndarray
    units: str
    n_outside: int
    n_unmapped: int

    @classmethod
    def of(
        cls,
        maps: xr.DataArray,
        track: xr.DataArray,
        box: Mapping[str, slice] | None = None,
        rim: float = 0.0,
        dims: Mapping[str, str] | None = None,
    ) -> TrackPoints:
        """Read maps at the points of a track; the parameters are those of ``along_track_scores``."""
        axes = find_axes(maps, dims)
        if set(maps.dims) != set(axes.dims) or len(axes.space) != 2:
            raise ValueError(f"the maps have the dimensions {maps.dims}; expected time, latitude and longitude only")
        check_units(maps, track)
        where = track_coordinates(track)
        known = [_is_date(maps[axes.time]), _is_date(where["time"])]
        if known[0] != known[1]:
            raise ValueError(
                f"the maps' times are {maps[axes.time].dtype}, the track's {where['time'].dtype}; make both dates, as "
                "with xr.decode_cf(ds)"
            )
        grid = [cell_centres(maps, d) for d in axes.dims]
        at = [cell_centres(where.to_dataset(), n) for n in ("time", "latitude", "longitude")]
        west = grid[2].min()
        at[2] = west + (at[2] - west) % 360  # one turn for both
        measured = np.asarray(track.values, np.float64)
        inside = np.isfinite(measured) & (at[0] >= grid[0].min()) & (at[0] <= grid[0].max())
        for place, centres, dim in zip(at[1:], grid[1:], axes.space, strict=True):
            low, high = _edges(centres, (box or {}).get(dim), dim == axes.space[1])
            inside &= (place >= low + rim) & (place <= high - rim)
        if unknown := set(box or {}) - set(axes.space):
            raise ValueError(f"box= names {sorted(unknown)}; expected {axes.space}")
        if not inside.any():
            raise ValueError(
                f"none of the {measured.size} points of the track is inside the maps: times "
                f"{_span(at[0])} against {_span(grid[0])} days, latitudes {_span(at[1])} against {_span(grid[1])}, "
                f"longitudes {_span(at[2])} against {_span(grid[2])}, a rim of {rim:g} left out"
            )
        order = [np.argsort(g) for g in grid]
        values = np.asarray(maps.transpose(*axes.dims).values, np.float64)[np.ix_(*order)]
        sorted_grid = tuple(g[o] for g, o in zip(grid, order, strict=True))
        mapped = scipy.interpolate.interpn(
            sorted_grid, values, np.stack([a[inside] for a in at], axis=-1), method="linear"
        )
        whole = np.isfinite(mapped)
        if not whole.any():
            raise ValueError(f"the maps are NaN at all of the {inside.sum()} points of the track inside them")
        return cls(
            at[0][inside][whole],
            measured[inside][whole],
            mapped[whole],
            str(track.attrs.get("units", maps.attrs.get("units", "1"))),
            int((~inside).sum()),
            int((~whole).sum()),
        )

    @property
    def seconds(self) -> np.ndarray:
        """Times [s] since the first point."""
        return (self.days - self.days[0]) * 86400.0

    def counts(self) -> dict[str, int]:
        """Return the numbers of points scored, and left out by reason."""
        return {"points": self.days.size, "points_outside": self.n_outside, "points_unmapped": self.n_unmapped}


def track_coordinates(track: xr.DataArray) -> xr.Coordinates:
    """Return the coordinates of the points, called time, latitude and longitude, whatever they are called.

    Raises
    ------
    ValueError
        There is no point, more than one dimension, or not exactly one coordinate for each.
    """
    if track.ndim != 1:
        raise ValueError(
            f"the track has the dimensions {track.dims}; expected one, with time, latitude and longitude as its "
            "coordinates. Grids of along-track data: da.stack(point=[...]).dropna('point')"
        )
    if not track.size:
        raise ValueError("the track has no point")
    guessed = track.cf.guess_coord_axis().cf.coordinates
    found = {}
    for name in ("time", "latitude", "longitude"):
        here = [str(n) for n in guessed.get(name, []) if track[n].dims == track.dims]
        if len(here) != 1:
            others = ", ".join(sorted(map(str, track.coords))) or "none"
            raise ValueError(
                f"the track has {here or 'no coordinate'} for {name} among its coordinates ({others}); "
                f"give it one with track.assign_coords({name}=({track.dims[0]!r}, values))"
            )
        found[name] = ("point", track[here[0]].values)
    return xr.Dataset(coords=found).coords


def _edges(centres: np.ndarray, wanted: slice | None, is_longitude: bool) -> tuple[float, float]:
    low, high = centres.min(), centres.max()
    if wanted is None:
        return low, high
    a, b = float(wanted.start), float(wanted.stop)
    if is_longitude:
        turn = (a - low + 1e-9) % 360 - 1e-9 + low - a
        a, b = a + turn, b + turn
    return max(low, a), min(high, b)


def _is_date(da: xr.DataArray) -> bool:
    return np.issubdtype(da.dtype, np.datetime64) or da.dtype == object


def _span(values: np.ndarray) -> str:
    return f"{values.min():g} to {values.max():g}"
