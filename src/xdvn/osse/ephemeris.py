"""Ground tracks of tabulated orbits: an ephemeris, or the reference passes of an agency."""

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
    """A satellite with a ground track tabulated over one repeat cycle, as read by ``xdvn.readers``.

    Between the tabulated points, the direction from the Earth's centre is a periodic cubic spline in time, smooth over
    poles, the date line and the end of the cycle. An ``Ephemeris`` can replace a ``Mission``.

    Parameters
    ----------
    name : str
        Short name, stored in the output.
    cycle : float
        Time after which the track repeats [days].
    time : array
        Increasing times within one cycle [days].
    lat, lon : array
        Sub-satellite points [degrees]; the tables of agencies contain geodetic latitude.
    lon0 : float
        Eastward shift of the track [degrees].
    sampling : float
        Time between two measurements [s].

    Raises
    ------
    ValueError
        If the columns have different lengths, the times do not increase within the cycle, or the track does not
        close.

    Examples
    --------
    A table of a mission reproduces its track:

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
                f"time, lat and lon have {len(self.time)}, {len(self.lat)} and {len(self.lon)} values: expected equal "
                "numbers of 4 or more. Check the columns of the table."
            )
        if not (np.all(np.diff(self.time) > 0) and 0 <= self.time[0] and self.time[-1] < self.cycle):
            raise ValueError(
                f"time is from {self.time[0]} to {self.time[-1]}: expected increasing values from 0 to below "
                f"cycle={self.cycle} days. Select one cycle."
            )
        speed = _angles(self._directions) / np.diff(self.time)
        gap = np.diff([self.time[-1], self.time[0] + self.cycle])
        closing = _angles(self._directions[[-1, 0]]) / gap
        if not 0.5 * np.median(speed) < closing[0] < 1.5 * np.median(speed):
            raise ValueError(
                f"the last and first points are {np.degrees(closing[0] * gap[0]):.2f} degrees and "
                f"{gap[0] * 86400:.0f} s apart: expected the speed of the track. Correct cycle={self.cycle} days."
            )

    @classmethod
    def from_dataset(cls, ds: xr.Dataset, name: str, *, sampling: float = 0.9434) -> Ephemeris:
        """Return the orbit of a Dataset from ``xdvn.readers.read_ephemeris`` or ``read_ground_track``.

        Parameters
        ----------
        ds : xr.Dataset
            ``lat`` and ``lon`` on one dimension in flight order, attribute ``cycle`` [days]. Times are ``elapsed`` [s],
            up to the end of the cycle. Without it, points of equal ``pass_number`` are evenly spaced in time, and all
            passes last one cycle.
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
            raise ValueError("the Dataset has no attribute cycle: expected days. Use ds.assign_attrs(cycle=9.9156).")
        cycle = float(ds.attrs["cycle"])
        lat, lon = ds["lat"].values, ds["lon"].values
        if "elapsed" in ds.coords:
            time = ds["elapsed"].values / 86400
        elif "pass_number" in ds:
            time = cycle * _cycle_fractions(_unit_vectors(lat, lon), ds["pass_number"].values)
        else:
            time = cycle * np.arange(lat.size) / lat.size
        inside = time < cycle - 1e-9
        return cls(name, cycle, time[inside], lat[inside], lon[inside], sampling=sampling)

    def shifted(self, lon: float) -> Ephemeris:
        """Return the orbit with its tracks moved eastward by ``lon`` degrees."""
        return replace(self, lon0=self.lon0 + lon)

    def position(self, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return latitude and longitude in [-180, 180[ at ``time`` [days]."""
        x, y, z = self._spline(np.remainder(time - self.time[0], self.cycle) + self.time[0]).T
        lon = np.degrees(np.arctan2(y, x)) + self.lon0
        return np.degrees(np.arctan2(z, np.hypot(x, y))), np.remainder(lon + 180, 360) - 180

    def arcs(
        self, start: float, stop: float, lat: tuple[float, float], lon: tuple[float, float]
    ) -> list[tuple[np.ndarray, float]]:
        """Return (starts, duration) [days] of the intervals of the table that may cross a box, in all cycles."""
        step = float(np.diff(self.time, append=self.time[0] + self.cycle).max())
        reach = 1.2 * np.degrees(_angles(self._directions).max())  # the distance between two rows, with a margin
        y, x = self.lat, self.lon + self.lon0
        # A degree of longitude is shorter towards the poles; next to a pole, all longitudes are close.
        margin = np.minimum(reach / np.maximum(np.cos(np.radians(np.minimum(np.abs(y) + reach, 90))), 1e-3), 180)
        near = (y >= lat[0] - reach) & (y <= lat[1] + reach)
        near &= np.remainder(x - lon[0] + margin, 360) <= np.minimum(lon[1] - lon[0] + 2 * margin, 360)
        cycles = np.arange(np.floor(start / self.cycle) - 1, np.ceil(stop / self.cycle) + 1)
        starts = (self.time[near] - step + cycles[:, None] * self.cycle).ravel()
        inside = (starts + 2 * step >= start) & (starts <= stop)
        return [(starts[inside], 2 * step)]

    @cached_property
    def _directions(self) -> np.ndarray:
        return _unit_vectors(self.lat, self.lon)

    @cached_property
    def _spline(self) -> scipy.interpolate.CubicSpline:
        closed = np.concatenate([self._directions, self._directions[:1]])
        return scipy.interpolate.CubicSpline(
            np.append(self.time, self.time[0] + self.cycle), closed, bc_type="periodic"
        )


def _cycle_fractions(directions: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Return the time of each point as a fraction of the cycle, with equal steps within passes.

    At the turning points between passes, the step follows from the distance and the mean speed of the adjacent steps.
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
    """Return the angles between consecutive directions [rad]."""
    chord = np.linalg.norm(np.diff(directions, axis=0), axis=-1)
    return 2 * np.arcsin(np.minimum(chord / 2, 1))
