"""Contract checks of what stands around a network: orbits, errors, withheld data, tiles, covariates, groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from xdvn.baselines.tiling import AbstractTiling
from xdvn.baselines.withholding import AbstractWithholding
from xdvn.grid.axes import find_axes
from xdvn.grid.covariates import AbstractCovariate
from xdvn.metrics import AbstractGrouping
from xdvn.osse import AbstractNoise, AbstractOrbit
from xdvn.retakes import AbstractRetake
from xdvn.testing.properties import agree, require

__all__ = [
    "check_covariate",
    "check_grouping",
    "check_noise",
    "check_orbit",
    "check_retake",
    "check_tiling",
    "check_withholding",
]


def check_orbit(orbit: AbstractOrbit) -> None:
    """Check an orbit: places on the globe that repeat after the cycle, and arcs that hold every pass over a box."""
    name = type(orbit).__name__
    time = np.linspace(0, min(orbit.cycle, 3.0), 2000)
    lat, lon = orbit.position(time)
    require((np.abs(lat) <= 90).all(), f"{name}.position has latitudes beyond the poles")
    require(((lon >= -180) & (lon < 180)).all(), f"{name}.position has longitudes outside [-180, 180[")
    again = orbit.position(time + orbit.cycle)
    apart = [np.abs(again[0] - lat).max(), np.abs((again[1] - lon + 180) % 360 - 180).max()]
    require(max(apart) < 1e-3, f"{name} is {max(apart):.1e} degrees off after its cycle of {orbit.cycle} days")
    box = ((20.0, 50.0), (-60.0, 30.0))
    seen = (lat >= 20) & (lat <= 50) & (lon >= -60) & (lon <= 30)
    covered = np.zeros(time.size, bool)
    for beginnings, duration in orbit.arcs(float(time[0]), float(time[-1]), *box):
        for begin in np.atleast_1d(beginnings):
            covered |= (time >= begin - 1e-9) & (time <= begin + duration + 1e-9)
    require(covered[seen].all(), f"{name}.arcs leave out instants at which the satellite is in the box")


def check_noise(noise: AbstractNoise, points: xr.Dataset) -> None:
    """Check errors of measurement: one finite number a point, the same for the same seed, another for another."""
    name = type(noise).__name__
    first, again, other = (np.asarray(noise.draw(points, seed)) for seed in (0, 0, 1))
    n = points.sizes[str(points["time"].dims[0])]
    require(first.shape == (n,), f"{name}.draw made {first.shape} errors for {n} points; return one for each")
    require(np.isfinite(first).all(), f"{name}.draw made errors that are not finite")
    require(np.array_equal(first, again), f"{name}.draw differs for equal seeds; draw from default_rng(seed) alone")
    require(not np.array_equal(first, other), f"{name}.draw does not depend on its seed")


def check_withholding(withholding: AbstractWithholding, seen: np.ndarray) -> None:
    """Check a choice of what is withheld: a part of what is seen, not all, and the same for the same seed."""
    name = type(withholding).__name__
    chosen = withholding.choose(seen, 0)
    require(chosen.shape == seen.shape, f"{name}.choose made {chosen.shape} of {seen.shape}")
    require(chosen.dtype == bool, f"{name}.choose made {chosen.dtype}; return booleans")
    require(not (chosen & ~seen).any(), f"{name}.choose withholds what was not seen")
    require(0 < chosen.sum() < seen.sum(), f"{name}.choose withholds {chosen.sum()} of {seen.sum()}; leave something")
    require(np.array_equal(chosen, withholding.choose(seen, 0)), f"{name}.choose differs for equal seeds")


def check_retake(retake: AbstractRetake, ds: xr.Dataset, obs: str, truth: str) -> None:
    """Check a retake: the same layout, observations of the sea alone, none both shown and held, decided by its seed."""
    name, pairs, axes = type(retake).__name__, [(obs, truth)], find_axes(ds[obs])
    before = ds.copy(deep=True)
    take, again = (retake.take(ds, pairs, axes, 3) for _ in range(2))
    require(ds.identical(before), f"{name}.take changed the record it was given; work on a copy")
    require(take.seen.identical(again.seen), f"{name}.take differs for equal seeds; draw from default_rng(seed) alone")
    shown = take.seen[obs]
    require(
        shown.dims == ds[obs].dims and shown.shape == ds[obs].shape,
        f"{name}.take made {shown.dims} {shown.shape} of {ds[obs].dims} {ds[obs].shape}; the layout must be kept",
    )
    require(bool(shown.notnull().any()), f"{name}.take shows nothing")
    if take.held is not None:
        both = int((shown.notnull() & take.held[obs].notnull()).sum())
        require(not both, f"{name}.take both shows and holds {both} observations; a network would be told the answer")


def check_tiling(tiling: AbstractTiling, coords: Sequence[np.ndarray], scales: Sequence[float]) -> None:
    """Check a tiling: weights that add up to one in every cell, and tiles that see their own cells."""
    name = type(tiling).__name__
    total = np.zeros([c.size for c in coords])
    for tile in tiling.tiles(coords, scales):
        weight = np.ones(())
        for w in tile.weights:
            weight = weight[..., None] * w
        total[np.ix_(*tile.targets)] += weight
        centre = np.array([[c[i[len(i) // 2]] for c, i in zip(coords, tile.targets, strict=True)]])
        require(tile.sees(centre).all(), f"{name} has a tile that does not see the observations inside it")
    require(
        agree(total, np.ones_like(total), 1e-9), f"{name}: the weights of its tiles do not add up to one everywhere"
    )


def check_covariate(covariate: AbstractCovariate, ds: xr.Dataset, n_times: int) -> None:
    """Check a covariate: finite, on the grid's axes or of size 1 along them, with the channels it says."""
    name, axes = type(covariate).__name__, find_axes(ds)
    values = np.asarray(covariate.on(ds, axes))
    sizes = [ds.sizes[d] for d in axes.dims]
    fits = values.ndim == len(sizes) and all(n in (1, s) for n, s in zip(values.shape, sizes, strict=True))
    require(fits, f"{name}.on made {values.shape}; expected {tuple(sizes)}, or 1 where it does not vary")
    require(np.isfinite(values).all(), f"{name}.on has values that are not finite; fill them with 0, the mean")
    constant = values.shape[0] == 1 or all(n == 1 for n in values.shape[1:])
    channels = covariate.n_channels(n_times, axes)
    require(channels == (1 if constant else n_times), f"{name}.n_channels is {channels} for {n_times} times")


def check_grouping(grouping: AbstractGrouping, field: xr.DataArray) -> None:
    """Check a division into groups: labels that differ, booleans on dimensions of the field, no point in two groups."""
    name = type(grouping).__name__
    groups = list(grouping.groups(field, find_axes(field)))
    require(groups, f"{name}.groups yields nothing")
    labels = [label for label, _ in groups]
    require(len(set(labels)) == len(labels), f"{name}.groups yields labels twice: {labels}")
    members = xr.zeros_like(field, dtype=int)
    for label, inside in groups:
        require(inside.dtype == bool, f"{name}: group {label!r} is {inside.dtype}; yield booleans")
        require(set(inside.dims) <= set(field.dims), f"{name}: group {label!r} has dimensions {inside.dims}")
        members = members + inside
    require(int(members.max()) <= 1, f"{name} puts points into two groups")
