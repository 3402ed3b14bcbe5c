"""Scales, noise and signal estimated from observations alone, for fields whose covariance is known."""

import dataclasses

import numpy as np
import pytest
import xarray as xr
from scipy.stats import multivariate_normal

from xdvn.baselines import OptimalInterpolation, estimate_covariance
from xdvn.baselines import covariance_estimation as estimation
from xdvn.baselines.analysis import gaussian, matrix
from xdvn.grid.mean import MeanField

SCALES = (5.0, 0.8, 1.2)
NOISE, SIGNAL = 0.3, 0.2
AXES = (np.arange(40.0), 33 + 0.25 * np.arange(20), -65 + 0.25 * np.arange(24))
ZERO = MeanField(np.zeros((1, 1)), (np.array([33.0]), np.array([-65.0])))


def gaussian_field(seed: int = 0) -> np.ndarray:
    """Return a sample of the process with covariance exp(-sum (d / L)^2)."""
    field = np.random.default_rng(seed).normal(size=[c.size for c in AXES])
    for axis, (c, scale) in enumerate(zip(AXES, SCALES, strict=True)):
        variances, vectors = np.linalg.eigh(gaussian(c, c, scale))
        root = vectors * np.sqrt(np.maximum(variances, 0))
        field = np.moveaxis(np.tensordot(root, field, axes=(1, axis)), 0, axis)
    return SIGNAL * field


def observe(observed: np.ndarray, seed: int = 0) -> xr.Dataset:
    noise = NOISE * SIGNAL * np.random.default_rng(seed + 1).normal(size=observed.shape)
    values = np.where(observed, gaussian_field(seed) + noise, np.nan)
    coords = dict(zip(("time", "lat", "lon"), AXES, strict=True))
    return xr.Dataset({"ssh": (("time", "lat", "lon"), values, {"units": "m"})}, coords)


