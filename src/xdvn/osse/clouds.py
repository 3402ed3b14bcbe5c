"""Random cloud masks with the patchiness and persistence of real clouds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

__all__ = ["Clouds"]


@dataclass(frozen=True)
class Clouds:
    """Random cloud cover; the defaults mask 61 % of the cells on average, 20 to 89 % by day.

    The cloud field is Gaussian with amplitudes ``k^-1.4`` (flat beyond 100 cells) and evolves as a first-order
    autoregressive process. A second such process, uniform over the domain, causes clear and overcast days. Cells where
    the sum exceeds a threshold are cloudy.

    Parameters
    ----------
    threshold : float
        Cells where the field exceeds it are cloudy. The field without its offset has unit variance.
    slope : float
        Exponent of the amplitudes, k to the power of ``-slope``.
    outer_scale : float
        Wavelength beyond which amplitudes are constant [cells].
    correlation_time : float
        Time in which the correlation falls to 1/e [time steps].
    offset_std : float
        Standard deviation of the offset that is uniform over the domain.

    Raises
    ------
    ValueError
        If a scale or time is not positive, or the standard deviation is negative.

    References
    ----------
    Davis et al. 1996, doi:10.1175/1520-0469(1996)053<1538:MCOIIB>2.0.CO;2 (spectrum of cloud fields).

    Examples
    --------
    >>> cover = Clouds().cover((30, 64, 64), seed=0)
    >>> bool(0.4 < cover.mean() < 0.8)
    True
    """

    threshold: float = -0.32
    slope: float = 1.4
    outer_scale: float = 100.0
    correlation_time: float = 1.5
    offset_std: float = 0.5

    def __post_init__(self) -> None:
        if not (self.outer_scale > 0 and self.correlation_time > 0 and self.offset_std >= 0):
            raise ValueError(
                f"outer_scale={self.outer_scale}, correlation_time={self.correlation_time}, "
                f"offset_std={self.offset_std}: expected positive scale and time, and 0 or more for offset_std."
            )

    def cover(self, shape: tuple[int, int, int], seed: int) -> np.ndarray:
        """Return a mask of cloudy cells.

        Parameters
        ----------
        shape : (int, int, int)
            Numbers of time steps, rows and columns (time, y, x).
        seed : int
            Seed of the random numbers.
        """
        random = np.random.default_rng(seed)
        n_times, rows, columns = shape
        amplitude = self._amplitude(rows, columns)
        memory = np.exp(-1 / self.correlation_time)
        noise = np.sqrt(1 - memory**2)
        cloudy = np.zeros(shape, bool)
        field, offset = np.zeros((rows, columns)), 0.0
        for t in range(n_times):
            white = np.fft.rfft2(random.standard_normal((rows, columns)))
            new_field, new_offset = np.fft.irfft2(amplitude * white, s=(rows, columns)), random.standard_normal()
            if t == 0:
                field, offset = new_field, new_offset
            else:
                field, offset = memory * field + noise * new_field, memory * offset + noise * new_offset
            cloudy[t] = field + self.offset_std * offset > self.threshold
        return cloudy

    def hide(self, field: xr.DataArray, seed: int) -> xr.DataArray:
        """Return the field with NaN under clouds.

        Parameters
        ----------
        field : xr.DataArray
            Images on (time, y, x).
        seed : int
            Seed of the random numbers.

        Raises
        ------
        ValueError
            If the field does not have three dimensions.
        """
        if field.ndim != 3:
            raise ValueError(
                f"the field has the dimensions {field.dims}: expected three, (time, y, x). Use field.expand_dims(...)."
            )
        n_times, rows, columns = field.shape
        return field.where(xr.DataArray(~self.cover((n_times, rows, columns), seed), dims=field.dims))

    def _amplitude(self, rows: int, columns: int) -> np.ndarray:
        """Return amplitudes by wavenumber, for unit variance and zero mean."""
        k = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None, :])
        amplitude = np.maximum(k, 1 / self.outer_scale) ** -self.slope
        amplitude[0, 0] = 0.0
        # In the half spectrum, all columns except the first (and the last, if even) represent two waves.
        twice = np.full(k.shape, 2.0)
        twice[:, 0] = 1.0
        if columns % 2 == 0:
            twice[:, -1] = 1.0
        return amplitude / np.sqrt((twice * amplitude**2).sum() / (rows * columns))
