"""Correcting a predicted standard deviation by what came true on data that it was not made from.

    s'^2 = factor^2 s^2 + floor^2,   (factor, floor) where  mean[ log(s'^2 + o^2) + (y - m)^2 / (s'^2 + o^2) ]  is
    least, o the error of the observations compared with, 0 for a truth.

The factor mends a spread that is too small everywhere, the floor what it misses where it says almost nothing. What was
done is written into the attributes.
Kuleshov, Fenner & Ermon 2018, arXiv:1807.00263; Barth et al. 2020, doi:10.5194/gmd-13-1609-2020.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy
import xarray as xr

from xdvn.mapper import AbstractMapper, AbstractPosterior, variable_named
from xdvn.posteriors.predicted import Predicted

__all__ = ["Calibration", "Recalibrated"]


@dataclass(frozen=True)
class Calibration:
    """s' = sqrt(factor^2 s^2 + floor^2).

    Parameters
    ----------
    factor : float
        On the standard deviation.
    floor : float
        Standard deviation that is always there, in the variable's unit.
    source : str
        What it was found on.
    """

    factor: float
    floor: float
    source: str = ""

    @classmethod
    def fit(
        cls, mean: xr.DataArray, std: xr.DataArray, observed: xr.DataArray, obs_error: float | xr.DataArray = 0.0
    ) -> Calibration:
        """Find the two numbers on what came true.

        Parameters
        ----------
        mean, std : xr.DataArray
            Predictions.
        observed : xr.DataArray
            The truth, or observations that the map has not seen; NaN where unknown. Only shared coordinates count.
        obs_error : float or xr.DataArray
            Standard deviation of the observations' own error, in their unit.

        Raises
        ------
        ValueError
            Nothing is shared.

        Examples
        --------
        A spread that is half of what it should be:

        >>> rng = np.random.default_rng(0)
        >>> std = xr.DataArray(rng.uniform(0.5, 2.0, 20_000), dims="point")
        >>> found = Calibration.fit(0 * std, std / 2, std * rng.normal(size=20_000))
        >>> round(found.factor, 1), found.floor < 0.2
        (2.0, True)
        """
        mean, std, observed = xr.align(mean, std, observed, join="inner")
        error = (observed - mean).values
        noise = np.broadcast_to(np.asarray(obs_error), error.shape) if np.ndim(obs_error) == 0 else (
            (observed * 0 + obs_error).transpose(*observed.dims).values
        )  # fmt: skip
        s = std.transpose(*observed.dims).values
        known = np.isfinite(error) & np.isfinite(s) & np.isfinite(noise)
        if not known.any():
            raise ValueError("maps and observations share no known point; select the same times and cells of both")
        squares, spread, other = (np.float64(v[known]) ** 2 for v in (error, s, noise))

        def unlikelihood(logs: np.ndarray) -> float:
            factor, floor = np.exp(2 * logs)
            expected = factor * spread + floor + other
            return float(np.mean(np.log(expected) + squares / expected))

        size = np.sqrt(max(squares.mean() - other.mean(), 1e-4 * squares.mean()) / max(spread.mean(), 1e-300))
        start = np.log([size, 0.1 * size * np.sqrt(spread.mean())])
        options = {"initial_simplex": start + np.array([[0.0, 0.0], [0.3, 0.0], [0.0, 1.0]]), "xatol": 1e-3}
        factor, floor = np.exp(scipy.optimize.minimize(unlikelihood, start, method="Nelder-Mead", options=options).x)
        return cls(float(factor), float(floor), _extent(observed))

    def apply(self, std: xr.DataArray) -> xr.DataArray:
        """Return the corrected standard deviation, which says in its attributes how it was corrected."""
        corrected = (((self.factor * std) ** 2 + self.floor**2) ** 0.5).astype(std.dtype)
        told = f"sqrt(({self.factor:.4g} s)^2 + {self.floor:.4g}^2), found on {self.source or 'data held back'}"
        kept = {k: v for k, v in std.attrs.items() if k != "comment"}
        corrected.attrs = {**kept, "recalibrated": told}
        return corrected


@dataclass(frozen=True)
class Recalibrated(AbstractPosterior):
    """A posterior whose standard deviations are corrected.

    Parameters
    ----------
    posterior : AbstractPosterior
        What is corrected; ``Predicted()`` for what a mapper says by itself.
    calibrations : mapping
        By the name of the map.

    Examples
    --------
    Find the correction on days held back, use it on others::

        posterior = Recalibrated.on(validation_days, model, validation_days["ssh"], Ensemble(10, obs_error=0.02))
        maps = ds.dvn.reconstruct(model, posterior=posterior)
    """

    posterior: AbstractPosterior = Predicted()
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
    ) -> Recalibrated:
        """Map ``ds``, compare with ``observed``, and return the corrected posterior.

        Parameters
        ----------
        ds : xr.Dataset
            Observations of days on which the mapper was not trained; what is compared with must not be among them.
        mapper : AbstractMapper
            What maps them.
        observed : xr.DataArray
            The truth of these days, or observations withheld from ``ds``; its name or the only map says which.
        posterior : AbstractPosterior, optional
            What is corrected; default what the mapper says by itself.
        obs_error : float or xr.DataArray
            Standard deviation of the error of ``observed``.
        **options
            For ``mapper.reconstruct``.
        """
        posterior = Predicted() if posterior is None else posterior
        maps = posterior.reconstruct(ds, mapper, **options)
        mean = variable_named(maps, observed.name)
        found = Calibration.fit(mean, maps[f"{mean.name}_std"], observed, obs_error)
        return cls(posterior, {str(mean.name): found})

    def reconstruct(
        self, ds: xr.Dataset, mapper: AbstractMapper, *, samples: bool = False, **options: Any
    ) -> xr.Dataset:
        """Map ``ds``; samples are spread about the map as the standard deviations are.

        Raises
        ------
        KeyError
            No correction is known for a map with a standard deviation.
        """
        maps = self.posterior.reconstruct(ds, mapper, samples=samples, **options)
        for name in [str(v).removesuffix("_std") for v in maps.data_vars if str(v).endswith("_std")]:
            if name not in self.calibrations:
                raise KeyError(f"no calibration for {name!r}, only for {sorted(self.calibrations)}; find one with .on")
            before = maps[f"{name}_std"]
            after = self.calibrations[name].apply(before)
            maps = maps.assign({f"{name}_std": after})
            if f"{name}_sample" in maps:
                wider = (maps[f"{name}_sample"] - maps[name]) * (after / before.where(before > 0)).fillna(1) + maps[
                    name
                ]
                wider = wider.transpose(*maps[f"{name}_sample"].dims).astype(before.dtype)
                maps = maps.assign({f"{name}_sample": wider.assign_attrs(maps[f"{name}_sample"].attrs)})
        return maps


def _extent(observed: xr.DataArray) -> str:
    """Say which times were compared with."""
    times = [c for c in observed.coords.values() if np.issubdtype(c.dtype, np.datetime64)]
    if not times:
        return f"{observed.size} points"
    first, last = (str(np.datetime_as_string(f(times[0].values), "D")) for f in (np.min, np.max))
    return f"{first} to {last}"
