"""Error statistics by region, season or band of a field, such as the distance to the nearest observation.

``xdvn.metrics.groups`` contains the groupings.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from xdvn.grid.matching import on_grid_of
from xdvn.metrics.alignment import AlignedFields
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
        ``Regions``, ``Seasons``, ``Bands``, or another subclass.
    reconstruction, truth : xr.DataArray
        As in ``gridded_scores``.
    dims : mapping, optional
        Names of the axes that are not identified.
    bootstrap : BlockBootstrap, optional
        Adds the confidence bounds ``<name>_low`` and ``<name>_high`` from blocks of days.

    Returns
    -------
    xr.Dataset
        Along a dimension named by the grouping: ``rmse``, ``bias`` (mean of reconstruction minus truth) and
        ``error_std`` [units of the truth], ``mu`` [1], 1 - RMSE / RMS(truth) in the group, and the ``share`` [1] of all
        points. Groups without a point are NaN.

    Raises
    ------
    ValueError
        As in ``gridded_scores``, or if a group has other coordinates than the truth.

    Examples
    --------
    >>> from xdvn.metrics import Regions
    >>> truth = xr.DataArray(np.ones((4, 2, 2)), dims=("time", "lat", "lon"), attrs={"units": "m"},
    ...                      coords={"time": range(4), "lat": [30.0, 40.0], "lon": [0.0, 1.0]})
    >>> boxes = Regions({"south": {"lat": slice(None, 35)}, "north": {"lat": slice(35, None)}})
    >>> errors_by_group(boxes, truth + 0.01 * truth.lat, truth).rmse.values.round(6).tolist()
    [0.3, 0.4]
    """
    pair = AlignedFields.of(reconstruction, truth, dims)
    like = pair.truth.transpose(*pair.axes.dims)
    labels, sums = [], []
    for label, members in grouping.groups(like, pair.axes):
        inside = pair.scored & _broadcast(members, like, label)
        labels.append(label)
        fields = {"n": inside * 1.0, "e": pair.error, "e2": pair.error**2, "y2": pair.signal**2}
        sums.append({name: pair.by_time(np.where(inside, values, 0.0)) for name, values in fields.items()})
    if not labels:
        raise ValueError(f"{type(grouping).__name__} yields no group: expected at least one. Check its limits")
    stacked = {name: np.stack([of_group[name] for of_group in sums], axis=-1) for name in sums[0]}
    maps = DailySums(np.floor(pair.days).astype(np.int64), stacked)
    n_points = pair.scored.sum()

    def statistic(drawn: np.ndarray | slice) -> dict[str, np.ndarray]:
        total = maps.total(drawn)
        with np.errstate(divide="ignore", invalid="ignore"):
            bias, square = total["e"] / total["n"], total["e2"] / total["n"]
            skill = np.where(total["y2"] > 0, 1 - np.sqrt(total["e2"] / total["y2"]), np.nan)
        spread = np.sqrt(np.maximum(square - bias**2, 0))
        return {"rmse": np.sqrt(square), "bias": bias, "error_std": spread, "mu": skill}

    attributes = {
        "rmse": ScoreAttributes("root mean square error", pair.units, 0.0, "lower"),
        "bias": ScoreAttributes("mean error", pair.units, 0.0, "closer"),
        "error_std": ScoreAttributes("standard deviation of the error", pair.units, 0.0, "lower"),
        "mu": ScoreAttributes("1 - RMSE / RMS of the truth", "1", 1.0, "higher"),
    }
    coords = {grouping.name: (grouping.name, labels, grouping.attrs())}
    reason = "the group has no point, or its truth is zero"
    values = statistic(slice(None))
    scores = xr.Dataset({n: attributes[n].of(v, grouping.name, coords, reason) for n, v in values.items()})
    if bootstrap is not None:
        scores = bootstrap.add_intervals(scores, statistic, maps.days)
    share = xr.DataArray(maps.total()["n"] / n_points, dims=grouping.name)
    scores["share"] = share.assign_attrs(units="1", long_name="share of all points")
    return scores


def _broadcast(members: xr.DataArray, like: xr.DataArray, label: str | float) -> np.ndarray:
    """Return members as an array on (time, *space)."""
    if unknown := set(members.dims) - set(like.dims):
        raise ValueError(
            f"the group {label!r} has the dimensions {sorted(map(str, unknown))}: expected some of {like.dims}. Select "
            "with .isel(...)"
        )
    members = on_grid_of(members, like, [str(d) for d in members.dims], ("group", "truth"))
    return np.asarray(members.broadcast_like(like).transpose(*like.dims).values, bool)
