"""Climatology: the mean and the annual cycle of each cell.

    x(t) = m + sum_k a_k cos(2 pi k t / P) + b_k sin(2 pi k t / P)

is fitted to training days by least squares. It uses no observations of the mapped days: a lower bound of skill.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.baselines.observed import ObservedField
from xdvn.grid.axes import Axes
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.mapper import AbstractMapper

__all__ = ["Climatology"]


@dataclass(frozen=True)
class Climatology(AbstractMapper):
    """Mean and harmonics of each cell; construct with ``from_data``.

    Parameters
    ----------
    obs : str
        Name of the observed variable. The map has its layout; its values are not used.
    mean : MeanField
        m, in the variable's unit.
    cosines, sines : tuple of MeanField
        a_k and b_k, k = 1, 2, ...
    period : float
        P [days].
    name : str, optional
        Name of the map. Default: ``obs``.
    land : LandMask, optional
        Land, where the maps are NaN.
    axes : Axes, optional
        Dimensions. If None, identified from attributes and names.
    """

    obs: str
    mean: MeanField
    cosines: tuple[MeanField, ...] = ()
    sines: tuple[MeanField, ...] = ()
    period: float = 365.2425
    name: str | None = None
    land: LandMask | None = None
    axes: Axes | None = None

    @classmethod
    def from_data(
        cls,
        ds: xr.Dataset,
        obs: str,
        truth: str | None = None,
        *,
        name: str | None = None,
        harmonics: int = 0,
        period: float = 365.2425,
        land: LandMask | None = None,
        axes: Axes | None = None,
    ) -> Climatology:
        """Fit the mean and the harmonics to training days, skipping NaN.

        Parameters
        ----------
        ds : xr.Dataset
            Training days.
        obs, truth : str
            Name of the observed variable, and of the complete variable to fit. If ``truth`` is None, ``obs`` is fitted.
        name : str, optional
            Name of the map. Default: ``truth``, or else ``obs``.
        harmonics : int
            Number of harmonics: 0 for the mean alone, 1 to add the annual cycle, 2 to add the semi-annual cycle.
        period : float
            Length of the cycle [days].
        land, axes : optional
            As for the class.

        Raises
        ------
        KeyError
            A variable is missing.
        ValueError
            All values are NaN, the days do not span the cycle, or no cell has enough observations.

        Examples
        --------
        >>> day = np.arange(730.0)
        >>> sst = 15 + 3 * np.cos(2 * np.pi * day / 365)
        >>> ds = xr.Dataset({"sst": (("time", "lat"), sst[:, None])}, {"time": day, "lat": [40.0]})
        >>> climatology = Climatology.from_data(ds, "sst", harmonics=1, period=365.0)
        >>> round(climatology.mean.values.item(), 6), round(climatology.cosines[0].values.item(), 6)
        (15.0, 3.0)
        """
        observed = ObservedField.of(ds, truth or obs, axes)
        values, (time, *space) = observed.values, observed.coords
        if harmonics and np.ptp(time) < 0.95 * period:
            raise ValueError(
                f"harmonics={harmonics}: expected days that span the cycle of {period:g} days, got "
                f"{np.ptp(time):g} days. Pass more training days, or harmonics=0 for the mean alone."
            )
        terms = _terms(time, harmonics, period)
        fields = [MeanField.from_cells(field, space) for field in _least_squares(values, terms)]
        label = name or truth
        return cls(obs, fields[0], tuple(fields[1::2]), tuple(fields[2::2]), period, label, land, axes)

    def reconstruct(self, ds: xr.Dataset, *, progress: bool = True) -> xr.Dataset:
        """Map the days of ``ds``.

        Parameters
        ----------
        ds : xr.Dataset
            Contains the observed variable, which may be all NaN; never changed.
        progress : bool
            Without effect: the map takes a moment.

        Returns
        -------
        xr.Dataset
            Complete map, with the dimensions, order, coordinates, type and units of the observations.

        Raises
        ------
        KeyError
            The observed variable is missing.
        ValueError
            It has other dimensions than time and space.
        """
        observed = ObservedField.of(ds, self.obs, self.axes, self.mean or self.land)
        time = observed.coords[0]
        pairs = zip(self.cosines, self.sines, strict=True)
        fields = np.stack([observed.background(f) for f in (self.mean, *(f for pair in pairs for f in pair))])
        maps = np.tensordot(_terms(time, len(self.cosines), self.period), fields, axes=1)
        return observed.maps(self.name, maps, "climatology", self.land)


def _terms(time: np.ndarray, harmonics: int, period: float) -> np.ndarray:
    """Return 1, cos, sin, cos, sin, ... as (time, term)."""
    angle = 2 * np.pi * time / period
    waves = [f(k * angle) for k in range(1, harmonics + 1) for f in (np.cos, np.sin)]
    return np.stack([np.ones_like(time), *waves], -1)


def _least_squares(values: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """Return coefficients (term, *space), NaN in cells with few observations or with gaps in the cycle."""
    observed = np.isfinite(values).reshape(len(values), -1).astype(np.float64)
    flat = np.where(np.isfinite(values), values, 0.0).reshape(len(values), -1)
    normal = np.einsum("tc,tj,tk->cjk", observed, terms, terms, optimize=True)
    right = np.einsum("tc,tj->cj", flat, terms)
    coefficients = np.full((terms.shape[1], flat.shape[1]), np.nan)
    # Waves have mean square 1/2 over a full cycle: a much smaller eigenvalue means that phases are missing.
    n_times = observed.sum(0)
    determined = (n_times >= terms.shape[1]) & (np.linalg.eigvalsh(normal)[:, 0] > 0.05 * n_times)
    if not determined.any():
        raise ValueError(
            f"at most {int(n_times.max())} observations of a cell: expected {terms.shape[1]} or more in all parts of "
            "the cycle. Fit fewer terms, such as harmonics=0."
        )
    coefficients[:, determined] = np.linalg.solve(normal[determined], right[determined][..., None])[..., 0].T
    return coefficients.reshape(-1, *values.shape[1:])
