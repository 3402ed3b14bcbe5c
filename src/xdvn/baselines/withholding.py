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
import scipy

__all__ = ["AbstractWithholding", "Blocks", "CloudsOfOtherTimes", "Pieces", "RandomPoints", "WholeTimes"]


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


@dataclass(frozen=True)
class Pieces(AbstractWithholding):
    """Whole connected pieces of what one time saw: satellite tracks, which are withheld from end to end.

    Cells belong together when they touch, at corners too; tracks that cross on one day are one piece.

    Parameters
    ----------
    share : float
        Part of the observations, within a half more or less where pieces are small enough.

    Examples
    --------
    >>> seen = np.array([[[1, 0, 0, 1], [0, 1, 0, 1]]], bool)
    >>> Pieces(0.5).choose(seen, seed=0)[0].astype(int).tolist() in ([[1, 0, 0, 0], [0, 1, 0, 0]],
    ...                                                               [[0, 0, 0, 1], [0, 0, 0, 1]])
    True
    """

    share: float = 0.2

    def __post_init__(self) -> None:
        _check(self.share)

    def choose(self, seen: np.ndarray, seed: int) -> np.ndarray:
        """Mark what is withheld; see ``AbstractWithholding.choose``.

        Raises
        ------
        ValueError
            Every piece holds more than could be withheld.
        """
        touching = np.zeros((3,) * seen.ndim)
        touching[1] = 1  # within one time only
        pieces, n = scipy.ndimage.label(seen, touching)
        sizes = np.bincount(pieces.ravel(), minlength=n + 1)
        return np.isin(pieces, 1 + _until_enough(sizes[1:], self.share, seed, "connected piece"))


@dataclass(frozen=True)
class WholeTimes(AbstractWithholding):
    """All that was seen at some times: for maps that must bridge days without any observation.

    Parameters
    ----------
    share : float
        Part of the observations, within a half more or less where times hold few enough of them.

    Examples
    --------
    >>> WholeTimes(0.5).choose(np.ones((2, 3), bool), seed=0).sum(1).tolist() in ([3, 0], [0, 3])
    True
    """

    share: float = 0.2

    def __post_init__(self) -> None:
        _check(self.share)

    def choose(self, seen: np.ndarray, seed: int) -> np.ndarray:
        """Mark what is withheld; see ``AbstractWithholding.choose``.

        Raises
        ------
        ValueError
            Every time holds more than could be withheld.
        """
        chosen = np.zeros(len(seen), bool)
        chosen[_until_enough(seen.reshape(len(seen), -1).sum(1), self.share, seed, "time")] = True
        return seen & chosen.reshape(-1, *(1,) * (seen.ndim - 1))


@dataclass(frozen=True)
class Blocks(AbstractWithholding):
    """Boxes in time and space, anywhere: the gap that a map is to be trusted across.

    Parameters
    ----------
    size : tuple of int
        Steps of time, then cells along each dimension of space.
    share : float
        Part of the observations, at least; a box may hold some that were withheld already.

    Raises
    ------
    ValueError
        A size is not positive, or does not fit what was seen.

    Examples
    --------
    >>> hidden = Blocks((2, 3, 3), 0.3).choose(np.ones((4, 6, 6), bool), seed=0)
    >>> bool(0.3 <= hidden.mean() <= 0.5)
    True
    """

    size: tuple[int, ...]
    share: float = 0.2

    def __post_init__(self) -> None:
        _check(self.share)
        if not all(n >= 1 for n in self.size):
            raise ValueError(f"size={self.size}: expected 1 or more steps along time and each dimension of space")

    def choose(self, seen: np.ndarray, seed: int) -> np.ndarray:
        """Mark what is withheld; see ``AbstractWithholding.choose``."""
        if len(self.size) != seen.ndim or any(n > m for n, m in zip(self.size, seen.shape, strict=True)):
            raise ValueError(f"size={self.size} does not fit what was seen, {seen.shape}; give one for each dimension")
        rng = np.random.default_rng(seed)
        chosen = np.zeros_like(seen)
        while (chosen & seen).sum() < self.share * seen.sum():
            # Boxes that reach beyond the rim: else its cells would be withheld less often than others.
            at = [int(rng.integers(1 - n, m)) for n, m in zip(self.size, seen.shape, strict=True)]
            chosen[tuple(slice(max(i, 0), i + n) for i, n in zip(at, self.size, strict=True))] = True
        return chosen & seen


def _until_enough(sizes: np.ndarray, share: float, seed: int, what: str) -> np.ndarray:
    """Return groups in random order until they hold the share; those that would hold too much are passed over."""
    wanted, total, chosen = share * sizes.sum(), 0, []
    for i in np.random.default_rng(seed).permutation(sizes.size):
        if sizes[i] and total + sizes[i] <= 1.5 * wanted:
            chosen.append(int(i))
            total += sizes[i]
        if total >= wanted:
            break
    if not chosen:
        raise ValueError(
            f"every {what} holds more than {1.5 * share:.0%} of the observations; withhold a larger share, or "
            "CloudsOfOtherTimes(), Blocks(size)"
        )
    return np.asarray(chosen)


def _pairs(n: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Pairs of different times in random order, every time hidden once before any is hidden twice."""
    first, shifts = rng.permutation(n), 1 + rng.permutation(n - 1)
    return [(int(i), int((i + shift) % n)) for shift in shifts for i in first]


def _check(share: float) -> None:
    if not 0 < share < 1:
        raise ValueError(f"share={share}: expected a part of the observations between 0 and 1, such as 0.1")
