"""Errors of instruments: white noise, noise that is correlated along the track, and the roll of a swath.

Correlated errors are stationary first-order processes along the flight, with correlation ``exp(-s / length)`` at
distance s; a new pass starts afresh. A roll tilts a line of the swath, so its error grows with the distance from the
track. Add models with ``+`` and hand them to ``sample``. SWOT's error budget: Esteban-Fernandez (2017), JPL D-79084.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import xarray as xr

__all__ = ["AbstractNoise", "CorrelatedNoise", "RollNoise", "SumOfNoises", "WhiteNoise"]

_SPEED = 6.5  # of the sub-satellite point over ground [km/s], 5.8 (Jason) to 6.7 (SARAL)
_PASS_BREAK = 60.0  # measurements further apart than this [s] are of different passes


class AbstractNoise(abc.ABC):
    """A model of measurement errors."""

    @abc.abstractmethod
    def draw(self, points: xr.Dataset, seed: int) -> np.ndarray:
        """Return one error for each point [units of the field].

        Parameters
        ----------
        points : xr.Dataset
            Where and when: ``time``, and ``mission`` where there are several.
        seed : int
            Seed of the randomness.
        """

    def __add__(self, other: AbstractNoise) -> SumOfNoises:
        return SumOfNoises((self, other))


@dataclass(frozen=True)
class WhiteNoise(AbstractNoise):
    """Independent Gaussian errors, about 0.02 to 0.03 m at 1 Hz (nadir), 0.02 m at 2 km (KaRIn).

    Parameters
    ----------
    std : float
        Standard deviation.

    Raises
    ------
    ValueError
        If it is negative.
    """

    std: float

    def __post_init__(self) -> None:
        _require_std(self.std)

    def draw(self, points: xr.Dataset, seed: int) -> np.ndarray:
        """Return one error for each point."""
        return self.std * np.random.default_rng(seed).standard_normal(points["time"].size)


@dataclass(frozen=True)
class CorrelatedNoise(AbstractNoise):
    """Errors that persist along the track, such as those of the orbit, the tropospheric delay or the sea state.

    All pixels of a swath's line share one error.

    Parameters
    ----------
    std : float
        Standard deviation.
    length : float
        Distance over which the correlation falls to 1/e [km].

    Raises
    ------
    ValueError
        If the standard deviation is negative or the length not positive.
    """

    std: float
    length: float

    def __post_init__(self) -> None:
        _require_std(self.std)
        if not self.length > 0:
            raise ValueError(
                f"length = {self.length} km: it must be positive; errors without correlation are WhiteNoise"
            )

    def draw(self, points: xr.Dataset, seed: int) -> np.ndarray:
        """Return one error for each point."""
        return self.std * _persistent(points, self.length, np.random.default_rng(seed))


@dataclass(frozen=True)
class RollNoise(AbstractNoise):
    """The residual roll of a swath altimeter: each line is tilted, by an angle that persists along the track.

    Parameters
    ----------
    std : float
        Standard deviation of the error at ``edge``.
    length : float
        Distance over which the angle's correlation falls to 1/e [km].
    edge : float
        Distance from the track at which the error has the standard deviation [km].

    Raises
    ------
    ValueError
        If the standard deviation is negative, or the length or the edge not positive; on ``draw``, if the points have
        no ``cross_track_distance``.
    """

    std: float
    length: float = 1000.0
    edge: float = 60.0

    def __post_init__(self) -> None:
        _require_std(self.std)
        if not (self.length > 0 and self.edge > 0):
            raise ValueError(f"length = {self.length}, edge = {self.edge} km: both must be positive")

    def draw(self, points: xr.Dataset, seed: int) -> np.ndarray:
        """Return one error for each point."""
        if "cross_track_distance" not in points.coords:
            raise ValueError(
                "a roll needs the points' cross_track_distance, which nadir altimeters have not; make the points with "
                "along_swath, or use CorrelatedNoise"
            )
        tilt = _persistent(points, self.length, np.random.default_rng(seed))
        return self.std * tilt * points["cross_track_distance"].values / self.edge


@dataclass(frozen=True)
class SumOfNoises(AbstractNoise):
    """Several independent errors at once.

    Parameters
    ----------
    parts : tuple of AbstractNoise
        The models; each draws from a different seed.
    """

    parts: tuple[AbstractNoise, ...]

    def draw(self, points: xr.Dataset, seed: int) -> np.ndarray:
        """Return one error for each point."""
        seeds = np.random.SeedSequence(seed).generate_state(len(self.parts))
        return sum(
            (p.draw(points, int(s)) for p, s in zip(self.parts, seeds, strict=True)), np.zeros(points["time"].size)
        )


def _persistent(points: xr.Dataset, length: float, random: np.random.Generator) -> np.ndarray:
    """Return a process of unit variance along each mission's flight, equal for points of one instant."""
    time = points["time"].values
    mission = points["mission"].values if "mission" in points.coords else np.zeros(time.shape)
    seconds = (time - time.min()) / np.timedelta64(1, "s") if time.size else np.zeros(0)
    result = np.zeros(time.size)
    for name in np.unique(mission):
        mine = mission == name
        instant, number = np.unique(seconds[mine], return_inverse=True)
        step = np.diff(instant, prepend=-np.inf)
        memory = np.where(step > _PASS_BREAK, 0.0, np.exp(-step * _SPEED / length))
        pushed = np.sqrt(1 - memory**2) * random.standard_normal(instant.size)
        walk = accumulate(zip(memory, pushed, strict=True), lambda e, now: now[0] * e + now[1], initial=0.0)
        result[mine] = np.fromiter(walk, np.float64)[1:][number]
    return result


def _require_std(std: float) -> None:
    if not std >= 0:
        raise ValueError(f"std = {std}: it is a standard deviation, so give 0 or more (altimeters: about 0.02 m)")
