"""Interpolation of a state to points against scipy and finite differences, at boundaries, near land, with padding."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.interpolate import interpn

from xdvn.core.cost import Reduction, VariationalCost
from xdvn.core.observations import Observations
from xdvn.core.points import Points
from xdvn.core.priors import IdentityPrior

GRIDS = {"1-D": (7,), "2-D": (5, 6)}
N_TIMES, N_VARIABLES = 4, 2


def points(space, n=30, seed=0, reach=0.0, **options):
    """Random points; ``reach`` steps beyond the outermost cells."""
    rng = np.random.default_rng(seed)
    last = np.array([N_TIMES, *space]) - 1.0
    locations = jnp.asarray(-reach + rng.random((n, last.size)) * (last + 2 * reach))
    values, variable = jnp.asarray(rng.normal(size=n)), jnp.asarray(rng.integers(0, N_VARIABLES, n))
    return Points(values, jnp.ones(n, bool), locations, variable, n_times=N_TIMES, **options)


def state(space, seed=1):
    return jnp.asarray(np.random.default_rng(seed).normal(size=(*space, N_VARIABLES * N_TIMES)))


@pytest.mark.parametrize("space", GRIDS.values(), ids=GRIDS)
def test_equals_scipy_in_double_precision(space):
    with jax.enable_x64(True):
        x, at = state(space), points(space)
        fields = np.moveaxis(np.asarray(x).reshape(*space, N_VARIABLES, N_TIMES), (-2, -1), (0, 1))
        axes = [np.arange(n) for n in (N_TIMES, *space)]
        expected = [interpn(axes, fields[v], p)[0] for v, p in zip(at.variable, np.asarray(at.locations), strict=True)]
        assert np.allclose(at.sample(x), expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("space", GRIDS.values(), ids=GRIDS)
def test_exact_for_multilinear_fields_up_to_half_a_step_outside_the_cells(space):
    with jax.enable_x64(True):
        at = points(space, reach=0.5)

        def field(position):  # multilinear: a product of linear functions
            return np.prod([1 + 0.3 * (d + 1) * p for d, p in enumerate(position)], axis=0)

        mesh = np.meshgrid(*[np.arange(n, dtype=float) for n in (N_TIMES, *space)], indexing="ij")
        one = np.moveaxis(field(mesh), 0, -1)
        x = jnp.asarray(np.concatenate([one, -2 * one], -1))
        expected = field(np.asarray(at.locations).T) * np.where(np.asarray(at.variable) == 0, 1, -2)
        assert np.allclose(at.sample(x), expected, rtol=1e-12)
        assert at.within(x.shape, None).mask.all()


@pytest.mark.parametrize("space", GRIDS.values(), ids=GRIDS)
def test_cost_gradient_of_cells_and_points_equals_finite_differences(space):
    with jax.enable_x64(True):
        x, rng = state(space), np.random.default_rng(5)
        at = points(space, error_variance=jnp.asarray(rng.uniform(0.5, 2, 30)))
        mask = jnp.asarray(rng.random(x.shape) < 0.3)
        ocean_mask = jnp.asarray(rng.random(x.shape) < 0.8)
        obs = Observations(state(space, 2), mask, jnp.full(x.shape, 0.5), ocean_mask, points=at)
        x = obs.mask_land(x)
        cost = VariationalCost(IdentityPrior(), obs_weight=0.7)
        direction = obs.mask_land(state(space, 3))
        step = 1e-5
        difference = (cost(x + step * direction, obs) - cost(x - step * direction, obs)) / (2 * step)
        assert np.isclose((cost.gradient(x, obs) * direction).sum(), difference, rtol=1e-8)


def test_omega_includes_cells_and_points_with_their_error_variances():
    x = jnp.zeros((3, 2))
    at = Points(
        jnp.array([2.0, 9.0]), jnp.array([True, False]), jnp.zeros((2, 2)), jnp.zeros(2, int), jnp.array([4.0, 1.0]),
        n_times=2,
    )  # fmt: skip
    mask = jnp.zeros((3, 2), bool).at[1, 1].set(True)
    obs = Observations(jnp.full((3, 2), 3.0), mask, jnp.full((3, 2), 2.0), points=at)
    assert int(obs.count) == 2
    total = VariationalCost(IdentityPrior(), obs_weight=0.5, prior_weight=0.5, reduction=Reduction.SUM)
    assert np.isclose(total(x, obs), 0.5 * (9 / 2 + 4 / 4))
    assert np.isclose(VariationalCost(IdentityPrior(), obs_weight=1.0)(x, obs), (9 / 2 + 4 / 4) / 2)


def test_a_corner_on_land_has_no_weight():
    x = jnp.array([[1.0], [jnp.nan], [5.0]])  # one day; the middle cell is land
    ocean_mask = jnp.array([[True], [False], [True]])
    at = Points(
        jnp.zeros(4), jnp.ones(4, bool), jnp.array([[0, 0.4], [0, 1.0], [0, 1.9], [0, 2.4]]), jnp.zeros(4, int),
        n_times=1,
    )  # fmt: skip
    obs = Observations(x, ocean_mask, ocean_mask=ocean_mask, points=at)
    assert obs.points.mask.tolist() == [True, False, True, True]
    values = obs.points.sample(obs.mask_land(x), ocean_mask)
    # There is no extrapolation outside the last cell next to land.
    assert np.allclose(values[obs.points.mask], [1, 5, 5])


def test_padding_and_points_outside_the_window_are_masked_and_have_no_effect():
    locations = jnp.array([[0.0, 0.0], [3.6, 0.0], [0.0, -0.6], [jnp.nan, jnp.nan], [1e9, 1e9]])
    mask = jnp.array([True, True, True, False, True])
    at = Points(jnp.array([1.0, 1, 1, jnp.nan, 1]), mask, locations, jnp.full(5, 7).at[0].set(0), n_times=N_TIMES)
    x = jnp.ones((7, 8))
    obs = Observations(x, jnp.zeros(x.shape, bool), points=at)
    assert obs.points.mask.tolist() == [True, False, False, False, False]
    cost = VariationalCost(IdentityPrior(), obs_weight=1.0)
    assert float(cost(2 * x, obs)) == 1.0
    gradient = cost.gradient(2 * x, obs)
    assert np.count_nonzero(gradient) == 1
    assert np.isfinite(gradient).all()


def test_without_points_the_data_term_and_its_gradient_are_zero():
    no_points = Points(
        jnp.full(3, jnp.nan), jnp.zeros(3, bool), jnp.full((3, 2), jnp.nan), jnp.zeros(3, int), n_times=2
    )
    x = jnp.ones((4, 2))
    obs = Observations(jnp.full(x.shape, jnp.nan), jnp.zeros(x.shape, bool), points=no_points)
    value, gradient = jax.value_and_grad(VariationalCost(IdentityPrior()))(x, obs)
    assert value == 0
    assert np.array_equal(gradient, jnp.zeros_like(x))


def test_jit_and_vmap_over_samples_give_the_same_values():
    samples = [(state((5, 6), s), points((5, 6), seed=s)) for s in (1, 2)]
    batch = jax.tree.map(lambda *a: jnp.stack(a), *samples)
    together = jax.jit(jax.vmap(lambda x, at: at.sample(x)))(*batch)
    assert np.allclose(together, [at.sample(x) for x, at in samples], atol=1e-6)


def test_dimensions_of_one_cell_are_constant():
    at = Points(jnp.zeros(1), jnp.ones(1, bool), jnp.array([[0.3, 0.2, 1.5]]), jnp.zeros(1, int), n_times=1)
    assert np.allclose(at.sample(jnp.array([[[1.0], [2.0], [4.0]]])), 3.0)


def test_wrong_shapes_are_refused():
    at = points((5, 6))
    with pytest.raises(ValueError, match=r"locations of 3 columns: expected 2\. Give the time, then"):
        at.sample(state((7,)))
    with pytest.raises(ValueError, match="n_times=4: expected at most 3, the channels of the state"):
        at.sample(jnp.zeros((5, 6, 3)))
    with pytest.raises(ValueError, match="locations of 3 columns"):
        Observations(state((7,)), jnp.zeros((7, 8), bool), points=at)
