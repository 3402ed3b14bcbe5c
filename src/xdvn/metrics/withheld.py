"""Scores without a truth: against withheld observations, corrected for the observation error.

    E[(map - observed)^2] = E[(map - truth)^2] + sigma_obs^2

holds if the observation error is independent of the map: if a whole track, mission or cloud patch was withheld from map
and training alike, but not if single pixels were, whose neighbours were used. Use three disjoint sets: observations for
the map, for the loss and for the score. As in the data challenge 2021a, doi:10.24400/527896/a01-2021.005, where
CryoSat-2 is neither input nor loss.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from xdvn.metrics.attributes import ScoreAttributes
from xdvn.metrics.bootstrap import BlockBootstrap
from xdvn.metrics.verification import Verification, error_variance

__all__ = ["withheld_scores"]

_ASSUMES = "assumes errors of the observations that are independent of the map: withhold whole tracks or missions"


def withheld_scores(
    mapped: xr.DataArray,
    observed: xr.DataArray,
    obs_error: float | xr.DataArray,
    *,
    bootstrap: BlockBootstrap | None = None,
) -> xr.Dataset:
    """Estimate a map's true error from noisy observations that it has not seen.

    Parameters
    ----------
    mapped : xr.DataArray
        The map where the observations are: gridded, or at points.
    observed : xr.DataArray
        Withheld observations on the same coordinates, NaN where there are none.
    obs_error : float or xr.DataArray
        Standard deviation of their error [their units]: for means of n independent points, the error of one over
        sqrt(n), and what the points miss of a cell.
    bootstrap : BlockBootstrap, optional
        Adds ``<name>_low`` and ``<name>_high`` from blocks of days.

    Returns
    -------
    xr.Dataset
        ``mse_withheld``, the mean square difference from the observations; ``floor``, what a perfect map would have;
        ``mse``, their difference, the estimate of the true mean square error, which may come out negative for a good
        map and few points [all units squared]; ``rmse``, its root [units], NaN with its reason when it is negative.
        The attribute ``comment`` of each names its assumption.

    Raises
    ------
    ValueError
        Coordinates or units differ, a value is missing, an error is negative.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth = xr.DataArray(rng.normal(size=50_000), dims="point")
    >>> observed, mapped = truth + 0.5 * rng.normal(size=50_000), truth + 0.3 * rng.normal(size=50_000)
    >>> round(float(withheld_scores(mapped, observed, 0.5).rmse), 2)
    0.3
    """
    points = Verification.of(observed, mapped=mapped)
    floor = np.broadcast_to(error_variance(obs_error, observed), points.observed.shape)
    maps = points.sums(e2=(points.predicted["mapped"] - points.observed) ** 2, floor=floor)

    def statistic(drawn: np.ndarray | slice) -> dict[str, float]:
        total = maps.total(drawn)
        noisy, least = float(total["e2"] / total["n"]), float(total["floor"] / total["n"])
        true = noisy - least
        return {"mse_withheld": noisy, "floor": least, "mse": true, "rmse": np.sqrt(true) if true >= 0 else np.nan}

    square = points.units if points.units == "1" else f"{points.units}2"
    values = statistic(slice(None))
    meanings = {
        "mse_withheld": ScoreAttributes(
            "mean square difference from withheld observations", square, values["floor"], "lower"
        ),
        "floor": ScoreAttributes("mean square error of the withheld observations", square, 0.0, "lower"),
        "mse": ScoreAttributes("estimated mean square error of the map", square, 0.0, "lower"),
        "rmse": ScoreAttributes("estimated root mean square error of the map", points.units, 0.0, "lower"),
    }
    reason = "the difference is smaller than the observations' error: obs_error is too large, or there are few points"
    scores = xr.Dataset({name: meanings[name].of(value, reason=reason) for name, value in values.items()})
    for name in scores:
        scores[name].attrs["comment"] = _ASSUMES
    if bootstrap is None:
        return scores
    points.check_dated()
    return bootstrap.add_intervals(scores, statistic, maps.days)
