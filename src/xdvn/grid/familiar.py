"""What the training data looked like, so that a model can say when it is asked about something else.

A network maps anything; far from what it learned from, the map is a guess that looks like knowledge. Kept with a model:
the extremes of the values, how densely they were observed, which days of the year and which region they came from, and
how well its own solves fitted. ``doubts`` compares. A reconstruction that is legal but doubtful warns; it never fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes
from xdvn.grid.packed import Packed
from xdvn.grid.spacing import grid_positions

__all__ = ["Familiar"]

_DAYS_OF_SEASON = 45
_RARE = 0.01
_FAR = 5.0


@dataclass(frozen=True)
class Familiar:
    """Statistics of the training data, in normalised units where not said otherwise.

    Parameters
    ----------
    names : tuple of str
        Observed variables.
    low, high : tuple of float
        Extremes of each variable's departures from the mean.
    sparsest, densest : tuple of float
        Share of the sea observed, per variable: the extremes of means over as many days as a window has.
    season : numpy.ndarray
        366 booleans, True where the day of the year was among the days given; all True without a calendar.
    region : tuple of (float, float)
        First and last cell along each dimension of space, in its unit.
    misfit, departure : float
        95th percentiles over training windows of the two terms of J at the solution; NaN where not measured.
    """

    names: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    sparsest: tuple[float, ...]
    densest: tuple[float, ...]
    season: np.ndarray
    region: tuple[tuple[float, float], ...]
    misfit: float = float("nan")
    departure: float = float("nan")

    @classmethod
    def measure(
        cls, ds: xr.Dataset, names: Sequence[str], packed: Packed, target: np.ndarray | None, axes: Axes, n: int
    ) -> Familiar:
        """Measure what was given to ``fit``: ``target`` is the normalised truth, ``n`` the days of a window."""
        low, high, sparsest, densest = [], [], [], []
        for variable in range(len(names)):
            seen = packed.values[variable][packed.mask[variable]]
            truth = seen[:0] if target is None else target[variable][np.isfinite(target[variable])]
            known = [x for x in (seen, truth) if x.size]
            low.append(float(min((x.min() for x in known), default=0.0)))
            high.append(float(max((x.max() for x in known), default=0.0)))
            share = _by_window(_coverage(packed, variable), n)
            sparsest.append(float(share.min()))
            densest.append(float(share.max()))
        region = tuple((float(c.min()), float(c.max())) for c in grid_positions(ds[names[0]], axes))
        return cls(
            tuple(names), tuple(low), tuple(high), tuple(sparsest), tuple(densest), _season(ds, axes.time), region
        )  # fmt: skip

    @classmethod
    def together(cls, parts: Sequence[Familiar]) -> Familiar:
        """Join what parts of one record looked like."""
        first = parts[0]

        def extreme(name: str, of: Callable[[Iterable[float]], float]) -> tuple[float, ...]:
            return tuple(of(each) for each in zip(*(getattr(part, name) for part in parts), strict=True))

        return replace(
            first,
            low=extreme("low", min),
            high=extreme("high", max),
            sparsest=extreme("sparsest", min),
            densest=extreme("densest", max),
            season=np.any([part.season for part in parts], axis=0),
        )

    def doubts(
        self,
        ds: xr.Dataset,
        packed: Packed,
        axes: Axes,
        misfit: Sequence[float] = (),
        departure: Sequence[float] = (),
    ) -> Iterator[str]:
        """Yield a sentence for every way in which ``ds``, or how windows of it were fitted, is unlike the training."""
        yield from self.of_data(packed, misfit, departure)
        yield from self.of_place(ds, axes)

    def of_data(self, packed: Packed, misfit: Sequence[float] = (), departure: Sequence[float] = ()) -> Iterator[str]:
        """Yield the doubts about observations, and about how windows of them were fitted."""
        for variable, name in enumerate(self.names):
            yield from self._of_values(name, variable, packed)
            yield from self._of_coverage(name, variable, packed)
        told = [
            ("misfit to the observations", misfit, self.misfit, "other errors or scales than those it learned"),
            ("departure from the prior", departure, self.departure, "a field unlike those it learned"),
        ]
        for what, found, known, why in told:
            middle = float(np.median(found)) if len(found) else 0.0
            if known > 0 and middle > _FAR * known:
                yield (
                    f"the {what} at the solution is {middle:.2g} in the median window; in training 95 % of windows "
                    f"were below {known:.2g}. It may be {why}, and the maps wrong"
                )

    def _of_values(self, name: str, variable: int, packed: Packed) -> Iterator[str]:
        seen = packed.values[variable][packed.mask[variable]]
        margin = 0.25 * (self.high[variable] - self.low[variable])
        foreign = (seen < self.low[variable] - margin) | (seen > self.high[variable] + margin)
        outside = float(foreign.mean()) if seen.size else 0.0
        if outside > _RARE:
            yield (
                f"{100 * outside:.0f} % of the observations of {name!r} lie outside the values that the model was "
                f"trained on ({self.low[variable]:.3g} to {self.high[variable]:.3g} standard deviations from the "
                "mean); check their unit, and fill values that are not NaN"
            )

    def _of_coverage(self, name: str, variable: int, packed: Packed) -> Iterator[str]:
        if packed.points is not None or not self.densest[variable] or not packed.sea[variable].any():
            return
        share = float(_coverage(packed, variable).mean())
        least, most = self.sparsest[variable] / 3, 3 * self.densest[variable]
        if share < least or share > most:
            yield (
                f"{100 * share:.3g} % of the sea is observed in {name!r}; the model was trained on "
                f"{100 * self.sparsest[variable]:.3g} to {100 * self.densest[variable]:.3g} %. Train it on data as "
                "sparse as these"
            )

    def of_place(self, ds: xr.Dataset, axes: Axes) -> Iterator[str]:
        """Yield the doubts about season and region, for which only coordinates are read."""
        asked = _season(ds, axes.time)
        if not asked.all() and not self.season.all():
            distant = np.array([_circular(int(day), np.flatnonzero(self.season)) for day in np.flatnonzero(asked)])
            if (distant > _DAYS_OF_SEASON).mean() > 0.5:
                yield (
                    f"most days lie more than {_DAYS_OF_SEASON} days of the year from any the model was trained on; "
                    "it has not seen this season"
                )
        coords = grid_positions(ds[self.names[0]], axes)
        shares = []
        for c, (low, high) in zip(coords, self.region, strict=True):
            half = float(abs(np.median(np.diff(c)))) / 2 if c.size > 1 else 0.0
            shares.append(float(np.mean((c >= low - half) & (c <= high + half))))
        known = float(np.prod(shares))
        if known < 0.5:
            named = zip(axes.space, self.region, strict=True)
            spans = ", ".join(f"{dim} {low:g} to {high:g}" for dim, (low, high) in named)
            yield (
                f"{100 * (1 - known):.0f} % of the cells lie outside the region the model was trained on ({spans}): it "
                "knows neither their mean nor their coast. Pass valid= for the land, and train there for the mean"
            )


def _coverage(packed: Packed, variable: int) -> np.ndarray:
    """Share of the sea observed each day; points count where their cells are."""
    sea = max(1, int(packed.sea[variable].sum()))
    return packed.mask[variable].reshape(packed.mask.shape[1], -1).sum(1) / sea


def _by_window(share: np.ndarray, n: int) -> np.ndarray:
    return np.convolve(share, np.ones(n) / n, mode="valid") if share.size >= n else share.mean(keepdims=True)


def _season(ds: xr.Dataset, time: str) -> np.ndarray:
    if time not in ds.coords or not hasattr(ds[time], "dt") or ds[time].dtype.kind == "m":
        return np.ones(366, bool)
    season = np.zeros(366, bool)
    season[np.clip(ds[time].dt.dayofyear.values - 1, 0, 365)] = True
    return season


def _circular(day: int, known: np.ndarray) -> int:
    apart = np.abs(known - day)
    return int(np.minimum(apart, 366 - apart).min())
