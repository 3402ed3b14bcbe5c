"""Instrument errors: white noise, noise correlated along the track, and the roll of a swath."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import xarray as xr

__all__ = ["AbstractNoise", "CorrelatedNoise", "RollNoise", "SumOfNoises", "WhiteNoise"]


class AbstractNoise(abc.ABC):
    """A model of measurement errors; ``+`` adds models of independent errors."""

    @abc.abstractmethod
    def draw(self, points: xr.Dataset, seed: int) -> np.ndarray:
        """Return an error for each point [units of the field].

        Parameters
        ----------
        points : xr.Dataset
            Points with ``time``, and ``mission`` if there are several.
        seed : int
            Seed of the random numbers.
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
        """Return an error for each point."""
        return self.std * np.random.default_rng(seed).standard_normal(points["time"].size)


@dataclass(frozen=True)
class CorrelatedNoise(AbstractNoise):
    """Errors correlated along the track, such as those of orbit, tropospheric delay or sea state.

    They are a stationary first-order process with correlation ``exp(-s / length)`` at distance s. Passes are
    independent, and all pixels of a swath line have the same error.

    Parameters
    ----------
    std : float
        Standard deviation.
    length : float
        Distance in which the correlation falls to 1/e [km].

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
                f"length={self.length}: expected a positive distance [km]. Use WhiteNoise for uncorrelated errors."
            )

    def draw(self, points: xr.Dataset, seed: int) -> np.ndarray:
        """Return an error for each point."""
        return self.std * _correlated(points, self.length, np.random.default_rng(seed))


@dataclass(frozen=True)
class RollNoise(AbstractNoise):
    """Residual roll of a swath altimeter: an error proportional to the distance from the track.

    The tilt of the lines is correlated along the track as in ``CorrelatedNoise``. Error budget of SWOT:
    Esteban-Fernandez (2017), JPL D-79084.

    Parameters
    ----------
    std : float
        Standard deviation of the error at ``edge``.
    length : float
        Distance in which the correlation of the tilt falls to 1/e [km].
    edge : float
        Distance from the track at which the standard deviation is ``std`` [km].

    Raises
    ------
    ValueError
        If the standard deviation is negative, or length or edge is not positive. ``draw``: if the points have no
        ``cross_track_distance``.
    """

    std: float
    length: float = 1000.0
    edge: float = 60.0

    def __post_init__(self) -> None:
        _require_std(self.std)
        if not (self.length > 0 and self.edge > 0):
            raise ValueError(
                f"length={self.length}, edge={self.edge}: expected positive distances [km]. Use e.g. 1000 and 60."
            )

    def draw(self, points: xr.Dataset, seed: int) -> np.ndarray:
        """Return an error for each point."""
        if "cross_track_distance" not in points.coords:
            raise ValueError(
                "the points have no cross_track_distance: expected swath points. Use along_swath, or "
                "CorrelatedNoise for nadir altimeters."
            )
        tilt = _correlated(points, self.length, np.random.default_rng(seed))
        return self.std * tilt * points["cross_track_distance"].values / self.edge


@dataclass(frozen=True)
class SumOfNoises(AbstractNoise):
    """Sum of independent errors.

    Parameters
    ----------
    parts : tuple of AbstractNoise
        Error models, each with its own seed.
    """

    parts: tuple[AbstractNoise, ...]

    def draw(self, points: xr.Dataset, seed: int) -> np.ndarray:
        """Return an error for each point."""
        seeds = np.random.SeedSequence(seed).generate_state(len(self.parts))
        return sum(
            (p.draw(points, int(s)) for p, s in zip(self.parts, seeds, strict=True)), np.zeros(points["time"].size)
        )


_SPEED = 6.5  # of the sub-satellite point [km/s]; 5.8 (Jason) to 6.7 (SARAL)
_PASS_BREAK = 60.0  # gap between passes [s]


def _correlated(points: xr.Dataset, length: float, random: np.random.Generator) -> np.ndarray:
    """Return a process of unit variance along the track of each mission, equal for simultaneous points."""
    time = points["time"].values
    mission = points["mission"].values if "mission" in points.coords else np.zeros(time.shape)
    seconds = (time - time.min()) / np.timedelta64(1, "s") if time.size else np.zeros(0)
    result = np.zeros(time.size)
    for name in np.unique(mission):
        selected = mission == name
        instants, index = np.unique(seconds[selected], return_inverse=True)
        step = np.diff(instants, prepend=-np.inf)
        memory = np.where(step > _PASS_BREAK, 0.0, np.exp(-step * _SPEED / length))
        noise = np.sqrt(1 - memory**2) * random.standard_normal(instants.size)
        process = accumulate(zip(memory, noise, strict=True), lambda e, new: new[0] * e + new[1], initial=0.0)
        result[selected] = np.fromiter(process, np.float64)[1:][index]
    return result


def _require_std(std: float) -> None:
    if not std >= 0:
        raise ValueError(f"std={std}: expected a standard deviation of 0 or more, such as 0.02 m for altimeters.")
