"""Wide-swath altimetry: two bands of pixels on both sides of the ground track, as observed by KaRIn of SWOT."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from xdvn.osse.orbits import AbstractOrbit
from xdvn.osse.sampling import instants

__all__ = ["Swath", "along_swath"]

_EARTH = 6371.0  # mean radius [km]


@dataclass(frozen=True)
class Swath:
    """Geometry of a swath with two bands of pixels and the nadir gap between them. Default: SWOT at 2 km.

    Parameters
    ----------
    inner, outer : float
        Distances of the edges of a band from the track [km].
    across, along : float
        Spacing of pixels across and along the track [km].

    Raises
    ------
    ValueError
        If the edges do not increase or a spacing is not positive.

    Examples
    --------
    >>> Swath(across=25).distances.tolist()
    [-60.0, -35.0, -10.0, 10.0, 35.0, 60.0]
    """

    inner: float = 10.0
    outer: float = 60.0
    across: float = 2.0
    along: float = 2.0

    def __post_init__(self) -> None:
        if not 0 <= self.inner < self.outer or not (self.across > 0 and self.along > 0):
            raise ValueError(
                f"inner={self.inner}, outer={self.outer}, across={self.across}, along={self.along}: expected "
                "0 <= inner < outer and positive spacings [km], such as 10, 60, 2, 2 for SWOT."
            )

    @property
    def distances(self) -> np.ndarray:
        """Distances of the pixels from the track [km], negative to the left of the flight."""
        right = self.inner + self.across * np.arange(int((self.outer - self.inner) / self.across + 1e-9) + 1)
        return np.concatenate([-right[::-1], right])


def along_swath(
    orbit: AbstractOrbit,
    start: str | np.datetime64 | pd.Timestamp,
    days: float,
    lat: tuple[float, float],
    lon: tuple[float, float],
    *,
    swath: Swath | None = None,
    epoch: float = 0.0,
) -> xr.Dataset:
    """Return the times and positions of the pixels of a swath altimeter in a box, for ``sample``.

    Lines cross the track at equal time steps. A pixel at distance d is on the great circle perpendicular to the flight.
    With bearing b, ``sin lat' = sin lat cos d + cos lat sin d cos(b + 90)``.

    Parameters
    ----------
    orbit : AbstractOrbit
        Orbit of the satellite.
    start : datetime-like
        Start.
    days : float
        Duration [days].
    lat, lon : (float, float)
        Southern and northern, western and eastern edges [degrees]; away from the poles.
    swath : Swath, optional
        Geometry. If None, that of SWOT.
    epoch : float
        Time of the orbit at ``start`` [days], as in ``along_track``.

    Returns
    -------
    xr.Dataset
        Coordinates ``time``, ``lat``, ``lon``, ``mission``, ``line`` (index of the line) and ``cross_track_distance``
        [km] on ``point``, in order of lines.

    References
    ----------
    Fu and Ubelmann 2014, doi:10.1175/JTECH-D-13-00109.1.

    Examples
    --------
    >>> from xdvn.osse import SWOT
    >>> points = along_swath(SWOT, "2012-10-01", days=10, lat=(33, 43), lon=(-65, -55))
    >>> float(abs(points.cross_track_distance).min())
    10.0
    """
    swath = swath or Swath()
    # Lines outside the box, up to the width of the swath, have pixels inside.
    width = np.degrees(swath.outer / _EARTH)
    poleward = np.radians(min(max(map(abs, lat)) + width, 89))
    margin = min(width / np.cos(poleward), (359.9 - (lon[1] - lon[0])) / 2)
    time, track_lat, track_lon = orbit.ground_track(
        epoch,
        epoch + days,
        (max(lat[0] - width, -90), min(lat[1] + width, 90)),
        (lon[0] - margin, lon[1] + margin),
        sampling=swath.along / _ground_speed(orbit),
    )
    y, x = _destination(track_lat, track_lon, _bearing(orbit, time) + 90, swath.distances)
    x = np.remainder(x - lon[0], 360) + lon[0]
    line, pixel = np.nonzero((y >= lat[0]) & (y <= lat[1]) & (x <= lon[1]))
    distance = {"units": "km", "long_name": "distance from the ground track, positive to the right of the flight"}
    return xr.Dataset(
        coords={
            "time": ("point", instants(start, time[line] - epoch)),
            "lat": ("point", y[line, pixel]),
            "lon": ("point", x[line, pixel]),
            "mission": ("point", np.full(line.size, orbit.name)),
            "line": ("point", line),
            "cross_track_distance": ("point", swath.distances[pixel], distance),
        }
    )


def _ground_speed(orbit: AbstractOrbit) -> float:
    """Return the mean speed of the sub-satellite point [km/s]."""
    time = np.linspace(0, orbit.cycle, 2000, endpoint=False)
    (y0, x0), (y1, x1) = (np.radians(orbit.position(time + shift / 86400)) for shift in (0, 1))
    haversine = np.sin((y1 - y0) / 2) ** 2 + np.cos(y0) * np.cos(y1) * np.sin((x1 - x0) / 2) ** 2
    return float(np.mean(2 * _EARTH * np.arcsin(np.sqrt(haversine))))


def _bearing(orbit: AbstractOrbit, time: np.ndarray) -> np.ndarray:
    """Return the direction of flight over ground [degrees clockwise from north]."""
    half = 0.5 / 86400
    (y0, x0), (y1, x1) = (np.radians(orbit.position(time + shift)) for shift in (-half, half))
    east = np.sin(x1 - x0) * np.cos(y1)
    north = np.cos(y0) * np.sin(y1) - np.sin(y0) * np.cos(y1) * np.cos(x1 - x0)
    return np.degrees(np.arctan2(east, north))


def _destination(
    lat: np.ndarray, lon: np.ndarray, bearing: np.ndarray, distance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return latitudes and longitudes (line, pixel) at distances [km] from (lat, lon) along great circles."""
    y, x, b = (np.radians(a)[:, None] for a in (lat, lon, bearing))
    d = distance[None, :] / _EARTH
    sine = np.sin(y) * np.cos(d) + np.cos(y) * np.sin(d) * np.cos(b)
    turned = np.arctan2(np.sin(b) * np.sin(d) * np.cos(y), np.cos(d) - np.sin(y) * sine)
    return np.degrees(np.arcsin(np.clip(sine, -1, 1))), np.degrees(x + turned)
