"""The verb that judges: a reconstruction against a gridded truth or an independent track, on what they share.

It only finds the right variable and the common times and cells; the scores themselves are ``xdvn.metrics``'.
"""

from __future__ import annotations

import xarray as xr

from xdvn.grid.axes import require_variable
from xdvn.mapper import variable_named
from xdvn.metrics import BlockBootstrap, along_track_scores, gridded_scores

__all__ = ["score"]


def score(
    ds: xr.Dataset,
    truth: xr.DataArray,
    *,
    name: str | None = None,
    mean: xr.DataArray | None = None,
    bootstrap: BlockBootstrap | None = None,
) -> xr.Dataset:
    """Score a reconstruction against the truth, on the times and cells they share, or against a track.

    Parameters
    ----------
    ds : xr.Dataset
        What ``reconstruct`` returned.
    truth : xr.DataArray
        The complete field; or measurements on one dimension with coordinates of time, latitude and longitude.
    name : str, optional
        Which variable of ``ds``; default the one named as the truth, or the only candidate.
    mean : xr.DataArray, optional
        Mean field on the horizontal dimensions: adds the anomaly score, 1 - RMSE / RMS(truth - mean).
    bootstrap : BlockBootstrap, optional
        Adds an interval to every score.

    Returns
    -------
    xr.Dataset
        mu, sigma, lambda_x, lambda_t and more; see ``xdvn.metrics.gridded_scores`` and, for a track,
        ``xdvn.metrics.along_track_scores``.
    """
    mapped = variable_named(ds, truth.name) if name is None else require_variable(ds, name, "reconstructed")
    if truth.ndim == 1:
        if mean is not None:
            raise ValueError("mean= serves a gridded truth; a track is scored on its full heights: leave mean= out")
        return along_track_scores(mapped, truth, bootstrap=bootstrap)
    shared_map, shared_truth = xr.align(mapped, truth, join="inner")
    if shared_map.size == 0:
        raise ValueError(f"{mapped.name!r} and the truth share no coordinates; select the same times and cells of both")
    return gridded_scores(shared_map, shared_truth, mean=mean, bootstrap=bootstrap)
