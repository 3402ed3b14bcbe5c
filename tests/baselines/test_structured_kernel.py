"""Structured kernel interpolation against the exact analysis, and the order of its interpolation error."""

import numpy as np
import pytest

from xdvn.baselines import CholeskyAnalysis, StructuredKernelInterpolation, structured_kernel
from xdvn.baselines.analysis import gaussian, matrix
from xdvn.baselines.structured_kernel import _interpolation

SCALES = (5.0, 1.0, 1.2)


def tracks(n_passes=24, each=30, seed=0):
    """Return observations along straight passes, each at one time, as of an altimeter."""
    rng = np.random.default_rng(seed)
    start, heading = rng.uniform(0, 5, (n_passes, 1, 2)), rng.uniform(-np.pi, np.pi, (n_passes, 1))
    along = np.linspace(-3, 3, each)[:, None] * np.stack([np.cos(heading), np.sin(heading)], -1)
    time = np.broadcast_to(rng.uniform(0, 15, (n_passes, 1, 1)), (n_passes, each, 1))
    points = np.concatenate([time, start + along], -1).reshape(-1, 3)
    return points, np.sin(points @ np.array([0.2, 1.5, 1.0])) + np.cos(points @ np.array([0.1, -1.0, 1.3]))


@pytest.mark.parametrize("noise", [0.05, 0.2])
def test_equals_the_exact_analysis(noise):
    points, values = tracks()
    targets = [np.linspace(2, 13, 4), np.linspace(-1, 6, 12), np.linspace(-1, 6, 9)]
    exact = CholeskyAnalysis().solve(points, values, targets, SCALES, noise)
    quick = StructuredKernelInterpolation().solve(points, values, targets, SCALES, noise)
    difference = (quick - exact) / values.std()
    assert np.sqrt((difference**2).mean()) < 2e-3
    coarse = StructuredKernelInterpolation(nodes=3, tolerance=0.02).solve(points, values, targets, SCALES, noise)
    assert np.sqrt((((coarse - exact) / values.std()) ** 2).mean()) < 3e-2


@pytest.mark.parametrize("n_dims", [1, 2])
def test_fewer_dimensions(n_dims):
    points = np.random.default_rng(n_dims).uniform(0, 6, (150, n_dims))
    values, scales = np.sin(points @ np.array([0.7, 1.3])[:n_dims]), (2.0, 1.5)[:n_dims]
    targets = [np.linspace(0, 6, 7), np.linspace(0, 6, 9)][:n_dims]
    exact = CholeskyAnalysis().solve(points, values, targets, scales, 0.1)
    np.testing.assert_allclose(
        StructuredKernelInterpolation().solve(points, values, targets, scales, 0.1), exact, atol=5e-3
    )


def test_one_observation():
    at, targets = np.array([[2.0, 1.0, 1.0]]), [np.array([2.0, 4.5]), np.array([1.0]), np.array([1.0])]
    x = StructuredKernelInterpolation().solve(at, np.array([3.0]), targets, SCALES, 0.5)
    np.testing.assert_allclose(x.ravel(), [2.4, 2.4 * np.exp(-0.25)], rtol=1e-3)


def test_interpolated_covariance_has_fourth_order():
    """The error of cubic interpolation with eight nodes per scale is 1/16 of that with four."""
    points = np.random.default_rng(0).uniform(0, 4, (80, 2))
    exact, errors = matrix(points, points, (1.0, 1.3)), []
    for nodes in (4, 8):
        analysis = StructuredKernelInterpolation(nodes=nodes)
        grids = [analysis._grid(p, s) for p, s in zip(points.T, (1.0, 1.3), strict=True)]
        weights = _interpolation(points, grids).toarray()
        K = np.kron(*(gaussian(g, g, s) for g, s in zip(grids, (1.0, 1.3), strict=True)))
        errors.append(np.abs(weights @ K @ weights.T - exact).max())
        np.testing.assert_allclose(weights.sum(1), 1)
    assert errors[0] < 5e-3
    assert 10 < errors[0] / errors[1] < 24


def test_without_signal_the_map_is_zero():
    points, _ = tracks(4)
    assert (
        not StructuredKernelInterpolation().solve(points, np.zeros(len(points)), [np.zeros(1)] * 3, SCALES, 0.1).any()
    )


def test_warns_if_it_does_not_converge(monkeypatch):
    monkeypatch.setattr(structured_kernel, "_MAX_ITERATIONS", 3)
    points, values = tracks()
    message = r"residual .* after 3 iterations, expected 0\.001\. Use a larger noise_ratio, or analysis=Cholesky"
    with pytest.warns(RuntimeWarning, match=message):
        StructuredKernelInterpolation().solve(points, values, [np.zeros(1)] * 3, SCALES, 0.01)


def test_error_variance_is_that_of_the_exact_analysis_or_a_little_more():
    """More observations reduce the error variance, so that from nearby observations alone it is never too small."""
    points, _ = tracks(n_passes=40)
    targets = [np.linspace(2, 13, 5), np.linspace(-1, 6, 12), np.linspace(-1, 6, 11)]
    exact = CholeskyAnalysis().variance(points, targets, SCALES, 0.2)
    found = StructuredKernelInterpolation().variance(points, targets, SCALES, 0.2)
    assert (found > exact - 1e-10).all()
    assert found.mean() < 1.03 * exact.mean()
    wider = StructuredKernelInterpolation(reach=2.5).variance(points, targets, SCALES, 0.2)
    assert (wider < found + 1e-10).all()
    assert wider.mean() < 1.005 * exact.mean()


def test_error_variance_is_one_far_from_all_observations():
    points, _ = tracks()
    assert np.array_equal(
        StructuredKernelInterpolation().variance(points + 1e3, [np.zeros(2)] * 3, SCALES, 0.1), np.ones((2, 2, 2))
    )