def tracks() -> np.ndarray:
    """Return two diagonal tracks a day, which move eastward."""
    day, row, column = np.meshgrid(*(np.arange(c.size) for c in AXES), indexing="ij")
    return ((column - row // 2 - 5 * day) % 24 < 1) | ((column + row // 2 + 7 * day + 12) % 24 < 1)


def patches() -> np.ndarray:
    """Return half of each day, in patches with holes, as between clouds."""
    day, row, column = np.meshgrid(*(np.arange(c.size) for c in AXES), indexing="ij")
    clouds = np.sin(0.55 * row + 2.1 * day) + np.sin(0.4 * column - 1.3 * day) + np.sin(0.3 * (row + column) + day)
    return clouds > 0


@pytest.mark.parametrize("observed", [tracks, patches])
def test_the_scales_of_a_gaussian_process_and_the_error_of_its_map(observed, monkeypatch):
    """One field has few independent eddies, so its own scales differ from those of the process."""
    monkeypatch.setattr(estimation, "_STAGES", ((10, 150, 40, 0.6), (24, 220, 60, 0.3)))
    ds = observe(observed())
    estimate = estimate_covariance(ds, "ssh", mean=ZERO, progress=False)
    np.testing.assert_allclose(estimate.scales, SCALES, rtol=0.35)
    assert estimate.noise_ratio * estimate.signal_std == pytest.approx(NOISE * SIGNAL, rel=0.25)
    assert all(0 < s < 0.4 for s in estimate.spread)
    found = OptimalInterpolation(
        "ssh", "mapped", estimate.scales, estimate.noise_ratio, ZERO, signal_std=estimate.signal_std
    )
    exact = dataclasses.replace(found, scales=SCALES, noise_ratio=NOISE, signal_std=SIGNAL)
    truth = gaussian_field()
    maps = found.reconstruct(ds, error=observed is tracks, progress=False)
    squares = (maps.mapped.values - truth) ** 2
    best = (exact.reconstruct(ds, progress=False).mapped.values - truth) ** 2
    assert np.sqrt(squares.mean()) < 1.05 * np.sqrt(best.mean())
    if observed is tracks:
        assert 0.5 < np.mean(squares / maps.mapped_std.values**2) < 2


def test_units_of_values_and_axes_scale_the_result(monkeypatch):
    monkeypatch.setattr(estimation, "_STAGES", ((6, 120, 30, 0.5),))
    ds = observe(tracks())
    first = estimate_covariance(ds, "ssh", mean=ZERO, progress=False)
    other = (100 * ds).assign_coords(lat=2 * ds.lat, lon=4 * ds.lon)
    mean = MeanField(ZERO.values, (2 * ZERO.coords[0], 4 * ZERO.coords[1]))
    second = estimate_covariance(other, "ssh", mean=mean, progress=False)
    np.testing.assert_allclose(second.scales, np.multiply(first.scales, (1, 2, 4)), rtol=1e-6)
    assert second.signal_std == pytest.approx(100 * first.signal_std, rel=1e-6)
    assert second.noise_ratio == pytest.approx(first.noise_ratio, rel=1e-6)
    assert second.spread == pytest.approx(first.spread, rel=1e-3)


def test_the_likelihood_is_that_of_predicted_blocks():
    """Errors and variances of a block equal those of a regression on the other observations."""
    rng = np.random.default_rng(0)
    points, values = rng.uniform(0, 3, (12, 2)), rng.normal(size=12)
    scales, noise = (1.0, 0.7), 0.3
    block = np.array([2, 5, 6])
    place = estimation._Neighbourhood(np.arange(12), [(block, np.ones(3, bool))])
    limits = np.stack([np.full(3, -9.0), np.full(3, 9.0)])
    with estimation.tqdm(disable=True) as bar:
        likelihood = estimation._Likelihood(points, values, [place], limits, bar)
        squares, variances = likelihood._predictions(np.log([*scales, noise]))
    others = np.setdiff1d(np.arange(12), block)
    full = matrix(points, points, scales) + noise**2 * np.eye(12)
    gain = full[np.ix_(block, others)] @ np.linalg.inv(full[np.ix_(others, others)])
    np.testing.assert_allclose(squares, (gain @ values[others] - values[block]) ** 2)
    covariance = full[np.ix_(block, block)] - gain @ full[np.ix_(others, block)]
    np.testing.assert_allclose(variances, np.diag(covariance))
    # The chain rule of probability: p(block | others) = p(all) / p(others).
    everything = multivariate_normal(cov=full).logpdf(values)
    rest = multivariate_normal(cov=full[np.ix_(others, others)]).logpdf(values[others])
    conditional = multivariate_normal(gain @ values[others], covariance).logpdf(values[block])
    assert everything - rest == pytest.approx(conditional)


def test_large_patches_are_divided_and_tracks_are_not():
    rng = np.random.default_rng(0)
    scaled = rng.uniform(size=(500, 3))
    blocks = list(estimation._divide(np.arange(500), scaled))
    assert np.array_equal(np.sort(np.concatenate(blocks)), np.arange(500))
    assert max(b.size for b in blocks) <= estimation._LARGEST
    (track,) = estimation._divide(np.arange(60), scaled)
    assert track.size == 60


def test_the_interpolation_has_the_estimated_parameters(monkeypatch):
    monkeypatch.setattr(estimation, "_STAGES", ((6, 120, 30, 0.5),))
    ds = observe(tracks())
    oi = OptimalInterpolation.from_observations(ds, "ssh", name="map", progress=False)
    mean = MeanField.plane(ds.ssh, oi._observed(ds).axes)
    found = estimate_covariance(ds, "ssh", mean=mean, progress=False)
    assert (oi.scales, oi.noise_ratio, oi.signal_std) == (found.scales, found.noise_ratio, found.signal_std)
    assert oi.reconstruct(ds, error=True, progress=False)["map_std"].notnull().all()


def test_too_few_observations_raise_an_error():
    ds = observe(tracks())
    few = ds.where(ds.time < 2)
    with pytest.raises(ValueError, match=r"'ssh' has \d+ observations in .*: expected 100 that vary. Pass scales="):
        estimate_covariance(few, "ssh", mean=ZERO, progress=False)
    with pytest.raises(ValueError, match="standard deviation 0: expected 100 that vary"):
        estimate_covariance(ds * 0, "ssh", mean=ZERO, progress=False)
    with pytest.raises(KeyError, match="'shh' is not in the Dataset; did you mean 'ssh'"):
        estimate_covariance(ds, "shh", progress=False)
