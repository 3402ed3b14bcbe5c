"""Tuning of covariance scales and of the mean on training days.

The error of a map is a smooth, flat function of the logarithms of scales and noise. A simplex search, coarse first,
finds its minimum in a few dozen maps (Nelder and Mead 1965, doi:10.1093/comjnl/7.4.308).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
import xarray as xr
from tqdm.auto import tqdm

from xdvn.baselines.observed import ObservedField
from xdvn.grid.axes import Axes, find_axes, require_variable
from xdvn.grid.mean import MeanField
from xdvn.grid.validation import check_observations

__all__ = ["TuningSample", "decorrelation_scales", "fit_error_covariance", "minimise_log_parameters", "spread_days"]


def decorrelation_scales(anomaly: np.ndarray, coords: Sequence[np.ndarray]) -> tuple[float, ...]:
    """Return the lag along each dimension at which the correlation falls to 1/e.

    Parameters
    ----------
    anomaly : numpy.ndarray
        Departures from the mean; NaN where unknown.
    coords : sequence of numpy.ndarray
        Coordinates of each dimension.

    Returns
    -------
    tuple of float
        Lags in the units of ``coords``; half the extent if the correlation remains above 1/e.

    Raises
    ------
    ValueError
        The anomaly is zero.

    Examples
    --------
    >>> x = np.linspace(0, 200, 1001)
    >>> wave = np.cos(x)[:, None] * np.ones(3)
    >>> round(decorrelation_scales(wave, [x, np.arange(3.0)])[0], 2)  # arccos(1/e)
    1.19
    """
    finite = np.isfinite(anomaly)
    filled = np.where(finite, anomaly, 0.0)
    variance = (filled**2).sum() / max(finite.sum(), 1)
    if not variance > 0:
        raise ValueError("the truth is equal to its mean everywhere: expected a variance above 0. Check the data.")
    scales = []
    for axis, at in enumerate(coords):
        field, available = np.moveaxis(filled, axis, 0), np.moveaxis(finite, axis, 0)
        lag, previous, scale = 0, 1.0, np.ptp(at) / 2
        while lag + 1 <= at.size // 2:
            lag += 1
            pairs = (available[lag:] & available[:-lag]).sum()
            correlation = (field[lag:] * field[:-lag]).sum() / max(pairs, 1) / variance
            if correlation < np.exp(-1):
                step = np.ptp(at) / (at.size - 1)
                scale = step * (lag - 1 + (previous - np.exp(-1)) / (previous - correlation))
                break
            previous = correlation
        scales.append(float(scale) if scale > 0 else 1.0)
    return tuple(scales)


def spread_days(times: np.ndarray, days: int, scale: float) -> list[np.ndarray]:
    """Choose ``days`` times in groups of eight, spread over ``times``, a quarter of ``scale`` apart in a group.

    The days of a group share observations, so that a group costs little more than one day.

    Raises
    ------
    ValueError
        ``days`` is not positive.
    """
    if days < 1:
        raise ValueError(f"days={days}: expected at least 1. Use 10 or more for reliable scales.")
    n = times.size
    step = max(1, round(scale / 4 * (n - 1) / np.ptp(times))) if n > 1 else 1
    n_groups = -(-days // 8)
    chosen = []
    for k, size in enumerate(np.diff(np.linspace(0, days, n_groups + 1).round().astype(int))):
        centre = round((k + 0.5) * n / n_groups - 0.5)
        chosen.append(np.unique(np.clip(centre + step * (np.arange(size) - (size - 1) // 2), 0, n - 1)))
    return chosen


def minimise_log_parameters(
    error: Callable[[np.ndarray, bool], float], start: Sequence[float], progress: bool
) -> tuple[float, ...]:
    """Minimise ``error(parameters, fine)`` over positive parameters, first coarsely, then finely.

    Parameters
    ----------
    error : callable
        Error as a function of the parameters and of a flag: True for accurate, False for fast.
    start : sequence of float
        Initial parameters.
    progress : bool
        Show a progress bar with the lowest error.
    """
    best = np.log(np.asarray(start, np.float64))
    with tqdm(total=sum(most for _, _, most in _STAGES), desc="tune", unit="map", disable=not progress) as bar:
        for fine, size, most in _STAGES:
            lowest = np.inf

            def of_logs(logs: np.ndarray, fine: bool = fine) -> float:
                nonlocal lowest
                value = error(np.exp(logs), fine)
                lowest = min(lowest, value)
                bar.set_postfix(error=f"{lowest:.4f}")
                bar.update()
                return value

            simplex = np.vstack([best, best + size * np.eye(best.size)])
            options = {"initial_simplex": simplex, "maxfev": most, "xatol": size / 8, "fatol": 3e-4}
            best = scipy.optimize.minimize(of_logs, best, method="Nelder-Mead", options=options).x
    return tuple(float(p) for p in np.exp(best))


def fit_error_covariance(
    variance: Callable[[float, float], np.ndarray], squares: np.ndarray, noise_ratio: float
) -> tuple[float, float]:
    """Return the scale factor and the noise ratio that maximise the Gaussian likelihood of squared errors.

    A simplex search from 1 and ``noise_ratio`` minimises mean(log v + e^2 / v).

    Parameters
    ----------
    variance : callable
        Error variance v, positive, in the shape of ``squares``, as a function of scale factor and noise ratio.
    squares : numpy.ndarray
        Squared errors e^2; NaN where unknown.
    noise_ratio : float
        Initial noise ratio.
    """

    def negative_log_likelihood(logs: np.ndarray) -> float:
        expected = variance(*(float(p) for p in np.exp(logs)))
        return float(np.nanmean(np.log(expected) + squares / expected))

    start = np.array([0.0, np.log(noise_ratio)])
    simplex = start + np.array([[0.0, 0.0], [0.15, 0.0], [0.0, -0.6]])
    options = {"initial_simplex": simplex, "maxfev": 24, "xatol": 0.02, "fatol": 1e-3}
    error_scale_factor, error_noise_ratio = np.exp(
        scipy.optimize.minimize(negative_log_likelihood, start, method="Nelder-Mead", options=options).x
    )
    return float(error_scale_factor), float(error_noise_ratio)


_STAGES = ((False, 0.25, 28), (True, 0.1, 12))  # (fine, first step in logs, largest number of maps)


Estimate = Callable[[np.ndarray, np.ndarray, Sequence[np.ndarray]], np.ndarray]
"""Anomalies of a map as a function of positions and anomalies of the observations, and of the map's coordinates."""


