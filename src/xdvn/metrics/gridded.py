"""Scores of complete maps against a complete truth, as in the SSH mapping data challenge 2020a, and mu_anomaly.

    mu = 1 - RMSE / RMS(truth),    mu_anomaly = 1 - RMSE / RMS(truth - mean)

pooled over all days and cells. sigma is the standard deviation over days of the daily score. lambda_x and lambda_t are
resolved scales (``spectral``), lambda_r is the isotropic one (``isotropic``). A permanent front raises mu, but not
mu_anomaly. Challenge: doi:10.24400/527896/a01-2020.002.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from xdvn.metrics.alignment import AlignedFields
from xdvn.metrics.attributes import ScoreAttributes
from xdvn.metrics.bootstrap import BlockBootstrap
from xdvn.metrics.daily import DailySums
from xdvn.metrics.scales import resolved_scales

__all__ = ["gridded_scores", "pooled_scores"]


def gridded_scores(
    reconstruction: xr.DataArray,
    truth: xr.DataArray,
    mean: xr.DataArray | None = None,
    dims: Mapping[str, str] | None = None,
    bootstrap: BlockBootstrap | None = None,
) -> xr.Dataset:
    """Score a reconstruction against the truth on the same grid and times.

    Parameters
    ----------
    reconstruction, truth : xr.DataArray
        Fields of time and one or two horizontal dimensions, in any order, on the same cells (``grid.matching``).
        Cells where the truth is NaN (land) are not scored; elsewhere the reconstruction must be complete.
    mean : xr.DataArray, optional
        Mean field of the training days on the horizontal dimensions. Adds ``mu_anomaly``.
    dims : mapping, optional
        Names of the axes that are not identified: ``{"T": ..., "Y": ..., "X": ...}``.
    bootstrap : BlockBootstrap, optional
        Adds the confidence bounds ``<name>_low`` and ``<name>_high`` to every scalar, from blocks of days, or from
        blocks of rows for the scales along X and time.

    Returns
    -------
    xr.Dataset
        Float64 scalars, each with ``units``, ``long_name``, ``perfect`` (ideal value), ``orientation`` (better
        direction) and, if NaN, the ``reason``:

        - ``mu`` [1], ``sigma`` [1], ``lambda_x`` [units of X], ``lambda_t`` [days], as in the challenge, not rounded;
        - ``lambda_x_both``, ``lambda_t_both``: the same from waves in both directions along X; the challenge uses
          one direction;
        - ``lambda_r`` [km]: the isotropic resolved scale, for two horizontal dimensions in degrees or lengths;
        - ``rmse`` [units of the truth], and ``mu_anomaly`` [1] if there is a ``mean``;

        and the arrays ``rmse_by_time`` (time), ``spectral_score`` (period, wavelength) and ``spectral_score_isotropic``
        (wavelength_isotropic). A scale is NaN if the score does not cross 0.5. Spectra along X use the rows (Y)
        without NaN; the isotropic spectrum needs a box without NaN.

    Raises
    ------
    ValueError
        If dimensions, coordinates or units differ, values are missing, or the axes are not evenly spaced.

    Examples
    --------
    >>> truth = xr.DataArray(np.random.default_rng(0).normal(size=(8, 6, 8)), dims=("time", "lat", "lon"), name="ssh",
    ...                      coords={"time": range(8), "lat": range(6), "lon": range(8)})
    >>> scores = gridded_scores(0.9 * truth, truth)
    >>> round(float(scores.mu), 6), round(float(scores.sigma), 6)
    (0.9, 0.0)
    """
    pair = AlignedFields.of(reconstruction, truth, dims)
    scores = pooled_scores(pair, mean, bootstrap)
    return scores.merge(resolved_scales(pair, bootstrap))


def pooled_scores(
    pair: AlignedFields, mean: xr.DataArray | None = None, bootstrap: BlockBootstrap | None = None
) -> xr.Dataset:
    """Return the scores without spectra: mu, sigma, rmse, mu_anomaly and rmse by time."""
    anomaly = {} if mean is None else {"anomaly": pair.by_time(pair.anomaly(mean) ** 2)}
    squares = {"error": pair.by_time(pair.error**2), "signal": pair.by_time(pair.signal**2), **anomaly}
    count = pair.by_time(pair.scored.astype(np.float64))
    maps = DailySums(np.floor(pair.days).astype(np.int64), {"n": count, **squares})

    def statistic(drawn: np.ndarray | slice) -> dict[str, float]:
        return _pooled(maps, drawn)

    values = statistic(slice(None))
    units = pair.units
    attributes = {
        "mu": ScoreAttributes("1 - RMSE / RMS of the truth", "1", 1.0, "higher"),
        "sigma": ScoreAttributes("standard deviation over time of the RMSE-based score", "1", 0.0, "lower"),
        "rmse": ScoreAttributes("root mean square error", units, 0.0, "lower"),
        "mu_anomaly": ScoreAttributes("1 - RMSE / RMS of the anomaly of the truth", "1", 1.0, "higher"),
    }
    scores = xr.Dataset(
        {
            n: attributes[n].of(v, reason="the truth is zero, or equal to its mean, everywhere")
            for n, v in values.items()
        }
    )
    time = pair.axes.time
    with np.errstate(invalid="ignore"):
        rmse_by_time = ScoreAttributes("root mean square error at each time", units, 0.0, "lower").of(
            np.sqrt(squares["error"] / np.where(count > 0, count, np.nan)), time, reason="the truth is NaN at that time"
        )
    scores["rmse_by_time"] = rmse_by_time
    if time in pair.truth.coords:
        scores = scores.assign_coords({time: pair.truth[time]})
    return scores if bootstrap is None else bootstrap.add_intervals(scores, statistic, maps.days)


def _pooled(maps: DailySums, drawn: np.ndarray | slice) -> dict[str, float]:
    total = maps.total(drawn)
    with np.errstate(divide="ignore", invalid="ignore"):
        by_time = 1 - np.sqrt(maps.sums["error"][drawn] / maps.sums["signal"][drawn])
    # A time whose truth is NaN or zero everywhere has no score.
    by_time = by_time[maps.sums["signal"][drawn] > 0]
    values = {
        "mu": _ratio_score(total["error"], total["signal"]),
        "sigma": float(np.std(by_time)) if by_time.size else np.nan,
        "rmse": float(np.sqrt(total["error"] / total["n"])) if total["n"] else np.nan,
    }
    return values | ({"mu_anomaly": _ratio_score(total["error"], total["anomaly"])} if "anomaly" in total else {})


def _ratio_score(error: np.ndarray, signal: np.ndarray) -> float:
    return float(1 - np.sqrt(error / signal)) if signal > 0 else np.nan
