"""Ground tracks of orbits that a table describes: an ephemeris, or the reference passes of an agency.

The table is one repeat cycle of sub-satellite points. Between them the direction from the Earth's centre is a periodic
cubic spline in time, so the track is smooth over poles, the date line and the cycle's end. It serves wherever a
``Mission`` does: ``along_track``, ``along_swath``, ``Twin.observe``. Read such tables with ``xdvn.readers``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy
import xarray as xr

from xdvn.osse.orbits import AbstractOrbit

__all__ = ["Ephemeris"]


@dataclass(frozen=True, eq=False)
class Ephemeris(AbstractOrbit):
    """A satellite whose ground track is tabulated over one repeat cycle.

    Parameters
    ----------
    name : str
        Short name, kept in the output.
    cycle : float
        Time after which the track repeats [days].
    time : array
        Instants of the table, ascending, within one cycle [days].
    lat, lon : array
        Sub-satellite points [degrees], in the latitude of the table (products: geodetic).
    lon0 : float
        Longitudes by which the whole track is moved eastward [degrees].
    sampling : float
        Time between two measurements [s].

    Raises
    ------
    ValueError
        If the table's columns are not of one length, its times do not ascend within the cycle, or its end does not
        meet its beginning.

    Examples
    --------
    A table of the reference mission's formula gives the same track back:

    >>> from xdvn.osse import JASON1
    >>> time = np.arange(0, JASON1.cycle, 30 / 86400)
    >>> table = Ephemeris("table", JASON1.cycle, time, *JASON1.position(time))
    >>> bool(np.allclose(table.position(np.array([5.4321])), JASON1.position(np.array([5.4321])), atol=1e-5))
    True
    """

    name: str
    cycle: float
    time: np.ndarray
    lat: np.ndarray
    lon: np.ndarray
    lon0: float = 0.0
    sampling: float = 0.9434

    def __post_init__(self) -> None:
        if not (len(self.time) == len(self.lat) == len(self.lon) >= 4):
            raise ValueError(
                f"time, lat and lon have {len(self.time)}, {len(self.lat)} and {len(self.lon)} values; expected "
                "equally many, four or more"
            )
        if not (np.all(np.diff(self.time) > 0) and 0 <= self.time[0] and self.time[-1] < self.cycle):
            raise ValueError(
                f"time goes from {self.time[0]} to {self.time[-1]}: it must ascend from 0 to less than the cycle of "
                f"{self.cycle} days; cut the table there"
            )
        speed = _angles(self._directions) / np.diff(self.time)
        gap = np.diff([self.time[-1], self.time[0] + self.cycle])
        closing = _angles(self._directions[[-1, 0]]) / gap
        if not 0.5 * np.median(speed) < closing[0] < 1.5 * np.median(speed):
            raise ValueError(
                f"the end of the table does not meet its beginning: {np.degrees(closing[0] * gap[0]):.2f} degrees lie "
                f"between them, for {gap[0] * 86400:.0f} s; is cycle = {self.cycle} days right?"
            )

    @classmethod
    def from_dataset(cls, ds: xr.Dataset, name: str, *, sampling: float = 0.9434) -> Ephemeris:
        """Make an orbit of what ``xdvn.readers.read_ephemeris`` or ``read_ground_track`` returns.

        Parameters
        ----------
        ds : xr.Dataset
            ``lat`` and ``lon`` on one dimension in flight order, attribute ``cycle`` [days]. With ``elapsed`` [s],
            those are the times, and what lies beyond the cycle is left out. Without, the points of a pass (of the same
            ``pass_number``) are evenly spaced in time, and the passes together last a cycle.
        name : str
            Short name of the mission.
        sampling : float
            Time between two measurements [s].

        Raises
        ------
        ValueError
            If the attribute ``cycle`` is missing.
        """
        if "cycle" not in ds.attrs:
            raise ValueError("the Dataset has no attribute cycle. Set it in days, as in ds.assign_attrs(cycle=9.9156)")
        cycle = float(ds.attrs["cycle"])
        lat, lon = ds["lat"].values, ds["lon"].values
        if "elapsed" in ds.coords:
            time = ds["elapsed"].values / 86400
        elif "pass_number" in ds:
            time = cycle * _shares_of_time(_unit_vectors(lat, lon), ds["pass_number"].values)
        else:
            time = cycle * np.arange(lat.size) / lat.size
        inside = time < cycle - 1e-9
        return cls(name, cycle, time[inside], lat[inside], lon[inside], sampling=sampling)

    def shifted(self, lon: float) -> Ephemeris:
        """Return the orbit with all its tracks moved eastward by ``lon`` degrees."""
        return replace(self, lon0=self.lon0 + lon)

    def position(self, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return latitude and longitude in [-180, 180[ at ``time`` [days]."""
        x, y, z = self._spline(np.remainder(time - self.time[0], self.cycle) + self.time[0]).T
        lon = np.degrees(np.arctan2(y, x)) + self.lon0
        return np.degrees(np.arctan2(z, np.hypot(x, y))), np.remainder(lon + 180, 360) - 180

    def arcs(
        self, start: float, stop: float, lat: tuple[float, float], lon: tuple[float, float]
    ) -> list[tuple[np.ndarray, float]]:
        """Return (beginnings, duration) [days] of the table's intervals that may cross a box, in all cycles."""
        step = float(np.diff(self.time, append=self.time[0] + self.cycle).max())
        reach = 1.2 * np.degrees(_angles(self._directions).max())  # how far the satellite gets between two rows
        y, x = self.lat, self.lon + self.lon0
        # A degree of longitude shrinks towards the poles; next to one, all longitudes are near.
        margin = np.minimum(reach / np.maximum(np.cos(np.radians(np.minimum(np.abs(y) + reach, 90))), 1e-3), 180)
        near = (y >= lat[0] - reach) & (y <= lat[1] + reach)
        near &= np.remainder(x - lon[0] + margin, 360) <= np.minimum(lon[1] - lon[0] + 2 * margin, 360)
        cycles = np.arange(np.floor(start / self.cycle) - 1, np.ceil(stop / self.cycle) + 1)
        beginnings = (self.time[near] - step + cycles[:, None] * self.cycle).ravel()
        wanted = (beginnings + 2 * step >= start) & (beginnings <= stop)
        return [(beginnings[wanted], 2 * step)]

    @cached_property
    def _directions(self) -> np.ndarray:
        return _unit_vectors(self.lat, self.lon)

    @cached_property
    def _spline(self) -> scipy.interpolate.CubicSpline:
        closed = np.concatenate([self._directions, self._directions[:1]])
        return scipy.interpolate.CubicSpline(
            np.append(self.time, self.time[0] + self.cycle), closed, bc_type="periodic"
        )


def _shares_of_time(directions: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Return when each point is reached, as a share of the cycle; steps last equally long but from pass to pass.

    There, at the turning points, the speed over ground is that of the steps before and after, so distances identify
    them.
    """
    distance = _angles(np.concatenate([directions, directions[:1]]))
    steps = np.ones(len(distance))
    change = np.flatnonzero(number != np.roll(number, -1))
    steps[change] = 2 * distance[change] / (distance[change - 1] + distance[(change + 1) % len(distance)])
    return np.concatenate([[0.0], np.cumsum(steps)[:-1]]) / steps.sum()


def _unit_vectors(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    y, x = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)], axis=-1)


def _angles(directions: np.ndarray) -> np.ndarray:
    """Return angles between neighbours [rad]."""
    chord = np.linalg.norm(np.diff(directions, axis=0), axis=-1)
    return 2 * np.arcsin(np.minimum(chord / 2, 1))
