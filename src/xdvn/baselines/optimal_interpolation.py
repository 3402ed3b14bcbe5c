"""Optimal interpolation: the best linear estimate of a field with a Gaussian covariance.

    x = mean + B H' (H B H' + R)^-1 (y - H mean),    B = exp(-(dt / L_t)^2 - (dy / L_y)^2 - (dx / L_x)^2)

B has unit variance and R = noise_ratio^2 I. This is the baseline of the SSH mapping data challenges (no factor 1/2 in
the exponent), similar to operational altimetry maps. Bretherton et al. 1976, doi:10.1016/0011-7471(76)90001-2; Le Traon
et al. 1998, doi:10.1175/1520-0426(1998)015<0522:AIMMOM>2.0.CO;2.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.baselines.analysis import AbstractAnalysis
from xdvn.baselines.covariance_estimation import estimate_covariance
from xdvn.baselines.mean_models import AbstractMeanModel, ConstantMean, MeanEstimate
from xdvn.baselines.observed import ObservedField, add_std
from xdvn.baselines.structured_kernel import StructuredKernelInterpolation
from xdvn.baselines.tiling import AbstractTiling, Tiling
from xdvn.baselines.tuning import TuningSample, minimise_log_parameters
from xdvn.grid.axes import Axes
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.mapper import AbstractMapper

__all__ = ["OptimalInterpolation"]


@dataclass(frozen=True)
class OptimalInterpolation(AbstractMapper):
    """Optimal interpolation of one observed variable.

    Observations are at their own positions if the Dataset has the variables ``<obs>_offset_<dim>`` (in cells, positive
    towards increasing coordinates), else at cell centres.

    Parameters
    ----------
    obs : str
        Name of the observed variable; NaN where there is no observation.
    name : str, optional
        Name of the map. Default: ``obs``. For the first guess of a Model, the name of the truth.
    scales : tuple of float
        e-folding scales of the covariance along time [days], Y and X [units of the coordinates].
    noise_ratio : float
        Standard deviation of the observation errors, relative to that of the anomalies.
    mean : MeanField, AbstractMeanModel or None
        Mean field, preferably of training days (``MeanField.from_data``); or a mean that is estimated from the
        observations of each map, ``ConstantMean()``, ``PlaneMean()`` or ``HarmonicMean()``; or None for zero, if the
        observations are anomalies. Default: ``ConstantMean()``.
    tiling : AbstractTiling
        Division into tiles: ``Tiling()``, or ``PerTimeTiling()`` as in the data challenge.
    analysis : AbstractAnalysis
        Solution of a tile: ``StructuredKernelInterpolation()`` or ``CholeskyAnalysis()``.
    axes : Axes, optional
        Dimensions. If None, identified from attributes and names.
    signal_std : float, optional
        Standard deviation of the anomalies, in their unit, from training days. The error depends on it, the map does
        not.
    error_scale_factor : float
        Scales of the error variance, relative to those of the map. Default: 1, which is the theory; it overestimates
        the error of a turbulent field, whose covariance is not Gaussian.
    error_noise_ratio : float, optional
        Noise ratio of the error variance. If None, ``noise_ratio``.
    land : LandMask, optional
        Land, where the maps are NaN.

    Raises
    ------
    ValueError
        A scale, the noise or the signal is not positive.

    Examples
    --------
    The influence of one observation falls to 1/e at one scale.

    >>> values = np.full((1, 5, 5), np.nan)
    >>> values[0, 2, 2] = 2.0
    >>> ds = xr.Dataset({"ssh": (("time", "lat", "lon"), values)},
    ...                 {"time": [0.0], "lat": np.arange(33.0, 38.0), "lon": np.arange(5.0)})
    >>> anomalies = OptimalInterpolation("ssh", scales=(7.0, 1.0, 2.0), noise_ratio=0.01, mean=None)
    >>> maps = anomalies.reconstruct(ds)
    >>> maps.ssh[0, 2].values.round(3).tolist()
    [0.736, 1.557, 2.0, 1.557, 0.736]
    """

    obs: str
    name: str | None = None
    scales: tuple[float, ...] = (7.0, 1.0, 1.0)
    noise_ratio: float = 0.05
    mean: MeanField | AbstractMeanModel | None = ConstantMean()
    tiling: AbstractTiling = Tiling()
    analysis: AbstractAnalysis = StructuredKernelInterpolation()
    axes: Axes | None = None
    signal_std: float | None = None
    error_scale_factor: float = 1.0
    error_noise_ratio: float | None = None
    land: LandMask | None = None

    def __post_init__(self) -> None:
        numbers = (*self.scales, self.noise_ratio, self.signal_std, self.error_scale_factor, self.error_noise_ratio)
        if not all(number is None or number > 0 for number in numbers):
            raise ValueError(
                f"scales={self.scales}, noise_ratio={self.noise_ratio}, signal_std={self.signal_std}, "
                f"error_scale_factor={self.error_scale_factor}, error_noise_ratio={self.error_noise_ratio}: expected "
                "positive numbers. Pass e.g. scales=(7.0, 1.0, 1.0), in days and degrees, and noise_ratio=0.05."
            )

    def reconstruct(self, ds: xr.Dataset, *, error: bool = False, progress: bool = True) -> xr.Dataset:
        """Map ``ds``.

        Parameters
        ----------
        ds : xr.Dataset
            Contains the observed variable; never changed.
        error : bool
            Add ``<name>_std``, the standard deviation of the error, signal_std sqrt(1 - diag(B H' (H B H' + R)^-1 H
            B)). ``CholeskyAnalysis`` computes it exactly, ``StructuredKernelInterpolation`` from nearby observations.
        progress : bool
            Show a progress bar after one second.

        Returns
        -------
        xr.Dataset
            Complete map, with the dimensions, order, coordinates, type and units of the observations, and a flag
            ``<name>_observed``.

        Raises
        ------
        KeyError
            The observed variable is missing.
        ValueError
            The number of dimensions differs from that of ``scales``, nothing is observed, or ``error=True`` without
            ``signal_std``.
        """
        observed = self._observed(ds)
        coords = observed.coords
        mesh = np.meshgrid(*coords, indexing="ij")
        given = self.mean if isinstance(self.mean, MeanField) else None
        points, values = observed.departures(given, _REACH * self.scales[-1])
        fitted = None
        if isinstance(self.mean, AbstractMeanModel):
            # Without the observations that are repeated at the ends of a global grid.
            fitted = self.mean.fit(*observed.departures(None), self.scales, self.noise_ratio)
        anomalies = values if fitted is None else values - fitted.at(list(points.T))
        estimate = self._estimate(points, anomalies, coords, progress)
        if fitted is not None:
            estimate += fitted.at(mesh)
        elif given is not None:
            estimate += observed.background(given)
        maps = observed.maps(self.name, estimate, "optimal interpolation", self.land)
        maps[self.name or self.obs].attrs.update(
            self._parameters(observed.axes, fitted, str(ds[self.obs].attrs.get("units", "")))
        )
        if not error:
            return maps
        if self.signal_std is None:
            raise ValueError(
                "error=True: expected signal_std, the standard deviation of the anomalies, got None. Estimate it with "
                "OptimalInterpolation.tune(training_days, ...), or pass signal_std=."
            )
        variance = self._variance(points, coords, progress)
        if fitted is not None:
            known = fitted.regressors(list(points.T))
            mapped = [self._estimate(points, term, coords) for term in known.T]
            variance = variance + fitted.variance(fitted.regressors(mesh) - np.stack(mapped, -1))
        std = self.signal_std * np.sqrt(variance)
        return add_std(maps, observed.maps(self.name, std, "standard error of the optimal interpolation", self.land))

    def _parameters(self, axes: Axes, fitted: MeanEstimate | None, units: str) -> dict[str, object]:
        """Return the parameters of a map for its attributes."""
        mean = type(self.mean).__name__ if self.mean is not None else "zero"
        if fitted is not None:
            mean += f" ({fitted.coefficients[0]:.6g} {units}".rstrip() + ")"
        scales = ", ".join(f"{dim} {scale:g}" for dim, scale in zip(axes.dims, self.scales, strict=True))
        return {"covariance_scales": scales, "noise_ratio": float(self.noise_ratio), "mean_of_observations": mean}

    @classmethod
    def from_observations(
        cls,
        ds: xr.Dataset,
        obs: str,
        *,
        name: str | None = None,
        mean: MeanField | None = None,
        tiling: AbstractTiling | None = None,
        axes: Axes | None = None,
        land: LandMask | None = None,
        seed: int = 0,
        progress: bool = True,
    ) -> OptimalInterpolation:
        """Estimate the scales, the noise and the signal from observations alone, without a truth.

        ``estimate_covariance`` predicts tracks or patches from the observations around them, and maximises the
        likelihood of the predictions.

        Parameters
        ----------
        ds : xr.Dataset
            Observations: a month of a basin is enough, a year is better.
        obs : str
            Name of the observed variable.
        name : str, optional
            Name of the map. Default: ``obs``.
        mean : MeanField, optional
            Mean field. If None, a plane through the observations.
        tiling, axes, land : optional
            As for the class.
        seed : int
            Seed of the observations that are predicted. Default: 0.
        progress : bool
            Show a progress bar after one second.

        Returns
        -------
        OptimalInterpolation
            The interpolation with the estimated parameters.

        Raises
        ------
        KeyError
            The observed variable is missing.
        ValueError
            There are too few observations.
        """
        observed = ObservedField.of(ds, obs, axes, mean)
        mean = MeanField.plane(observed.ds[obs], observed.axes) if mean is None else mean
        found = estimate_covariance(ds, obs, mean=mean, axes=axes, seed=seed, progress=progress)
        return cls(
            obs,
            name,
            found.scales,
            found.noise_ratio,
            mean,
            tiling or Tiling(),
            axes=axes,
            signal_std=found.signal_std,
            land=land,
        )

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
        """Estimate the mean, the scales and the noise with the smallest error on training days.

        The mean is that of each cell or a plane, whichever maps independent days better. A simplex search over the
        logarithms of scales and noise starts from the decorrelation scales of the truth. It minimises the root mean
        square error on days spread over ``ds``, first on part of them. Then the parameters of the error variance are
        estimated by maximum likelihood. The result is deterministic.

        Parameters
        ----------
        ds : xr.Dataset
            Training days only, observations and truth.
        obs, truth : str
            Names of the observed variable and of the complete one. Without a truth, withhold some observations
            (``TransplantedCloudMasks``) and pass them as the truth, NaN elsewhere.
        name : str, optional
            Name of the map. Default: ``truth``.
        mean : MeanField, optional
            Mean field. If None, estimated.
        tiling, axes, land : optional
            As for the class.
        days : int
            Number of compared times of the truth, at least 10 for reliable scales. Default: 16.
        progress : bool
            Show a progress bar.

        Returns
        -------
        OptimalInterpolation
            The interpolation with the estimated parameters.

        Raises
        ------
        KeyError
            A variable is missing.
        ValueError
            The truth does not vary, or ``days`` is not positive.
        """
        sample = TuningSample.of(ds, obs, truth, axes, days)
        # Turbulence decorrelates faster than a Gaussian at first: the best Gaussian is shorter, most of all in time.
        scales = (0.6 * sample.scales[0], *(0.8 * s for s in sample.scales[1:]))
        start = cls(obs, name or truth, scales, 0.1, mean, tiling or Tiling(), _COARSE, axes, land=land)
        mean = sample.best_mean(start._estimate) if mean is None else mean
        signal_std = sample.signal_std(mean)
        start = dataclasses.replace(start, mean=mean, signal_std=signal_std)

        def candidate(parameters: Iterable[float], fine: bool) -> OptimalInterpolation:
            *lengths, noise_ratio = (float(p) for p in parameters)
            return dataclasses.replace(
                start, scales=tuple(lengths), noise_ratio=noise_ratio, analysis=_FINE if fine else _COARSE
            )

        def error(parameters: np.ndarray, fine: bool) -> float:
            groups = sample.groups if fine else sample.groups[::2]
            return float(np.sqrt(sample.mean_square(candidate(parameters, fine)._estimate, mean, groups)) / signal_std)

        best = candidate(minimise_log_parameters(error, (*scales, start.noise_ratio), progress), True)

        def variance(
            error_scale_factor: float, noise_ratio: float, points: np.ndarray, coords: list[np.ndarray]
        ) -> np.ndarray:
            return signal_std**2 * dataclasses.replace(
                best, error_scale_factor=error_scale_factor, error_noise_ratio=noise_ratio
            )._variance(points, coords)

        error_scale_factor, noise_ratio = sample.error_covariance(best._estimate, variance, mean, best.noise_ratio)
        return dataclasses.replace(
            best,
            error_scale_factor=error_scale_factor,
            error_noise_ratio=noise_ratio,
            analysis=StructuredKernelInterpolation(),
        )

    def _observed(self, ds: xr.Dataset) -> ObservedField:
        observed = ObservedField.of(
            ds, self.obs, self.axes, self.mean if isinstance(self.mean, MeanField) else self.land
        )
        if len(self.scales) != len(observed.axes.dims):
            raise ValueError(
                f"scales={self.scales}: expected one scale for each dimension of {self.obs!r}, {observed.axes.dims}. "
                "Pass e.g. scales=(7.0, 1.0, 1.0)."
            )
        return observed

    def _estimate(
        self, points: np.ndarray, values: np.ndarray, coords: Sequence[np.ndarray], progress: bool = False
    ) -> np.ndarray:
        """Return the anomalies on the outer product of ``coords``."""

        def solve(near: np.ndarray, cells: list[np.ndarray]) -> np.ndarray:
            return self.analysis.solve(points[near], values[near], cells, self.scales, self.noise_ratio)

        return self.tiling.assemble(solve, points, coords, self.scales, progress=progress)

    def _variance(self, points: np.ndarray, coords: Sequence[np.ndarray], progress: bool = False) -> np.ndarray:
        """Return the error variance relative to that of the field, blended between tiles."""
        scales = tuple(self.error_scale_factor * s for s in self.scales)
        noise_ratio = self.noise_ratio if self.error_noise_ratio is None else self.error_noise_ratio

        def solve(near: np.ndarray, cells: list[np.ndarray]) -> np.ndarray:
            return self.analysis.variance(points[near], cells, scales, noise_ratio)

        return self.tiling.assemble(solve, points, coords, scales, empty=1.0, progress=progress)


_REACH = 3.0  # scales at which observations across the ends of a global grid are used, as in the halo of a tile
_COARSE = StructuredKernelInterpolation(nodes=3, tolerance=0.03)
_FINE = StructuredKernelInterpolation(nodes=4, tolerance=0.005)
