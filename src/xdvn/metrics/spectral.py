"""Resolved scales from the wavenumber-frequency spectrum of the error.

    score(k, w) = 1 - <PSD(error)> / <PSD(truth)>

with spectra averaged over rows. On the line where it is 0.5, the error has half the power of the truth. lambda_x is the
shortest wavelength on that line, and lambda_t the shortest period. Definitions: SSH mapping data challenge 2020a,
doi:10.24400/527896/a01-2020.002; effective resolution: Ballarotta et al. 2019, doi:10.5194/os-15-1091-2019.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from contourpy import contour_generator

__all__ = ["RowSpectra", "SpectralScore", "spectral_score", "why_no_crossing"]


@dataclass(frozen=True)
class SpectralScore:
    """Score by scale, and the resolved scales.

    Parameters
    ----------
    score : numpy.ndarray
        (period, wavelength); 1 is perfect, 0 means an error as large as the signal.
    periods, wavelengths : numpy.ndarray
        Longest first, in the units of ``dt`` and ``dx``.
    lambda_t, lambda_x : float
        Shortest period and wavelength on the line score = 0.5; NaN if the score does not cross 0.5.
    """

    score: np.ndarray
    periods: np.ndarray
    wavelengths: np.ndarray
    lambda_t: float
    lambda_x: float

    @property
    def reason(self) -> str:
        """Reason for a NaN scale."""
        return why_no_crossing(self.score)


@dataclass(frozen=True)
class RowSpectra:
    """Power spectra of the error and of the truth for each row, by direction of travel.

    Parameters
    ----------
    error, truth : numpy.ndarray
        (direction, row, period, wavelength): waves towards negative x (as in the challenge), then towards positive x.
    periods, wavelengths : numpy.ndarray
        Longest first.
    """

    error: np.ndarray
    truth: np.ndarray
    periods: np.ndarray
    wavelengths: np.ndarray

    @classmethod
    def of(cls, error: np.ndarray, truth: np.ndarray, dt: float, dx: float) -> RowSpectra:
        """Transform fields (time, row, x) without NaN, spaced by dt and dx."""
        n_time, _, n_x = truth.shape
        periods = n_time * dt / np.arange(1, (n_time + 1) // 2)
        wavelengths = n_x * dx / np.arange(1, (n_x + 1) // 2)
        return cls(_power(error), _power(truth), periods, wavelengths)

    def score(self, *, both_directions: bool = False, rows: np.ndarray | slice = slice(None)) -> SpectralScore:
        """Return the score from the mean spectra of the selected rows with their repeats."""
        error, truth = (
            power[: 1 + both_directions, rows].mean(axis=1).sum(axis=0) for power in (self.error, self.truth)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            score = 1 - error / truth
        lambda_x, lambda_t = _shortest_on_line(self.wavelengths, self.periods, score)
        return SpectralScore(score, self.periods, self.wavelengths, lambda_t, lambda_x)


def why_no_crossing(score: np.ndarray) -> str:
    """Return the reason why a score by scale does not cross 0.5."""
    finite = score[np.isfinite(score)]
    if not finite.size or min(score.shape) < 2:
        return "too few scales: the period or the box is too small for a spectrum, or the truth has no power"
    if finite.min() > 0.5:
        return "the score is above 0.5 at all scales: all scales of the grid are resolved"
    if finite.max() < 0.5:
        return "the score is below 0.5 at all scales: no scale is resolved"
    return "the score touches 0.5 without a line on which it is 0.5"


def spectral_score(
    error: np.ndarray, truth: np.ndarray, dt: float, dx: float, *, both_directions: bool = False
) -> SpectralScore:
    """Compare the spectra of an error and of the truth.

    The mean over time and x of each row is removed, and the row is tapered with a periodic Hann window in both and
    transformed. The line of 0.5 is interpolated linearly in wavelength and period (not in frequency), as in the
    challenge. The resolved scales are the smallest over all parts of the line.

    Parameters
    ----------
    error, truth : numpy.ndarray
        (time, row, x) without NaN.
    dt, dx : float
        Spacing in time and along x, in the units of the scales.
    both_directions : bool
        False: waves towards negative x only (positive wavenumbers and frequencies), as in the challenge. True: both
        directions.

    Returns
    -------
    SpectralScore
        The score and the resolved scales.

    Examples
    --------
    An error of a tenth of the truth has a hundredth of its power at all scales.

    >>> truth = np.random.default_rng(0).normal(size=(8, 3, 10))
    >>> result = spectral_score(0.1 * truth, truth, dt=1.0, dx=0.2)
    >>> bool(np.allclose(result.score, 0.99)), result.wavelengths.round(3).tolist(), result.lambda_x
    (True, [2.0, 1.0, 0.667, 0.5], nan)
    """
    return RowSpectra.of(error, truth, dt, dx).score(both_directions=both_directions)


def _power(field: np.ndarray) -> np.ndarray:
    """Return the power (direction, row, frequency, wavenumber); the normalisation cancels in the score."""
    n_time, _, n_x = field.shape
    hann = scipy.signal.windows.hann
    window = hann(n_time, sym=False)[:, None, None] * hann(n_x, sym=False)
    centred = field - field.mean(axis=(0, 2), keepdims=True)
    wave = np.fft.fft(np.fft.rfft(centred * window, axis=2), axis=0)
    # The Nyquist frequency of an even length counts as negative, hence the floor.
    n_w, n_k = (n_time + 1) // 2, (n_x + 1) // 2
    directions = wave[1:n_w, :, 1:n_k], wave[:-n_w:-1, :, 1:n_k]
    return np.abs(np.stack(directions).swapaxes(1, 2)) ** 2


def _shortest_on_line(wavelengths: np.ndarray, periods: np.ndarray, score: np.ndarray) -> tuple[float, float]:
    """Return the shortest wavelength and period over all parts of the contour of 0.5."""
    if min(score.shape) < 2:
        return np.nan, np.nan
    lines = contour_generator(wavelengths, periods, np.ma.masked_invalid(score)).lines(0.5)
    if not lines:
        return np.nan, np.nan
    shortest = np.min([np.asarray(line).min(axis=0) for line in lines], axis=0)
    return float(shortest[0]), float(shortest[1])
