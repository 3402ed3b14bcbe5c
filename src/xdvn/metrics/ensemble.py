"""Scores of an ensemble: rank histogram, spread-skill ratio, fair CRPS.

If truth and M members have the same distribution, the rank of the truth is uniform, and the ensemble variance (with
M - 1) times (M + 1)/M equals the mean square error of the ensemble mean. Observations with errors are compared with
members to which errors of the same size are added.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from xdvn.metrics.attributes import ScoreAttributes
from xdvn.metrics.bootstrap import BlockBootstrap
from xdvn.metrics.proper import crps_ensemble
from xdvn.metrics.verification import Verification, error_variance

__all__ = ["ensemble_scores"]


def ensemble_scores(
    ensemble: xr.DataArray,
    observed: xr.DataArray,
    *,
    member: str = "member",
    obs_error: float | xr.DataArray = 0.0,
    seed: int = 0,
    bootstrap: BlockBootstrap | None = None,
) -> xr.Dataset:
    """Score an ensemble.

    Rank histograms: Hamill 2001, doi:10.1175/1520-0493(2001)129<0550:IORHFV>2.0.CO;2; spread and skill: Fortin et al.
    2014, doi:10.1175/JHM-D-14-0008.1.

    Parameters
    ----------
    ensemble : xr.DataArray
        At least 2 members, gridded or at points.
    observed : xr.DataArray
        Observations or truth on the coordinates of the ensemble, without the members; NaN where unknown.
    member : str
        Name of the dimension of members.
    obs_error : float or xr.DataArray
        Standard deviation of the observation error [their units]. Noise of that size is added to each member for the
        rank and the CRPS, and its square to the variance for the spread. Default: 0, for a truth.
    seed : int
        Seed of that noise.
    bootstrap : BlockBootstrap, optional
        Adds the confidence bounds ``<name>_low`` and ``<name>_high`` from blocks of days.

    Returns
    -------
    xr.Dataset
        ``crps`` [units], fair; ``rmse`` of the ensemble mean and ``spread`` [units]; ``spread_skill`` [1], above 1
        for overdispersive ensembles; ``rank_histogram`` (rank 0..M) [1], the share of each rank times M + 1. It is 1
        everywhere if calibrated and U-shaped if underdispersive. Ties share their ranks evenly.

    Raises
    ------
    ValueError
        If there are fewer than 2 members, coordinates or units differ, or a value is missing.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> members = xr.DataArray(rng.normal(size=(9, 5000)), dims=("member", "point"))
    >>> scores = ensemble_scores(members, xr.DataArray(rng.normal(size=5000), dims="point"))
    >>> bool(abs(scores.spread_skill - 1) < 0.03), bool(abs(scores.rank_histogram - 1).max() < 0.2)
    (True, True)
    """
    if member not in ensemble.dims or ensemble.sizes[member] < 2:
        raise ValueError(
            f"the ensemble has the dimensions {dict(ensemble.sizes)}: expected at least 2 members along {member!r}. "
            "Pass the name of their dimension as member="
        )
    points = Verification.of(observed, member, ensemble=ensemble)
    x, y = points.predicted["ensemble"], points.observed
    noise = error_variance(obs_error, observed)
    m = len(x)
    variance = x.var(axis=0, ddof=1) * (m + 1) / m + noise
    e2 = (x.mean(axis=0) - y) ** 2
    if np.any(noise):
        x = x + np.sqrt(noise) * np.random.default_rng(seed).normal(size=x.shape)
    below, equal = (x < y).sum(axis=0), (x == y).sum(axis=0)
    ranks = np.arange(m + 1)
    # A truth equal to j members has any of j + 1 ranks.
    share = (((below <= r) & (r <= below + equal)) / (equal + 1) for r in ranks)
    maps = points.sums(crps=crps_ensemble(x, y), e2=e2, s2=variance, rank=share)

    def statistic(drawn: np.ndarray | slice) -> dict[str, float | np.ndarray]:
        total = maps.total(drawn)
        return {
            "crps": total["crps"] / total["n"],
            "rmse": np.sqrt(total["e2"] / total["n"]),
            "spread": np.sqrt(total["s2"] / total["n"]),
            "spread_skill": np.sqrt(total["s2"] / total["e2"]) if total["e2"] > 0 else np.nan,
            "rank_histogram": (m + 1) * total["rank"] / total["n"],
        }

    attributes = {
        "crps": ScoreAttributes("mean fair continuous ranked probability score", points.units, 0.0, "lower"),
        "rmse": ScoreAttributes("root mean square error of the ensemble mean", points.units, 0.0, "lower"),
        "spread": ScoreAttributes("root mean ensemble variance, times (M + 1)/M", points.units, 0.0, "lower"),
        "spread_skill": ScoreAttributes("spread / RMSE", "1", 1.0, "closer"),
        "rank_histogram": ScoreAttributes("share of each rank of the truth, times their number", "1", 1.0, "closer"),
    }
    scores = xr.Dataset()
    for name, value in statistic(slice(None)).items():
        coords = {"rank": ranks} if name == "rank_histogram" else {}
        scores[name] = attributes[name].of(value, tuple(coords), coords, "the error is zero everywhere")
    if bootstrap is None:
        return scores
    points.check_dated()
    return bootstrap.add_intervals(scores, statistic, maps.days)
