"""Optimal interpolation: the best linear estimate of a field with a known mean and a Gaussian covariance.

x = mean + B H' (H B H' + R)^-1 (y - H mean), with B = exp(-(dt / L_t)^2 - (dy / L_y)^2 - (dx / L_x)^2) of unit variance
and R = noise^2 I: the baseline of the SSH mapping data challenges (no factor 1/2 in the exponent), and in essence what
the operational altimetry maps are. A whole-field mapper. Bretherton et al. 1976, doi:10.1016/0011-7471(76)90001-2;
Le Traon et al. 1998, doi:10.1175/1520-0426(1998)015<0522:AIMMOM>2.0.CO;2.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.interpolate import interpn
from tqdm.auto import tqdm

from xdvn.baselines.analysis import AbstractAnalysis
from xdvn.baselines.gridded_analysis import GriddedAnalysis
from xdvn.baselines.tiling import AbstractTiling, Tiling
from xdvn.baselines.tuning import decorrelation_scales, minimise_in_logs, spread_days
from xdvn.grid.ancillary import with_flag
from xdvn.grid.axes import Axes, find_axes, positions, require_variable
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

    Raises
    ------
    ValueError
        If a scale or the noise is not positive.

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

    def __post_init__(self) -> None:
        if not (all(s > 0 for s in self.scales) and self.noise > 0):
            raise ValueError(
                f"scales={self.scales}, noise={self.noise}: expected positive numbers, such as "
                "scales=(7.0, 1.0, 1.0), in days and coordinate units, and noise=0.05"
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
            The complete map, with the dimensions, order, coordinates, type and units of the observations, and a flag
            ``<name>_observed``.

        Raises
        ------
        KeyError
            There is no such variable.
        ValueError
            It has other dimensions than scales, or no observation at all.
        """
        axes, da = self._observed(ds)
        coords = [positions(da, d) for d in axes.dims]
        points, values = self._departures(ds, axes)
        estimate = self._estimate(points, values, coords, progress)
        if self.mean is not None:
            estimate += self.mean.on(coords[1:])
        kind = da.dtype if da.dtype.kind == "f" else np.dtype(np.float64)
        attrs = {k: v for k, v in da.attrs.items() if k in ("standard_name", "units")}
        attrs["long_name"] = f"optimal interpolation of {self.obs}"
        maps = xr.DataArray(estimate.astype(kind), dims=axes.dims, attrs=attrs).transpose(*da.dims)
        name = self.name or self.obs
        return with_flag(xr.Dataset({name: maps.assign_coords(da.coords)}), name, da)

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
        days: int = 16,
        progress: bool = True,
    ) -> OptimalInterpolation:
        """Find the scales and the noise that map training days best.

        Starts from the truth's own decorrelation scales and minimises the root mean square error on days spread over
        ``ds`` by a simplex search over the logarithms of all parameters, first coarsely on a part of the days. Nothing
        in it is random.

        Parameters
        ----------
        ds : xr.Dataset
            Training days only, observations and truth.
        obs, truth : str
            Names of the observed variable and of its complete counterpart.
        name : str, optional
            Name of the map; default that of the truth.
        mean : MeanField, optional
            Default: the truth's mean over ``ds``.
        tiling, axes : optional
            As for the class.
        days : int
            How many times of the truth are compared, at least 10 for scales to rely on.
        progress : bool
            Show a bar.

        Returns
        -------
        OptimalInterpolation
            With the scales and noise found, and the mean.

        Raises
        ------
        ValueError
            The truth does not vary, or ``days`` is not positive.
        """
        axes = axes or find_axes(require_variable(ds, obs, "observed"))
        known = require_variable(ds, truth, "true")
        if mean is None:
            mean = MeanField.from_data(known, axes)
        coords = [positions(ds[obs], d) for d in axes.dims]
        anomaly = np.asarray(known.transpose(*axes.dims).values, np.float64) - mean.on(coords[1:])
        eddies = decorrelation_scales(anomaly, coords)
        # Turbulence decorrelates faster than a Gaussian at first: the best Gaussian is shorter, most of all in time.
        scales = (0.6 * eddies[0], *(0.8 * s for s in eddies[1:]))
        start = cls(obs, name or truth, scales, 0.1, mean, tiling or Tiling(), GriddedAnalysis(), axes)
        points, values = start._departures(ds, axes)
        told = np.flatnonzero(np.isfinite(anomaly).any(axis=tuple(range(1, anomaly.ndim))))
        groups = [told[g] for g in spread_days(coords[0][told], days, eddies[0])]

        def error(parameters: np.ndarray, fine: bool) -> float:
            *lengths, noise = (float(p) for p in parameters)
            analysis = GriddedAnalysis(nodes=4, tolerance=0.005) if fine else GriddedAnalysis(nodes=3, tolerance=0.03)
            candidate = dataclasses.replace(start, scales=tuple(lengths), noise=noise, analysis=analysis)
            squares = []
            for chosen in groups if fine else groups[::2]:
                estimate = candidate._estimate(points, values, [coords[0][chosen], *coords[1:]])
                squares.append(np.nanmean((estimate - anomaly[chosen]) ** 2))
            return float(np.sqrt(np.mean(squares)) / np.nanstd(anomaly))

        *lengths, noise = minimise_in_logs(error, (*scales, start.noise), progress)
        return dataclasses.replace(start, scales=tuple(lengths), noise=noise)

    def _observed(self, ds: xr.Dataset) -> tuple[Axes, xr.DataArray]:
        da = require_variable(ds, self.obs, "observed")
        axes = self.axes or find_axes(da)
        if set(da.dims) != set(axes.dims) or len(self.scales) != len(axes.dims):
            raise ValueError(
                f"{self.obs!r} has the dimensions {da.dims} and there are {len(self.scales)} scales; expected one for "
                f"each of {axes.dims}: select one of any other dimension, or change scales="
            )
        return axes, da

    def _departures(self, ds: xr.Dataset, axes: Axes) -> tuple[np.ndarray, np.ndarray]:
        """Return where the observations are (n, dim) and their departures from the mean (n,)."""
        data = np.asarray(ds[self.obs].transpose(*axes.dims).values, np.float64)
        seen = np.isfinite(data)
        if not seen.any():
            raise ValueError(f"{self.obs!r}: every value is missing, so there is nothing to map from")
        cells, points = np.nonzero(seen), np.empty((int(seen.sum()), seen.ndim))
        for d, (dim, cell) in enumerate(zip(axes.dims, cells, strict=True)):
            at = positions(ds[self.obs], dim)
            points[:, d] = at[cell]
            offset = ds.get(f"{self.obs}_offset_{dim}")
            if offset is not None and at.size > 1:
                inside = np.asarray(offset.transpose(*axes.dims).values, np.float64)[seen]
                points[:, d] += np.nan_to_num(inside) * np.abs(np.gradient(at))[cell]
        values = data[seen]
        if self.mean is not None:
            values -= _at_points(self.mean, points[:, 1:])
        return points, values

    def _estimate(
        self, points: np.ndarray, values: np.ndarray, coords: Sequence[np.ndarray], progress: bool = False
    ) -> np.ndarray:
        """Return the departures from the mean on the outer product of ``coords``."""
        estimate = np.zeros([c.size for c in coords])
        tiles = list(self.tiling.tiles(coords, self.scales))
        for tile in tqdm(tiles, desc="interpolate", unit="tile", disable=not progress, leave=False, delay=1):
            if (chosen := tile.sees(points)).any():
                targets = [c[i] for c, i in zip(coords, tile.targets, strict=True)]
                part = self.analysis.solve(points[chosen], values[chosen], targets, self.scales, self.noise)
                for d, weight in enumerate(tile.weights):
                    part = part * weight.reshape([-1 if k == d else 1 for k in range(part.ndim)])
                estimate[np.ix_(*tile.targets)] += part
        return estimate


def _at_points(mean: MeanField, places: np.ndarray) -> np.ndarray:
    """Evaluate a mean field at scattered places (n, space dim), as ``MeanField.on`` does on a grid."""
    wide = [d for d, c in enumerate(mean.coords) if c.size > 1]
    if not wide:
        return np.full(len(places), mean.values.item())
    inside = [np.clip(places[:, d], mean.coords[d][0], mean.coords[d][-1]) for d in wide]
    known = mean.values.reshape([mean.coords[d].size for d in wide])
    return interpn([mean.coords[d] for d in wide], known, np.stack(inside, -1))
