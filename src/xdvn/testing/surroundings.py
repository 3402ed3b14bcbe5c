"""Contract checks of orbits, noise, hold-outs, resampling, tilings, covariates and groupings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from xdvn.baselines.tiling import AbstractTiling
from xdvn.grid.axes import find_axes
from xdvn.grid.covariates import AbstractCovariate
from xdvn.grid.holdout_masks import AbstractHoldout
from xdvn.metrics import AbstractGrouping
from xdvn.osse import AbstractNoise, AbstractOrbit
from xdvn.testing.properties import agree, require
from xdvn.training.resampling import AbstractResampling

__all__ = [
    "check_covariate",
    "check_grouping",
    "check_holdout",
    "check_noise",
    "check_orbit",
    "check_resampling",
    "check_tiling",
]


def check_orbit(orbit: AbstractOrbit) -> None:
    """Check that positions repeat after the cycle and that arcs contain every pass over a box."""
    name = type(orbit).__name__
    time = np.linspace(0, min(orbit.cycle, 3.0), 2000)
    lat, lon = orbit.position(time)
    require(
        (np.abs(lat) <= 90).all(),
        f"{name}.position returned {np.abs(lat).max():.1f} N or S: expected at most 90. Check it.",
    )
    require(
        ((lon >= -180) & (lon < 180)).all(),
        f"{name}.position returned longitudes {lon.min():.1f} to {lon.max():.1f}: expected [-180, 180[. Wrap them.",
    )
    again = orbit.position(time + orbit.cycle)
    distance = max(np.abs(again[0] - lat).max(), np.abs((again[1] - lon + 180) % 360 - 180).max())
    require(
        distance < 1e-3,
        f"{name} moves by {distance:.1e} degrees in a cycle of {orbit.cycle} days: expected 0. Correct the cycle.",
    )
    box = ((20.0, 50.0), (-60.0, 30.0))
    inside = (lat >= 20) & (lat <= 50) & (lon >= -60) & (lon <= 30)
    covered = np.zeros(time.size, bool)
    for starts, duration in orbit.arcs(float(time[0]), float(time[-1]), *box):
        for start in np.atleast_1d(starts):
            covered |= (time >= start - 1e-9) & (time <= start + duration + 1e-9)
    missing = int((~covered[inside]).sum())
    require(
        not missing,
        f"{name}.arcs omit {missing} times when the satellite is in the box: expected all passes. Extend the arcs.",
    )


def check_noise(noise: AbstractNoise, points: xr.Dataset) -> None:
    """Check that noise has one finite value per point and depends on its seed only."""
    name = type(noise).__name__
    first, again, other = (np.asarray(noise.draw(points, seed)) for seed in (0, 0, 1))
    n = points.sizes[str(points["time"].dims[0])]
    require(
        first.shape == (n,), f"{name}.draw returned shape {first.shape}: expected ({n},). Return one error per point."
    )
    require(
        np.isfinite(first).all(), f"{name}.draw returned NaN or infinity: expected finite errors. Check its parameters."
    )
    require(np.array_equal(first, again), f"{name}.draw differs for equal seeds: expected equal errors. {_SEED}")
    require(not np.array_equal(first, other), f"{name}.draw is equal for all seeds: expected other errors. {_SEED}")


def check_holdout(holdout: AbstractHoldout, observed: np.ndarray) -> None:
    """Check that a hold-out selects some but not all observations, and depends on its seed only."""
    name = type(holdout).__name__
    withheld = holdout.choose(observed, 0)
    require(
        withheld.shape == observed.shape,
        f"{name}.choose returned shape {withheld.shape}: expected {observed.shape}. Return a mask like its argument.",
    )
    require(withheld.dtype == bool, f"{name}.choose returned {withheld.dtype}: expected bool. Return a mask.")
    extra = int((withheld & ~observed).sum())
    require(
        not extra, f"{name}.choose withholds {extra} cells without observation: expected none. Use mask & observed."
    )
    require(
        0 < withheld.sum() < observed.sum(),
        f"{name}.choose withholds {withheld.sum()} of {observed.sum()} observations: expected some, not all. Change "
        "its parameters.",
    )
    require(
        np.array_equal(withheld, holdout.choose(observed, 0)),
        f"{name}.choose differs for equal seeds: expected equal masks. {_SEED}",
    )


def check_resampling(resampling: AbstractResampling, ds: xr.Dataset, obs: str, truth: str) -> None:
    """Check that a resampling preserves the layout, separates shown and withheld data, and depends on its seed only."""
    name, pairs, axes = type(resampling).__name__, [(obs, truth)], find_axes(ds[obs])
    before = ds.copy(deep=True)
    split, again = (resampling.draw(ds, pairs, axes, 3) for _ in range(2))
    require(ds.identical(before), f"{name}.draw changed its input: expected an unchanged Dataset. Work on a copy.")
    require(
        split.observed.identical(again.observed),
        f"{name}.draw differs for equal seeds: expected equal observations. {_SEED}",
    )
    observed = split.observed[obs]
    require(
        observed.dims == ds[obs].dims and observed.shape == ds[obs].shape,
        f"{name}.draw returned {observed.dims} {observed.shape}: expected {ds[obs].dims} {ds[obs].shape}. Preserve the "
        "layout.",
    )
    require(bool(observed.notnull().any()), f"{name}.draw returned no observation: expected some. Withhold fewer.")
    if split.withheld is not None:
        both = int((observed.notnull() & split.withheld[obs].notnull()).sum())
        require(
            not both,
            f"{name}.draw returned {both} observations as observed and withheld: expected none in both. Mask "
            "the observed ones.",
        )


def check_tiling(tiling: AbstractTiling, coords: Sequence[np.ndarray], scales: Sequence[float]) -> None:
    """Check that weights sum to 1 in every cell and that each tile includes observations at its centre."""
    name = type(tiling).__name__
    total = np.zeros([c.size for c in coords])
    for tile in tiling.tiles(coords, scales):
        weight = np.ones(())
        for w in tile.weights:
            weight = weight[..., None] * w
        total[np.ix_(*tile.targets)] += weight
        centre = np.array([[c[i[len(i) // 2]] for c, i in zip(coords, tile.targets, strict=True)]])
        require(
            tile.in_halo(centre).all(),
            f"{name}: a tile excludes observations at its centre: expected to include them. Widen it.",
        )
    require(
        agree(total, np.ones_like(total), 1e-9),
        f"{name}: the weights sum to {total.min():.3g} to {total.max():.3g}: expected 1 in every cell. Normalise them.",
    )


def check_covariate(covariate: AbstractCovariate, ds: xr.Dataset, n_times: int) -> None:
    """Check that a covariate is finite, on the grid or of size 1, with the number of channels it declares."""
    name, axes = type(covariate).__name__, find_axes(ds)
    values = np.asarray(covariate.on(ds, axes))
    sizes = [ds.sizes[d] for d in axes.dims]
    fits = values.ndim == len(sizes) and all(n in (1, s) for n, s in zip(values.shape, sizes, strict=True))
    require(
        fits,
        f"{name}.on returned shape {values.shape}: expected {tuple(sizes)}, or 1 on constant axes. Add missing axes.",
    )
    require(
        np.isfinite(values).all(),
        f"{name}.on returned NaN or infinity: expected finite values. Fill them with 0, the mean.",
    )
    constant = values.shape[0] == 1 or all(n == 1 for n in values.shape[1:])
    channels = covariate.n_channels(n_times, axes)
    expected = 1 if constant else n_times
    require(
        channels == expected,
        f"{name}.n_channels is {channels} for {n_times} times: expected {expected}. Return 1 for constants.",
    )


def check_grouping(grouping: AbstractGrouping, field: xr.DataArray) -> None:
    """Check that a grouping yields unique labels and disjoint boolean masks on dimensions of the field."""
    name = type(grouping).__name__
    groups = list(grouping.groups(field, find_axes(field)))
    require(groups, f"{name}.groups is empty: expected at least one group. Yield (label, mask).")
    labels = [label for label, _ in groups]
    require(
        len(set(labels)) == len(labels),
        f"{name}.groups yields {labels}: expected unique labels. Rename the repeated ones.",
    )
    members = xr.zeros_like(field, dtype=int)
    for label, inside in groups:
        require(inside.dtype == bool, f"{name}: group {label!r} is {inside.dtype}: expected bool. Yield a mask.")
        require(
            set(inside.dims) <= set(field.dims),
            f"{name}: group {label!r} has dimensions {inside.dims}: expected some of {field.dims}. Use only these.",
        )
        members = members + inside
    n_groups = int(members.max())
    require(n_groups <= 1, f"{name}: a point is in {n_groups} groups: expected at most 1. Make the masks disjoint.")


_SEED = "Draw from numpy.random.default_rng(seed)."
