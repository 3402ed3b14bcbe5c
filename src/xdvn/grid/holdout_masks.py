"""Hold-outs: observations that are withheld for validation or cross-validation.

Isolated withheld points only test interpolation over one grid cell. Hold-outs shaped like natural gaps, such as clouds
or whole tracks, test the reconstruction at the scales that matter.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass

import numpy as np
import scipy

__all__ = [
    "AbstractHoldout",
    "RandomPoints",
    "SpaceTimeBoxes",
    "TransplantedCloudMasks",
    "WholeTimeSteps",
    "WholeTracks",
]


class AbstractHoldout(abc.ABC):
    """A rule that selects the observations to withhold."""

    @abc.abstractmethod
    def choose(self, observed: np.ndarray, seed: int) -> np.ndarray:
        """Select the withheld observations.

        Parameters
        ----------
        observed : numpy.ndarray
            Booleans (time, *space), True where observed.
        seed : int
            Seed of the random selection.

        Returns
        -------
        numpy.ndarray
            Booleans, True where withheld, a subset of ``observed``.
        """


@dataclass(frozen=True)
class RandomPoints(AbstractHoldout):
    """Random single observations, for fields without spatial structure.

    Parameters
    ----------
    fraction : float
        Share of the observations to withhold. Default: 0.03.
    """

    fraction: float = 0.03

    def __post_init__(self) -> None:
        _check(self.fraction)

    def choose(self, observed: np.ndarray, seed: int) -> np.ndarray:
        """Select the withheld observations; see ``AbstractHoldout.choose``."""
        candidates = np.flatnonzero(observed)
        chosen = np.random.default_rng(seed).choice(
            candidates, max(1, round(self.fraction * candidates.size)), replace=False
        )
        marked = np.zeros(observed.size, bool)
        marked[chosen] = True
        return marked.reshape(observed.shape)


@dataclass(frozen=True)
class TransplantedCloudMasks(AbstractHoldout):
    """Gaps of random time steps, transplanted to other time steps.

    Beckers et al. 2006, doi:10.5194/os-2-183-2006; Barth et al. 2020, doi:10.5194/gmd-13-1609-2020.

    Parameters
    ----------
    fraction : float
        Share of the observations to withhold, within a factor of 1.5 if the gaps allow it. Default: 0.1.

    Examples
    --------
    >>> observed = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 1, 0]], bool)
    >>> hidden = TransplantedCloudMasks(0.4).choose(observed, seed=0)
    >>> bool((hidden & ~observed).any()), int(hidden.sum())
    (False, 4)
    """

    fraction: float = 0.1

    def __post_init__(self) -> None:
        _check(self.fraction)

    def choose(self, observed: np.ndarray, seed: int) -> np.ndarray:
        """Select the withheld observations; see ``AbstractHoldout.choose``.

        Raises
        ------
        ValueError
            No gap of another time step is small enough.
        """
        rng = np.random.default_rng(seed)
        marked, goal = np.zeros_like(observed), self.fraction * observed.sum()
        for target, source in _pairs(len(observed), rng):
            hidden = observed[target] & ~observed[source]
            total = marked.sum() + (hidden & ~marked[target]).sum()
            if hidden.any() and total <= 1.5 * goal:
                marked[target] |= hidden
                if total >= goal:
                    return marked
        if marked.any():
            return marked
        raise ValueError(
            f"fraction={self.fraction}: expected gaps that hide at most {1.5 * self.fraction:.0%} of the observations "
            "of other time steps. Use a larger fraction, or RandomPoints(0.03)."
        )


def label_pieces(observed: np.ndarray) -> np.ndarray:
    """Return the number, from 1, of the piece that each observed cell (time, *space) is in, and 0 elsewhere.

    A piece consists of cells of one time step that are connected at sides or corners: a track, or a patch.
    """
    neighbours = np.zeros((3,) * observed.ndim)
    neighbours[1] = 1  # within one time step only
    labels: np.ndarray = scipy.ndimage.label(observed, neighbours)[0]
    return labels


@dataclass(frozen=True)
class WholeTracks(AbstractHoldout):
    """Whole satellite tracks, found as connected observed cells of one time step.

    Cells that touch at a side or a corner are connected; tracks that cross at the same time step are one track.

    Parameters
    ----------
    fraction : float
        Share of the observations to withhold, within a factor of 1.5 if the tracks allow it. Default: 0.2.

    Examples
    --------
    >>> observed = np.array([[[1, 0, 0, 1], [0, 1, 0, 1]]], bool)
    >>> WholeTracks(0.5).choose(observed, seed=0)[0].astype(int).tolist() in ([[1, 0, 0, 0], [0, 1, 0, 0]],
    ...                                                               [[0, 0, 0, 1], [0, 0, 0, 1]])
    True
    """

    fraction: float = 0.2

    def __post_init__(self) -> None:
        _check(self.fraction)

    def choose(self, observed: np.ndarray, seed: int) -> np.ndarray:
        """Select the withheld observations; see ``AbstractHoldout.choose``.

        Raises
        ------
        ValueError
            Every track contains too many observations.
        """
        tracks = label_pieces(observed)
        sizes = np.bincount(tracks.ravel())
        return np.isin(tracks, 1 + _until_enough(sizes[1:], self.fraction, seed, "track"))


@dataclass(frozen=True)
class WholeTimeSteps(AbstractHoldout):
    """All observations of some time steps, to test interpolation in time.

    Parameters
    ----------
    fraction : float
        Share of the observations to withhold, within a factor of 1.5 if the time steps allow it. Default: 0.2.

    Examples
    --------
    >>> WholeTimeSteps(0.5).choose(np.ones((2, 3), bool), seed=0).sum(1).tolist() in ([3, 0], [0, 3])
    True
    """

    fraction: float = 0.2

    def __post_init__(self) -> None:
        _check(self.fraction)

    def choose(self, observed: np.ndarray, seed: int) -> np.ndarray:
        """Select the withheld observations; see ``AbstractHoldout.choose``.

        Raises
        ------
        ValueError
            Every time step contains too many observations.
        """
        chosen = np.zeros(len(observed), bool)
        chosen[_until_enough(observed.reshape(len(observed), -1).sum(1), self.fraction, seed, "time step")] = True
        return observed & chosen.reshape(-1, *(1,) * (observed.ndim - 1))


@dataclass(frozen=True)
class SpaceTimeBoxes(AbstractHoldout):
    """Random boxes in time and space, as large as the gaps that a map must fill.

    Parameters
    ----------
    size : tuple of int
        Number of time steps, then of grid cells along each space dimension.
    fraction : float
        Least share of the observations to withhold. Default: 0.2.

    Raises
    ------
    ValueError
        A size is not positive, or larger than the field.

    Examples
    --------
    >>> hidden = SpaceTimeBoxes((2, 3, 3), 0.3).choose(np.ones((4, 6, 6), bool), seed=0)
    >>> bool(0.3 <= hidden.mean() <= 0.5)
    True
    """

    size: tuple[int, ...]
    fraction: float = 0.2

    def __post_init__(self) -> None:
        _check(self.fraction)
        if not all(n >= 1 for n in self.size):
            raise ValueError(f"size={self.size}: expected 1 or more steps along time and each space dimension.")

    def choose(self, observed: np.ndarray, seed: int) -> np.ndarray:
        """Select the withheld observations; see ``AbstractHoldout.choose``."""
        if len(self.size) != observed.ndim or any(n > m for n, m in zip(self.size, observed.shape, strict=True)):
            raise ValueError(
                f"size={self.size}: expected one number per dimension, at most {observed.shape}. Use smaller boxes."
            )
        rng = np.random.default_rng(seed)
        chosen = np.zeros_like(observed)
        while (chosen & observed).sum() < self.fraction * observed.sum():
            # Boxes extend beyond the edges; otherwise cells at the edges would be withheld less often.
            first = [int(rng.integers(1 - n, m)) for n, m in zip(self.size, observed.shape, strict=True)]
            chosen[tuple(slice(max(i, 0), i + n) for i, n in zip(first, self.size, strict=True))] = True
        return chosen & observed


def _until_enough(sizes: np.ndarray, fraction: float, seed: int, group: str) -> np.ndarray:
    """Return random groups that together contain the share, without groups that exceed it too far."""
    goal, total, chosen = fraction * sizes.sum(), 0, []
    for i in np.random.default_rng(seed).permutation(sizes.size):
        if sizes[i] and total + sizes[i] <= 1.5 * goal:
            chosen.append(int(i))
            total += sizes[i]
        if total >= goal:
            break
    if not chosen:
        raise ValueError(
            f"fraction={fraction}: every {group} contains more than {1.5 * fraction:.0%} of the observations. "
            "Use a larger fraction, TransplantedCloudMasks() or SpaceTimeBoxes(size)."
        )
    return np.asarray(chosen)


def _pairs(n: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Return random pairs of different time steps; every step is a target once before any is a target twice."""
    first, shifts = rng.permutation(n), 1 + rng.permutation(n - 1)
    return [(int(i), int((i + shift) % n)) for shift in shifts for i in first]


def _check(fraction: float) -> None:
    if not 0 < fraction < 1:
        raise ValueError(f"fraction={fraction}: expected a share of the observations between 0 and 1, such as 0.1.")
