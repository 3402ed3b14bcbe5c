"""Every prior with every modulator under every adjoint, in one and in two dimensions.

Each solve is finite in value and gradient for windows that are wholly missing, wholly observed or in between, with and
without land; every learnable leaf is moved; files give back what was written; what would have no gradient is refused.
``make test`` runs triples that hold every pair, ``make test-all`` the whole product.
"""

import itertools

import equinox as eqx
import jax
import numpy as np
import pytest
from parts import ADJOINTS, EXACT, IMPLICIT, MODULATORS, PRIORS, quickly, windows

from xdvn.core.adjoints import ConjugateGradient, Implicit
from xdvn.core.cost import LearnedWeight, Reduction, VariationalCost
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.parameters import trainable_mask
from xdvn.core.solvers import AnnealedSchedule, GradientSolver, ProjectionSolver
from xdvn.io import model_file as storage


@pytest.fixture(autouse=True)
def forget_what_was_compiled():
    """Each case compiles programs of its own."""
    yield
    jax.clear_caches()


PRODUCT = list(itertools.product(PRIORS, MODULATORS, ADJOINTS))


def holds_a_new_pair(prior, modulator, adjoint):
    """Whether the Latin square of the names' numbers has this triple: it holds every pair of names."""
    p, m, a = (list(names).index(n) for names, n in ((PRIORS, prior), (MODULATORS, modulator), (ADJOINTS, adjoint)))
    return m == (p + a) % len(MODULATORS)


def test_the_triples_hold_every_pair():
    chosen = [triple for triple in PRODUCT if holds_a_new_pair(*triple)]
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert {(t[one], t[other]) for t in chosen} == {(t[one], t[other]) for t in PRODUCT}


def make_network(prior, modulator, adjoint):
    cost = VariationalCost(prior, obs_weight=LearnedWeight(1.0), prior_weight=LearnedWeight(1.0))
    return FourDVarNet(cost, GradientSolver(n_steps=3, modulator=modulator, step_size=0.5, normalise=True), adjoint)


@quickly
def solve(network, batch):
    """Return solutions, losses and the gradient of each window's loss with respect to the network."""

    def loss(network, obs):
        solution = network(obs)
        return (solution.x**2).sum() + network.cost(solution.x, obs), solution.x

    return jax.vmap(lambda obs: eqx.filter_value_and_grad(loss, has_aux=True)(network, obs))(batch)


def check_gradient(network, gradient):
    trained = eqx.filter(gradient, trainable_mask(network))
    assert jax.tree.leaves(trained)
    for path, leaf in jax.tree_util.tree_leaves_with_path(gradient):
        assert np.isfinite(leaf).all(), path
    for path, leaf in jax.tree_util.tree_leaves_with_path(trained):
        assert np.asarray(leaf).any(), path


def check(prior, modulator, adjoint, ndim, folder):
    network = make_network(PRIORS[prior](ndim), MODULATORS[modulator](ndim), ADJOINTS[adjoint])
    if prior == "identity":  # x - phi(x) is zero, and so is the derivative by its weight
        network = eqx.tree_at(lambda n: n.cost.prior_weight, network, 1.0)
    obs = windows(ndim)
    (losses, x), gradient = solve(network, obs)
    assert np.isfinite(losses).all()
    assert np.isfinite(x).all()
    assert not np.asarray(x)[~np.asarray(obs.ocean_mask)].any()
    check_gradient(network, gradient)
    alone = quickly(lambda n, o: n(o).x)(network, jax.tree.map(lambda leaf: leaf[4], obs))
    assert np.allclose(alone, x[4], rtol=1e-4, atol=1e-5)
    storage.write(folder / "net.xdvn", network, {})
    (again, _), _ = solve(storage.read(folder / "net.xdvn"), obs)
    assert np.array_equal(losses, again)


@pytest.mark.parametrize("ndim", [1, 2])
@pytest.mark.parametrize(
    ("prior", "modulator", "adjoint"),
    [
        pytest.param(*triple, marks=() if holds_a_new_pair(*triple) else pytest.mark.product, id="-".join(triple))
        for triple in PRODUCT
    ],
)
def test_solves_are_finite_in_value_and_gradient(prior, modulator, adjoint, ndim, tmp_path):
    check(prior, modulator, adjoint, ndim, tmp_path)


# Their descent may end where a ReLU turns, where there is no derivative to agree on, or with features that are off.
KINKED = {"dense bilinear", "two-scale"}


