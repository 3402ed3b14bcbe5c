"""What maps are compared with when a mapper is tuned: the truth on a few training days, spread over the record.

Days come in groups that share their observations (``tuning.spread_days``). A mean is judged on a group by what it was
away from it, at least two decorrelation times, where the eddies of the group have left no trace in it; a mean
made of the same days would know them. Called by ``OptimalInterpolation.tune``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.baselines.observed import Observed
from xdvn.baselines.tuning import decorrelation_scales, most_likely_errors, spread_days
from xdvn.grid.axes import Axes, find_axes, require_variable
from xdvn.grid.mean import MeanField

__all__ = ["TrainingDays"]

Estimate = Callable[[np.ndarray, np.ndarray, Sequence[np.ndarray]], np.ndarray]
"""Takes points, their departures from the mean, and coordinates; returns the departures of the map."""


@dataclass(frozen=True)
class TrainingDays:
    """Observations, the truth, and the days on which maps are compared with it.

    Parameters
    ----------
    seen : Observed
        The observations of the record.
    truth : xr.DataArray
        What maps are compared with, NaN where unknown.
    field : xr.DataArray
        The truth, and observations where it is unknown: what means and sizes are measured on.
    scales : tuple of float
        Lags along time and space at which the truth's departures from its own time mean decorrelate.
    groups : list of numpy.ndarray
        Indices of the times compared.
    """

    seen: Observed
    truth: xr.DataArray
    field: xr.DataArray
    scales: tuple[float, ...]
    groups: list[np.ndarray]

    @classmethod
    def of(cls, ds: xr.Dataset, obs: str, truth: str, axes: Axes | None, days: int) -> TrainingDays:
        """Choose ``days`` times of ``ds`` among those with a truth.

        Raises
        ------
        KeyError
            A variable is not there.
        ValueError
            The truth does not vary, or ``days`` is not positive.
        """
        axes = axes or find_axes(require_variable(ds, obs, "observed"))
        seen, known = Observed.of(ds, obs, axes), require_variable(ds, truth, "true")
        field = known.fillna(ds[obs].transpose(*known.dims))
        # Scales of what changes: a permanent front would never decorrelate.
        scales = decorrelation_scales(_departures(field, seen, MeanField.from_data(field, axes)), seen.coords)
        told = np.flatnonzero(known.notnull().any(axes.space).values)
        groups = [told[g] for g in spread_days(seen.coords[0][told], days, scales[0])]
        return cls(seen, known, field, scales, groups)

    def signal(self, mean: MeanField) -> float:
        """Return the standard deviation of the field's departures from ``mean``."""
        return float(np.sqrt(np.nanmean(_departures(self.field, self.seen, mean) ** 2)))

    def mean_square(self, estimate: Estimate, mean: MeanField, groups: Sequence[np.ndarray] | None = None) -> float:
        """Return the mean square error of the maps that ``estimate`` makes of the chosen days."""
        points, values = self.seen.departures(mean)
        departures, coords = _departures(self.truth, self.seen, mean), self.seen.coords
        squares = [
            np.nanmean((estimate(points, values, [coords[0][days], *coords[1:]]) - departures[days]) ** 2)
            for days in (self.groups if groups is None else groups)
        ]
        return float(np.mean(squares))

    def best_mean(self, estimate: Estimate) -> MeanField:
        """Choose between the truth's mean in each cell and a plane through it, by the maps they give.

        A cell's own mean follows a front; a plane is not misled by the few eddies that a short record holds. Where no
        time is far enough from those compared, the former.
        """
        time, axes = self.seen.coords[0], self.seen.axes
        makers = (MeanField.from_data, MeanField.plane)
        errors = np.zeros(2)
        for days in self.groups:
            away = (time < time[days].min() - 2 * self.scales[0]) | (time > time[days].max() + 2 * self.scales[0])
            others = self.field.isel({axes.time: away})
            if bool(others.notnull().any()):
                errors += [self.mean_square(estimate, make(others, axes), [days]) for make in makers]
        return makers[int(errors.argmin())](self.field, axes)

    def error_covariance(
        self,
        estimate: Estimate,
        variance: Callable[[float, float, np.ndarray, list[np.ndarray]], np.ndarray],
        mean: MeanField,
        noise: float,
    ) -> tuple[float, float]:
        """Return the stretch of the scales and the noise with which the errors of the maps are as expected.

        Parameters
        ----------
        estimate : callable
            Makes the maps.
        variance : callable
            Takes a stretch, a noise, points and coordinates; returns the error variance expected.
        mean : MeanField
            The mean of the maps.
        noise : float
            That of the maps.
        """
        points, values = self.seen.departures(mean)
        departures, coords = _departures(self.truth, self.seen, mean), self.seen.coords
        samples = self._samples(np.isfinite(departures))
        places = [[c[i] for c, i in zip(coords, sample, strict=True)] for sample in samples]
        squares = [
            ((estimate(points, values, place) - departures[np.ix_(*sample)]) ** 2).ravel()
            for place, sample in zip(places, samples, strict=True)
        ]

        def expected(stretch: float, noise: float) -> np.ndarray:
            return np.concatenate([variance(stretch, noise, points, place).ravel() for place in places])

        return most_likely_errors(expected, np.concatenate(squares), noise)

    def _samples(self, known: np.ndarray) -> list[list[np.ndarray]]:
        """Choose times and cells of each group, apart where enough is known: near ones tell much the same."""
        for apart in (1.5, 0.75, 0.3, 0.0):
            spaces = zip(self.seen.coords[1:], self.scales[1:], strict=True)
            cells = [_every(c, apart * s) for c, s in spaces]
            samples = [[days[::2] if apart > 1 else days, *cells] for days in self.groups]
            if sum(known[np.ix_(*sample)].sum() for sample in samples) >= 200:
                break
        return samples


def _departures(field: xr.DataArray, seen: Observed, mean: MeanField) -> np.ndarray:
    return np.asarray(field.transpose(*seen.axes.dims).values, np.float64) - mean.on(seen.coords[1:])


def _every(at: np.ndarray, distance: float) -> np.ndarray:
    """Return indices about this far from each other."""
    step = min(at.size, max(1, round(distance * (at.size - 1) / max(float(np.ptp(at)), 1e-9))))
    return np.arange(step // 2, at.size, step)