@dataclass(frozen=True)
class TuningSample:
    """Observations, the truth, and the days on which maps are compared with it.

    Parameters
    ----------
    observed : ObservedField
        Observations of all days.
    truth : xr.DataArray
        Truth, NaN where unknown.
    field : xr.DataArray
        Truth, and observations where it is unknown; means and standard deviations are computed from it.
    scales : tuple of float
        Decorrelation scales along time and space of the truth's departures from its time mean.
    groups : list of numpy.ndarray
        Indices of the compared times. The days of a group share observations.
    """

    observed: ObservedField
    truth: xr.DataArray
    field: xr.DataArray
    scales: tuple[float, ...]
    groups: list[np.ndarray]

    @classmethod
    def of(cls, ds: xr.Dataset, obs: str, truth: str, axes: Axes | None, days: int) -> TuningSample:
        """Choose ``days`` times of ``ds`` among those with a truth.

        Raises
        ------
        KeyError
            A variable is missing.
        ValueError
            The truth does not vary, or ``days`` is not positive.
        """
        axes = axes or find_axes(require_variable(ds, obs, "observed"))
        observed = ObservedField.of(ds, obs, axes)
        ds = observed.ds
        target = require_variable(ds, truth, "true")
        check_observations(target, axes, "true")
        field = target.fillna(ds[obs].transpose(*target.dims))
        # Scales of the departures from the time mean: a permanent front does not decorrelate.
        scales = decorrelation_scales(_anomaly(field, observed, MeanField.from_data(field, axes)), observed.coords)
        times = np.flatnonzero(target.notnull().any(axes.space).values)
        groups = [times[g] for g in spread_days(observed.coords[0][times], days, scales[0])]
        return cls(observed, target, field, scales, groups)

    def signal_std(self, mean: MeanField) -> float:
        """Return the standard deviation of the field's departures from ``mean``."""
        return float(np.sqrt(np.nanmean(_anomaly(self.field, self.observed, mean) ** 2)))

    def mean_square(self, estimate: Estimate, mean: MeanField, groups: Sequence[np.ndarray] | None = None) -> float:
        """Return the mean square error of the maps from ``estimate`` on the chosen days."""
        points, values = self.observed.departures(mean, 3.0 * self.scales[-1])
        anomaly, coords = _anomaly(self.truth, self.observed, mean), self.observed.coords
        squares = [
            np.nanmean((estimate(points, values, [coords[0][days], *coords[1:]]) - anomaly[days]) ** 2)
            for days in (self.groups if groups is None else groups)
        ]
        return float(np.mean(squares))

    def best_mean(self, estimate: Estimate) -> MeanField:
        """Choose between the mean of the truth in each cell and a plane, by the error of the maps.

        The mean of a cell follows a front; a plane is robust to the few eddies of a short record. For each group, the
        mean is computed from days at least two decorrelation times away, which are independent of its eddies. Without
        such days, the mean of each cell is returned.
        """
        time, axes = self.observed.coords[0], self.observed.axes
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
        noise_ratio: float,
    ) -> tuple[float, float]:
        """Return the scale factor and the noise ratio with which the error variance matches the errors of the maps.

        Parameters
        ----------
        estimate : callable
            Estimate of the anomalies of a map.
        variance : callable
            Error variance as a function of scale factor, noise ratio, positions and coordinates.
        mean : MeanField
            Mean of the maps.
        noise_ratio : float
            Noise ratio of the maps.
        """
        points, values = self.observed.departures(mean, 3.0 * self.scales[-1])
        anomaly, coords = _anomaly(self.truth, self.observed, mean), self.observed.coords
        samples = self._samples(np.isfinite(anomaly))
        places = [[c[i] for c, i in zip(coords, sample, strict=True)] for sample in samples]
        squares = [
            ((estimate(points, values, place) - anomaly[np.ix_(*sample)]) ** 2).ravel()
            for place, sample in zip(places, samples, strict=True)
        ]

        def expected(error_scale_factor: float, noise_ratio: float) -> np.ndarray:
            return np.concatenate(
                [variance(error_scale_factor, noise_ratio, points, place).ravel() for place in places]
            )

        return fit_error_covariance(expected, np.concatenate(squares), noise_ratio)

    def _samples(self, available: np.ndarray) -> list[list[np.ndarray]]:
        """Choose times and cells of each group, as far apart as the number of known values allows."""
        for spacing in (1.5, 0.75, 0.3, 0.0):
            spaces = zip(self.observed.coords[1:], self.scales[1:], strict=True)
            cells = [_thinned(c, spacing * s) for c, s in spaces]
            samples = [[days[::2] if spacing > 1 else days, *cells] for days in self.groups]
            if sum(available[np.ix_(*sample)].sum() for sample in samples) >= 200:
                break
        return samples


def _anomaly(field: xr.DataArray, observed: ObservedField, mean: MeanField) -> np.ndarray:
    return np.asarray(field.transpose(*observed.axes.dims).values, np.float64) - observed.background(mean)


def _thinned(at: np.ndarray, distance: float) -> np.ndarray:
    """Return indices about ``distance`` apart."""
    step = min(at.size, max(1, round(distance * (at.size - 1) / max(float(np.ptp(at)), 1e-9))))
    return np.arange(step // 2, at.size, step)
