"""DINEOF: gap filling by truncated singular value decompositions of the space x time matrix of anomalies.

    X <- m * Y + (1 - m) * T_N(X),      T_N(X) = X V_N V_N'

is iterated to convergence from X = 0 in the gaps, with one more mode at a time. The number of modes N minimises the
error at withheld observations. Beckers and Rixen 2003, doi:10.1175/1520-0426(2003)020<1839:ECADFF>2.0.CO;2;
Alvera-Azcarate et al. 2005, doi:10.1016/j.ocemod.2004.08.001.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.linalg import eigh
from tqdm.auto import tqdm

from xdvn.baselines.observed import ObservedField
from xdvn.grid.axes import Axes
from xdvn.grid.holdout_masks import AbstractHoldout, TransplantedCloudMasks
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.mapper import AbstractMapper

__all__ = ["Dineof"]


@dataclass(frozen=True)
class Dineof(AbstractMapper):
    """Iterated truncated SVD with a cross-validated number of modes.

    Observations are unchanged; gaps are filled from the leading modes. A cell or a time without any observation gets
    the mean.

    Parameters
    ----------
    obs : str
        Name of the observed variable; NaN where there is no observation.
    name : str, optional
        Name of the map. Default: ``obs``.
    modes : int, optional
        N. If None, chosen by cross-validation for every Dataset.
    max_modes : int
        Largest N of the search, which stops after three modes without improvement.
    holdout : AbstractHoldout
        Observations that cross-validation withholds.
    mean : MeanField, optional
        Mean field. If None, the average of all observations.
    tolerance : float
        An iteration has converged when filled values change by less than this fraction of the standard deviation.
    max_iterations : int
        Largest number of iterations per N; a warning is issued if they did not converge.
    seed : int
        Seed of the hold-out.
    land : LandMask, optional
        Land, where the maps are NaN.
    axes : Axes, optional
        Dimensions. If None, identified from attributes and names.

    Raises
    ------
    ValueError
        A number is not positive.

    Examples
    --------
    A field of one mode is recovered from two thirds of its values.

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
    max_modes: int = 20
    holdout: AbstractHoldout = TransplantedCloudMasks()
    mean: MeanField | None = None
    tolerance: float = 1e-3
    max_iterations: int = 500
    seed: int = 0
    land: LandMask | None = None
    axes: Axes | None = None

    def __post_init__(self) -> None:
        counts = (self.max_modes, self.max_iterations, *(() if self.modes is None else (self.modes,)))
        if not (min(counts) >= 1 and self.tolerance > 0):
            raise ValueError(
                f"modes={self.modes}, max_modes={self.max_modes}, max_iterations={self.max_iterations}, "
                f"tolerance={self.tolerance}: expected positive numbers. Pass e.g. modes=5 and tolerance=1e-3."
            )

    def reconstruct(self, ds: xr.Dataset, *, progress: bool = True) -> xr.Dataset:
        """Map ``ds``.

        Parameters
        ----------
        ds : xr.Dataset
            Contains the observed variable; never changed.
        progress : bool
            Show a progress bar after one second.

        Returns
        -------
        xr.Dataset
            Complete map, with the dimensions, order, coordinates, type and units of the observations. Its attributes
            are ``modes``, ``iterations`` (of the last filling) and ``last_change`` (in units of ``tolerance``).

        Raises
        ------
        KeyError
            The observed variable is missing.
        ValueError
            It has other dimensions than time and space, no observation, or fewer times or cells than modes.
        """
        field = ObservedField.of(ds, self.obs, self.axes, self.mean or self.land)
        mean, values = field.background(self.mean), field.values
        anomaly = values - mean
        observed = np.isfinite(anomaly)
        cells = observed.any(0)  # land and unobserved cells are not in the matrix
        matrix = np.where(observed, anomaly, 0.0)[:, cells].T
        modes = self._choose_modes(observed, matrix, cells, progress) if self.modes is None else self.modes
        if modes > min(matrix.shape):
            raise ValueError(
                f"modes={modes}: expected at most {min(matrix.shape)}, since {self.obs!r} has {matrix.shape[1]} times "
                f"and {matrix.shape[0]} observed cells. Use fewer modes."
            )
        filling = _Filling(matrix, observed[:, cells].T, self.tolerance, self.max_iterations)
        for n in range(1, modes + 1):
            filling.iterate(n)
        filling.warn_if_unconverged(modes)
        maps = np.broadcast_to(mean, anomaly.shape).copy()
        maps[:, cells] += filling.state.T
        mapped = field.maps(self.name, maps, f"DINEOF with {modes} modes", self.land)
        attrs = {"modes": modes, "iterations": filling.steps, "last_change": filling.change}
        mapped[self.name or self.obs].attrs.update(attrs)
        return mapped

    def _choose_modes(self, observed: np.ndarray, matrix: np.ndarray, cells: np.ndarray, progress: bool) -> int:
        """Return the number of modes with the smallest error at withheld observations."""
        withheld = self.holdout.choose(observed, self.seed)[:, cells].T
        used = observed[:, cells].T & ~withheld
        filling = _Filling(np.where(used, matrix, 0.0), used, self.tolerance, self.max_iterations)
        errors: list[float] = [float(np.mean(matrix[withheld] ** 2))]  # 0 modes: the mean
        most = min(self.max_modes, *matrix.shape)
        for n in tqdm(range(1, most + 1), desc="modes", unit="mode", disable=not progress, leave=False, delay=1):
            filling.iterate(n)
            errors.append(float(np.mean((filling.state[withheld] - matrix[withheld]) ** 2)))
            if int(np.argmin(errors)) < n - 2:
                break
        return max(1, int(np.argmin(errors)))


class _Filling:
    """State (cell, time) of the iteration, filled with an increasing number of modes."""

    def __init__(self, data: np.ndarray, observed: np.ndarray, tolerance: float, max_iterations: int) -> None:
        self.state, self.steps, self.change = data.copy(), 0, 0.0
        self._missing, self._tolerance, self._max_iterations = ~observed, tolerance, max_iterations
        self._std = float(np.sqrt(np.mean(data[observed] ** 2))) or 1.0

    def iterate(self, modes: int) -> None:
        """Iterate with this number of modes until the filled values converge."""
        self.steps, self.change = 0, np.inf if self._missing.any() else 0.0
        while self.change >= self._tolerance and self.steps < self._max_iterations:
            filled = _truncated(self.state, modes)[self._missing]
            self.change = float(np.sqrt(np.mean((filled - self.state[self._missing]) ** 2))) / self._std
            self.state[self._missing] = filled
            self.steps += 1

    def warn_if_unconverged(self, modes: int) -> None:
        """Warn if the last iteration has not converged."""
        if self.change >= self._tolerance:
            warnings.warn(
                f"DINEOF with {modes} modes has not converged: after {self._max_iterations} iterations values changed "
                f"by {self.change:.1e} standard deviations, expected less than {self._tolerance:g}. Increase "
                "max_iterations or use fewer modes.",
                RuntimeWarning,
                stacklevel=3,
            )


def _truncated(x: np.ndarray, modes: int) -> np.ndarray:
    """Return the nearest matrix of this rank, from the eigenvectors of the smaller of x'x and x x'."""
    if x.shape[0] < x.shape[1]:
        return _truncated(x.T, modes).T
    n = x.shape[1]
    v = eigh(x.T @ x, subset_by_index=(n - modes, n - 1), check_finite=False)[1]
    return (x @ v) @ v.T
