"""Resolved scales with their spectra and confidence intervals, as labelled results.

This module labels the results of ``spectral`` (wavelength along X and period) and ``isotropic`` (any direction, km).
Intervals of the former resample rows, because its spectra span all times; those of the latter resample days.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from xdvn.grid.axes import cell_centres
from xdvn.grid.coordinates import RADIUS, in_degrees, is_descending, kilometres_per_unit
from xdvn.metrics.alignment import AlignedFields
from xdvn.metrics.attributes import ScoreAttributes
from xdvn.metrics.bootstrap import BlockBootstrap
from xdvn.metrics.isotropic import IsotropicSpectra
from xdvn.metrics.spectral import RowSpectra, why_no_crossing

__all__ = ["resolved_scales"]

_SCORE = ScoreAttributes("1 - PSD of the error / PSD of the truth", "1", 1.0, "higher")


def resolved_scales(pair: AlignedFields, bootstrap: BlockBootstrap | None = None) -> xr.Dataset:
    """Return the spectral scores, ``lambda_x`` and ``lambda_t`` (also of both directions), and ``lambda_r``.

    Raises
    ------
    ValueError
        If an axis is not evenly spaced.
    """
    scales = _along_x(pair, bootstrap)
    return scales if len(pair.axes.space) == 1 else scales.merge(_isotropic(pair, bootstrap))


def _along_x(pair: AlignedFields, bootstrap: BlockBootstrap | None) -> xr.Dataset:
    along = pair.axes.space[-1]
    dt, dx = (_even_step(pair.truth, d) for d in (pair.axes.time, along))
    error, signal, scored = pair.error, pair.signal, pair.scored
    if error.ndim == 2:
        error, signal, scored = (a[:, None] for a in (error, signal, scored))
    # The direction of a wave must not depend on the order of storage.
    error, signal = (a[:: round(np.sign(dt)), :, :: round(np.sign(dx))] for a in (error, signal))
    complete = scored.all(axis=(0, 2))
    rows = np.flatnonzero(complete)
    spectra = RowSpectra.of(error[:, rows], signal[:, rows], abs(dt), abs(dx))
    unit = str(pair.truth[along].attrs.get("units", "1")) if along in pair.truth.coords else "1"
    unit = "degrees" if unit.startswith("degree") else unit
    attributes = {
        "lambda_x": ScoreAttributes("shortest wavelength resolved", unit, 0.0, "lower"),
        "lambda_t": ScoreAttributes("shortest period resolved", "days", 0.0, "lower"),
        "lambda_x_both": ScoreAttributes("shortest wavelength resolved, waves of both directions", unit, 0.0, "lower"),
        "lambda_t_both": ScoreAttributes("shortest period resolved, waves of both directions", "days", 0.0, "lower"),
    }
    coords = {
        "period": ("period", spectra.periods, {"units": "days", "long_name": "period"}),
        "wavelength": ("wavelength", spectra.wavelengths, {"units": unit, "long_name": "wavelength along X"}),
    }
    if not rows.size:
        reason = "the truth has NaN in every row. Score a box with complete rows"
        empty = np.full((spectra.periods.size, spectra.wavelengths.size), np.nan)
        missing = {name: own.of(np.nan, reason=reason) for name, own in attributes.items()}
        return xr.Dataset({"spectral_score": _SCORE.of(empty, tuple(coords), coords, reason), **missing})

    def statistic(drawn: np.ndarray | slice) -> dict[str, float]:
        one, both = (spectra.score(both_directions=b, rows=drawn) for b in (False, True))
        return dict(zip(attributes, (one.lambda_x, one.lambda_t, both.lambda_x, both.lambda_t), strict=True))

    one_way = spectra.score()
    reason = "the truth has no power at that scale"
    scales = {"spectral_score": _SCORE.of(one_way.score, tuple(coords), coords, reason)}
    for name, value in statistic(slice(None)).items():
        score = spectra.score(both_directions=name.endswith("_both"))
        scales[name] = attributes[name].of(value, reason=score.reason)
    result = xr.Dataset(scales)
    if bootstrap is None:
        return result
    block, reason = _rows_of_block(pair, bootstrap, rows)
    if reason:
        bounds = {f"{n}_{s}": a.of(np.nan, reason=reason) for n, a in attributes.items() for s in ("low", "high")}
        return result.assign(bounds)
    return bootstrap.add_intervals(result, statistic, rows, block)


def _rows_of_block(pair: AlignedFields, bootstrap: BlockBootstrap, rows: np.ndarray) -> tuple[int, str]:
    """Return the number of rows of a block, or 0 and the reason why rows cannot be resampled."""
    try:
        height = _kilometres(pair)[0]
    except ValueError as error:
        return 0, f"rows cannot be resampled in blocks of km: {error}"
    block = max(1, round(bootstrap.block_km / height))
    span = rows[-1] - rows[0] + 1
    if span < 2 * block:
        return 0, f"{span} rows of {height:.3g} km contain less than two blocks of {bootstrap.block_km:g} km"
    return block, ""


def _isotropic(pair: AlignedFields, bootstrap: BlockBootstrap | None) -> xr.Dataset:
    attributes = ScoreAttributes("shortest wavelength resolved in any direction", "km", 0.0, "lower")
    has_truth = pair.scored.any(axis=(1, 2))
    days = pair.days[has_truth]
    reason = ""
    try:
        dy, dx = _kilometres(pair)
    except ValueError as error:
        reason = str(error)
    if not pair.scored[has_truth].all():
        reason = "the truth has NaN (land) in the box. Score a box without land"
    if min(pair.scored.shape[1:]) < 4:
        reason = "too few scales: the box is less than 4 cells wide"
    if reason:
        return xr.Dataset({"lambda_r": attributes.of(np.nan, reason=reason)})
    # The window of the spectrum is not symmetric: ascending, so that the order of storage does not matter.
    ascending = tuple(slice(None, None, -1 if is_descending(pair.truth, d) else 1) for d in pair.axes.space)
    of_error, of_truth = (values[has_truth][:, *ascending] for values in (pair.error, pair.signal))
    spectra = IsotropicSpectra.of(of_error, of_truth, dy, dx)
    score, scale = spectra.score()
    dim = "wavelength_isotropic"
    coords = {dim: (dim, spectra.wavelengths, {"units": "km", "long_name": "wavelength in any direction"})}
    result = xr.Dataset(
        {
            "spectral_score_isotropic": _SCORE.of(score, dim, coords, "the truth has no power at that scale"),
            "lambda_r": attributes.of(scale, reason=why_no_crossing(score)),
        }
    )
    if bootstrap is None:
        return result
    return bootstrap.add_intervals(result, lambda drawn: {"lambda_r": spectra.score(drawn)[1]}, days)


def _kilometres(pair: AlignedFields) -> tuple[float, float]:
    """Return the height and width of a cell [km], on the sphere at the middle latitude of the box."""
    da, axes = pair.truth, pair.axes
    dy, dx = (abs(_even_step(da, d)) for d in (axes.space[0], axes.space[-1]))
    if not in_degrees(da, axes):
        return dy * kilometres_per_unit(da, axes.space[0]), dx * kilometres_per_unit(da, axes.space[-1])
    middle = np.deg2rad(cell_centres(da, axes.space[0])).mean()
    return RADIUS * np.deg2rad(dy), RADIUS * np.deg2rad(dx) * float(np.cos(middle))


def _even_step(da: xr.DataArray, dim: str) -> float:
    centres = cell_centres(da, dim)
    steps = np.diff(centres)
    step = float(np.median(steps)) if centres.size > 1 else 1.0
    if step == 0 or not np.allclose(steps, step, rtol=0.01):
        raise ValueError(
            f"{dim!r} has steps of {steps.min():g} to {steps.max():g}: expected even spacing for a spectrum. "
            f"Interpolate both fields with da.interp({dim}=np.linspace(...))"
        )
    return step
