"""Cutting a large analysis into tiles that each see the observations around them.

Observations three scales away hardly change an estimate, so a long record or a large domain is solved tile by tile:
the tile's own cells from the observations within a halo. Neighbouring tiles share a strip in which the result passes
linearly from one to the other. Called by ``OptimalInterpolation`` and ``GriddedAnalysis``.
"""

from __future__ import annotations

import abc
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from tqdm.auto import tqdm

__all__ = ["AbstractTiling", "EachTime", "Tile", "Tiling"]


@dataclass(frozen=True)
class Tile:
    """One piece of work.

    Parameters
    ----------
    targets : tuple of numpy.ndarray
        Indices of the cells to estimate along each dimension.
    weights : tuple of numpy.ndarray
        Weight of this tile's estimate there; those of all tiles add up to one.
    low, high : numpy.ndarray
        Observations strictly between these coordinates take part.
    """

    targets: tuple[np.ndarray, ...]
    weights: tuple[np.ndarray, ...]
    low: np.ndarray
    high: np.ndarray

    def sees(self, points: np.ndarray) -> np.ndarray:
        """Mark the points (n, dim) that take part."""
        return np.all((points > self.low) & (points < self.high), axis=1)


class AbstractTiling(abc.ABC):
    """A way to cut the outer product of coordinates into tiles."""

    @abc.abstractmethod
    def tiles(self, coords: Sequence[np.ndarray], scales: Sequence[float]) -> Iterator[Tile]:
        """Yield tiles that together cover all cells; ``coords`` and ``scales`` are those of time, then space."""

    def assemble(
        self,
        solve: Callable[[np.ndarray, list[np.ndarray]], np.ndarray],
        points: np.ndarray,
        coords: Sequence[np.ndarray],
        scales: Sequence[float],
        *,
        empty: float = 0.0,
        progress: bool = False,
    ) -> np.ndarray:
        """Return the weighted sum of all tiles' results on the outer product of ``coords``.

        Parameters
        ----------
        solve : callable
            Takes the indices of the points that a tile sees and the coordinates of its cells, and returns its result.
        points : numpy.ndarray
            (n, dim): where the observations are.
        coords, scales : sequence
            As for ``tiles``.
        empty : float
            The result of a tile that sees nothing.
        progress : bool
            Show a bar when it takes more than a second.
        """
        whole = np.zeros([c.size for c in coords])
        tiles = list(self.tiles(coords, scales))
        show = progress and len(tiles) > 1  # a bar of one tile says nothing
        for tile in tqdm(tiles, desc="interpolate", unit="tile", disable=not show, leave=False, delay=1):
            chosen = np.flatnonzero(tile.sees(points))
            targets = [c[i] for c, i in zip(coords, tile.targets, strict=True)]
            part = solve(chosen, targets) if chosen.size else np.full([t.size for t in targets], empty)
            for d, weight in enumerate(tile.weights):
                part = part * weight.reshape([-1 if k == d else 1 for k in range(part.ndim)])
            whole[np.ix_(*tile.targets)] += part
        return whole


@dataclass(frozen=True)
class Tiling(AbstractTiling):
    """Blocks of time and space, with halos. All lengths are in scales of the covariance.

    Parameters
    ----------
    time, space : float
        Length of a tile's core. A dimension no longer than a core with its two halos is not cut.
    halo : float
        How far beyond the core observations take part.
    blend : float
        Half the width of the strip in which two neighbours' estimates are mixed, at most half a core.

    Raises
    ------
    ValueError
        If a length is negative, or the blend exceeds half a core or the halo.
    """

    time: float = 20.0
    space: float = 20.0
    halo: float = 3.0
    blend: float = 0.25

    def __post_init__(self) -> None:
        if not (self.time > 0 and self.space > 0 and 0 <= self.blend <= min(self.time, self.space) / 2):
            raise ValueError(
                f"{self}: expected time and space above 0 and a blend of at most half of either, such as "
                "Tiling(time=20, space=20, halo=3, blend=0.25)"
            )
        if not self.halo > self.blend:
            raise ValueError(f"halo={self.halo:g} must exceed blend={self.blend:g}, such as Tiling(halo=3, blend=0.25)")

    def tiles(self, coords: Sequence[np.ndarray], scales: Sequence[float]) -> Iterator[Tile]:
        """Yield the outer product of each dimension's blocks."""
        cores = [self.time, *[self.space] * (len(coords) - 1)]
        blocks = [list(self._blocks(*of_dim)) for of_dim in zip(coords, scales, cores, strict=True)]
        for parts in itertools.product(*blocks):
            targets, weights, low, high = zip(*parts, strict=True)
            yield Tile(targets, weights, np.array(low), np.array(high))

    def _blocks(
        self, at: np.ndarray, scale: float, core: float
    ) -> Iterator[tuple[np.ndarray, np.ndarray, float, float]]:
        extent = np.ptp(at) / scale
        n = 1 if extent <= core + 2 * self.halo else int(np.ceil(extent / core))
        edges = np.linspace(at.min(), at.max(), n + 1)
        edges[0], edges[-1] = -np.inf, np.inf
        blend, halo = self.blend * scale, self.halo * scale
        for low, high in itertools.pairwise(edges):
            # A cell exactly on an edge without blending belongs to the block above it.
            weight = _ramp(at - low, blend) - _ramp(at - high, blend)
            mine = np.flatnonzero(weight > 0)
            if mine.size:
                reach = max(low, at.min()) - halo, min(high, at.max()) + halo
                yield mine, weight[mine], *reach


@dataclass(frozen=True)
class EachTime(AbstractTiling):
    """One analysis per time with all observations closer than ``window`` time scales, as in the 2020a data challenge.

    Parameters
    ----------
    window : float
        Half width in time [scales].
    """

    window: float = 2.0

    def tiles(self, coords: Sequence[np.ndarray], scales: Sequence[float]) -> Iterator[Tile]:
        """Yield one tile for each time."""
        space = [np.arange(c.size) for c in coords[1:]]
        ones = [np.ones(c.size) for c in coords[1:]]
        low, high = np.full(len(coords), -np.inf), np.full(len(coords), np.inf)
        for i, t in enumerate(coords[0]):
            low[0], high[0] = t - self.window * scales[0], t + self.window * scales[0]
            yield Tile((np.array([i]), *space), (np.ones(1), *ones), low.copy(), high.copy())


def _ramp(distance: np.ndarray, blend: float) -> np.ndarray:
    """0 below -blend, 1 above +blend, linear between; a step at 0 when there is no blend."""
    if blend == 0:
        return (distance >= 0).astype(np.float64)
    with np.errstate(over="ignore"):  # a strip of next to no width is a step
        return np.clip((distance + blend) / (2 * blend), 0.0, 1.0)
