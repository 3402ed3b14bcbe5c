"""A bundled land outline that needs no network: Natural Earth 1:50m.

The outline is simplified to 0.02 degree, without islands below 0.003 square degree. Source: Natural Earth 4.1 (public
domain, https://www.naturalearthdata.com), from the npm package world-atlas 2.0.2.
"""

from __future__ import annotations

import functools
from importlib import resources

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

__all__ = ["land_within"]


def land_within(west: float, east: float, south: float, north: float) -> BaseGeometry:
    """Return the land inside a box of longitudes and latitudes, in the longitude convention of the box.

    Parameters
    ----------
    west, east : float
        Degrees east in any convention (-180 to 180, 0 to 360, or 170 to 190 across the date line), ``west < east``.
    south, north : float
        Degrees north.

    Returns
    -------
    shapely geometry
        Land polygons with ``west <= x <= east``, without a seam at the date line; empty in the open ocean.

    Examples
    --------
    >>> land_within(-65, -55, 33, 42).is_empty
    True
    >>> round(float(land_within(178, 182, -20, -15).area), 1)  # Fiji lies on both sides of the date line
    1.0
    """
    parts = []
    for turn in range(int(np.floor((west - 190) / 360)), int(np.ceil((east + 190) / 360)) + 1):
        box = shapely.box(west - 360 * turn, south, east - 360 * turn, north)
        near = [p for p in _polygons() if shapely.intersects(p, box)]
        parts.extend(shapely.transform(shapely.intersection(near, box), lambda xy, by=360 * turn: xy + [by, 0]))
    return shapely.union_all(parts)


@functools.cache
def _polygons() -> tuple[shapely.Polygon, ...]:
    """Decode the rings: first differences in hundredths of a degree, each shell followed by its holes."""
    source = resources.files("xdvn.plot").joinpath("land_50m.npz")
    with source.open("rb") as file, np.load(file, allow_pickle=False) as data:
        steps = np.stack([data["dx"], data["dy"]], 1).astype(np.int64)
        ends, shell = np.cumsum(data["length"]), data["shell"]
    rings = [np.cumsum(ring, 0) / 100 for ring in np.split(steps, ends[:-1])]
    first = np.flatnonzero(shell)
    last = np.append(first[1:], len(rings))
    return tuple(shapely.Polygon(rings[a], rings[a + 1 : b]) for a, b in zip(first, last, strict=True))
