"""Optimal interpolation: the best linear estimate of a field with a known mean and a Gaussian covariance.

x = mean + B H' (H B H' + R)^-1 (y - H mean), with B = exp(-(dt / L_t)^2 - (dy / L_y)^2 - (dx / L_x)^2) of unit variance
and R = noise^2 I: the baseline of the SSH mapping data challenges (no factor 1/2 in the exponent), and in essence what
the operational altimetry maps are. A whole-field mapper. Bretherton et al. 1976, doi:10.1016/0011-7471(76)90001-2;
Le Traon et al. 1998, doi:10.1175/1520-0426(1998)015<0522:AIMMOM>2.0.CO;2.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.baselines.analysis import AbstractAnalysis
from xdvn.baselines.gridded_analysis import GriddedAnalysis
from xdvn.baselines.observed import Observed, with_std
from xdvn.baselines.tiling import AbstractTiling, Tiling
from xdvn.baselines.training_days import TrainingDays
from xdvn.baselines.tuning import minimise_in_logs
from xdvn.grid.axes import Axes
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.mapper import AbstractMapper

__all__ = ["OptimalInterpolation"]


@dataclass(frozen=True)
class OptimalInterpolation(AbstractMapper):
    """Optimal interpolation of one observed variable, used where it was observed.

    Observations are taken at the place given by ``<obs>_offset_<dim>`` (in cells, towards growing coordinates) where
    the Dataset has these variables, else at the centre of their cell.

    Parameters
    ----------
    obs : str
        Name of the observed variable; NaN where there is no observation.
    name : str, optional
        Name of the map; default that of ``obs``. As the first guess of a Model it must be the truth's.
    scales : tuple of float
        Lengths of the covariance along time [days], Y and X [units of the coordinates], where it falls to 1/e.
    noise : float
        Standard deviation of the observations' errors, relative to that of the field's departures from the mean.
    mean : MeanField, optional
        What is known beforehand, best from training days (``MeanField.from_data``); default zero.
    tiling : AbstractTiling
        How the work is cut: ``Tiling()``, or ``EachTime()`` as in the data challenge.
    analysis : AbstractAnalysis
        How a tile is solved: ``GriddedAnalysis()`` or ``ExactAnalysis()``.
    axes : Axes, optional
        Names of the dimensions, where they cannot be guessed.
    signal : float, optional
        Standard deviation of the field's departures from the mean, in its unit, from training days: the size of B,
        which the map does not depend on and the error does.
    stretch : float
        Scales over those of the map where the error is computed. 1 is the theory, right where the covariance is the
        field's own; a turbulent field is not Gaussian, and the scales and noise that map it best overstate the error.
    error_noise : float, optional
        The noise there; default that of the map.
    land : LandMask, optional
        Where the maps are NaN.

    Raises
    ------
    ValueError
        If a scale, the noise or the signal is not positive.

    Examples
    --------
    One observation in the middle: its influence falls to 1/e at one scale.

    >>> values = np.full((1, 5, 5), np.nan)
    >>> values[0, 2, 2] = 2.0
    >>> ds = xr.Dataset({"ssh": (("time", "lat", "lon"), values)},
    ...                 {"time": [0.0], "lat": np.arange(33.0, 38.0), "lon": np.arange(5.0)})
    >>> maps = OptimalInterpolation("ssh", scales=(7.0, 1.0, 2.0), noise=0.01).reconstruct(ds)
    >>> maps.ssh[0, 2].values.round(3).tolist()
    [0.736, 1.557, 2.0, 1.557, 0.736]
    """

    obs: str
    name: str | None = None
    scales: tuple[float, ...] = (7.0, 1.0, 1.0)
    noise: float = 0.05
    mean: MeanField | None = None
    tiling: AbstractTiling = Tiling()
    analysis: AbstractAnalysis = GriddedAnalysis()
    axes: Axes | None = None
    signal: float | None = None
    stretch: float = 1.0
    error_noise: float | None = None
    land: LandMask | None = None

    def __post_init__(self) -> None:
        given = (*self.scales, self.noise, self.signal, self.stretch, self.error_noise)
        if not all(number is None or number > 0 for number in given):
            raise ValueError(
                f"scales={self.scales}, noise={self.noise}, signal={self.signal}, stretch={self.stretch}, error_noise="
                f"{self.error_noise}: expected positive numbers, such as scales=(7.0, 1.0, 1.0), in days and "
                "coordinate units, and noise=0.05"
            )

    def reconstruct(self, ds: xr.Dataset, *, error: bool = False, progress: bool = True) -> xr.Dataset:
        """Map ``ds`` whole.

        Parameters
        ----------
        ds : xr.Dataset
            Holds the observed variable; never changed.
        error : bool
            Add ``<name>_std``, the standard deviation of the map's error: signal sqrt(1 - diag(B H' (H B H' + R)^-1
            H B)) with stretched scales, exact by ``ExactAnalysis``, from nearby observations by ``GriddedAnalysis``.
        progress : bool
            Show a bar when it takes more than a second.

        Returns
        -------
        xr.Dataset
            The complete map, with the dimensions, order, coordinates, type and units of the observations, and a flag
            ``<name>_observed``.

        Raises
        ------
        KeyError
            There is no such variable.
        ValueError
            It has other dimensions than scales, or no observation at all; or the error is wanted without a signal.
        """
        seen = self._observed(ds)
        coords = seen.coords
        points, values = seen.departures(self.mean)
        estimate = self._estimate(points, values, coords, progress)
        if self.mean is not None:
            estimate += self.mean.on(coords[1:])
        maps = seen.maps(self.name, estimate, "optimal interpolation", self.land)
        if not error:
            return maps
        if self.signal is None:
            raise ValueError(
                "error=True needs the field's own standard deviation, which optimal interpolation cannot see: find it "
                "with OptimalInterpolation.tune(training_days, ...), or give it as signal=, in the field's unit"
            )
        std = self.signal * np.sqrt(self._variance(points, coords, progress))
        return with_std(maps, seen.maps(self.name, std, "standard error of the optimal interpolation", self.land))

    @classmethod
    def tune(
        cls,
        ds: xr.Dataset,
        obs: str,
        truth: str,
        *,
        name: str | None = None,
        mean: MeanField | None = None,
        tiling: AbstractTiling | None = None,
        axes: Axes | None = None,
        land: LandMask | None = None,
        days: int = 16,
        progress: bool = True,
    ) -> OptimalInterpolation:
        """Find the mean, scales and noise that map training days best, and what the error then is.

        Chooses the mean (each cell's own, or a plane: whichever maps days better that it was not made of). Starts from
        the truth's own decorrelation scales and minimises the root mean square error on days spread over ``ds`` by a
        simplex search over the logarithms of all parameters, first coarsely on a part of the days. Measures the
        signal, and the stretch and noise under which the errors found are most likely. Nothing is random.

        Parameters
        ----------
        ds : xr.Dataset
            Training days only, observations and truth.
        obs, truth : str
            Names of the observed variable and of its complete counterpart. Without a truth: withhold some observations
            (``CloudsOfOtherTimes``), and give them as the truth, NaN elsewhere.
        name : str, optional
            Name of the map; default that of the truth.
        mean : MeanField, optional
            A mean that is known; default: chosen.
        tiling, axes, land : optional
            As for the class.
        days : int
            How many times of the truth are compared, at least 10 for scales to rely on.
        progress : bool
            Show a bar.

        Returns
        -------
        OptimalInterpolation
            With all that was found.

        Raises
        ------
        KeyError
            There is no such variable.
        ValueError
            The truth does not vary, or ``days`` is not positive.
        """
        record = TrainingDays.of(ds, obs, truth, axes, days)
        # Turbulence decorrelates faster than a Gaussian at first: the best Gaussian is shorter, most of all in time.
        scales = (0.6 * record.scales[0], *(0.8 * s for s in record.scales[1:]))
        start = cls(obs, name or truth, scales, 0.1, mean, tiling or Tiling(), _COARSE, axes, land=land)
        mean = record.best_mean(start._estimate) if mean is None else mean
        signal = record.signal(mean)
        start = dataclasses.replace(start, mean=mean, signal=signal)

        def candidate(parameters: Iterable[float], fine: bool) -> OptimalInterpolation:
            *lengths, noise = (float(p) for p in parameters)
            return dataclasses.replace(start, scales=tuple(lengths), noise=noise, analysis=_FINE if fine else _COARSE)

        def error(parameters: np.ndarray, fine: bool) -> float:
            groups = record.groups if fine else record.groups[::2]
            return float(np.sqrt(record.mean_square(candidate(parameters, fine)._estimate, mean, groups)) / signal)

        best = candidate(minimise_in_logs(error, (*scales, start.noise), progress), True)

        def variance(stretch: float, noise: float, points: np.ndarray, coords: list[np.ndarray]) -> np.ndarray:
            return signal**2 * dataclasses.replace(best, stretch=stretch, error_noise=noise)._variance(points, coords)

        stretch, noise = record.error_covariance(best._estimate, variance, mean, best.noise)
        return dataclasses.replace(best, stretch=stretch, error_noise=noise, analysis=GriddedAnalysis())

    def _observed(self, ds: xr.Dataset) -> Observed:
        seen = Observed.of(ds, self.obs, self.axes)
        if len(self.scales) != len(seen.axes.dims):
            raise ValueError(
                f"{self.obs!r} has the dimensions {seen.axes.dims} and there are {len(self.scales)} scales; expected "
                "one for each, such as scales=(7.0, 1.0, 1.0): change scales="
            )
        return seen

    def _estimate(
        self, points: np.ndarray, values: np.ndarray, coords: Sequence[np.ndarray], progress: bool = False
    ) -> np.ndarray:
        """Return the departures from the mean on the outer product of ``coords``."""

        def solve(near: np.ndarray, cells: list[np.ndarray]) -> np.ndarray:
            return self.analysis.solve(points[near], values[near], cells, self.scales, self.noise)

        return self.tiling.assemble(solve, points, coords, self.scales, progress=progress)

    def _variance(self, points: np.ndarray, coords: Sequence[np.ndarray], progress: bool = False) -> np.ndarray:
        """Return the variance of the error over that of the field, where tiles meet the weighted mean of theirs."""
        scales = tuple(self.stretch * s for s in self.scales)
        noise = self.noise if self.error_noise is None else self.error_noise

        def solve(near: np.ndarray, cells: list[np.ndarray]) -> np.ndarray:
            return self.analysis.variance(points[near], cells, scales, noise)

        return self.tiling.assemble(solve, points, coords, scales, empty=1.0, progress=progress)


_COARSE = GriddedAnalysis(nodes=3, tolerance=0.03)
_FINE = GriddedAnalysis(nodes=4, tolerance=0.005)
