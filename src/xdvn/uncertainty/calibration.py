"""Calibration of a predicted standard deviation with independent data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy
import xarray as xr

from xdvn.grid.matching import match_grids, on_grid_of
from xdvn.mapper import AbstractMapper, AbstractPosterior, variable_named
from xdvn.uncertainty.mapper_variance import MapperVariance

__all__ = ["Calibrated", "Calibration"]


@dataclass(frozen=True)
class Calibration:
    """Correction of a standard deviation, s' = sqrt(factor^2 s^2 + floor^2).

    The factor corrects a spread that is too small everywhere, the floor a spread that is almost zero in places.

    Parameters
    ----------
    factor : float
        Factor of the standard deviation.
    floor : float
        Smallest standard deviation, in the variable's unit.
    source : str
        Period of the data that the correction is fitted to.

    References
    ----------
    Kuleshov, Fenner & Ermon 2018, arXiv:1807.00263; Barth et al. 2020, doi:10.5194/gmd-13-1609-2020.
    """

    factor: float
    floor: float
    source: str = ""

    @classmethod
    def fit(
        cls, mean: xr.DataArray, std: xr.DataArray, observed: xr.DataArray, obs_error: float | xr.DataArray = 0.0
    ) -> Calibration:
        """Fit factor and floor to independent data by maximum likelihood.

            (factor, floor) minimise  mean[ log(s'^2 + o^2) + (y - m)^2 / (s'^2 + o^2) ]

        y are observations with the error o (0 for a truth), m the maps.

        Parameters
        ----------
        mean, std : xr.DataArray
            Maps and their standard deviations.
        observed : xr.DataArray
            Truth, or observations withheld from the map; NaN where unknown. Points outside the maps are not used.
        obs_error : float or xr.DataArray
            Standard deviation of the observation errors, in their unit. Default: 0.

        Raises
        ------
        ValueError
            Maps and observations have no point in common, or are on different grids.

        Examples
        --------
        A spread that is half of the error:

        >>> rng = np.random.default_rng(0)
        >>> std = xr.DataArray(rng.uniform(0.5, 2.0, 20_000), dims="point")
        >>> calibration = Calibration.fit(0 * std, std / 2, std * rng.normal(size=20_000))
        >>> round(calibration.factor, 1), calibration.floor < 0.2
        (2.0, True)
        """
        dims = [str(d) for d in observed.dims]
        mean, observed = match_grids(mean, observed, dims, ("mean", "observed"), whole=False)
        std = on_grid_of(std, observed, dims, ("std", "observed"))
        error = (observed - mean).transpose(*observed.dims).values
        if isinstance(obs_error, xr.DataArray):
            shared = [d for d in dims if d in obs_error.dims]
            errors = on_grid_of(obs_error, observed, shared, ("obs_error", "observed"))
            noise = errors.broadcast_like(observed).transpose(*dims).values
        else:
            noise = np.broadcast_to(np.asarray(obs_error), error.shape)
        s = std.transpose(*observed.dims).values
        finite = np.isfinite(error) & np.isfinite(s) & np.isfinite(noise)
        if not finite.any():
            raise ValueError(
                "maps and observations have no point in common: expected at least one. Select the same times and cells."
            )
        squares, spread, noise_variance = (np.float64(v[finite]) ** 2 for v in (error, s, noise))

        def negative_log_likelihood(logs: np.ndarray) -> float:
            factor, floor = np.exp(2 * logs)
            expected = factor * spread + floor + noise_variance
            return float(np.mean(np.log(expected) + squares / expected))

        excess = max(squares.mean() - noise_variance.mean(), 1e-4 * squares.mean())
        ratio = np.sqrt(excess / max(spread.mean(), 1e-300))
        start = np.log([ratio, 0.1 * ratio * np.sqrt(spread.mean())])
        options = {"initial_simplex": start + np.array([[0.0, 0.0], [0.3, 0.0], [0.0, 1.0]]), "xatol": 1e-3}
        best = scipy.optimize.minimize(negative_log_likelihood, start, method="Nelder-Mead", options=options).x
        factor, floor = np.exp(best)
        return cls(float(factor), float(floor), _period(observed))

    def apply(self, std: xr.DataArray) -> xr.DataArray:
        """Return the calibrated standard deviation; the attribute ``calibrated`` states the correction."""
        corrected = (((self.factor * std) ** 2 + self.floor**2) ** 0.5).astype(std.dtype)
        formula = f"sqrt(({self.factor:.4g} s)^2 + {self.floor:.4g}^2), fitted on {self.source or 'withheld data'}"
        attrs = {k: v for k, v in std.attrs.items() if k != "comment"}
        corrected.attrs = {**attrs, "calibrated": formula}
        return corrected


@dataclass(frozen=True)
class Calibrated(AbstractPosterior):
    """A posterior with calibrated standard deviations; construct with ``on``.

    Parameters
    ----------
    posterior : AbstractPosterior
        Posterior to calibrate; ``MapperVariance()`` for the variance of the mapper.
    calibrations : mapping
        ``Calibration`` of each map, by name.

    Examples
    --------
    Fit the calibration on validation days and use it on others::

        posterior = Calibrated.on(validation_days, model, validation_days["ssh"], Ensemble(10, obs_error=0.02))
        maps = ds.dvn.reconstruct(model, posterior=posterior)
    """

    posterior: AbstractPosterior = MapperVariance()
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)

    @classmethod
    def on(
        cls,
        ds: xr.Dataset,
        mapper: AbstractMapper,
        observed: xr.DataArray,
        posterior: AbstractPosterior | None = None,
        *,
        obs_error: float | xr.DataArray = 0.0,
        **options: Any,
    ) -> Calibrated:
        """Map ``ds``, compare the maps with ``observed``, and return the calibrated posterior.

        Parameters
        ----------
        ds : xr.Dataset
            Observations of days on which the mapper was not trained, without ``observed``.
        mapper : AbstractMapper
            Mapper, such as a trained model.
        observed : xr.DataArray
            Truth of these days, or observations withheld from ``ds``. It has the name of its map, unless there is only
            one map.
        posterior : AbstractPosterior, optional
            Posterior to calibrate. If None, the variance of the mapper.
        obs_error : float or xr.DataArray
            Standard deviation of the error of ``observed``. Default: 0.
        **options
            Options of ``mapper.reconstruct``.
        """
        posterior = MapperVariance() if posterior is None else posterior
        maps = posterior.reconstruct(ds, mapper, **options)
        mean = variable_named(maps, observed.name)
        calibration = Calibration.fit(mean, maps[f"{mean.name}_std"], observed, obs_error)
        return cls(posterior, {str(mean.name): calibration})

    def reconstruct(
        self, ds: xr.Dataset, mapper: AbstractMapper, *, samples: bool = False, **options: Any
    ) -> xr.Dataset:
        """Map ``ds`` with calibrated standard deviations; deviations of samples from the map are scaled alike.

        Raises
        ------
        KeyError
            A map with a standard deviation has no calibration.
        """
        maps = self.posterior.reconstruct(ds, mapper, samples=samples, **options)
        for name in [str(v).removesuffix("_std") for v in maps.data_vars if str(v).endswith("_std")]:
            if name not in self.calibrations:
                raise KeyError(
                    f"no calibration for {name!r}: expected one of {sorted(self.calibrations)}. Fit one with "
                    "Calibrated.on(...)."
                )
            before = maps[f"{name}_std"]
            after = self.calibrations[name].apply(before)
            maps = maps.assign({f"{name}_std": after})
            if f"{name}_sample" in maps:
                samples_before = maps[f"{name}_sample"]
                ratio = (after / before.where(before > 0)).fillna(1)
                scaled = ((samples_before - maps[name]) * ratio + maps[name]).transpose(*samples_before.dims)
                scaled = scaled.astype(before.dtype).assign_attrs(samples_before.attrs)
                maps = maps.assign({f"{name}_sample": scaled})
        return maps


def _period(observed: xr.DataArray) -> str:
    """Return the first and the last day of the observations, or their number if they have no times."""
    times = [c for c in observed.coords.values() if np.issubdtype(c.dtype, np.datetime64)]
    if not times:
        return f"{observed.size} points"
    first, last = (str(np.datetime_as_string(f(times[0].values), "D")) for f in (np.min, np.max))
    return f"{first} to {last}"
