"""The auxiliary grid changes nothing: against the exact analysis, and by the order of the interpolation's error."""

import numpy as np
import pytest

from xdvn.baselines import ExactAnalysis, GriddedAnalysis, gridded_analysis
from xdvn.baselines.covariance import gaussian, matrix
from xdvn.baselines.gridded_analysis import _interpolation

SCALES = (5.0, 1.0, 1.2)


def tracks(n_passes=24, each=30, seed=0):
    """Straight passes, each at one time: close along the track, far from each other, as an altimeter sees the sea."""
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
    exact = ExactAnalysis().solve(points, values, targets, SCALES, noise)
    quick = GriddedAnalysis().solve(points, values, targets, SCALES, noise)
    difference = (quick - exact) / values.std()
    assert np.sqrt((difference**2).mean()) < 2e-3
    coarse = GriddedAnalysis(nodes=3, tolerance=0.02).solve(points, values, targets, SCALES, noise)
    assert np.sqrt((((coarse - exact) / values.std()) ** 2).mean()) < 3e-2


@pytest.mark.parametrize("n_dims", [1, 2])
def test_fewer_dimensions(n_dims):
    points = np.random.default_rng(n_dims).uniform(0, 6, (150, n_dims))
    values, scales = np.sin(points @ np.array([0.7, 1.3])[:n_dims]), (2.0, 1.5)[:n_dims]
    targets = [np.linspace(0, 6, 7), np.linspace(0, 6, 9)][:n_dims]
    exact = ExactAnalysis().solve(points, values, targets, scales, 0.1)
    np.testing.assert_allclose(GriddedAnalysis().solve(points, values, targets, scales, 0.1), exact, atol=5e-3)


def test_one_observation():
    at, targets = np.array([[2.0, 1.0, 1.0]]), [np.array([2.0, 4.5]), np.array([1.0]), np.array([1.0])]
    x = GriddedAnalysis().solve(at, np.array([3.0]), targets, SCALES, 0.5)
    np.testing.assert_allclose(x.ravel(), [2.4, 2.4 * np.exp(-0.25)], rtol=1e-3)


def test_interpolated_covariance_has_fourth_order():
    """Cubic interpolation: eight nodes a scale are 16 times as good as four."""
    points = np.random.default_rng(0).uniform(0, 4, (80, 2))
    exact, errors = matrix(points, points, (1.0, 1.3)), []
    for nodes in (4, 8):
        analysis = GriddedAnalysis(nodes=nodes)
        grids = [analysis._grid(p, s) for p, s in zip(points.T, (1.0, 1.3), strict=True)]
        weights = _interpolation(points, grids).toarray()
        K = np.kron(*(gaussian(g, g, s) for g, s in zip(grids, (1.0, 1.3), strict=True)))
        errors.append(np.abs(weights @ K @ weights.T - exact).max())
        np.testing.assert_allclose(weights.sum(1), 1)
    assert errors[0] < 5e-3
    assert 10 < errors[0] / errors[1] < 24


def test_without_signal_the_map_is_zero():
    points, _ = tracks(4)
    assert not GriddedAnalysis().solve(points, np.zeros(len(points)), [np.zeros(1)] * 3, SCALES, 0.1).any()


def test_says_when_it_does_not_converge(monkeypatch):
    monkeypatch.setattr(gridded_analysis, "_MOST", 3)
    points, values = tracks()
    with pytest.warns(RuntimeWarning, match=r"in 3 iterations, not to 0\.001: .* larger noise, or analysis=Exact"):
        GriddedAnalysis().solve(points, values, [np.zeros(1)] * 3, SCALES, 0.01)


def test_error_variance_is_that_of_the_exact_analysis_or_a_little_more():
    """Observations left out can only lower it: never below, and within a tenth where observations are."""
    points, _ = tracks(n_passes=40)
    targets = [np.linspace(2, 13, 5), np.linspace(-1, 6, 12), np.linspace(-1, 6, 11)]
    exact = ExactAnalysis().variance(points, targets, SCALES, 0.2)
    found = GriddedAnalysis().variance(points, targets, SCALES, 0.2)
    assert (found > exact - 1e-10).all()
    assert found.mean() < 1.03 * exact.mean()
    wider = GriddedAnalysis(reach=2.5).variance(points, targets, SCALES, 0.2)
    assert (wider < found + 1e-10).all()
    assert wider.mean() < 1.005 * exact.mean()


def test_error_variance_is_one_where_nothing_is_near():
    points, _ = tracks()
    assert np.array_equal(GriddedAnalysis().variance(points + 1e3, [np.zeros(2)] * 3, SCALES, 0.1), np.ones((2, 2, 2)))
