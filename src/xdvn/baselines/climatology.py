"""The climatology: what is known of a cell before anything is observed, its mean and its yearly cycle.

    x(t) = m + sum_k a_k cos(2 pi k t / P) + b_k sin(2 pi k t / P)

fitted to training days by least squares, cell by cell. A whole-field mapper that looks at no observation: a method with
a larger error has not understood its input.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.baselines.observed import Observed
from xdvn.grid.axes import Axes
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.mapper import AbstractMapper

__all__ = ["Climatology"]


@dataclass(frozen=True)
class Climatology(AbstractMapper):
    """Map the mean and the harmonics of each cell. Make one with ``from_data``.

    Parameters
    ----------
    obs : str
        Name of the observed variable, whose layout the map takes; its values are not used.
    mean : MeanField
        m, in the variable's unit.
    cosines, sines : tuple of MeanField
        a_k and b_k, k = 1, 2, ...
    period : float
        P [days].
    name : str, optional
        Name of the map; default that of ``obs``.
    land : LandMask, optional
        Where the maps are NaN.
    axes : Axes, optional
        Names of the dimensions, where they cannot be guessed.
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
            Name of the observed variable, and of the complete one to fit, if there is one.
        name : str, optional
            Name of the map; default that of the truth, or else of ``obs``.
        harmonics : int
            0 for the mean alone, 1 for one wave a year, 2 to add one of half a year, ...
        period : float
            Length of the cycle [days].
        land, axes : optional
            As for the class.

        Raises
        ------
        KeyError
            There is no such variable.
        ValueError
            Nothing is known, or the days do not span the cycle, or no cell was seen often enough.

        Examples
        --------
        >>> day = np.arange(730.0)
        >>> sst = 15 + 3 * np.cos(2 * np.pi * day / 365)
        >>> ds = xr.Dataset({"sst": (("time", "lat"), sst[:, None])}, {"time": day, "lat": [40.0]})
        >>> found = Climatology.from_data(ds, "sst", harmonics=1, period=365.0)
        >>> round(found.mean.values.item(), 6), round(found.cosines[0].values.item(), 6)
        (15.0, 3.0)
        """
        seen = Observed.of(ds, truth or obs, axes)
        values, (time, *space) = seen.values, seen.coords
        if harmonics and np.ptp(time) < 0.95 * period:
            raise ValueError(
                f"harmonics={harmonics} needs days that span the cycle of {period:g} days, these span "
                f"{np.ptp(time):g}; give more training days, or harmonics=0 for the mean alone"
            )
        terms = _terms(time, harmonics, period)
        fields = [MeanField.from_cells(field, space) for field in _least_squares(values, terms)]
        label = name or truth
        return cls(obs, fields[0], tuple(fields[1::2]), tuple(fields[2::2]), period, label, land, axes)

    def reconstruct(self, ds: xr.Dataset) -> xr.Dataset:
        """Map the days of ``ds``.

        Parameters
        ----------
        ds : xr.Dataset
            Holds the observed variable, which may be all NaN; never changed.

        Returns
        -------
        xr.Dataset
            The complete map, with the dimensions, order, coordinates, type and units of the observations.

        Raises
        ------
        KeyError
            There is no such variable.
        ValueError
            It has other dimensions than time and space.
        """
        seen = Observed.of(ds, self.obs, self.axes)
        time, *space = seen.coords
        pairs = zip(self.cosines, self.sines, strict=True)
        fields = np.stack([f.on(space) for f in (self.mean, *(f for pair in pairs for f in pair))])
        maps = np.tensordot(_terms(time, len(self.cosines), self.period), fields, axes=1)
        return seen.maps(self.name, maps, "climatology", self.land)


def _terms(time: np.ndarray, harmonics: int, period: float) -> np.ndarray:
    """1, cos, sin, cos, sin, ... as (time, term)."""
    angle = 2 * np.pi * time / period
    waves = [f(k * angle) for k in range(1, harmonics + 1) for f in (np.cos, np.sin)]
    return np.stack([np.ones_like(time), *waves], -1)


def _least_squares(values: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """Coefficients (term, *space), NaN in cells not seen often enough, or not in all parts of the cycle."""
    known = np.isfinite(values).reshape(len(values), -1).astype(np.float64)
    flat = np.where(np.isfinite(values), values, 0.0).reshape(len(values), -1)
    normal = np.einsum("tc,tj,tk->cjk", known, terms, terms, optimize=True)
    right = np.einsum("tc,tj->cj", flat, terms)
    found = np.full((terms.shape[1], flat.shape[1]), np.nan)
    # Of mean square 1/2 each over a full cycle: a smallest eigenvalue far below means that phases are missing.
    well = (known.sum(0) >= terms.shape[1]) & (np.linalg.eigvalsh(normal)[:, 0] > 0.05 * known.sum(0))
    if not well.any():
        raise ValueError(
            f"no cell was seen often enough in all parts of the cycle to fit {terms.shape[1]} terms (at most "
            f"{int(known.sum(0).max())} times); fit fewer, such as harmonics=0"
        )
    found[:, well] = np.linalg.solve(normal[well], right[well][..., None])[..., 0].T
    return found.reshape(-1, *values.shape[1:])
