"""Scores of the geostrophic currents of a reconstructed sea surface.

Currents weigh smaller scales than heights, so maps with small height errors may have large current errors. u, v and
the vorticity are scored as heights are (mu, sigma, resolved scales), and by the explained variance
1 - Var(error) / Var(truth). Cells near the equator are not scored.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from xdvn.metrics.alignment import Comparison
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
        Sea surface height [m, cm or mm] on the same grid and times, the reconstruction complete where the truth is
        known.
    latitude, equator
        As for ``geostrophic_currents``.
    dims : mapping, optional
        Names of the axes that are not identified.
    bootstrap : BlockBootstrap, optional
        Adds ``<name>_low`` and ``<name>_high``.

    Returns
    -------
    xr.Dataset
        For ``u``, ``v`` and ``vorticity`` each: ``u_mu``, ``u_sigma``, ``u_rmse``, ``u_rmse_by_time``,
        ``u_lambda_x``, ``u_lambda_t``, ``u_lambda_r``, ``u_spectral_score`` and so on, as in ``gridded_scores``, and
        ``u_explained_variance`` [1]. Cells next to land are not scored.

    Raises
    ------
    ValueError
        As ``gridded_scores`` and ``geostrophic_currents``.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth = xr.DataArray(rng.normal(size=(6, 8, 9)), dims=("time", "lat", "lon"), attrs={"units": "m"},
    ...                      coords={"time": range(6), "lat": 40 + np.arange(8.0), "lon": np.arange(9.0)})
    >>> scores = current_scores((0.5 * truth).assign_attrs(units="m"), truth)
    >>> round(float(scores.u_mu), 6), round(float(scores.vorticity_explained_variance), 6)
    (0.5, 0.75)
    """
    heights = Comparison.of(reconstruction, truth, dims)
    # Values of the reconstruction on land would create spurious currents at the coast.
    sea = truth.transpose(*reconstruction.dims).notnull().values
    maps = [
        geostrophic_currents(ssh, latitude=latitude, equator=equator, dims=dims)
        for ssh in (reconstruction.where(sea), truth)
    ]
    scores = {}
    for name in _SCORED:
        pair = Comparison.of(maps[0][name], maps[1][name], _names(heights))
        each = pooled_scores(pair, bootstrap=bootstrap).merge(resolved_scales(pair, bootstrap))
        each = each.merge(_explained(pair, bootstrap))
        scores.update({f"{name}_{key}": _of(da, name) for key, da in each.items()})
    return xr.Dataset(scores)


def _explained(pair: Comparison, bootstrap: BlockBootstrap | None) -> xr.Dataset:
    each = {"e": pair.error, "e2": pair.error**2, "y": pair.signal, "y2": pair.signal**2, "n": pair.known.astype(float)}
    maps = DailySums(np.floor(pair.days).astype(np.int64), {k: pair.by_time(v) for k, v in each.items()})

    def statistic(drawn: np.ndarray | slice) -> dict[str, float]:
        mean = {k: v / maps.total(drawn)["n"] for k, v in maps.total(drawn).items()}
        variance = mean["y2"] - mean["y"] ** 2
        explained = 1 - (mean["e2"] - mean["e"] ** 2) / variance if variance > 0 else np.nan
        return {"explained_variance": float(explained)}

    meaning = ScoreAttributes("share of variance explained, 1 - Var(error) / Var(truth)", "1", 1.0, "higher")
    reason = "the truth does not vary"
    scores = xr.Dataset({k: meaning.of(v, reason=reason) for k, v in statistic(slice(None)).items()})
    return scores if bootstrap is None else bootstrap.add_intervals(scores, statistic, maps.days)


def _names(pair: Comparison) -> dict[str, str]:
    letters = "YX"[-len(pair.axes.space) :]
    return {"T": pair.axes.time, **dict(zip(letters, pair.axes.space, strict=True))}


def _of(da: xr.DataArray, name: str) -> xr.DataArray:
    return da.assign_attrs(long_name=f"{da.attrs['long_name']}, of {name}")
