"""Division of a large analysis into tiles, each with the observations nearby.

Observations three scales away hardly change an estimate, so each tile uses only the observations within a halo.
Estimates of neighbouring tiles are blended linearly in a strip along their edges.
"""

from __future__ import annotations

import abc
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from tqdm.auto import tqdm

__all__ = ["AbstractTiling", "PerTimeTiling", "Tile", "Tiling"]


@dataclass(frozen=True)
class Tile:
    """Cells to estimate and the bounds of the observations to use.

    Parameters
    ----------
    targets : tuple of numpy.ndarray
        Indices of the cells to estimate along each dimension.
    weights : tuple of numpy.ndarray
        Weights of the tile's estimate there; the weights of all tiles add up to one.
    low, high : numpy.ndarray
        The tile uses observations strictly between these coordinates.
    """

    targets: tuple[np.ndarray, ...]
    weights: tuple[np.ndarray, ...]
    low: np.ndarray
    high: np.ndarray

    def in_halo(self, points: np.ndarray) -> np.ndarray:
        """Return True for the points (n, dim) that the tile uses."""
        return np.all((points > self.low) & (points < self.high), axis=1)


class AbstractTiling(abc.ABC):
    """Interface of the division into tiles."""

    @abc.abstractmethod
    def tiles(self, coords: Sequence[np.ndarray], scales: Sequence[float]) -> Iterator[Tile]:
        """Yield tiles that cover all cells; ``coords`` and ``scales`` are in the order time, space."""

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
            Function of the indices of a tile's points and of the coordinates of its cells; returns the result.
        points : numpy.ndarray
            Positions of the observations, (n, dim).
        coords, scales : sequence
            As for ``tiles``.
        empty : float
            Result of a tile without observations.
        progress : bool
            Show a progress bar after one second.
        """
        whole = np.zeros([c.size for c in coords])
        tiles = list(self.tiles(coords, scales))
        show = progress and len(tiles) > 1
        for tile in tqdm(tiles, desc="interpolate", unit="tile", disable=not show, leave=False, delay=1):
            chosen = np.flatnonzero(tile.in_halo(points))
            targets = [c[i] for c, i in zip(coords, tile.targets, strict=True)]
            part = solve(chosen, targets) if chosen.size else np.full([t.size for t in targets], empty)
            for d, weight in enumerate(tile.weights):
                part = part * weight.reshape([-1 if k == d else 1 for k in range(part.ndim)])
            whole[np.ix_(*tile.targets)] += part
        return whole


@dataclass(frozen=True)
class Tiling(AbstractTiling):
    """Blocks of time and space, with halos. All lengths are in covariance scales.

    Parameters
    ----------
    time, space : float
        Length of a tile's core. A dimension that fits a core with its two halos is not divided.
    halo : float
        Distance from the core within which observations are used.
    blend : float
        Half the width of the strip in which neighbouring estimates are blended, at most half a core.

    Raises
    ------
    ValueError
        A length is negative, or the blend exceeds half a core or the halo.
    """

    time: float = 20.0
    space: float = 20.0
    halo: float = 3.0
    blend: float = 0.25

    def __post_init__(self) -> None:
        if not (self.time > 0 and self.space > 0 and 0 <= self.blend <= min(self.time, self.space) / 2):
            raise ValueError(
                f"{self}: expected time and space above 0 and a blend of at most half of either. Use e.g. "
                "Tiling(time=20, space=20, halo=3, blend=0.25)."
            )
        if not self.halo > self.blend:
            raise ValueError(
                f"halo={self.halo:g}: expected more than blend={self.blend:g}. Use e.g. Tiling(halo=3, blend=0.25)."
            )

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
            targets = np.flatnonzero(weight > 0)
            if targets.size:
                reach = max(low, at.min()) - halo, min(high, at.max()) + halo
                yield targets, weight[targets], *reach


@dataclass(frozen=True)
class PerTimeTiling(AbstractTiling):
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
    """Return 0 below -blend, 1 above +blend, linear between; a step at 0 without blending."""
    if blend == 0:
        return (distance >= 0).astype(np.float64)
    with np.errstate(over="ignore"):  # a very narrow strip is a step
        return np.clip((distance + blend) / (2 * blend), 0.0, 1.0)
