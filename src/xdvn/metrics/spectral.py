"""The scales a reconstruction resolves, from the wavenumber-frequency spectrum of its error.

score(k, w) = 1 - <PSD(error)> / <PSD(truth)>, averaged over rows before dividing. Where it is 0.5 the error has half
the power of the truth: lambda_x is the shortest wavelength on that line and lambda_t the shortest period, separately.
Called by ``gridded_scores``. Definitions: SSH mapping data challenge 2020a, doi:10.24400/527896/a01-2020.002; effective
resolution: Ballarotta et al. 2019, doi:10.5194/os-15-1091-2019.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from contourpy import contour_generator
from scipy.signal.windows import hann

__all__ = ["SpectralScore", "spectral_score"]


@dataclass(frozen=True)
class SpectralScore:
    """Score by scale, and the shortest scales resolved.

    Parameters
    ----------
    score : numpy.ndarray
        (period, wavelength); 1 is perfect, 0 an error as large as the signal, negative a larger one.
    periods, wavelengths : numpy.ndarray
        Longest first, in the units of ``dt`` and ``dx``.
    lambda_t, lambda_x : float
        Shortest period and wavelength on the line score = 0.5; NaN when the score does not cross 0.5.
    """

    score: np.ndarray
    periods: np.ndarray
    wavelengths: np.ndarray
    lambda_t: float
    lambda_x: float


def spectral_score(
    error: np.ndarray, truth: np.ndarray, dt: float, dx: float, *, both_directions: bool = False
) -> SpectralScore:
    """Compare the spectra of an error and of the truth.

    Each row is freed of its mean over time and x, tapered with a periodic Hann window in both, and transformed. The
    line of 0.5 is found by linear interpolation in wavelength and period (not in frequency), as in the challenge,
    and the shortest scale is taken over all pieces of the line.

    Parameters
    ----------
    error, truth : numpy.ndarray
        (time, row, x) without NaN.
    dt, dx : float
        Spacing in time and along x, in the units wanted for the scales.
    both_directions : bool
        The challenge keeps positive wavenumbers and frequencies, that is waves going towards negative x only; True
        adds those going the other way.

    Returns
    -------
    SpectralScore
        The score and the resolved scales.

    Examples
    --------
    An error of a tenth of the truth has a hundredth of its power, at all scales.

    >>> truth = np.random.default_rng(0).normal(size=(8, 3, 10))
    >>> result = spectral_score(0.1 * truth, truth, dt=1.0, dx=0.2)
    >>> bool(np.allclose(result.score, 0.99)), result.wavelengths.round(3).tolist(), result.lambda_x
    (True, [2.0, 1.0, 0.667, 0.5], nan)
    """
    n_time, _, n_x = truth.shape
    # The Nyquist frequency of an even length counts as negative, hence the floor.
    late, along = slice(1, (n_time + 1) // 2), slice(1, (n_x + 1) // 2)
    powers = []
    for field in (error, truth):
        power = _power(field)
        kept = power[late, along]
        if both_directions:
            kept = kept + power[: -late.stop : -1, along]
        powers.append(kept)
    periods = n_time * dt / np.arange(late.start, late.stop)
    wavelengths = n_x * dx / np.arange(along.start, along.stop)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = 1 - powers[0] / powers[1]
    lambda_x, lambda_t = _shortest_on_line(wavelengths, periods, score)
    return SpectralScore(score, periods, wavelengths, lambda_t, lambda_x)


def _power(field: np.ndarray) -> np.ndarray:
    """(time, row, x) -> (frequency, wavenumber), mean over rows; the normalisation cancels in the score."""
    n_time, _, n_x = field.shape
    window = hann(n_time, sym=False)[:, None, None] * hann(n_x, sym=False)
    anomaly = field - field.mean(axis=(0, 2), keepdims=True)
    return (np.abs(np.fft.fft2(anomaly * window, axes=(0, 2))) ** 2).mean(axis=1)


def _shortest_on_line(wavelengths: np.ndarray, periods: np.ndarray, score: np.ndarray) -> tuple[float, float]:
    """Smallest x and y over every piece of the contour at 0.5."""
    if min(score.shape) < 2:
        return np.nan, np.nan
    pieces = contour_generator(wavelengths, periods, np.ma.masked_invalid(score)).lines(0.5)
    if not pieces:
        return np.nan, np.nan
    shortest = np.min([np.asarray(piece).min(axis=0) for piece in pieces], axis=0)
    return float(shortest[0]), float(shortest[1])
