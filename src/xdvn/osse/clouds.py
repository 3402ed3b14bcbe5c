"""Clouds that are not there: random masks with the patchiness and persistence of real ones.

A Gaussian field with amplitudes falling as ``k^-1.4`` (flat below one wave in 100 cells) changes in time as a
first-order process; a second such process, the same over the whole domain, makes clear and overcast days. It is cloudy
where their sum exceeds a threshold. Masks of real clouds are borrowed with ``replay_cloud_masks``. On the spectrum of
cloud fields: Davis et al. (1996), doi:10.1175/1520-0469(1996)053<1538:MCOIIB>2.0.CO;2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

__all__ = ["Clouds"]


@dataclass(frozen=True)
class Clouds:
    """Random cloud cover; the defaults hide 61 % of the cells on average, 20 to 89 % by day.

    Parameters
    ----------
    threshold : float
        It is cloudy where the field, of unit variance but for ``offset_std``, exceeds it: higher is clearer.
    slope : float
        Amplitudes fall as the wavenumber to minus this power.
    outer_scale : float
        Wavelength beyond which they rise no more [cells].
    memory : float
        Time over which the correlation falls to 1/e [time steps].
    offset_std : float
        Standard deviation of the part that is common to the whole domain.

    Raises
    ------
    ValueError
        If a scale or time is not positive, or the standard deviation is negative.

    Examples
    --------
    >>> cover = Clouds().cover((30, 64, 64), seed=0)
    >>> bool(0.4 < cover.mean() < 0.8)
    True
    """

    threshold: float = -0.32
    slope: float = 1.4
    outer_scale: float = 100.0
    memory: float = 1.5
    offset_std: float = 0.5

    def __post_init__(self) -> None:
        if not (self.outer_scale > 0 and self.memory > 0 and self.offset_std >= 0):
            raise ValueError(
                f"outer_scale = {self.outer_scale}, memory = {self.memory}, offset_std = {self.offset_std}: expected a "
                "positive scale and memory and a standard deviation of 0 or more"
            )

    def cover(self, shape: tuple[int, int, int], seed: int) -> np.ndarray:
        """Return where it is cloudy, for a shape of (time, y, x) cells.

        Parameters
        ----------
        shape : (int, int, int)
            Numbers of time steps, rows and columns.
        seed : int
            Seed of the randomness.
        """
        random = np.random.default_rng(seed)
        n_times, rows, columns = shape
        amplitude = self._amplitude(rows, columns)
        keep = np.exp(-1 / self.memory)
        push = np.sqrt(1 - keep**2)
        cloudy = np.zeros(shape, bool)
        field, offset = np.zeros((rows, columns)), 0.0
        for t in range(n_times):
            white = np.fft.rfft2(random.standard_normal((rows, columns)))
            fresh, lift = np.fft.irfft2(amplitude * white, s=(rows, columns)), random.standard_normal()
            field, offset = (fresh, lift) if t == 0 else (keep * field + push * fresh, keep * offset + push * lift)
            cloudy[t] = field + self.offset_std * offset > self.threshold
        return cloudy

    def hide(self, field: xr.DataArray, seed: int) -> xr.DataArray:
        """Return the field with NaN under clouds.

        Parameters
        ----------
        field : xr.DataArray
            Images on (time, y, x).
        seed : int
            Seed of the randomness.

        Raises
        ------
        ValueError
            If the field has not three dimensions.
        """
        if field.ndim != 3:
            raise ValueError(f"the field has the dimensions {field.dims}; expected three, (time, y, x)")
        n_times, rows, columns = field.shape
        return field.where(xr.DataArray(~self.cover((n_times, rows, columns), seed), dims=field.dims))

    def _amplitude(self, rows: int, columns: int) -> np.ndarray:
        """Return amplitudes by wavenumber that give unit variance, without a mean."""
        k = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None, :])
        amplitude = np.maximum(k, 1 / self.outer_scale) ** -self.slope
        amplitude[0, 0] = 0.0
        # In the half spectrum, all columns but the first (and the last, if even) count for two waves.
        twice = np.full(k.shape, 2.0)
        twice[:, 0] = 1.0
        if columns % 2 == 0:
            twice[:, -1] = 1.0
        return amplitude / np.sqrt((twice * amplitude**2).sum() / (rows * columns))
