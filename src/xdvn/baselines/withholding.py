"""Choosing observations to leave out, so that a method can be judged, or a number chosen, by what it makes of them.

Single points next to others test nothing but interpolation over one cell. What nature hides is withheld instead: the
gaps of other days, clouds or the spaces between tracks, are laid over days that were seen. Called by ``Dineof``, and
for cross-validation of any mapper. Beckers et al. 2006, doi:10.5194/os-2-183-2006; Barth et al. 2020,
doi:10.5194/gmd-13-1609-2020.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass

import numpy as np

__all__ = ["AbstractWithholding", "CloudsOfOtherTimes", "RandomPoints"]


class AbstractWithholding(abc.ABC):
    """A way to choose what to leave out."""

    @abc.abstractmethod
    def choose(self, seen: np.ndarray, seed: int) -> np.ndarray:
        """Mark what is withheld.

        Parameters
        ----------
        seen : numpy.ndarray
            Booleans (time, *space), True where observed.
        seed : int
            Equal seeds choose alike.

        Returns
        -------
        numpy.ndarray
            Booleans, True on a part of ``seen``.
        """


@dataclass(frozen=True)
class RandomPoints(AbstractWithholding):
    """Single observations anywhere: for fields without structure, or to follow the DINEOF papers.

    Parameters
    ----------
    share : float
        Part of the observations.
    """

    share: float = 0.03

    def __post_init__(self) -> None:
        _check(self.share)

    def choose(self, seen: np.ndarray, seed: int) -> np.ndarray:
        """Mark what is withheld; see ``AbstractWithholding.choose``."""
        where = np.flatnonzero(seen)
        chosen = np.random.default_rng(seed).choice(where, max(1, round(self.share * where.size)), replace=False)
        marked = np.zeros(seen.size, bool)
        marked[chosen] = True
        return marked.reshape(seen.shape)


@dataclass(frozen=True)
class CloudsOfOtherTimes(AbstractWithholding):
    """The gaps of randomly chosen times, laid over others until enough is hidden.

    Parameters
    ----------
    share : float
        Part of the observations, within a half more or less where times hold enough of them.

    Examples
    --------
    >>> seen = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 1, 0]], bool)
    >>> hidden = CloudsOfOtherTimes(0.4).choose(seen, seed=0)
    >>> bool((hidden & ~seen).any()), int(hidden.sum())
    (False, 4)
    """

    share: float = 0.1

    def __post_init__(self) -> None:
        _check(self.share)

    def choose(self, seen: np.ndarray, seed: int) -> np.ndarray:
        """Mark what is withheld; see ``AbstractWithholding.choose``.

        Raises
        ------
        ValueError
            No time has a gap where another was seen.
        """
        rng = np.random.default_rng(seed)
        marked, wanted = np.zeros_like(seen), self.share * seen.sum()
        for here, there in _pairs(len(seen), rng):
            hidden = seen[here] & ~seen[there]
            total = marked.sum() + (hidden & ~marked[here]).sum()
            if hidden.any() and total <= 1.5 * wanted:
                marked[here] |= hidden
                if total >= wanted:
                    return marked
        if marked.any():
            return marked
        raise ValueError(
            f"no time has gaps, elsewhere seen, small enough to hide {self.share:.0%} of the observations; "
            "use a larger share, or RandomPoints(0.03)"
        )


def _pairs(n: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Pairs of different times in random order, every time hidden once before any is hidden twice."""
    first, shifts = rng.permutation(n), 1 + rng.permutation(n - 1)
    return [(int(i), int((i + shift) % n)) for shift in shifts for i in first]


def _check(share: float) -> None:
    if not 0 < share < 1:
        raise ValueError(f"share={share}: expected a part of the observations between 0 and 1, such as 0.1")
