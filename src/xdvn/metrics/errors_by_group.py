"""Error statistics by region, season or band of a field, such as the distance to the nearest observation.

Errors are summed over the points of each group (``groups``).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from xdvn.metrics.alignment import Comparison
from xdvn.metrics.attributes import ScoreAttributes
from xdvn.metrics.bootstrap import BlockBootstrap
from xdvn.metrics.daily import DailySums
from xdvn.metrics.groups import AbstractGrouping

__all__ = ["errors_by_group"]


def errors_by_group(
    grouping: AbstractGrouping,
    reconstruction: xr.DataArray,
    truth: xr.DataArray,
    *,
    dims: Mapping[str, str] | None = None,
    bootstrap: BlockBootstrap | None = None,
) -> xr.Dataset:
    """Return statistics of the error by group.

    Parameters
    ----------
    grouping : AbstractGrouping
        ``Regions``, ``Seasons``, ``Bands``, or your own.
    reconstruction, truth : xr.DataArray
        As for ``gridded_scores``.
    dims : mapping, optional
        Names of the axes that are not identified.
    bootstrap : BlockBootstrap, optional
        Adds ``<name>_low`` and ``<name>_high`` from blocks of days.

    Returns
    -------
    xr.Dataset
        Along a dimension named by the grouping: ``rmse``, ``bias`` (mean of reconstruction minus truth) and
        ``error_std`` [units of the truth], ``mu`` [1], 1 - RMSE / RMS(truth) in the group, and the ``share`` [1] of all
        points. NaN for groups without a point.

    Raises
    ------
    ValueError
        As ``gridded_scores``; or a group lies on other coordinates than the truth.

    Examples
    --------
    >>> from xdvn.metrics import Regions
    >>> truth = xr.DataArray(np.ones((4, 2, 2)), dims=("time", "lat", "lon"), attrs={"units": "m"},
    ...                      coords={"time": range(4), "lat": [30.0, 40.0], "lon": [0.0, 1.0]})
    >>> boxes = Regions({"south": {"lat": slice(None, 35)}, "north": {"lat": slice(35, None)}})
    >>> errors_by_group(boxes, truth + 0.01 * truth.lat, truth).rmse.values.round(6).tolist()
    [0.3, 0.4]
    """
    pair = Comparison.of(reconstruction, truth, dims)
    like = pair.truth.transpose(*pair.axes.dims)
    labels, sums = [], []
    for label, members in grouping.groups(like, pair.axes):
        inside = pair.known & _on(members, like, label)
        labels.append(label)
        fields = {"n": inside * 1.0, "e": pair.error, "e2": pair.error**2, "y2": pair.signal**2}
        sums.append({name: pair.by_time(np.where(inside, values, 0.0)) for name, values in fields.items()})
    if not labels:
        raise ValueError(f"{type(grouping).__name__} gives no group for this record. Check its limits")
    stacked = {name: np.stack([each[name] for each in sums], axis=-1) for name in sums[0]}
    maps = DailySums(np.floor(pair.days).astype(np.int64), stacked)
    all_points = pair.known.sum()

    def statistic(drawn: np.ndarray | slice) -> dict[str, np.ndarray]:
        total = maps.total(drawn)
        with np.errstate(divide="ignore", invalid="ignore"):
            bias, square = total["e"] / total["n"], total["e2"] / total["n"]
            skill = np.where(total["y2"] > 0, 1 - np.sqrt(total["e2"] / total["y2"]), np.nan)
        spread = np.sqrt(np.maximum(square - bias**2, 0))
        return {"rmse": np.sqrt(square), "bias": bias, "error_std": spread, "mu": skill}

    meanings = {
        "rmse": ScoreAttributes("root mean square error", pair.units, 0.0, "lower"),
        "bias": ScoreAttributes("mean error", pair.units, 0.0, "closer"),
        "error_std": ScoreAttributes("standard deviation of the error", pair.units, 0.0, "lower"),
        "mu": ScoreAttributes("1 - RMSE / RMS of the truth", "1", 1.0, "higher"),
    }
    coords = {grouping.name: (grouping.name, labels, grouping.attrs())}
    reason = "no point is in that group, or the truth is zero there"
    values = statistic(slice(None))
    scores = xr.Dataset({n: meanings[n].of(v, grouping.name, coords, reason) for n, v in values.items()})
    if bootstrap is not None:
        scores = bootstrap.add_intervals(scores, statistic, maps.days)
    share = xr.DataArray(maps.total()["n"] / all_points, dims=grouping.name)
    scores["share"] = share.assign_attrs(units="1", long_name="share of all points")
    return scores


def _on(members: xr.DataArray, like: xr.DataArray, label: str | float) -> np.ndarray:
    """Return members as an array that broadcasts against (time, *space)."""
    unknown = set(members.dims) - set(like.dims)
    for dim in set(members.dims) - unknown:
        known = dim in members.coords and dim in like.coords
        if members.sizes[dim] != like.sizes[dim] or known and not np.array_equal(members[dim], like[dim]):
            unknown.add(dim)
    if unknown:
        raise ValueError(
            f"the group {label!r} and the truth differ along {sorted(map(str, unknown))}; bring both to the same grid "
            "with xr.align(..., join='inner')"
        )
    return np.asarray(members.broadcast_like(like).transpose(*like.dims).values, bool)
