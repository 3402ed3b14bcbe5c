"""Scores of maps against an independent track, as in the SSH mapping data challenge 2021a.

Maps are interpolated to the points, linearly in time, latitude and longitude. For each day,

    score_d = 1 - RMS(map - track) / RMS(track);

mu is its mean and sigma its standard deviation over days. lambda_x is the along-track wavelength at which the error
has half the power of the track. Challenge: doi:10.24400/527896/a01-2021.005.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from xdvn.metrics.attributes import ScoreAttributes
from xdvn.metrics.bootstrap import BlockBootstrap
from xdvn.metrics.daily import DailySums
from xdvn.metrics.segments import TrackSegments
from xdvn.metrics.spectral import why_no_crossing
from xdvn.metrics.track_points import TrackPoints

__all__ = ["along_track_scores"]


def along_track_scores(
    reconstruction: xr.DataArray,
    track: xr.DataArray,
    *,
    box: Mapping[str, slice] | None = None,
    rim: float = 0.25,
    min_per_day: int = 10,
    segments: TrackSegments | None = None,
    dims: Mapping[str, str] | None = None,
    bootstrap: BlockBootstrap | None = None,
) -> xr.Dataset:
    """Score maps against an independent track.

    Parameters
    ----------
    reconstruction : xr.DataArray
        Maps of time, latitude and longitude.
    track : xr.DataArray
        Measurements of one mission on one dimension, in order of time, with coordinates of time, latitude and
        longitude (0..360 or -180..180). The challenge uses sla_unfiltered + mdt - lwe of CryoSat-2.
    box : mapping, optional
        Scored box, such as ``{"lat": slice(33, 43), "lon": slice(295, 305)}``. If None, the extent of the maps.
    rim : float
        Points closer than this to the edge of the box are not scored [degrees].
    min_per_day : int
        Days with fewer points have no score.
    segments : TrackSegments, optional
        Segments for the spectra. If None, those of the challenge code with its errors, which
        ``TrackSegments(parity=False)`` corrects.
    dims : mapping, optional
        Names of the axes that are not identified.
    bootstrap : BlockBootstrap, optional
        Adds the confidence bounds ``<name>_low`` and ``<name>_high`` from blocks of days.

    Returns
    -------
    xr.Dataset
        ``mu`` [1], ``sigma`` [1], ``rmse`` [units of the track, all points], ``lambda_x`` [km], and ``score_by_day``
        (day), ``spectral_score`` (wavelength). Attributes count the scored points, the points outside the box or the
        period, those where a map is NaN, and the segments.

    Raises
    ------
    ValueError
        If coordinates are missing, units or types of time differ, or no point can be scored.

    Examples
    --------
    >>> coords = {"time": range(3), "lat": [30.0, 35.0, 40.0], "lon": [10.0, 15.0, 20.0]}
    >>> maps = xr.DataArray(np.ones((3, 3, 3)), coords, ("time", "lat", "lon"))
    >>> places = {"time": np.linspace(0, 1.9, 40), "latitude": np.linspace(31, 39, 40), "longitude": np.full(40, 373.0)}
    >>> track = xr.DataArray(np.full(40, 1.25), dims="point", coords={k: ("point", v) for k, v in places.items()})
    >>> scores = along_track_scores(maps, track)
    >>> round(float(scores.mu), 6), scores.attrs["points"], scores.lambda_x.attrs["reason"]
    (0.8, 40, 'no track contains a segment of 1000 km. Use TrackSegments(length=...)')
    """
    segments = segments or TrackSegments()
    points = TrackPoints.of(reconstruction, track, box, rim, dims)
    error = points.mapped - points.measured
    sums = DailySums.of(points.days, error=error**2, signal=points.measured**2)
    enough = sums.sums["n"] >= min_per_day
    with np.errstate(divide="ignore", invalid="ignore"):
        by_day = 1 - np.sqrt(sums.sums["error"] / sums.sums["signal"])
    by_day = np.where(enough & (sums.sums["signal"] > 0), by_day, np.nan)

    def statistic(drawn: np.ndarray | slice) -> dict[str, float]:
        scored = by_day[drawn][np.isfinite(by_day[drawn])]
        total = sums.total(drawn)
        if not scored.size:
            return {"mu": np.nan, "sigma": np.nan, "rmse": float(np.sqrt(total["error"] / total["n"]))}
        return {
            "mu": float(scored.mean()),
            "sigma": float(scored.std()),
            "rmse": float(np.sqrt(total["error"] / total["n"])),
        }

    attributes = {
        "mu": ScoreAttributes("mean over days of 1 - RMS(error) / RMS(track)", "1", 1.0, "higher"),
        "sigma": ScoreAttributes("standard deviation over days of the RMS-based score", "1", 0.0, "lower"),
        "rmse": ScoreAttributes("root mean square difference from the track", points.units, 0.0, "lower"),
    }
    reason = f"no day has {min_per_day} points, or the track is zero"
    scores = xr.Dataset({k: attributes[k].of(v, reason=reason) for k, v in statistic(slice(None)).items()})
    days = {"day": sums.days.astype("datetime64[D]").astype("datetime64[ns]")}
    scores["score_by_day"] = attributes["mu"].of(by_day, "day", days, f"fewer than {min_per_day} points on that day")
    scores["score_by_day"].attrs["long_name"] = "1 - RMS(error) / RMS(track) by day"
    if bootstrap is not None:
        scores = bootstrap.add_intervals(scores, statistic, sums.days)
    scores = scores.merge(_spectral(points, error, segments, bootstrap))
    return scores.assign_attrs(points.counts() | {"segments": int(segments.starts(points.seconds).size)})


def _spectral(
    points: TrackPoints, error: np.ndarray, segments: TrackSegments, bootstrap: BlockBootstrap | None
) -> xr.Dataset:
    scale_attributes = ScoreAttributes("shortest wavelength resolved along the track", "km", 0.0, "lower")
    starts = segments.starts(points.seconds)
    if not starts.size:
        reason = f"no track contains a segment of {segments.length:g} km. Use TrackSegments(length=...)"
        names = ["lambda_x"] if bootstrap is None else ["lambda_x", "lambda_x_low", "lambda_x_high"]
        return xr.Dataset({name: scale_attributes.of(np.nan, reason=reason) for name in names})
    (k, of_error), (_, of_track) = (segments.spectra(v, starts) for v in (error, points.measured))
    with np.errstate(divide="ignore"):
        wavelengths = 1 / k

    def score(drawn: np.ndarray | slice) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return 1 - of_error[drawn].mean(axis=0) / of_track[drawn].mean(axis=0)

    def statistic(drawn: np.ndarray | slice) -> dict[str, float]:
        scale = segments.scale(wavelengths, score(drawn))
        return {"lambda_x": scale if np.isfinite(scale) else np.nan}

    whole = score(slice(None))
    coords = {"wavelength": ("wavelength", wavelengths, {"units": "km", "long_name": "wavelength along the track"})}
    power_ratio = ScoreAttributes("1 - PSD of the error / PSD of the track", "1", 1.0, "higher")
    reason = why_no_crossing(whole)
    if reason.startswith("the score touches"):
        reason = "the score crosses 0.5 only beyond the length of a segment"
    result = xr.Dataset(
        {
            "spectral_score": power_ratio.of(whole, "wavelength", coords, "the track has no power at that scale"),
            "lambda_x": scale_attributes.of(statistic(slice(None))["lambda_x"], reason=reason),
        }
    )
    return result if bootstrap is None else bootstrap.add_intervals(result, statistic, points.days[starts])
