"""Tiles: their weights add up to one, they contain enough observations, and the map has no seams."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xdvn.baselines import CholeskyAnalysis, OptimalInterpolation, PerTimeTiling, Tiling
from xdvn.baselines.analysis import matrix


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.tuples(st.integers(1, 40), st.integers(1, 30)),
    scale=st.floats(0.5, 20),
    core=st.floats(0.6, 6),
    blend=st.floats(0, 0.3),
    backwards=st.booleans(),
)
def test_weights_add_up_to_one_everywhere(sizes, scale, core, blend, backwards):
    coords = [np.arange(float(n))[:: -1 if backwards else 1] for n in sizes]
    tiling = Tiling(time=core, space=core, halo=1.0, blend=blend)
    total = np.zeros(sizes)
    for tile in tiling.tiles(coords, (scale, scale)):
        total[np.ix_(*tile.targets)] += np.multiply.outer(*tile.weights)
        inside = np.stack([c[i[[0, -1]]] for c, i in zip(coords, tile.targets, strict=True)], 1)
        assert tile.in_halo(inside).all()
    np.testing.assert_allclose(total, 1, atol=1e-12)


def test_small_domains_are_not_divided():
    assert len(list(Tiling(time=20.0, halo=3.0).tiles([np.arange(27.0)], (1.0,)))) == 1
    assert len(list(Tiling(time=20.0, halo=3.0).tiles([np.arange(28.0)], (1.0,)))) == 2


def cloud(n=700, extent=(30.0, 12.0), seed=0):
    """Return observations of a smooth field at random positions of a section, and cells to map."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 1, (n, 2)) * extent
    values = np.sin(points[:, 0] / 1.5) * np.cos(points[:, 1] * 1.1) + np.cos(points @ np.array([0.5, -0.9]))
    return points, values, [np.linspace(0, extent[0], 61), np.linspace(0, extent[1], 25)]


@pytest.mark.parametrize(
    "tiling",
    [
        Tiling(time=4.0, space=40.0),
        Tiling(time=40.0, space=4.0),
        Tiling(time=4.0, space=4.0),
        Tiling(4.0, 4.0, 3.0, 0.0),
    ],
)
def test_no_seams(tiling):
    """Tiles in time, in space, in both, and without blending differ by less than 0.01 standard deviations."""
    points, values, coords = cloud()
    settings = {"obs": "y", "scales": (2.0, 1.0), "noise_ratio": 0.1, "analysis": CholeskyAnalysis()}
    assert len(list(tiling.tiles(coords, (2.0, 1.0)))) > 1
    tiled = OptimalInterpolation(tiling=tiling, **settings)._estimate(points, values, coords)
    whole = OptimalInterpolation(tiling=Tiling(99.0, 99.0), **settings)._estimate(points, values, coords)
    assert np.abs(tiled - whole).max() < 0.01 * values.std()


def test_per_time_tiling_equals_the_loop_of_the_challenge():
    """One inversion per day with the observations of |dt| < 2 L_t."""
    points, values, coords = cloud(300)
    scales, noise = (2.0, 1.0), 0.05
    ours = OptimalInterpolation(
        "y", scales=scales, noise_ratio=noise, tiling=PerTimeTiling(), analysis=CholeskyAnalysis()
    )
    estimate = ours._estimate(points, values, coords)
    for i, t in enumerate(coords[0]):
        near = np.abs(points[:, 0] - t) < 2 * scales[0]
        B = matrix(points[near], points[near], scales)
        targets = np.stack([np.full(25, t), coords[1]], 1)
        expected = matrix(targets, points[near], scales) @ np.linalg.solve(
            B + noise**2 * np.eye(near.sum()), values[near]
        )
        np.testing.assert_allclose(estimate[i], expected, atol=1e-7)


def test_settings_are_checked():
    with pytest.raises(ValueError, match=r"blend of at most half .* Tiling\(time=20, space=20"):
        Tiling(time=1.0, blend=0.8)
    with pytest.raises(ValueError, match="time and space above 0"):
        Tiling(space=0.0)
    with pytest.raises(ValueError, match=r"halo=0\.1: expected more than blend=0\.25\. Use e\.g\. Tiling\(halo=3"):
        Tiling(halo=0.1)
