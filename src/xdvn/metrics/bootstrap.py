"""Confidence intervals of scores by a circular block bootstrap over days.

Errors of neighbouring days are correlated, so blocks of days longer than the correlation time are resampled with
replacement. The time series is closed to a ring, so that every day has the same probability. Spectra in time are
resampled by blocks of rows instead, because blocks of days would cut the waves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.special import ndtr, stdtrit

__all__ = ["BlockBootstrap"]

Statistic = Callable[[np.ndarray], Mapping[str, float | np.ndarray]]


@dataclass(frozen=True)
class BlockBootstrap:
    """Percentile intervals of scores from resampled blocks, expanded for a small number of blocks.

    Kunsch 1989, doi:10.1214/aos/1176347265. Circular blocks: Politis & Romano 1992, in LePage & Billard (eds.),
    Exploring the Limits of Bootstrap, Wiley. Few blocks: Hesterberg 2015, doi:10.1080/00031305.2015.1089789.

    A percentile interval of B blocks is too narrow, as a normal interval is compared with Student's. The bounds are
    therefore at the tail probability Phi(-sqrt(B / (B - 1)) t) instead of (1 - level) / 2, with t the quantile of
    Student's distribution with B - 1 degrees of freedom.

    Parameters
    ----------
    block_days : int
        Length of a block [days]: longer than the correlation time of the errors and much shorter than the time
        series; 7 to 16 suit mesoscale eddies.
    block_km : float
        Height of a block of rows [km], for the scales resolved by spectra in time and longitude.
    n : int
        Number of resamples.
    level : float
        Coverage probability of the interval, between 0 and 1.
    seed : int
        Seed of the draws.

    Raises
    ------
    ValueError
        If a number is out of range.

    Notes
    -----
    Blocks that are not much longer than the correlation time give too narrow intervals. Scores of two methods on the
    same days are correlated, so compare the methods by the interval of their difference.

    Examples
    --------
    >>> spread = np.random.default_rng(0).normal(size=400)
    >>> low, high = BlockBootstrap(block_days=5).interval(lambda i: {"mean": spread[i].mean()}, np.arange(400))["mean"]
    >>> bool(low < spread.mean() < high), bool(abs((high - low) / (2 * 1.645 / 400**0.5) - 1) < 0.2)
    (True, True)
    """

    block_days: int = 10
    block_km: float = 200.0
    n: int = 500
    level: float = 0.9
    seed: int = 0

    def __post_init__(self) -> None:
        if self.block_days < 1 or self.block_km <= 0 or self.n < 2:
            raise ValueError(
                f"block_days={self.block_days}, block_km={self.block_km}, n={self.n}: expected at least 1 day, a "
                "positive length and at least 2 draws."
            )
        if not 0 < self.level < 1:
            raise ValueError(f"level={self.level}: expected a probability between 0 and 1, such as 0.9.")

    def draws(self, groups: np.ndarray, block: int) -> Iterator[np.ndarray]:
        """Yield the indices of resampled items, ``n`` times.

        Parameters
        ----------
        groups : numpy.ndarray
            (item,) whole numbers, the day or row of each item; days without items are allowed.
        block : int
            Length of a block, in the same numbers.

        Raises
        ------
        ValueError
            If the time series is shorter than two blocks.
        """
        groups = np.asarray(groups).astype(np.int64)
        first = groups.min()
        span = int(groups.max() - first) + 1
        if span < 2 * block:
            raise ValueError(
                f"the data span {span} steps: expected at least two blocks of {block}. Score a longer period, or use "
                f"BlockBootstrap(block_days={max(span // 4, 1)})"
            )
        order = np.argsort(groups, kind="stable")
        edges = np.searchsorted(groups[order], first + np.arange(span + 1))
        rng = np.random.default_rng(self.seed)
        n_drawn = 0
        while n_drawn < self.n:
            starts = rng.integers(0, span, -(-span // block))
            drawn = ((starts[:, None] + np.arange(block)) % span).ravel()[:span]
            sizes = edges[drawn + 1] - edges[drawn]
            total = int(sizes.sum())
            if total:  # a draw of empty days has no value
                n_drawn += 1
                before = np.cumsum(sizes) - sizes
                yield order[np.repeat(edges[drawn] - before, sizes) + np.arange(total)]

    def interval(
        self, statistic: Statistic, groups: np.ndarray, block: int | None = None
    ) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return the lower and upper bound of every number that a statistic returns.

        Parameters
        ----------
        statistic : callable
            Function of the indices of items (with repeats) that returns numbers or arrays by name.
        groups : numpy.ndarray
            (item,) the day of each item; fractions are rounded down.
        block : int, optional
            Length of a block in units of ``groups``. If None, ``block_days``.

        Returns
        -------
        dict
            (low, high) by name; NaN where more than a tenth of the draws had no value.
        """
        values: dict[str, list] = {}
        groups, block = np.floor(groups), block or self.block_days
        for drawn in self.draws(groups, block):
            for name, value in statistic(drawn).items():
                values.setdefault(name, []).append(np.asarray(value, np.float64))
        blocks = (groups.max() - groups.min() + 1) / block
        tail = float(ndtr(-np.sqrt(blocks / (blocks - 1)) * stdtrit(blocks - 1, 0.5 + 0.5 * self.level)))
        return {name: _bounds(np.stack(samples), tail) for name, samples in values.items()}

    def add_intervals(
        self, scores: xr.Dataset, statistic: Statistic, groups: np.ndarray, block: int | None = None
    ) -> xr.Dataset:
        """Return the scores with ``<name>_low`` and ``<name>_high`` for every name of the statistic."""
        added = {}
        percent = 50 * (1 - self.level)
        for name, bounds in self.interval(statistic, groups, block).items():
            for suffix, share, bound in zip(("low", "high"), (percent, 100 - percent), bounds, strict=True):
                attrs = {k: v for k, v in scores[name].attrs.items() if k != "reason"}
                attrs["long_name"] = f"{share:g} % bound of {attrs.get('long_name', name)}, by block bootstrap"
                if np.isnan(bound).any():
                    attrs["reason"] = "more than a tenth of the resamples have no value"
                added[f"{name}_{suffix}"] = scores[name].copy(data=bound).assign_attrs(attrs)
                added[f"{name}_{suffix}"].attrs = attrs
        return scores.assign(added)


def _bounds(values: np.ndarray, tail: float) -> tuple[np.ndarray, np.ndarray]:
    """Return quantiles over the draws, NaN where too many draws have no value."""
    finite = np.isfinite(values)
    safe = np.where(finite.any(axis=0), np.where(finite, values, np.nan), 0.0)
    low, high = np.nanquantile(safe, [tail, 1 - tail], axis=0)
    enough = finite.mean(axis=0) >= 0.9
    return np.where(enough, low, np.nan), np.where(enough, high, np.nan)
