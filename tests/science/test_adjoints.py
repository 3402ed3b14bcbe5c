"""What each adjoint claims, against closed forms, written-out loops, finite differences and dense matrices."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.adjoints import (
    GMRES,
    BiCGStab,
    ConjugateGradient,
    Implicit,
    RecursiveCheckpoint,
    TruncatedAdjoint,
    Unrolled,
)
from xdvn.core.cost import LearnedWeight, VariationalCost
from xdvn.core.modulators import ConvLSTMModulator, IdentityModulator
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.observations import Observations
from xdvn.core.priors import AbstractPrior, BilinearPrior
from xdvn.core.solvers import AnnealedSchedule, GradientSolver, ProjectionSolver

pytestmark = pytest.mark.usefixtures("quick_compile")


class Affine(AbstractPrior):
    """phi(x) = x/2 + theta: projected without data, the map T of the textbook."""

    theta: jax.Array

    def __call__(self, x):
        return x / 2 + self.theta


K = 60
CLOSED_FORMS = [
    (Implicit(), 2.0),
    (Unrolled(None), 2 * (1 - 2.0**-K)),
    (RecursiveCheckpoint(), 2 * (1 - 2.0**-K)),
    *[(TruncatedAdjoint(k), 2 * (1 - 2.0**-k)) for k in (1, 2, 3, 10)],
]


@pytest.mark.parametrize(("adjoint", "expected"), CLOSED_FORMS, ids=lambda p: repr(p)[:30])
def test_half_x_plus_theta(adjoint, expected):
    """x* = 2 theta: implicit gives 2, one-step 1 however long one iterates, k-step 2 (1 - 2^-k)."""
    with jax.enable_x64(True):
        network = FourDVarNet(VariationalCost(Affine(jnp.asarray(0.7))), ProjectionSolver(n_steps=K), adjoint)
        nothing = Observations(jnp.zeros((1, 1)), jnp.zeros((1, 1), bool))
        value, gradient = eqx.filter_value_and_grad(lambda n: n(nothing).x.sum())(network)
        assert np.isclose(value, 1.4, rtol=1e-14)
        assert np.isclose(gradient.cost.prior.theta, expected, rtol=1e-12)


def test_one_step_is_exact_where_the_step_forgets_its_state():
    """T(x) = theta, so dT/dx = 0: one step is all there is."""

    class Forgetful(AbstractPrior):
        theta: jax.Array

        def __call__(self, x):
            return 0 * x + self.theta

    network = FourDVarNet(
        VariationalCost(Forgetful(jnp.asarray(0.7))), ProjectionSolver(n_steps=5), TruncatedAdjoint(1)
    )
    nothing = Observations(jnp.zeros((1, 1)), jnp.zeros((1, 1), bool))
    assert eqx.filter_grad(lambda n: n(nothing).x.sum())(network).cost.prior.theta == 1


def doubled(tree):
    return jax.tree.map(lambda a: a.astype(jnp.float64) if eqx.is_inexact_array(a) else a, tree)


def observations(shape=(7, 2), seed=0):
    rng = np.random.default_rng(seed)
    mask = rng.random(shape) < 0.4
    return Observations(jnp.asarray(rng.normal(size=shape)), jnp.asarray(mask))


def learned_network():
    k_prior, k_modulator = jax.random.split(jax.random.key(0))
    cost = VariationalCost(
        BilinearPrior(2, 1, hidden=3, downsampling=1, key=k_prior),
        obs_weight=LearnedWeight(1.0),
        prior_weight=LearnedWeight(0.5),
    )
    modulator = ConvLSTMModulator(2, 1, hidden=2, factor=1, scale=1.0, key=k_modulator)
    solver = GradientSolver(n_steps=4, modulator=modulator, schedule=AnnealedSchedule(0.1), normalise=True)
    return doubled(FourDVarNet(cost, solver))


def written_out(network, obs):
    """The solve as a reader would write it down."""
    state = network.solver.init(network.cost, obs, None)
    for _ in range(network.solver.n_steps):
        state = network.solver.step(network.cost, obs, state)
    return state.x


def test_exact_adjoints_equal_the_written_out_loop_leaf_by_leaf():
    with jax.enable_x64(True):
        network, obs = learned_network(), observations()

        def loss(n, solve):
            return (solve(n, obs) ** 3).sum()

        gradient = eqx.filter_jit(eqx.filter_value_and_grad(loss))
        value, expected = gradient(network, written_out)
        for adjoint in (Unrolled(None), Unrolled(), Unrolled(()), RecursiveCheckpoint()):
            other = eqx.tree_at(lambda n: n.adjoint, network, adjoint)
            same, found = gradient(other, lambda n, o: n(o).x)
            assert np.isclose(same, value, rtol=1e-12), adjoint
            leaves = jax.tree.leaves(found), jax.tree.leaves(expected)
            assert all(np.abs(b).max() > 0 for b in leaves[1])
            for a, b in zip(*leaves, strict=True):
                assert np.abs(a - b).max() <= 1e-9 * np.abs(b).max(), adjoint


def contractive(solver, linear_solver=None):
    """A learned prior small enough to contract; its fixed point is reached to rounding."""
    prior = doubled(BilinearPrior(2, 1, hidden=3, downsampling=1, key=jax.random.key(1)))
    cost = VariationalCost(prior, obs_weight=1.0, prior_weight=1.0)
    tight = {"rtol": 1e-11}
    return FourDVarNet(cost, solver, Implicit(linear_solver or GMRES(**tight)))


PROJECTION = ProjectionSolver(n_steps=80)
DESCENT = GradientSolver(n_steps=600, modulator=IdentityModulator(), step_size=3.0)


@pytest.mark.parametrize(
    ("solver", "linear_solver"),
    [
        (PROJECTION, GMRES(1e-11)),
        (PROJECTION, BiCGStab(1e-11)),
        (DESCENT, GMRES(1e-11)),
        (DESCENT, BiCGStab(1e-11)),
        (DESCENT, ConjugateGradient(1e-11)),
    ],
    ids=lambda p: type(p).__name__,
)
def test_implicit_equals_finite_differences_on_a_contractive_network(solver, linear_solver):
    """Along a random direction of all parameters and of the data at once."""
    with jax.enable_x64(True):
        network, obs = contractive(solver, linear_solver), observations()
        rng = np.random.default_rng(5)
        learned, rest = eqx.partition(network, eqx.is_inexact_array)
        point = (learned, obs.values)
        direction = jax.tree.map(lambda a: jnp.asarray(rng.normal(size=a.shape)), point)

        @jax.jit
        def loss(point):
            seen = Observations(point[1], obs.mask)
            return (jnp.sin(eqx.combine(point[0], rest)(seen).x) ** 2).sum()

        gradient = jax.jit(jax.grad(loss))(point)
        slope = sum(jnp.vdot(a, b) for a, b in zip(jax.tree.leaves(gradient), jax.tree.leaves(direction), strict=True))
        h = 1e-5
        ahead, behind = (loss(jax.tree.map(lambda a, d: a + s * h * d, point, direction)) for s in (1, -1))  # noqa: B023
        assert np.isclose(slope, (ahead - behind) / (2 * h), rtol=1e-7)


def test_implicit_and_exact_adjoints_agree_at_a_fixed_point_and_one_step_does_not():
    with jax.enable_x64(True):
        network, obs = contractive(PROJECTION), observations()
        gradient = eqx.filter_jit(eqx.filter_value_and_grad(lambda n: (n(obs).x ** 2).sum()))
        results = {}
        for adjoint in (network.adjoint, Unrolled(None), TruncatedAdjoint(1), TruncatedAdjoint(30)):
            results[adjoint] = gradient(eqx.tree_at(lambda n: n.adjoint, network, adjoint))
        value, expected = results[Unrolled(None)]
        scale = max(float(np.abs(b).max()) for b in jax.tree.leaves(expected))

        def departure(adjoint):
            leaves = zip(jax.tree.leaves(results[adjoint][1]), jax.tree.leaves(expected), strict=True)
            return max(float(np.abs(a - b).max()) for a, b in leaves) / scale

        assert all(found == value for found, _ in results.values())
        assert departure(network.adjoint) < 1e-9
        assert departure(TruncatedAdjoint(30)) < 1e-6
        assert departure(TruncatedAdjoint(1)) > 1e-3


@pytest.mark.parametrize("solver", [PROJECTION, DESCENT], ids=lambda s: type(s).__name__)
def test_the_first_guess_has_no_part_in_an_implicit_gradient(solver):
    with jax.enable_x64(True):
        network, obs = contractive(solver), observations()
        gradient = jax.jit(jax.grad(lambda x: (network(obs, x).x ** 2).sum()))(jnp.ones((7, 2)))
        assert np.array_equal(gradient, np.zeros((7, 2)))


def test_implicit_descent_is_the_implicit_function_theorem_of_the_cost():
    """dL/dTheta = -(dL/dx) (d2J/dx2)^-1 d2J/dx dTheta with matrices written out, at a minimum of J."""
    with jax.enable_x64(True):
        descent = dataclasses.replace(DESCENT, n_steps=4000, step_size=0.3)
        network, obs = contractive(descent), observations((4, 1))
        prior = doubled(BilinearPrior(1, 1, hidden=2, downsampling=1, key=jax.random.key(2)))
        network = eqx.tree_at(lambda n: n.cost.prior, network, prior)
        learned, rest = eqx.partition(network.cost, eqx.is_inexact_array)
        x = eqx.filter_jit(network)(obs).x
        slope = jax.grad(lambda a, x: eqx.combine(a, rest)(x, obs), argnums=1)
        assert np.abs(slope(learned, x)).max() < 1e-12
        hessian = jax.jit(jax.jacrev(slope, argnums=1))(learned, x).reshape(4, 4)
        # One learned array is enough, and small: a matrix with a row per cell.
        kernel = learned.prior.encode.kernel
        mixed = jax.jit(jax.jacrev(lambda k: slope(eqx.tree_at(lambda a: a.prior.encode.kernel, learned, k), x)))(
            kernel
        )
        v = 2 * x.ravel()
        expected = -np.linalg.solve(hessian, np.asarray(mixed).reshape(4, -1)).T @ v
        gradient = eqx.filter_jit(eqx.filter_grad(lambda n: (n(obs).x ** 2).sum()))(network)
        found = gradient.cost.prior.encode.kernel.ravel()
        assert np.abs(expected).max() > 1e-3
        assert np.allclose(found, expected, rtol=1e-7, atol=1e-10)
