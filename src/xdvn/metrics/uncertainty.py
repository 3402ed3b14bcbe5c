"""Calibration and sharpness of Gaussian predictions.

A predicted mean m and standard deviation s are compared with observations y, by the coverage of intervals, the ratio
of spread and RMSE, and the distribution of (y - m)/s. The variance includes the observation error:
s^2 + sigma_obs^2. Spread and skill: Fortin et al. 2014, doi:10.1175/JHM-D-14-0008.1; scaled errors: Barth et al.
2020, doi:10.5194/gmd-13-1609-2020.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from scipy.special import ndtr, ndtri

from xdvn.metrics.attributes import ScoreAttributes
from xdvn.metrics.bootstrap import BlockBootstrap
from xdvn.metrics.proper import crps_gaussian, nll_gaussian
from xdvn.metrics.verification import Verification, error_variance

__all__ = ["uncertainty_scores"]


def uncertainty_scores(
    mean: xr.DataArray,
    std: xr.DataArray,
    observed: xr.DataArray,
    *,
    obs_error: float | xr.DataArray = 0.0,
    levels: Sequence[float] = (0.5, 0.6827, 0.9, 0.95),
    n_bins: int = 10,
    bootstrap: BlockBootstrap | None = None,
) -> xr.Dataset:
    """Score Gaussian predictions.

    Parameters
    ----------
    mean, std : xr.DataArray
        Predicted mean and standard deviation, gridded or at points.
    observed : xr.DataArray
        Withheld observations, or the truth, on the same coordinates; NaN where unknown.
    obs_error : float or xr.DataArray
        Standard deviation of the observation error [their units]. Default: 0, for a truth.
    levels : sequence of float
        Probabilities of the central intervals whose coverage is reported.
    n_bins : int
        Number of bins of the probability integral transform and of the spread.
    bootstrap : BlockBootstrap, optional
        Adds the confidence bounds ``<name>_low`` and ``<name>_high`` from blocks of days. Blocks are needed because
        errors of neighbouring points are correlated.

    Returns
    -------
    xr.Dataset
        - ``nll`` [1]; ``crps`` [units]; ``rmse`` and ``spread``, the root mean predicted variance [units];
          ``spread_skill`` [1], spread / RMSE, above 1 if overdispersive; ``scaled_error_mean`` and
          ``scaled_error_std`` [1] of (y - m)/s, 0 and 1 when calibrated;
        - ``coverage`` (level) [1], the share of points in the central interval;
        - ``pit`` (probability) [1], the histogram of Phi((y - m)/s) times the number of bins: 1 everywhere if
          calibrated, hump-shaped if overdispersive, U-shaped if underdispersive;
        - ``spread_by_bin``, ``rmse_by_bin`` (spread_bin) [units], in bins of equal numbers of points: equal if
          calibrated.

        Spread and s include the observation error.

    Raises
    ------
    ValueError
        If coordinates or units differ, a standard deviation is not positive, or a value is missing.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> std = xr.DataArray(rng.uniform(0.5, 2.0, 20_000), dims="point")
    >>> scores = uncertainty_scores(0 * std, std, std * rng.normal(size=20_000))
    >>> scores.coverage.round(2).values.tolist(), round(float(scores.spread_skill), 2)
    ([0.5, 0.68, 0.9, 0.95], 0.99)
    """
    if not all(0 < level < 1 for level in levels) or n_bins < 2:
        raise ValueError(
            f"levels={list(levels)}, n_bins={n_bins}: expected probabilities between 0 and 1, and at least 2 bins"
        )
    points = Verification.of(observed, mean=mean, std=std)
    y, m = points.observed, points.predicted["mean"]
    variance = points.predicted["std"] ** 2 + error_variance(obs_error, observed)
    if not ((points.predicted["std"] >= 0) & (variance > 0)).all():
        raise ValueError(
            f"std has the minimum {points.predicted['std'].min():g}: expected positive values at every observation. "
            "Zeros need obs_error= above 0"
        )
    s, e2 = np.sqrt(variance), (y - m) ** 2
    z = (y - m) / s
    # Ranks give bins of equal numbers of points, also if spreads are equal.
    by_spread = np.empty(s.size, np.int64)
    by_spread[np.argsort(s, kind="stable")] = np.arange(s.size) * n_bins // s.size
    by_pit = np.minimum((ndtr(z) * n_bins).astype(np.int64), n_bins - 1)
    half = ndtri(0.5 + 0.5 * np.asarray(levels))
    bins = np.arange(n_bins)
    maps = points.sums(
        nll=nll_gaussian(m, s, y),
        crps=crps_gaussian(m, s, y),
        e2=e2,
        s2=variance,
        z=z,
        z2=z**2,
        inside=(np.abs(z) <= limit for limit in half),
        pit=(by_pit == b for b in bins),
        bin_n=(by_spread == b for b in bins),
        bin_e2=(np.where(by_spread == b, e2, 0.0) for b in bins),
        bin_s2=(np.where(by_spread == b, variance, 0.0) for b in bins),
    )

    def statistic(drawn: np.ndarray | slice) -> dict[str, float | np.ndarray]:
        total = maps.total(drawn)
        mean_of = {name: value / total["n"] for name, value in total.items()}
        with np.errstate(divide="ignore", invalid="ignore"):
            return {
                "nll": mean_of["nll"],
                "crps": mean_of["crps"],
                "rmse": np.sqrt(mean_of["e2"]),
                "spread": np.sqrt(mean_of["s2"]),
                "spread_skill": np.sqrt(total["s2"] / total["e2"]) if total["e2"] > 0 else np.nan,
                "scaled_error_mean": mean_of["z"],
                "scaled_error_std": np.sqrt(np.maximum(mean_of["z2"] - mean_of["z"] ** 2, 0)),
                "coverage": mean_of["inside"],
                "pit": n_bins * mean_of["pit"],
                "spread_by_bin": np.sqrt(total["bin_s2"] / total["bin_n"]),
                "rmse_by_bin": np.sqrt(total["bin_e2"] / total["bin_n"]),
            }

    coords: dict[str, dict[str, Any]] = {
        "coverage": {"level": list(levels)},
        "pit": {"probability": (bins + 0.5) / n_bins},
        "spread_by_bin": {"spread_bin": bins},
        "rmse_by_bin": {"spread_bin": bins},
    }
    scores = xr.Dataset()
    for name, value in statistic(slice(None)).items():
        labels = coords.get(name, {})
        reason = "the error is zero everywhere" if name == "spread_skill" else "fewer points than bins"
        scores[name] = _attributes(name, points.units, levels).of(value, tuple(labels), labels, reason)
    if bootstrap is None:
        return scores
    points.check_dated()
    return bootstrap.add_intervals(scores, statistic, maps.days)


def _attributes(name: str, units: str, levels: Sequence[float]) -> ScoreAttributes:
    return {
        "nll": ScoreAttributes("mean negative log likelihood of Gaussian predictions", "1", -np.inf, "lower"),
        "crps": ScoreAttributes("mean continuous ranked probability score", units, 0.0, "lower"),
        "rmse": ScoreAttributes("root mean square error of the predicted mean", units, 0.0, "lower"),
        "spread": ScoreAttributes("root mean predicted variance", units, 0.0, "lower"),
        "spread_skill": ScoreAttributes("spread / RMSE", "1", 1.0, "closer"),
        "scaled_error_mean": ScoreAttributes("mean of (observed - mean) / std", "1", 0.0, "closer"),
        "scaled_error_std": ScoreAttributes("standard deviation of (observed - mean) / std", "1", 1.0, "closer"),
        "coverage": ScoreAttributes("share of observations in the central interval", "1", list(levels), "closer"),
        "pit": ScoreAttributes("density of the probability integral transform", "1", 1.0, "closer"),
        "spread_by_bin": ScoreAttributes("spread of points of similar spread", units, 0.0, "lower"),
        "rmse_by_bin": ScoreAttributes("root mean square error of points of similar spread", units, 0.0, "lower"),
    }[name]
