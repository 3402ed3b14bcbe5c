"""Finding covariance scales: where to start, on which days to look, and how to search.

The error of a map is a smooth, shallow function of the logarithms of the scales and of the noise, without derivatives
at hand: a simplex search, coarse first, finds its minimum in a few dozen maps. Called by ``OptimalInterpolation.tune``
and ``training_days``.
Simplex: Nelder and Mead 1965, doi:10.1093/comjnl/7.4.308.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import scipy
from tqdm.auto import tqdm

__all__ = ["decorrelation_scales", "minimise_in_logs", "most_likely_errors", "spread_days"]


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
        In the units of ``coords``; half the extent where the correlation stays above 1/e.

    Raises
    ------
    ValueError
        If the anomaly does not vary.

    Examples
    --------
    >>> x = np.linspace(0, 200, 1001)
    >>> wave = np.cos(x)[:, None] * np.ones(3)
    >>> round(decorrelation_scales(wave, [x, np.arange(3.0)])[0], 2)  # arccos(1/e)
    1.19
    """
    known = np.isfinite(anomaly)
    filled = np.where(known, anomaly, 0.0)
    variance = (filled**2).sum() / max(known.sum(), 1)
    if not variance > 0:
        raise ValueError("the truth does not depart from its mean anywhere: there are no scales to find")
    scales = []
    for axis, at in enumerate(coords):
        here, there = np.moveaxis(filled, axis, 0), np.moveaxis(known, axis, 0)
        lag, before, scale = 0, 1.0, np.ptp(at) / 2
        while lag + 1 <= at.size // 2:
            lag += 1
            pairs = (there[lag:] & there[:-lag]).sum()
            correlation = (here[lag:] * here[:-lag]).sum() / max(pairs, 1) / variance
            if correlation < np.exp(-1):
                step = np.ptp(at) / (at.size - 1)
                scale = step * (lag - 1 + (before - np.exp(-1)) / (before - correlation))
                break
            before = correlation
        scales.append(float(scale) if scale > 0 else 1.0)
    return tuple(scales)


def spread_days(times: np.ndarray, days: int, scale: float) -> list[np.ndarray]:
    """Choose ``days`` times in groups of eight spread over the record, a quarter of ``scale`` apart in a group.

    A group shares its observations, which makes eight days nearly as cheap as one.

    Raises
    ------
    ValueError
        If ``days`` is not positive.
    """
    if days < 1:
        raise ValueError(f"days={days}: expected at least 1, better 10 or more")
    n = times.size
    step = max(1, round(scale / 4 * (n - 1) / np.ptp(times))) if n > 1 else 1
    n_groups = -(-days // 8)
    chosen = []
    for k, size in enumerate(np.diff(np.linspace(0, days, n_groups + 1).round().astype(int))):
        centre = round((k + 0.5) * n / n_groups - 0.5)
        chosen.append(np.unique(np.clip(centre + step * (np.arange(size) - (size - 1) // 2), 0, n - 1)))
    return chosen


def minimise_in_logs(
    error: Callable[[np.ndarray, bool], float], start: Sequence[float], progress: bool
) -> tuple[float, ...]:
    """Minimise ``error(parameters, fine)`` over positive parameters, coarsely and then finely.

    Parameters
    ----------
    error : callable
        Takes the parameters, and whether to be accurate or quick.
    start : sequence of float
        First parameters.
    progress : bool
        Show a bar with the lowest error so far.
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


def most_likely_errors(
    variance: Callable[[float, float], np.ndarray], squares: np.ndarray, noise: float
) -> tuple[float, float]:
    """Return the stretch and the noise under which squared errors are most likely, as those of normal variables.

    Minimises mean(log v + e^2 / v), which is least where v is the variance, from 1 and ``noise`` by a simplex search.

    Parameters
    ----------
    variance : callable
        Takes a stretch and a noise, returns the error variance expected, positive, in the shape of ``squares``.
    squares : numpy.ndarray
        Squared errors e^2; NaN where unknown.
    noise : float
        The noise to start from.
    """

    def unlikelihood(logs: np.ndarray) -> float:
        expected = variance(*(float(p) for p in np.exp(logs)))
        return float(np.nanmean(np.log(expected) + squares / expected))

    start = np.array([0.0, np.log(noise)])
    simplex = start + np.array([[0.0, 0.0], [0.15, 0.0], [0.0, -0.6]])
    options = {"initial_simplex": simplex, "maxfev": 24, "xatol": 0.02, "fatol": 1e-3}
    stretch, found = np.exp(scipy.optimize.minimize(unlikelihood, start, method="Nelder-Mead", options=options).x)
    return float(stretch), float(found)


_STAGES = ((False, 0.25, 28), (True, 0.1, 12))  # (fine, first step in logs, most maps)