def converged(prior, adjoint, n_steps=150):
    """Plain descent on a window that is wholly observed: it has one minimum, whatever the prior leaves free."""
    weights = {"obs_weight": LearnedWeight(1.0), "prior_weight": LearnedWeight(0.05)}
    cost = VariationalCost(prior, reduction=Reduction.SUM, **weights)
    solver = GradientSolver(n_steps=n_steps, modulator=MODULATORS["identity"](1), step_size=0.2)
    return FourDVarNet(cost, solver, adjoint)


@pytest.mark.parametrize("ndim", [1, 2])
@pytest.mark.parametrize("name", [name for name in PRIORS if name != "identity"])
def test_the_implicit_gradient_of_a_converged_descent_is_the_unrolled_one(name, ndim):
    obs = jax.tree.map(lambda leaf: leaf[2], windows(ndim))
    prior = PRIORS[name](ndim)
    results = []
    for adjoint in (IMPLICIT, EXACT["save nothing"]):
        network = converged(prior, adjoint)
        value, gradient = quickly(eqx.filter_value_and_grad(lambda n: (n(obs).x ** 2).sum()))(network)
        results.append((value, eqx.filter(gradient, trainable_mask(network))))
        assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(results[-1][1]))
        assert any(np.asarray(leaf).any() for leaf in jax.tree.leaves(results[-1][1]))
    assert np.isclose(results[0][0], results[1][0], rtol=1e-6)
    if name in KINKED:
        return
    for mine, exact in zip(*(jax.tree.leaves(gradient) for _, gradient in results), strict=True):
        assert np.abs(mine - exact).max() <= 2e-3 * np.abs(exact).max() + 1e-6


@pytest.mark.parametrize("ndim", [1, 2])
@pytest.mark.parametrize("name", [name for name in MODULATORS if name != "identity"])
def test_an_implicit_gradient_is_refused_to_learned_steps(name, ndim):
    network = make_network(PRIORS["convolutional"](ndim), MODULATORS[name](ndim), EXACT["save gates"])
    plain = GradientSolver(n_steps=3, modulator=network.solver.modulator)
    with pytest.raises(
        ValueError, match=r"expected no trained parameters for Implicit\(\).*Use .*Unrolled\(\).*TruncatedAdjoint"
    ):
        FourDVarNet(network.cost, plain, IMPLICIT)(jax.tree.map(lambda leaf: leaf[2], windows(ndim)))


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"schedule": AnnealedSchedule()}, "AnnealedSchedule changes with k"),
        ({"normalise": True}, "normalise=True divides by the first gradient"),
        ({"dropout": 0.1}, "dropout=0.1 changes at each step"),
    ],
)
def test_an_implicit_gradient_is_refused_to_steps_that_change(options, why):
    solver = GradientSolver(n_steps=3, modulator=MODULATORS["identity"](1), **options)
    with pytest.raises(ValueError, match=f"expected a stationary step for Implicit.*{why}"):
        FourDVarNet(VariationalCost(PRIORS["convolutional"](1)), solver, IMPLICIT)


def test_conjugate_gradients_are_refused_to_steps_that_are_not_symmetric():
    with pytest.raises(ValueError, match=r"linear_solver=ConjugateGradient.*asymmetric dT/dx.*Use GMRES\(\)"):
        FourDVarNet(
            VariationalCost(PRIORS["convolutional"](1)), ProjectionSolver(n_steps=2), Implicit(ConjugateGradient())
        )


def test_learned_weights_are_refused_to_projection():
    cost = VariationalCost(PRIORS["convolutional"](1), obs_weight=LearnedWeight(1.0))
    with pytest.raises(
        ValueError, match=r"obs_weight=LearnedWeight.*expected a number.*Pass 1.0, or use a GradientSolver"
    ):
        FourDVarNet(cost, ProjectionSolver(n_steps=2))(jax.tree.map(lambda leaf: leaf[2], windows(1)))


def test_a_step_size_that_numpy_computed_is_a_setting():
    solver = GradientSolver(n_steps=2, modulator=MODULATORS["identity"](1), step_size=np.float64(0.2))
    network = FourDVarNet(VariationalCost(PRIORS["convolutional"](1), prior_weight=np.float32(0.5)), solver, IMPLICIT)
    assert type(network.solver.step_size) is float
    assert not any(jax.tree.leaves(trainable_mask((network.solver, network.cost.prior_weight))))


def test_a_fixed_point_that_is_not_unique_is_told():
    obs = jax.tree.map(lambda leaf: leaf[4], windows(1))
    network = converged(PRIORS["identity"](1), IMPLICIT)
    with pytest.raises(Exception, match="expected one solution for Implicit.*if the prior leaves gaps free"):
        eqx.filter_grad(lambda n: (n(obs, obs.values + 1.0).x ** 2).sum())(network)
