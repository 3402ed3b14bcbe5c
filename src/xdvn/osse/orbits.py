"""Ground tracks of satellite altimeters on circular, exactly repeating orbits."""

from __future__ import annotations

import abc
from dataclasses import dataclass, replace

import numpy as np

__all__ = ["CRYOSAT2", "ENVISAT", "GFO", "JASON1", "SWOT", "TOPEX_INTERLEAVED", "AbstractOrbit", "Mission"]


class AbstractOrbit(abc.ABC):
    """A satellite on a repeating ground track, from a formula (``Mission``) or a table (``Ephemeris``).

    A subclass has a ``name``, a repeat ``cycle`` [days] and a ``sampling`` [s]. It computes positions, and the arcs
    near a box.
    """

    name: str
    cycle: float
    sampling: float

    @abc.abstractmethod
    def position(self, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return latitude and longitude in [-180, 180[ at ``time`` [days]."""

    @abc.abstractmethod
    def arcs(
        self, start: float, stop: float, lat: tuple[float, float], lon: tuple[float, float]
    ) -> list[tuple[np.ndarray, float]]:
        """Return (starts, duration) [days] of arcs of the orbit that contain all passes over a box."""

    def ground_track(
        self,
        start: float,
        stop: float,
        lat: tuple[float, float] = (-90.0, 90.0),
        lon: tuple[float, float] = (-180.0, 180.0),
        *,
        sampling: float | None = None,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the times and positions of measurements in a box, in order of time.

        Parameters
        ----------
        start, stop : float
            Start (included) and end (excluded) [days].
        lat, lon : (float, float)
            Southern and northern, western and eastern edges [degrees], included. Longitudes are returned from the
            western edge to 360 degrees east of it, so boxes may cross any meridian.
        sampling : float, optional
            Time between two measurements [s]. If None, that of the orbit.

        Returns
        -------
        (time, lat, lon) : arrays
            Days (multiples of the sampling), degrees, degrees.

        Raises
        ------
        ValueError
            If the edges of the box do not increase.
        """
        for name, (low, high) in {"lat": lat, "lon": lon}.items():
            if not low < high:
                raise ValueError(f"{name}={(low, high)}: expected the lower edge first. Use ({high}, {low}).")
        step = (self.sampling if sampling is None else sampling) / 86400
        numbers = [_multiples(*arc, step) for arc in self.arcs(start, stop, lat, lon)]
        time = np.unique(np.concatenate([np.zeros(0, np.int64), *numbers])) * step
        time = time[(time >= start) & (time < stop)]
        y, x = self.position(time)
        x = _eastward_of(lon[0], x)
        inside = (y >= lat[0]) & (y <= lat[1]) & (x <= lon[1])
        return time[inside], y[inside], x[inside]


@dataclass(frozen=True)
class Mission(AbstractOrbit):
    """A satellite on an exactly repeating circular orbit. Default sampling: 1 Hz nadir altimeter.

    With inclination i, repeat cycle R days, N revolutions and Nd nodal days in a cycle, and argument of latitude
    ``u = 2 pi N t / R + u0``, the track is ``lat = asin(sin i sin u)`` and
    ``lon = atan2(cos i sin u, cos u) - 360 (Nd / R) t + lon0``. The Earth turns exactly Nd times per cycle relative to
    the orbital plane, so precession needs no gravity model.

    Parameters
    ----------
    name : str
        Short name, stored in the output.
    inclination : float
        Inclination of the orbit [degrees], above 90 for retrograde (sun-synchronous) orbits.
    cycle : float
        Time after which the track repeats [days].
    revolutions : int
        Number of revolutions in one cycle.
    nodal_days : int
        Number of turns of the Earth relative to the orbital plane in one cycle.
    lon0 : float
        Longitude of the ascending node at time 0 if ``u0`` is 0 [degrees].
    u0 : float
        Argument of latitude at time 0 [degrees].
    sampling : float
        Time between two measurements [s].

    Raises
    ------
    ValueError
        If the inclination is outside ]0, 180[, or a period or number is not positive.

    References
    ----------
    Chelton et al. 2001, doi:10.1016/S0074-6142(01)80146-7.

    Examples
    --------
    >>> lat, lon = JASON1.position(np.array([0.0, JASON1.cycle]))
    >>> bool(np.allclose(lat, lat[0]) and np.allclose(lon, lon[0]))
    True
    """

    name: str
    inclination: float
    cycle: float
    revolutions: int
    nodal_days: int
    lon0: float = 0.0
    u0: float = 0.0
    sampling: float = 0.9434

    def __post_init__(self) -> None:
        if not 0 < self.inclination < 180:
            raise ValueError(
                f"inclination={self.inclination}: expected degrees between 0 and 180, such as 66.04 for Jason."
            )
        for field in ("cycle", "revolutions", "nodal_days", "sampling"):
            if not getattr(self, field) > 0:
                raise ValueError(
                    f"{field}={getattr(self, field)}: expected a positive number. Use the values of the orbit."
                )

    @property
    def period(self) -> float:
        """Nodal period, from one ascending node to the next [days]."""
        return self.cycle / self.revolutions

    def shifted(self, lon: float) -> Mission:
        """Return the mission with its tracks moved eastward by ``lon`` degrees."""
        return replace(self, lon0=self.lon0 + lon)

    def position(self, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return geocentric latitude and longitude in [-180, 180[ at ``time`` [days].

        Products contain geodetic latitude; the difference changes counts in a box by 0.2 %.
        """
        u = 2 * np.pi * np.remainder(time / self.period + self.u0 / 360, 1)
        inclination = np.radians(self.inclination)
        lat = np.degrees(np.arcsin(np.sin(inclination) * np.sin(u)))
        inertial = np.degrees(np.arctan2(np.cos(inclination) * np.sin(u), np.cos(u)))
        turns = np.remainder(self.nodal_days * time / self.cycle, 1)
        return lat, np.remainder(inertial - 360 * turns + self.lon0 + 180, 360) - 180

    def arcs(
        self, start: float, stop: float, lat: tuple[float, float], lon: tuple[float, float]
    ) -> list[tuple[np.ndarray, float]]:
        """Return (starts, duration) [days] of the ascending and descending arcs that may cross a box."""
        reach = np.sin(np.radians(self.inclination))
        south, north = (np.arcsin(np.clip(np.sin(np.radians(edge)) / reach, -1, 1)) / (2 * np.pi) for edge in lat)
        nodes = np.arange(np.floor(start / self.period) - 1, np.ceil(stop / self.period) + 2) - self.u0 / 360
        arcs = []
        for offset in (south, 0.5 - north):
            starts = (nodes + offset) * self.period
            duration = (north - south) * self.period
            # Arcs between two latitudes differ in longitude only, so that a few points identify those near the box.
            x = self.position(starts[:, None] + np.linspace(0, duration, 17))[1]
            margin = np.abs(_eastward_of(-180, np.diff(x))).max()
            near = (_eastward_of(lon[0] - margin, x) <= lon[1] + margin).any(axis=1)
            arcs.append((starts[near], duration))
        return arcs


def _eastward_of(west: float, lon: np.ndarray) -> np.ndarray:
    """Return the longitudes in ``[west, west + 360[``."""
    return np.remainder(lon - west, 360) + west


def _multiples(starts: np.ndarray, duration: float, step: float) -> np.ndarray:
    """Return the whole numbers n with ``n * step`` in one of the intervals, and at most one more at either end."""
    first = np.floor(starts / step).astype(np.int64)
    return (first[:, None] + np.arange(int(duration / step) + 3)).ravel()


JASON1 = Mission("jason1", inclination=66.04, cycle=9.9156, revolutions=127, nodal_days=10)
TOPEX_INTERLEAVED = Mission("topex-interleaved", 66.04, 9.9156, 127, 10, lon0=360 / 127 / 2)
ENVISAT = Mission("envisat", inclination=98.55, cycle=35.0, revolutions=501, nodal_days=35)
GFO = Mission("gfo", inclination=108.05, cycle=17.0505, revolutions=244, nodal_days=17)
SWOT = Mission("swot", inclination=77.6, cycle=20.8646, revolutions=292, nodal_days=21)
CRYOSAT2 = Mission("cryosat2", inclination=92.03, cycle=368.24, revolutions=5344, nodal_days=369)
