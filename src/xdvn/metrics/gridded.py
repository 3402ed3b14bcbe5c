"""Scores of complete maps against a complete truth: the SSH mapping data challenge's (2020a) and the anomaly score.

mu = 1 - RMSE / RMS(truth), pooled over all days and cells; sigma is the spread over days of the same ratio by day;
lambda_x and lambda_t are the scales resolved (``spectral``). mu flatters where a permanent front holds most of the
power, hence anomaly = 1 - RMSE / RMS(truth - mean). Called by ``xdvn.score``.
Challenge: doi:10.24400/527896/a01-2020.002.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes, find_axes, positions
from xdvn.metrics.spectral import SpectralScore, spectral_score

__all__ = ["gridded_scores"]


def gridded_scores(
    reconstruction: xr.DataArray,
    truth: xr.DataArray,
    mean: xr.DataArray | None = None,
    dims: Mapping[str, str] | None = None,
) -> xr.Dataset:
    """Score a reconstruction against the truth on the same grid and times.

    Parameters
    ----------
    reconstruction, truth : xr.DataArray
        Fields of time and one or two horizontal dimensions, in any order, with equal coordinates. Where the truth is
        NaN (land) nothing is scored; elsewhere the reconstruction must be complete.
    mean : xr.DataArray, optional
        Mean field on the horizontal dimensions, made from training days: adds ``anomaly``.
    dims : mapping, optional
        Names of the axes where they cannot be guessed: ``{"T": ..., "Y": ..., "X": ...}``.

    Returns
    -------
    xr.Dataset
        Float64 scalars, each with ``units``, ``long_name``, ``perfect`` (its ideal value) and ``orientation`` (which
        way is better):

        - ``mu`` [1], ``sigma`` [1], ``lambda_x`` [units of X], ``lambda_t`` [days], as in the challenge, not rounded;
        - ``lambda_x_both``, ``lambda_t_both``: the same from waves going either way along X; the challenge's see
          only one way, and an error that travels the other way not at all;
        - ``rmse`` [units of the truth], ``anomaly`` [1] if there is a ``mean``;

        and the arrays ``rmse_by_time`` (time) and ``psd_score`` (period, wavelength). A scale is NaN where the score
        does not cross 0.5. The spectra use the rows (Y) without any NaN; without such a row the scales are NaN.

    Raises
    ------
    ValueError
        Dimensions or coordinates differ, values are missing, or the axes are not evenly spaced; the message tells
        what to do.

    Examples
    --------
    >>> truth = xr.DataArray(np.random.default_rng(0).normal(size=(8, 6, 8)), dims=("time", "lat", "lon"), name="ssh",
    ...                      coords={"time": range(8), "lat": range(6), "lon": range(8)})
    >>> scores = gridded_scores(0.9 * truth, truth)
    >>> round(float(scores.mu), 6), round(float(scores.sigma), 6)
    (0.9, 0.0)
    """
    axes = find_axes(truth, dims)
    _check_same_grid(reconstruction, truth, axes)
    y = np.asarray(truth.transpose(*axes.dims).values, np.float64)
    x = np.asarray(reconstruction.transpose(*axes.dims).values, np.float64)
    known = np.isfinite(y)
    if not known.any():
        raise ValueError(f"the truth {truth.name!r} has no finite value: there is nothing to score against")
    _check_complete(x, known, reconstruction, axes)
    error = np.where(known, x - y, 0.0)
    signal = np.where(known, y, 0.0)

    cells = tuple(range(1, y.ndim))
    counts = known.sum(axis=cells)
    with np.errstate(divide="ignore", invalid="ignore"):
        rmse_by_time = np.sqrt((error**2).sum(axis=cells) / counts)
        score_by_time = 1 - rmse_by_time / np.sqrt((signal**2).sum(axis=cells) / counts)
    rmse = float(np.sqrt((error**2).sum() / counts.sum()))
    units = str(truth.attrs.get("units", "1"))

    scores = xr.Dataset(coords={axes.time: truth[axes.time]} if axes.time in truth.coords else None)
    scores["mu"] = _scalar(1 - rmse / _rms(signal, known), "1", 1.0, "higher", "1 - RMSE / RMS of the truth")
    scores["sigma"] = _scalar(
        np.std(score_by_time[counts > 0]), "1", 0.0, "lower", "standard deviation over time of the RMSE-based score"
    )
    scores["rmse"] = _scalar(rmse, units, 0.0, "lower", "root mean square error")
    scores["rmse_by_time"] = xr.DataArray(
        rmse_by_time, dims=axes.time, attrs=_meaning(units, 0.0, "lower", "root mean square error at each time")
    )
    if mean is not None:
        anomaly = np.where(known, y - _on_grid(mean, truth, axes), 0.0)
        if not np.isfinite(anomaly).all():
            raise ValueError("mean= has NaN where the truth is known; fill it, for example with mean.fillna(0)")
        scores["anomaly"] = _scalar(
            1 - rmse / _rms(anomaly, known), "1", 1.0, "higher", "1 - RMSE / RMS of the truth's departure from its mean"
        )
    return scores.assign(_scales(error, signal, known, truth, axes))


def _scales(
    error: np.ndarray, signal: np.ndarray, known: np.ndarray, truth: xr.DataArray, axes: Axes
) -> dict[str, xr.DataArray]:
    """Spectral scores from the rows that are complete."""
    along = axes.space[-1]
    dt, dx = (_even_step(truth, d) for d in (axes.time, along))
    if error.ndim == 2:
        error, signal, known = (a[:, None] for a in (error, signal, known))
    # Which way a wave travels must not depend on the order of storage.
    error, signal, known = (a[:: round(np.sign(dt)), :, :: round(np.sign(dx))] for a in (error, signal, known))
    complete = known.all(axis=(0, 2))
    # Without a complete row the arrays keep their shape and hold NaN.
    rows = complete if complete.any() else np.ones_like(complete)
    hide = 0.0 if complete.any() else np.nan
    one_way, both = (
        spectral_score(error[:, rows] + hide, signal[:, rows], abs(dt), abs(dx), both_directions=b)
        for b in (False, True)
    )
    unit = str(truth[along].attrs.get("units", "1")) if along in truth.coords else "1"
    unit = "degrees" if unit.startswith("degree") else unit
    result = {"psd_score": _psd(one_way, unit)}
    for spectrum, suffix, which in ((one_way, "", ""), (both, "_both", ", waves of both directions")):
        for name, value, u in (("x", spectrum.lambda_x, unit), ("t", spectrum.lambda_t, "days")):
            what = "wavelength" if name == "x" else "period"
            result[f"lambda_{name}{suffix}"] = _scalar(value, u, 0.0, "lower", f"shortest {what} resolved{which}")
    return result


def _psd(spectrum: SpectralScore, unit: str) -> xr.DataArray:
    return xr.DataArray(
        spectrum.score,
        dims=("period", "wavelength"),
        coords={
            "period": ("period", spectrum.periods, {"units": "days", "long_name": "period"}),
            "wavelength": ("wavelength", spectrum.wavelengths, {"units": unit, "long_name": "wavelength along X"}),
        },
        attrs=_meaning("1", 1.0, "higher", "1 - PSD of the error / PSD of the truth"),
    )


def _scalar(value: float, units: str, perfect: float, orientation: str, long_name: str) -> xr.DataArray:
    return xr.DataArray(np.float64(value), attrs=_meaning(units, perfect, orientation, long_name))


def _meaning(units: str, perfect: float, orientation: str, long_name: str) -> dict[str, str | float]:
    return {"units": units, "long_name": long_name, "perfect": perfect, "orientation": orientation}


def _rms(values: np.ndarray, known: np.ndarray) -> float:
    return float(np.sqrt((values**2).sum() / known.sum()))


def _check_same_grid(reconstruction: xr.DataArray, truth: xr.DataArray, axes: Axes) -> None:
    for da, role in ((reconstruction, "reconstruction"), (truth, "truth")):
        if set(da.dims) != set(axes.dims):
            raise ValueError(
                f"the {role} has the dimensions {da.dims}; expected {axes.dims} in any order. Select one of any other "
                "with .isel(...), or rename with .rename(...)"
            )
    for dim in axes.dims:
        got, wanted = positions(reconstruction, dim), positions(truth, dim)
        if got.size != wanted.size:
            cure = "keep what they share with xr.align(reconstruction, truth, join='inner')"
        elif not np.allclose(got, wanted, rtol=0, atol=1e-3 * _typical_step(wanted)):
            cure = f"bring one to the other's with reconstruction.interp({dim}=truth[{dim!r}])"
            if np.allclose(got[::-1], wanted, rtol=0, atol=1e-3 * _typical_step(wanted)):
                cure = f"one runs backwards: reconstruction.sortby({dim!r}) and truth.sortby({dim!r})"
        else:
            continue
        raise ValueError(
            f"the coordinates along {dim!r} differ: {got.size} values from {got[0]:g} to {got[-1]:g} in the "
            f"reconstruction, {wanted.size} from {wanted[0]:g} to {wanted[-1]:g} in the truth; {cure}"
        )


def _check_complete(values: np.ndarray, known: np.ndarray, reconstruction: xr.DataArray, axes: Axes) -> None:
    missing = known & ~np.isfinite(values)
    if missing.any():
        first = np.argwhere(missing)[0]
        where = ", ".join(f"{d}={i}" for d, i in zip(axes.dims, first, strict=True))
        raise ValueError(
            f"the reconstruction {reconstruction.name!r} has no finite value at {missing.sum()} of {known.sum()} "
            f"points where the truth is known, first at isel({where}); fill them, or score a region or period "
            "without them (setting the truth to NaN leaves points out)"
        )


def _on_grid(mean: xr.DataArray, truth: xr.DataArray, axes: Axes) -> np.ndarray:
    """Mean field in the order of the arrays; it may lack a dimension along which it is constant."""
    extra = set(mean.dims) - set(axes.space)
    if extra:
        raise ValueError(
            f"mean= has the dimensions {mean.dims}; expected the horizontal ones {axes.space} only, as from "
            f"training_truth.mean({axes.time!r})"
        )
    for dim in mean.dims:
        got, wanted = positions(mean, str(dim)), positions(truth, str(dim))
        if got.size != wanted.size or not np.allclose(got, wanted, rtol=0, atol=1e-3 * _typical_step(wanted)):
            raise ValueError(
                f"mean= and the truth differ along {dim!r}; bring it to the truth's grid with "
                f"mean.interp({dim}=truth[{dim!r}])"
            )
    field = np.asarray(mean.transpose(*[d for d in axes.space if d in mean.dims]).values, np.float64)
    return field.reshape([mean.sizes.get(d, 1) for d in axes.space])


def _typical_step(at: np.ndarray) -> float:
    return float(np.median(np.abs(np.diff(at)))) if at.size > 1 else 1.0


def _even_step(da: xr.DataArray, dim: str) -> float:
    at = positions(da, dim)
    steps = np.diff(at)
    step = float(np.median(steps)) if at.size > 1 else 1.0
    if step == 0 or not np.allclose(steps, step, rtol=0.01):
        raise ValueError(
            f"{dim!r} is not evenly spaced (steps {steps.min():g} to {steps.max():g}), which a spectrum needs; "
            f"interpolate both fields first, as in da.interp({dim}=np.linspace(...))"
        )
    return step
