"""The same sea, observed once more: what training is shown besides the record as it is.

A retake is made before anything is mapped, so that a first guess never knows what was withheld, and errs with the
errors that were added. ``Withheld`` keeps observations back, which is how a network learns without a truth;
``OtherDays`` looks at the truth where the satellites were on other days; ``Noise`` adds errors. Called by ``fit``.
Withheld data: Barth et al. 2020, doi:10.5194/gmd-13-1609-2020. Masks of other days: Febvre et al. 2023,
arXiv:2309.14350.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy
import xarray as xr

from xdvn.baselines.withholding import AbstractWithholding, CloudsOfOtherTimes, Pieces
from xdvn.grid.axes import Axes
from xdvn.grid.points import nearest_cells
from xdvn.grid.spacing import descending

__all__ = ["AbstractRetake", "AsObserved", "Noise", "OtherDays", "Take", "Withheld"]

Pairs = Sequence[tuple[str, str]]
"""Observed variable and its truth; the observed one twice where there is no truth."""


@dataclass(frozen=True)
class Take:
    """One way the record could have been observed.

    Parameters
    ----------
    seen : xr.Dataset
        What the network is shown.
    held : xr.Dataset, optional
        The same with what is kept from it instead, NaN elsewhere.
    tracks, held_tracks : xr.Dataset, optional
        Measurements along tracks that it is shown, and those that are kept from it.
    """

    seen: xr.Dataset
    held: xr.Dataset | None = None
    tracks: xr.Dataset | None = None
    held_tracks: xr.Dataset | None = None


class AbstractRetake(abc.ABC):
    """(record, seed) -> the record, observed otherwise."""

    @abc.abstractmethod
    def take(self, ds: xr.Dataset, pairs: Pairs, axes: Axes, seed: int) -> Take:
        """Observe once more.

        Parameters
        ----------
        ds : xr.Dataset
            The record; never changed.
        pairs : sequence of (str, str)
            Observed variables and their truths.
        axes : Axes
            Dimensions.
        seed : int
            Equal seeds take alike.
        """

    def takes(self, ds: xr.Dataset, pairs: Pairs, axes: Axes, n: int, seed: int) -> list[Take]:
        """Return the record as it is, which validates, and ``n - 1`` more."""
        return [Take(ds), *(self.take(ds, pairs, axes, seed + i) for i in range(1, n))]

    def along_tracks(self, take: Take, tracks: xr.Dataset, pairs: Pairs, axes: Axes, seed: int) -> Take:
        """Return a take that was observed along tracks, too.

        Raises
        ------
        ValueError
            This retake knows cells only.
        """
        raise ValueError(
            f"{type(self).__name__}() takes cells anew, not tracks=; give cells, AsObserved() or Withheld()"
        )


@dataclass(frozen=True)
class AsObserved(AbstractRetake):
    """The record as it is."""

    def take(self, ds: xr.Dataset, pairs: Pairs, axes: Axes, seed: int) -> Take:
        """Return the record."""
        return Take(ds)

    def along_tracks(self, take: Take, tracks: xr.Dataset, pairs: Pairs, axes: Axes, seed: int) -> Take:
        """Return all measurements."""
        return replace(take, tracks=tracks)


@dataclass(frozen=True)
class Withheld(AbstractRetake):
    """A part of the observations is kept back, to judge the map by.

    Parameters
    ----------
    withholding : AbstractWithholding, optional
        What: ``Pieces()`` (tracks), ``CloudsOfOtherTimes()``, ``WholeTimes()``, ``Blocks(size)``. Default:
        ``Pieces(0.2)`` where a time sees less than a tenth of the cells, as altimeters do, else clouds.

    Examples
    --------
    >>> import xdvn
    >>> from xdvn.grid.axes import find_axes
    >>> ds = xdvn.osse.Twin.small().make()
    >>> take = Withheld().take(ds, [("ssh_obs", "ssh")], find_axes(ds), seed=0)
    >>> kept, held = (int(d.ssh_obs.notnull().sum()) for d in (take.seen, take.held))
    >>> kept + held == int(ds.ssh_obs.notnull().sum()), 0.1 < held / (kept + held) < 0.3
    (True, True)
    """

    withholding: AbstractWithholding | None = None

    def take(self, ds: xr.Dataset, pairs: Pairs, axes: Axes, seed: int) -> Take:
        """Divide the observations; each variable's on its own."""
        shown, held = {}, {}
        for i, (name, _) in enumerate(pairs):
            da = ds[name]
            seen = da.notnull().transpose(*axes.dims).values
            chosen = xr.DataArray(self._choose(seen, seed + 1000 * i), dims=axes.dims).transpose(*da.dims)
            shown[name], held[name] = da.where(~chosen), da.where(chosen)
        return Take(ds.assign(shown), ds.assign(held))

    def takes(self, ds: xr.Dataset, pairs: Pairs, axes: Axes, n: int, seed: int) -> list[Take]:
        """Return ``n`` divisions of the observations."""
        return [self.take(ds, pairs, axes, seed + i) for i in range(n)]

    def along_tracks(self, take: Take, tracks: xr.Dataset, pairs: Pairs, axes: Axes, seed: int) -> Take:
        """Divide the measurements by the cells they lie in: each has the fate that its cell would have."""
        seen, shown, held = take.seen, {}, {}
        for i, (name, _) in enumerate(pairs):
            if name not in tracks.variables:
                continue
            template = seen[name].transpose(*axes.dims)
            inside, cells = nearest_cells(tracks, name, template, axes)
            crossed = np.zeros(template.shape, bool)
            crossed[cells] = True
            chosen = self._choose(crossed, seed + 1000 * i)
            hidden = np.zeros(inside.size, bool)
            hidden[inside] = chosen[cells]
            kept = xr.DataArray(~hidden, dims=tracks[name].dims)
            shown[name], held[name] = tracks[name].where(kept), tracks[name].where(~kept)
            # A first guess is made of cells: what they hold of a track that is kept from the network goes with it.
            here = xr.DataArray(chosen, dims=axes.dims).transpose(*seen[name].dims)
            seen = seen.assign({name: seen[name].where(~here)})
        return replace(take, seen=seen, tracks=tracks.assign(shown), held_tracks=tracks.assign(held))

    def _choose(self, seen: np.ndarray, seed: int) -> np.ndarray:
        return (_suited(seen) if self.withholding is None else self.withholding).choose(seen, seed)


