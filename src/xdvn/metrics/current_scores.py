"""Scores of the geostrophic currents of a reconstructed sea surface.

Currents emphasise smaller scales than heights, so maps with small height errors may have large current errors. u, v and
the vorticity have the scores of heights (mu, sigma, resolved scales) and the explained variance
1 - Var(error) / Var(truth). Cells near the equator are not scored.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from xdvn.grid.matching import match_grids
from xdvn.metrics.alignment import AlignedFields
from xdvn.metrics.attributes import ScoreAttributes
from xdvn.metrics.bootstrap import BlockBootstrap
from xdvn.metrics.daily import DailySums
from xdvn.metrics.gridded import pooled_scores
from xdvn.metrics.scales import resolved_scales
from xdvn.ocean.currents import geostrophic_currents

__all__ = ["current_scores"]

_SCORED = ("u", "v", "vorticity")


def current_scores(
    reconstruction: xr.DataArray,
    truth: xr.DataArray,
    *,
    latitude: float | None = None,
    equator: float = 5.0,
    dims: Mapping[str, str] | None = None,
    bootstrap: BlockBootstrap | None = None,
) -> xr.Dataset:
    """Score the geostrophic currents of a reconstruction against those of the truth.

    Parameters
    ----------
    reconstruction, truth : xr.DataArray
        Sea surface height [m, cm or mm] on the same grid and times; the reconstruction is complete where the truth
        is finite.
    latitude, equator
        As in ``geostrophic_currents``.
    dims : mapping, optional
        Names of the axes that are not identified.
    bootstrap : BlockBootstrap, optional
        Adds the confidence bounds ``<name>_low`` and ``<name>_high``.

    Returns
    -------
    xr.Dataset
        For each of ``u``, ``v`` and ``vorticity``: ``u_mu``, ``u_sigma``, ``u_rmse``, ``u_rmse_by_time``,
        ``u_lambda_x``, ``u_lambda_t``, ``u_lambda_r``, ``u_spectral_score`` and so on, as in ``gridded_scores``, and
        ``u_explained_variance`` [1]. Cells next to land are not scored.

    Raises
    ------
    ValueError
        As in ``gridded_scores`` and ``geostrophic_currents``.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth = xr.DataArray(rng.normal(size=(6, 8, 9)), dims=("time", "lat", "lon"), attrs={"units": "m"},
    ...                      coords={"time": range(6), "lat": 40 + np.arange(8.0), "lon": np.arange(9.0)})
    >>> scores = current_scores((0.5 * truth).assign_attrs(units="m"), truth)
    >>> round(float(scores.u_mu), 6), round(float(scores.vorticity_explained_variance), 6)
    (0.5, 0.75)
    """
    heights = AlignedFields.of(reconstruction, truth, dims)
    reconstruction, truth = match_grids(reconstruction, truth, heights.axes.dims, ("reconstruction", "truth"))
    # Values of the reconstruction on land would create spurious currents at the coast.
    is_ocean = truth.notnull()
    currents = [
        geostrophic_currents(ssh, latitude=latitude, equator=equator, dims=dims)
        for ssh in (reconstruction.where(is_ocean), truth)
    ]
    scores = {}
    for name in _SCORED:
        pair = AlignedFields.of(currents[0][name], currents[1][name], _axis_names(heights))
        own = pooled_scores(pair, bootstrap=bootstrap).merge(resolved_scales(pair, bootstrap))
        own = own.merge(_explained_variance(pair, bootstrap))
        scores.update({f"{name}_{key}": _name_variable(da, name) for key, da in own.items()})
    return xr.Dataset(scores)


def _explained_variance(pair: AlignedFields, bootstrap: BlockBootstrap | None) -> xr.Dataset:
    e, y, n = pair.error, pair.signal, pair.scored.astype(float)
    terms = {"e": e, "e2": e**2, "y": y, "y2": y**2, "n": n}
    maps = DailySums(np.floor(pair.days).astype(np.int64), {k: pair.by_time(v) for k, v in terms.items()})

    def statistic(drawn: np.ndarray | slice) -> dict[str, float]:
        mean = {k: v / maps.total(drawn)["n"] for k, v in maps.total(drawn).items()}
        variance = mean["y2"] - mean["y"] ** 2
        explained = 1 - (mean["e2"] - mean["e"] ** 2) / variance if variance > 0 else np.nan
        return {"explained_variance": float(explained)}

    attributes = ScoreAttributes("share of variance explained, 1 - Var(error) / Var(truth)", "1", 1.0, "higher")
    reason = "the truth does not vary"
    scores = xr.Dataset({k: attributes.of(v, reason=reason) for k, v in statistic(slice(None)).items()})
    return scores if bootstrap is None else bootstrap.add_intervals(scores, statistic, maps.days)


def _axis_names(pair: AlignedFields) -> dict[str, str]:
    letters = "YX"[-len(pair.axes.space) :]
    return {"T": pair.axes.time, **dict(zip(letters, pair.axes.space, strict=True))}


def _name_variable(da: xr.DataArray, name: str) -> xr.DataArray:
    return da.assign_attrs(long_name=f"{da.attrs['long_name']}, of {name}")
