"""Scores without a truth, against withheld observations and corrected for the observation error.

    E[(map - observed)^2] = E[(map - truth)^2] + sigma_obs^2

holds if the observation error is independent of the map. Withhold whole tracks, missions or cloud patches from map and
training, not single pixels, and use disjoint observations for the map, the loss and the score. The data challenge
2021a, doi:10.24400/527896/a01-2021.005, withholds CryoSat-2 in this way.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from xdvn.metrics.attributes import ScoreAttributes
from xdvn.metrics.bootstrap import BlockBootstrap
from xdvn.metrics.verification import Verification, error_variance

__all__ = ["withheld_scores"]

_ASSUMPTION = "assumes that observation errors are independent of the map: withhold whole tracks or missions"


def withheld_scores(
    mapped: xr.DataArray,
    observed: xr.DataArray,
    obs_error: float | xr.DataArray,
    *,
    bootstrap: BlockBootstrap | None = None,
) -> xr.Dataset:
    """Estimate the true error of a map from withheld, noisy observations.

    Parameters
    ----------
    mapped : xr.DataArray
        Map at the observations, gridded or at points.
    observed : xr.DataArray
        Withheld observations on the same coordinates, NaN where there are none.
    obs_error : float or xr.DataArray
        Standard deviation of their error [their units]. For means of n independent points, the error of one over
        sqrt(n), plus the representation error.
    bootstrap : BlockBootstrap, optional
        Adds the confidence bounds ``<name>_low`` and ``<name>_high`` from blocks of days.

    Returns
    -------
    xr.Dataset
        ``mse_withheld``, the mean square difference from the observations; ``floor``, its value for a perfect map;
        ``mse``, their difference, an estimate of the true mean square error [all units squared]; ``rmse``, its root
        [units]. ``mse`` may be negative for a good map and few points; ``rmse`` is then NaN. The attribute ``comment``
        states the assumption.

    Raises
    ------
    ValueError
        If coordinates or units differ, a value is missing, or an error is negative.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth = xr.DataArray(rng.normal(size=50_000), dims="point")
    >>> observed, mapped = truth + 0.5 * rng.normal(size=50_000), truth + 0.3 * rng.normal(size=50_000)
    >>> round(float(withheld_scores(mapped, observed, 0.5).rmse), 2)
    0.3
    """
    points = Verification.of(observed, mapped=mapped)
    variance = np.broadcast_to(error_variance(obs_error, observed), points.observed.shape)
    maps = points.sums(e2=(points.predicted["mapped"] - points.observed) ** 2, floor=variance)

    def statistic(drawn: np.ndarray | slice) -> dict[str, float]:
        total = maps.total(drawn)
        noisy, floor = float(total["e2"] / total["n"]), float(total["floor"] / total["n"])
        mse = noisy - floor
        return {"mse_withheld": noisy, "floor": floor, "mse": mse, "rmse": np.sqrt(mse) if mse >= 0 else np.nan}

    square = points.units if points.units == "1" else f"{points.units}2"
    values = statistic(slice(None))
    attributes = {
        "mse_withheld": ScoreAttributes(
            "mean square difference from withheld observations", square, values["floor"], "lower"
        ),
        "floor": ScoreAttributes("mean square error of the withheld observations", square, 0.0, "lower"),
        "mse": ScoreAttributes("estimated mean square error of the map", square, 0.0, "lower"),
        "rmse": ScoreAttributes("estimated root mean square error of the map", points.units, 0.0, "lower"),
    }
    reason = "the difference is smaller than the observation error: obs_error is too large, or points are too few"
    scores = xr.Dataset({name: attributes[name].of(value, reason=reason) for name, value in values.items()})
    for name in scores:
        scores[name].attrs["comment"] = _ASSUMPTION
    if bootstrap is None:
        return scores
    points.check_dated()
    return bootstrap.add_intervals(scores, statistic, maps.days)
