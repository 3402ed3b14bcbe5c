"""Isotropic resolved scale from spectra over wavenumber magnitude.

The field of each day is detrended by a plane, tapered (Hann) in both directions and transformed. Power is averaged
over rings of equal |k| and then over days. lambda_r is the shortest wavelength at which
score(k) = 1 - <PSD(error)> / <PSD(truth)> is 0.5. Evaluations of 4DVarNet use it: Beauchamp et al. 2023,
doi:10.5194/gmd-16-2119-2023.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

__all__ = ["IsotropicSpectra", "shortest_crossing"]


@dataclass(frozen=True)
class IsotropicSpectra:
    """Isotropic power spectra of the error and of the truth by day.

    Parameters
    ----------
    error, truth : numpy.ndarray
        (day, wavelength); the normalisation cancels in the score.
    wavelengths : numpy.ndarray
        Inverse of the mean wavenumber of each ring [km], longest first.

    Examples
    --------
    An error of a tenth of the truth has a hundredth of its power at all scales.

    >>> truth = np.random.default_rng(0).normal(size=(3, 8, 8))
    >>> spectra = IsotropicSpectra.of(0.1 * truth, truth, dy=10.0, dx=10.0)
    >>> score, lambda_r = spectra.score()
    >>> bool(np.allclose(score, 0.99)), lambda_r
    (True, nan)
    """

    error: np.ndarray
    truth: np.ndarray
    wavelengths: np.ndarray

    @classmethod
    def of(cls, error: np.ndarray, truth: np.ndarray, dy: float, dx: float) -> IsotropicSpectra:
        """Transform fields (day, y, x) without NaN; dy and dx are the spacing [km]."""
        ny, nx = truth.shape[1:]
        k = np.hypot(np.fft.fftfreq(ny, dy)[:, None], np.fft.rfftfreq(nx, dx))
        # The coarser resolution as width, up to the smaller Nyquist wavenumber, leaves no ring empty.
        width = max(1 / (ny * dy), 1 / (nx * dx))
        ring = np.rint(k / width).astype(np.int64)
        n_rings = int(0.5 / max(dy, dx) / width)
        # Waves of rfft, except the first and the last, also represent their mirror image.
        weight = np.full(k.shape, 2.0)
        weight[:, 0] = 1
        if nx % 2 == 0:
            weight[:, -1] = 1
        used = (ring >= 1) & (ring <= n_rings)
        count = np.bincount(ring[used], weight[used], n_rings + 1)[1:]
        wavelengths = count / np.bincount(ring[used], (weight * k)[used], n_rings + 1)[1:]

        hann = scipy.signal.windows.hann

        def rings(field: np.ndarray) -> np.ndarray:
            power = [
                np.bincount(ring[used], (weight * np.abs(np.fft.rfft2(day)) ** 2)[used], n_rings + 1)[1:] / count
                for day in _without_plane(field) * hann(ny, sym=False)[:, None] * hann(nx, sym=False)
            ]
            return np.stack(power)

        return cls(rings(error), rings(truth), wavelengths)

    def score(self, days: np.ndarray | slice = slice(None)) -> tuple[np.ndarray, float]:
        """Return the score by wavelength and lambda_r [km] (NaN without a crossing) of the selected days."""
        with np.errstate(divide="ignore", invalid="ignore"):
            score = 1 - self.error[days].mean(axis=0) / self.truth[days].mean(axis=0)
        return score, shortest_crossing(self.wavelengths, score)


def shortest_crossing(wavelengths: np.ndarray, score: np.ndarray) -> float:
    """Return the shortest wavelength at which a score crosses 0.5, linear in wavelength; NaN without a crossing.

    Examples
    --------
    >>> shortest_crossing(np.array([6.0, 4.0, 3.0, 2.0]), np.array([1.0, 0.9, 0.4, 0.1]))
    3.2
    """
    order = np.argsort(wavelengths)
    x, y = wavelengths[order], score[order] - 0.5
    for i in range(len(x) - 1):
        if np.isfinite(y[i : i + 2]).all() and (y[i] < 0) != (y[i + 1] < 0):
            return float(x[i] - y[i] * (x[i + 1] - x[i]) / (y[i + 1] - y[i]))
    return float("nan")


def _without_plane(field: np.ndarray) -> np.ndarray:
    """Remove the least-squares plane of each day."""
    ny, nx = field.shape[1:]
    y, x = np.meshgrid(np.linspace(-1, 1, ny), np.linspace(-1, 1, nx), indexing="ij")
    basis = np.stack([np.ones(ny * nx), y.ravel(), x.ravel()], axis=1)
    flat = field.reshape(len(field), -1)
    # On a full grid the three columns are orthogonal, so that projections replace a solve.
    return (flat - (flat @ basis / (basis**2).sum(axis=0)) @ basis.T).reshape(field.shape)
