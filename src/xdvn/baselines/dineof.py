"""DINEOF: filling gaps by truncated singular value decompositions of the space x time matrix itself.

    X <- m * Y + (1 - m) * T_N(X),      T_N(X) = X V_N V_N'

repeated until it settles, from X = 0 off the data (departures from the mean), first with one mode, then with one more
at a time. The number of modes N is the one with which withheld observations come back best. A whole-field mapper.
Beckers and Rixen 2003, doi:10.1175/1520-0426(2003)020<1839:ECADFF>2.0.CO;2; Alvera-Azcarate et al. 2005,
doi:10.1016/j.ocemod.2004.08.001.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.linalg import eigh
from tqdm.auto import tqdm

from xdvn.baselines.observed import Observed
from xdvn.baselines.withholding import AbstractWithholding, CloudsOfOtherTimes
from xdvn.grid.axes import Axes
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.mapper import AbstractMapper

__all__ = ["Dineof"]


@dataclass(frozen=True)
class Dineof(AbstractMapper):
    """Iterated truncated SVD with a cross-validated number of modes.

    Observations stay as they are; the gaps take what the leading modes make of them. A cell or a time without a single
    observation has no part in any mode and gets the mean.

    Parameters
    ----------
    obs : str
        Name of the observed variable; NaN where there is no observation.
    name : str, optional
        Name of the map; default that of ``obs``.
    modes : int, optional
        N; default: chosen by cross-validation, anew for every Dataset.
    most_modes : int
        The largest N tried; the search ends earlier when three more modes have not helped.
    withheld : AbstractWithholding
        What cross-validation leaves out.
    mean : MeanField, optional
        What is known beforehand; default the average of all observations.
    tolerance : float
        An N has settled when the filled values change by less than this part of the data's standard deviation.
    most_steps : int
        Iterations per N, at most; a warning tells when they were not enough.
    seed : int
        Of the withholding.
    land : LandMask, optional
        Where the maps are NaN.
    axes : Axes, optional
        Names of the dimensions, where they cannot be guessed.

    Raises
    ------
    ValueError
        If a number is not positive.

    Examples
    --------
    A field of one mode comes back from two thirds of its values.

    >>> rng = np.random.default_rng(0)
    >>> field = rng.normal(size=12)[:, None] * rng.normal(size=40)
    >>> ds = xr.Dataset({"sst": (("time", "lat"), np.where(rng.random((12, 40)) < 0.67, field, np.nan))},
    ...                 {"time": np.arange(12.0), "lat": np.arange(40.0)})
    >>> zero = MeanField(np.zeros(1), (np.zeros(1),))
    >>> maps = Dineof("sst", modes=1, mean=zero, tolerance=1e-9).reconstruct(ds)
    >>> bool(np.allclose(maps.sst, field, atol=1e-6))
    True
    """

    obs: str
    name: str | None = None
    modes: int | None = None
    most_modes: int = 20
    withheld: AbstractWithholding = CloudsOfOtherTimes()
    mean: MeanField | None = None
    tolerance: float = 1e-3
    most_steps: int = 500
    seed: int = 0
    land: LandMask | None = None
    axes: Axes | None = None

    def __post_init__(self) -> None:
        counts = (self.most_modes, self.most_steps, *(() if self.modes is None else (self.modes,)))
        if not (min(counts) >= 1 and self.tolerance > 0):
            raise ValueError(
                f"modes={self.modes}, most_modes={self.most_modes}, most_steps={self.most_steps}, "
                f"tolerance={self.tolerance}: expected positive numbers, such as modes=5 and tolerance=1e-3"
            )

    def reconstruct(self, ds: xr.Dataset, *, progress: bool = True) -> xr.Dataset:
        """Map ``ds`` whole.

        Parameters
        ----------
        ds : xr.Dataset
            Holds the observed variable; never changed.
        progress : bool
            Show a bar when it takes more than a second.

        Returns
        -------
        xr.Dataset
            The complete map, with the dimensions, order, coordinates, type and units of the observations, and in its
            attributes ``modes``, ``iterations`` (of the last filling) and ``last_change`` (as for ``tolerance``).

        Raises
        ------
        KeyError
            There is no such variable.
        ValueError
            It has other dimensions than time and space, no observation at all, or fewer times or cells than modes.
        """
        seen = Observed.of(ds, self.obs, self.axes)
        mean, values = seen.background(self.mean), seen.values
        departures = values - mean
        known = np.isfinite(departures)
        cells = known.any(0)  # land and whatever was never seen stay out of the matrix
        matrix = np.where(known, departures, 0.0)[:, cells].T
        modes = self._chosen(known, matrix, cells, progress) if self.modes is None else self.modes
        if modes > min(matrix.shape):
            raise ValueError(
                f"modes={modes}: {self.obs!r} has {matrix.shape[1]} times and {matrix.shape[0]} cells ever seen, so "
                f"at most {min(matrix.shape)} modes"
            )
        filling = _Filling(matrix, known[:, cells].T, self.tolerance, self.most_steps)
        for n in range(1, modes + 1):
            filling.settle(n)
        filling.tell(modes)
        maps = np.broadcast_to(mean, departures.shape).copy()
        maps[:, cells] += filling.state.T
        mapped = seen.maps(self.name, maps, f"DINEOF with {modes} modes", self.land)
        told = {"modes": modes, "iterations": filling.steps, "last_change": filling.change}
        mapped[self.name or self.obs].attrs.update(told)
        return mapped

    def _chosen(self, known: np.ndarray, matrix: np.ndarray, cells: np.ndarray, progress: bool) -> int:
        """Return the number of modes that brings withheld observations back best."""
        hidden = self.withheld.choose(known, self.seed)[:, cells].T
        kept = known[:, cells].T & ~hidden
        filling = _Filling(np.where(kept, matrix, 0.0), kept, self.tolerance, self.most_steps)
        errors: list[float] = [float(np.mean(matrix[hidden] ** 2))]  # no mode at all: the mean
        most = min(self.most_modes, *matrix.shape)
        for n in tqdm(range(1, most + 1), desc="modes", unit="mode", disable=not progress, leave=False, delay=1):
            filling.settle(n)
            errors.append(float(np.mean((filling.state[hidden] - matrix[hidden]) ** 2)))
            if int(np.argmin(errors)) < n - 2:
                break
        return max(1, int(np.argmin(errors)))


class _Filling:
    """The iteration's state (cell, time), filled with more and more modes."""

    def __init__(self, data: np.ndarray, known: np.ndarray, tolerance: float, most_steps: int) -> None:
        self.state, self.steps, self.change = data.copy(), 0, 0.0
        self._missing, self._tolerance, self._most = ~known, tolerance, most_steps
        self._std = float(np.sqrt(np.mean(data[known] ** 2))) or 1.0

    def settle(self, modes: int) -> None:
        """Iterate with this many modes until the filled values settle."""
        self.steps, self.change = 0, np.inf if self._missing.any() else 0.0
        while self.change >= self._tolerance and self.steps < self._most:
            filled = _truncated(self.state, modes)[self._missing]
            self.change = float(np.sqrt(np.mean((filled - self.state[self._missing]) ** 2))) / self._std
            self.state[self._missing] = filled
            self.steps += 1

    def tell(self, modes: int) -> None:
        """Warn if the last iteration was cut short."""
        if self.change >= self._tolerance:
            warnings.warn(
                f"with {modes} modes the filled values still changed by {self.change:.1e} standard deviations after "
                f"{self._most} iterations, not by less than {self._tolerance:g}; give more most_steps, or fewer modes",
                RuntimeWarning,
                stacklevel=3,
            )


def _truncated(x: np.ndarray, modes: int) -> np.ndarray:
    """Return the nearest matrix of this rank, by the eigenvectors of the smaller of x'x and x x'."""
    if x.shape[0] < x.shape[1]:
        return _truncated(x.T, modes).T
    n = x.shape[1]
    v = eigh(x.T @ x, subset_by_index=(n - modes, n - 1), check_finite=False)[1]
    return (x @ v) @ v.T
