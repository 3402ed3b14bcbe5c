"""The training domain of a model, and warnings about input outside it.

A network extrapolates without notice. A model stores the range, coverage, season and region of its training data and
the terms of J of its training solves. A reconstruction from other input warns; it does not fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from xdvn.grid.arrays import EncodedFields
from xdvn.grid.axes import Axes
from xdvn.grid.coordinates import ascending_cell_centres

__all__ = ["TrainingDomain"]

_DAYS_OF_SEASON = 45
_RARE = 0.01
_FAR = 5.0


@dataclass(frozen=True)
class TrainingDomain:
    """Statistics of the training data, in normalised units.

    Parameters
    ----------
    names : tuple of str
        Observed variables.
    low, high : tuple of float
        Extremes of the anomalies of each variable.
    min_coverage, max_coverage : tuple of float
        Extremes of the coverage of each variable, a share of the sea averaged over the length of a window.
    season : numpy.ndarray
        366 booleans, True for days of the year in the training data; all True without a calendar.
    region : tuple of (float, float)
        First and last cell along each space dimension, in the unit of its coordinate.
    misfit, prior_residual : float
        95th percentiles, over training windows, of the two terms of J at the solution; NaN if not measured.
    """

    names: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    min_coverage: tuple[float, ...]
    max_coverage: tuple[float, ...]
    season: np.ndarray
    region: tuple[tuple[float, float], ...]
    misfit: float = float("nan")
    prior_residual: float = float("nan")

    @classmethod
    def measure(
        cls, ds: xr.Dataset, names: Sequence[str], encoded: EncodedFields, target: np.ndarray | None, axes: Axes, n: int
    ) -> TrainingDomain:
        """Measure training data with the normalised truth ``target``, for windows of ``n`` time steps."""
        low, high, min_coverage, max_coverage = [], [], [], []
        for variable in range(len(names)):
            observed = encoded.values[variable][encoded.mask[variable]]
            truth = observed[:0] if target is None else target[variable][np.isfinite(target[variable])]
            values = [x for x in (observed, truth) if x.size]
            low.append(float(min((x.min() for x in values), default=0.0)))
            high.append(float(max((x.max() for x in values), default=0.0)))
            share = _by_window(_coverage(encoded, variable), n)
            min_coverage.append(float(share.min()))
            max_coverage.append(float(share.max()))
        region = tuple((float(c.min()), float(c.max())) for c in ascending_cell_centres(ds[names[0]], axes))
        season = _season(ds, axes.time)
        return cls(tuple(names), tuple(low), tuple(high), tuple(min_coverage), tuple(max_coverage), season, region)

    @classmethod
    def together(cls, parts: Sequence[TrainingDomain]) -> TrainingDomain:
        """Return the domain of several parts of one time series."""
        first = parts[0]

        def extreme(name: str, function: Callable[[Iterable[float]], float]) -> tuple[float, ...]:
            return tuple(function(values) for values in zip(*(getattr(part, name) for part in parts), strict=True))

        return replace(
            first,
            low=extreme("low", min),
            high=extreme("high", max),
            min_coverage=extreme("min_coverage", min),
            max_coverage=extreme("max_coverage", max),
            season=np.any([part.season for part in parts], axis=0),
        )

    def with_fits(self, misfit: Sequence[float], prior_residual: Sequence[float]) -> TrainingDomain:
        """Return the domain with the 95th percentiles of both terms of J over training windows."""
        if not misfit:
            return self
        return replace(
            self, misfit=float(np.quantile(misfit, 0.95)), prior_residual=float(np.quantile(prior_residual, 0.95))
        )

    def out_of_domain_messages(
        self,
        ds: xr.Dataset,
        encoded: EncodedFields,
        axes: Axes,
        misfit: Sequence[float] = (),
        prior_residual: Sequence[float] = (),
    ) -> Iterator[str]:
        """Yield a message for every property of ``ds``, or of its solves, that is outside the training domain."""
        yield from self.data_messages(encoded, misfit, prior_residual)
        yield from self.place_messages(ds, axes)

    def data_messages(
        self, encoded: EncodedFields, misfit: Sequence[float] = (), prior_residual: Sequence[float] = ()
    ) -> Iterator[str]:
        """Yield the messages about the values and the coverage of observations, and about the terms of J."""
        for variable, name in enumerate(self.names):
            yield from self._value_messages(name, variable, encoded)
            yield from self._coverage_messages(name, variable, encoded)
        terms = [
            ("misfit to the observations", misfit, self.misfit, "the errors or scales of the observations"),
            ("departure from the prior", prior_residual, self.prior_residual, "the scales of the field"),
        ]
        for term, values, trained, cause in terms:
            median = float(np.median(values)) if len(values) else 0.0
            if trained > 0 and median > _FAR * trained:
                yield (
                    f"the {term} at the solution is {median:.2g} in the median window; in training 95 % of windows "
                    f"were below {trained:.2g}. Check {cause}, or train on data like these"
                )

    def _value_messages(self, name: str, variable: int, encoded: EncodedFields) -> Iterator[str]:
        values = encoded.values[variable][encoded.mask[variable]]
        margin = 0.25 * (self.high[variable] - self.low[variable])
        outliers = (values < self.low[variable] - margin) | (values > self.high[variable] + margin)
        outside = float(outliers.mean()) if values.size else 0.0
        if outside > _RARE:
            yield (
                f"{100 * outside:.0f} % of the observations of {name!r} lie outside the values that the model was "
                f"trained on ({self.low[variable]:.3g} to {self.high[variable]:.3g} standard deviations from the "
                "mean). Check the unit, and replace fill values with NaN"
            )

    def _coverage_messages(self, name: str, variable: int, encoded: EncodedFields) -> Iterator[str]:
        if encoded.points is not None or not self.max_coverage[variable] or not encoded.sea[variable].any():
            return
        share = float(_coverage(encoded, variable).mean())
        least, most = self.min_coverage[variable] / 3, 3 * self.max_coverage[variable]
        if share < least or share > most:
            yield (
                f"{100 * share:.3g} % of the sea is observed in {name!r}; the model was trained on "
                f"{100 * self.min_coverage[variable]:.3g} to {100 * self.max_coverage[variable]:.3g} %. "
                "Train it on data of similar coverage"
            )

    def place_messages(self, ds: xr.Dataset, axes: Axes) -> Iterator[str]:
        """Yield the messages about season and region; only coordinates are read."""
        season = _season(ds, axes.time)
        if not season.all() and not self.season.all():
            distant = np.array([_circular(int(day), np.flatnonzero(self.season)) for day in np.flatnonzero(season)])
            if (distant > _DAYS_OF_SEASON).mean() > 0.5:
                yield (
                    f"most time steps are more than {_DAYS_OF_SEASON} days of the year from the training data. "
                    "Train the model on this season"
                )
        coords = ascending_cell_centres(ds[self.names[0]], axes)
        shares = []
        for c, (low, high) in zip(coords, self.region, strict=True):
            half = float(abs(np.median(np.diff(c)))) / 2 if c.size > 1 else 0.0
            shares.append(float(np.mean((c >= low - half) & (c <= high + half))))
        inside = float(np.prod(shares))
        if inside < 0.5:
            named = zip(axes.space, self.region, strict=True)
            spans = ", ".join(f"{dim} {low:g} to {high:g}" for dim, (low, high) in named)
            yield (
                f"{100 * (1 - inside):.0f} % of the cells lie outside the region the model was trained on ({spans}); "
                "it has no mean and no coast there. Pass ocean_mask= for the coast, and train there for the mean"
            )


def _coverage(encoded: EncodedFields, variable: int) -> np.ndarray:
    """Return the share of the sea observed at each time step."""
    sea = max(1, int(encoded.sea[variable].sum()))
    return encoded.mask[variable].reshape(encoded.mask.shape[1], -1).sum(1) / sea


def _by_window(share: np.ndarray, n: int) -> np.ndarray:
    return np.convolve(share, np.ones(n) / n, mode="valid") if share.size >= n else share.mean(keepdims=True)


def _season(ds: xr.Dataset, time: str) -> np.ndarray:
    if time not in ds.coords or not hasattr(ds[time], "dt") or ds[time].dtype.kind == "m":
        return np.ones(366, bool)
    season = np.zeros(366, bool)
    season[np.clip(ds[time].dt.dayofyear.values - 1, 0, 365)] = True
    return season


def _circular(day: int, days: np.ndarray) -> int:
    """Return the separation of a day of the year from the nearest of some others."""
    apart = np.abs(days - day)
    return int(np.minimum(apart, 366 - apart).min())