@dataclass(frozen=True)
class OtherDays(AbstractRetake):
    """The truth where other days were observed: every day gets the mask, and the places in cells, of another.

    One year of orbits or clouds becomes many, which keeps a network from learning the gaps by heart. Values are read
    from the truth, linearly between cells and days where the Dataset tells the places (``<obs>_offset_<dim>``); their
    errors are not those of the record: add them with ``Noise``.

    Parameters
    ----------
    least : int
        Days between a day and the one whose mask it gets, at least, where the record is long enough.

    Raises
    ------
    ValueError
        There is no truth to look at, or fewer than two days.
    """

    least: int = 1

    def take(self, ds: xr.Dataset, pairs: Pairs, axes: Axes, seed: int) -> Take:
        """Observe the truth with shuffled masks."""
        n = ds.sizes[axes.time]
        if n < 2:
            raise ValueError(f"OtherDays needs two days or more, and the record has {n}")
        rng = np.random.default_rng(seed)
        least = min(self.least, n // 2)
        # A cyclic shift, so that masks that follow one another still do: a slow orbit, a drifting cloud.
        shift = int(rng.integers(least, n - least + 1)) if n > 2 * least else n // 2
        other = (np.arange(n) + shift) % n
        taken: dict[str, xr.DataArray] = {}
        for seen, true in pairs:
            if seen == true:
                raise ValueError("OtherDays() looks at the truth; without one, use Withheld()")
            names = [seen, *(f"{seen}_offset_{d}" for d in axes.dims if f"{seen}_offset_{d}" in ds.variables)]
            moved = {k: ds[k].isel({axes.time: other}).assign_coords({axes.time: ds[axes.time]}) for k in names}
            values = _read(ds[true], moved, seen, axes)
            mask = moved[seen].notnull()
            taken |= moved | {seen: values.where(mask).assign_attrs(ds[seen].attrs)}
        return Take(ds.assign(taken))


@dataclass(frozen=True)
class Noise(AbstractRetake):
    """Independent errors on every observation.

    Parameters
    ----------
    std : float or tuple of float
        Standard deviation in the unit of the variable, one for each or for all.
    after : AbstractRetake
        What is taken first.

    Raises
    ------
    ValueError
        A standard deviation is negative, or there is not one for each variable.
    """

    std: float | tuple[float, ...]
    after: AbstractRetake = AsObserved()

    def take(self, ds: xr.Dataset, pairs: Pairs, axes: Axes, seed: int) -> Take:
        """Return the take with errors on what is shown; what is held stays as it was."""
        stds = [self.std] * len(pairs) if isinstance(self.std, int | float) else list(self.std)
        if len(stds) != len(pairs) or not all(s >= 0 for s in stds):
            raise ValueError(f"std={self.std}: expected a standard deviation for each of {[s for s, _ in pairs]}")
        rng = np.random.default_rng([seed, 1])
        take = self.after.take(ds, pairs, axes, seed)
        noisy = {}
        for (name, _), std in zip(pairs, stds, strict=True):
            da = take.seen[name]
            noisy[name] = da.copy(data=(da.values + rng.normal(0, std, da.shape)).astype(da.dtype))
        return Take(take.seen.assign(noisy), take.held)

    def takes(self, ds: xr.Dataset, pairs: Pairs, axes: Axes, n: int, seed: int) -> list[Take]:
        """Return the record as it is first, unless observations are withheld."""
        if isinstance(self.after, Withheld):
            return [self.take(ds, pairs, axes, seed + i) for i in range(n)]
        return super().takes(ds, pairs, axes, n, seed)


_THIN = 0.1


def _suited(seen: np.ndarray) -> AbstractWithholding:
    """Return tracks where a time sees little of the sea, clouds where it sees much."""
    share = seen.reshape(len(seen), -1).mean(1)
    return Pieces(0.2) if np.median(share[share > 0]) < _THIN else CloudsOfOtherTimes(0.2)


def _read(truth: xr.DataArray, moved: dict[str, xr.DataArray], seen: str, axes: Axes) -> xr.DataArray:
    """Return the truth at the places in cells, laid out as the observations."""
    field = truth.transpose(*axes.dims)
    values = np.asarray(field.values, np.float64)
    places = np.indices(values.shape).astype(np.float64)
    for d, dim in enumerate(axes.dims):
        offset = moved.get(f"{seen}_offset_{dim}")
        if offset is not None:
            along = np.nan_to_num(offset.transpose(*axes.dims).values)
            # Offsets point towards growing coordinates, indices along the storage.
            places[d] += -along if d and descending(field, dim) else along
    read = scipy.ndimage.map_coordinates(values, places, order=1, mode="nearest")
    # Beside the coast a corner is missing: the cell itself is then the best there is.
    return field.copy(data=np.where(np.isfinite(read), read, values).astype(field.dtype)).transpose(*moved[seen].dims)
