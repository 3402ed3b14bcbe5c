"""Resampling of observations during training: hold-outs, masks of other days, added errors."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy
import xarray as xr

from xdvn.grid.axes import Axes
from xdvn.grid.coordinates import is_descending
from xdvn.grid.holdout_masks import AbstractHoldout, TransplantedCloudMasks, WholeTracks
from xdvn.grid.points import nearest_cells

__all__ = [
    "AbstractResampling",
    "ObservationSplit",
    "PerturbObservations",
    "ShuffleMasks",
    "WithholdObservations",
]

Pairs = Sequence[tuple[str, str]]
"""Observed variable and its truth; without a truth, the observed variable twice."""


@dataclass(frozen=True)
class ObservationSplit:
    """One realisation of the observations, divided into those the network reads and those withheld from it.

    Parameters
    ----------
    observed : xr.Dataset
        Observations that the network reads.
    withheld : xr.Dataset, optional
        The same Dataset with the withheld observations, NaN elsewhere.
    tracks, withheld_tracks : xr.Dataset, optional
        Along-track measurements that the network reads, and those withheld.
    """

    observed: xr.Dataset
    withheld: xr.Dataset | None = None
    tracks: xr.Dataset | None = None
    withheld_tracks: xr.Dataset | None = None


class AbstractResampling(abc.ABC):
    """Function (training data, seed) -> another realisation of the observations.

    First guesses are computed from the resampled observations, and contain no others.
    """

    @abc.abstractmethod
    def draw(self, ds: xr.Dataset, pairs: Pairs, axes: Axes, seed: int) -> ObservationSplit:
        """Draw one realisation.

        Parameters
        ----------
        ds : xr.Dataset
            Training data, which is not changed.
        pairs : sequence of (str, str)
            Observed variables and their truths.
        axes : Axes
            Dimensions.
        seed : int
            Seed of the random numbers.
        """

    @property
    @abc.abstractmethod
    def n_realisations(self) -> int:
        """Number of resampled observation sets; training cycles through them, one per epoch."""

    def realisations(self, ds: xr.Dataset, pairs: Pairs, axes: Axes, seed: int) -> list[ObservationSplit]:
        """Return the unchanged observations, which validate, and ``n_realisations - 1`` resampled sets."""
        return [ObservationSplit(ds), *(self.draw(ds, pairs, axes, seed + i) for i in range(1, self.n_realisations))]

    def draw_tracks(
        self, split: ObservationSplit, tracks: xr.Dataset, pairs: Pairs, axes: Axes, seed: int
    ) -> ObservationSplit:
        """Add along-track measurements to a realisation.

        Raises
        ------
        ValueError
            If this resampling applies to grid cells only.
        """
        raise ValueError(
            f"{type(self).__name__}() resamples cells, not tracks=. Bin the tracks to the grid, or use "
            "WithholdObservations()."
        )


@dataclass(frozen=True)
class WithholdObservations(AbstractResampling):
    """Observations with a part withheld from the network, for the loss.

    Parameters
    ----------
    holdout : AbstractHoldout, optional
        Selection of the withheld observations. If None, ``WholeTracks(0.2)`` if the median fraction of observed cells
        per time step is below 0.1 (altimeters), else ``TransplantedCloudMasks(0.2)``.
    n_realisations : int
        Number of hold-outs: training cycles through them, one per epoch, and validates on all of them. Default: 5.

    References
    ----------
    Barth et al. 2020, doi:10.5194/gmd-13-1609-2020.

    Examples
    --------
    >>> import xdvn
    >>> from xdvn.grid.axes import find_axes
    >>> ds = xdvn.osse.Twin.small().make()
    >>> split = WithholdObservations().draw(ds, [("ssh_obs", "ssh")], find_axes(ds), seed=0)
    >>> observed, withheld = (int(d.ssh_obs.notnull().sum()) for d in (split.observed, split.withheld))
    >>> observed + withheld == int(ds.ssh_obs.notnull().sum()), 0.1 < withheld / (observed + withheld) < 0.3
    (True, True)
    """

    holdout: AbstractHoldout | None = None
    n_realisations: int = 5

    def draw(self, ds: xr.Dataset, pairs: Pairs, axes: Axes, seed: int) -> ObservationSplit:
        """Divide the observations of each variable."""
        remaining, withheld = {}, {}
        for i, (name, _) in enumerate(pairs):
            da = ds[name]
            observed = da.notnull().transpose(*axes.dims).values
            chosen = xr.DataArray(self._choose(observed, seed + 1000 * i), dims=axes.dims).transpose(*da.dims)
            remaining[name], withheld[name] = da.where(~chosen), da.where(chosen)
        return ObservationSplit(ds.assign(remaining), ds.assign(withheld))

    def realisations(self, ds: xr.Dataset, pairs: Pairs, axes: Axes, seed: int) -> list[ObservationSplit]:
        """Return ``n_realisations`` random hold-outs."""
        return [self.draw(ds, pairs, axes, seed + i) for i in range(self.n_realisations)]

    def draw_tracks(
        self, split: ObservationSplit, tracks: xr.Dataset, pairs: Pairs, axes: Axes, seed: int
    ) -> ObservationSplit:
        """Divide the measurements by their grid cells: a measurement is withheld if its cell is."""
        observed, remaining, withheld = split.observed, {}, {}
        for i, (name, _) in enumerate(pairs):
            if name not in tracks.variables:
                continue
            template = observed[name].transpose(*axes.dims)
            inside, cells = nearest_cells(tracks, name, template, axes)
            crossed = np.zeros(template.shape, bool)
            crossed[cells] = True
            chosen = self._choose(crossed, seed + 1000 * i)
            hidden = np.zeros(inside.size, bool)
            hidden[inside] = chosen[cells]
            on_track = xr.DataArray(hidden, dims=tracks[name].dims)
            remaining[name], withheld[name] = tracks[name].where(~on_track), tracks[name].where(on_track)
            # A first guess is computed from cells, so cells of withheld tracks are withheld, too.
            cells_withheld = xr.DataArray(chosen, dims=axes.dims).transpose(*observed[name].dims)
            observed = observed.assign({name: observed[name].where(~cells_withheld)})
        return replace(
            split, observed=observed, tracks=tracks.assign(remaining), withheld_tracks=tracks.assign(withheld)
        )

    def _choose(self, observed: np.ndarray, seed: int) -> np.ndarray:
        return (_default_holdout(observed) if self.holdout is None else self.holdout).choose(observed, seed)


@dataclass(frozen=True)
class ShuffleMasks(AbstractResampling):
    """The truth observed with the masks of other days, shifted cyclically in time.

    More combinations of fields and gaps reduce overfitting to the gaps. Values are interpolated linearly in the truth
    to the positions of the observations (``<obs>_offset_<dim>``), without observation errors, which
    ``PerturbObservations`` adds.

    Parameters
    ----------
    min_shift : int
        Smallest shift [time steps], at most half of the training data. Default: 1.
    n_realisations : int
        Number of realisations, including the unchanged observations. Default: 5.

    Raises
    ------
    ValueError
        If there is no truth, or fewer than two days.

    References
    ----------
    Febvre et al. 2023, arXiv:2309.14350.
    """

    min_shift: int = 1
    n_realisations: int = 5

    def draw(self, ds: xr.Dataset, pairs: Pairs, axes: Axes, seed: int) -> ObservationSplit:
        """Observe the truth with shuffled masks."""
        n = ds.sizes[axes.time]
        if n < 2:
            raise ValueError(f"ShuffleMasks(): expected two time steps or more, got {n}. Give a longer period.")
        rng = np.random.default_rng(seed)
        smallest = min(self.min_shift, n // 2)
        # A cyclic shift keeps consecutive masks consecutive: a slow orbit, a drifting cloud.
        shift = int(rng.integers(smallest, n - smallest + 1)) if n > 2 * smallest else n // 2
        other = (np.arange(n) + shift) % n
        resampled: dict[str, xr.DataArray] = {}
        for obs, true in pairs:
            if obs == true:
                raise ValueError("ShuffleMasks(): expected truth=, got none. Use WithholdObservations().")
            names = [obs, *(f"{obs}_offset_{d}" for d in axes.dims if f"{obs}_offset_{d}" in ds.variables)]
            moved = {k: ds[k].isel({axes.time: other}).assign_coords({axes.time: ds[axes.time]}) for k in names}
            values = _interpolate(ds[true], moved, obs, axes)
            mask = moved[obs].notnull()
            resampled |= moved | {obs: values.where(mask).assign_attrs(ds[obs].attrs)}
        return ObservationSplit(ds.assign(resampled))


@dataclass(frozen=True)
class PerturbObservations(AbstractResampling):
    """Independent Gaussian errors added to every observation.

    Parameters
    ----------
    std : float or tuple of float
        Standard deviation in the unit of the variable, one for all variables or one for each.
    after : AbstractResampling, optional
        Resampling applied before. Default: none.
    n_realisations : int
        Number of realisations, including the unchanged observations. Default: 5.

    Raises
    ------
    ValueError
        If a standard deviation is negative, or there is not one for each variable.
    """

    std: float | tuple[float, ...]
    after: AbstractResampling | None = None
    n_realisations: int = 5

    def draw(self, ds: xr.Dataset, pairs: Pairs, axes: Axes, seed: int) -> ObservationSplit:
        """Add errors to the observations, except withheld ones."""
        stds = [self.std] * len(pairs) if isinstance(self.std, int | float) else list(self.std)
        if len(stds) != len(pairs) or not all(s >= 0 for s in stds):
            raise ValueError(
                f"std={self.std}: expected a standard deviation for each of {[s for s, _ in pairs]}. Pass one number, "
                "0 or more."
            )
        rng = np.random.default_rng([seed, 1])
        split = ObservationSplit(ds) if self.after is None else self.after.draw(ds, pairs, axes, seed)
        noisy = {}
        for (name, _), std in zip(pairs, stds, strict=True):
            da = split.observed[name]
            noisy[name] = da.copy(data=(da.values + rng.normal(0, std, da.shape)).astype(da.dtype))
        return ObservationSplit(split.observed.assign(noisy), split.withheld)

    def realisations(self, ds: xr.Dataset, pairs: Pairs, axes: Axes, seed: int) -> list[ObservationSplit]:
        """Return the unchanged observations first, unless some are withheld."""
        if isinstance(self.after, WithholdObservations):
            return [self.draw(ds, pairs, axes, seed + i) for i in range(self.n_realisations)]
        return super().realisations(ds, pairs, axes, seed)


_SPARSE = 0.1
"""Fraction of observed cells below which observations are regarded as tracks."""


def _default_holdout(observed: np.ndarray) -> AbstractHoldout:
    """Return whole tracks for sparse observations, cloud masks for dense ones."""
    fraction = observed.reshape(len(observed), -1).mean(1)
    return WholeTracks(0.2) if np.median(fraction[fraction > 0]) < _SPARSE else TransplantedCloudMasks(0.2)


def _interpolate(truth: xr.DataArray, moved: dict[str, xr.DataArray], obs: str, axes: Axes) -> xr.DataArray:
    """Return the truth at the positions of the observations, with their dimensions."""
    field = truth.transpose(*axes.dims)
    values = np.asarray(field.values, np.float64)
    positions = np.indices(values.shape).astype(np.float64)
    for d, dim in enumerate(axes.dims):
        offset = moved.get(f"{obs}_offset_{dim}")
        if offset is not None:
            along = np.nan_to_num(offset.transpose(*axes.dims).values)
            # Offsets are positive towards growing coordinates, indices in storage order.
            positions[d] += -along if d and is_descending(field, dim) else along
    sampled = scipy.ndimage.map_coordinates(values, positions, order=1, mode="nearest")
    # At the coast, interpolation is impossible: use the value of the cell.
    values = np.where(np.isfinite(sampled), sampled, values).astype(field.dtype)
    return field.copy(data=values).transpose(*moved[obs].dims)
