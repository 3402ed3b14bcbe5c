"""The implicit adjoint: invalid solvers, unconverged solves, and its report."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.adjoints import BiCGStab, ConjugateGradient, Implicit, OnUnconverged, Unrolled
from xdvn.core.cost import VariationalCost
from xdvn.core.modulators import AbstractGradientModulator, ConvLSTMModulator, IdentityModulator
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.observations import Observations
from xdvn.core.priors import AbstractPrior, IdentityPrior
from xdvn.core.solvers import (
    AnnealedSchedule,
    GradientSolver,
    HardProjection,
    ProjectionSolver,
    ReferenceSchedule,
)


class Shrink(AbstractPrior):
    """phi(x) = a x + b."""

    a: jax.Array
    b: jax.Array

    def __call__(self, x):
        return self.a * x + self.b


class Momentum(AbstractGradientModulator):
    """No parameters, but a memory."""

    def init(self, x):
        return jnp.zeros_like(x)

    def __call__(self, gradient, hidden):
        hidden = 0.5 * hidden + gradient
        return hidden, hidden


def cost(a=0.5):
    return VariationalCost(Shrink(jnp.asarray(a), jnp.asarray(1.0)), obs_weight=1.0, prior_weight=1.0)


OBS = Observations(jnp.asarray([[2.0], [0.0], [0.0]]), jnp.asarray([[True], [False], [False]]))
PLAIN = GradientSolver(n_steps=300, modulator=IdentityModulator(), step_size=0.4)
LSTM = ConvLSTMModulator(1, 1, hidden=2, key=jax.random.key(0))
pytestmark = pytest.mark.usefixtures("quick_compile")
INSTEAD = r"Use .*Unrolled\(\) or TruncatedAdjoint\(k\)\."


@pytest.mark.parametrize(
    ("solver", "message"),
    [
        (dataclasses.replace(PLAIN, schedule=AnnealedSchedule()), "AnnealedSchedule changes with k.*" + INSTEAD),
        (dataclasses.replace(PLAIN, schedule=ReferenceSchedule()), "ReferenceSchedule changes with k.*" + INSTEAD),
        (dataclasses.replace(PLAIN, normalise=True), "normalise=True divides by the first gradient.*" + INSTEAD),
        (dataclasses.replace(PLAIN, dropout=0.1), "dropout=0.1 changes at each step.*" + INSTEAD),
        (
            dataclasses.replace(PLAIN, modulator=LSTM),
            "ConvLSTMModulator: expected no trained parameters for Implicit.*" + INSTEAD,
        ),
    ],
    ids=["annealed", "reference", "normalise", "dropout", "learned modulator"],
)
def test_solvers_without_a_fixed_point_or_a_gradient_raise_in_new_and_changed_networks(solver, message):
    with pytest.raises(ValueError, match=message):
        FourDVarNet(cost(), solver, Implicit())
    network = eqx.tree_at(lambda n: n.adjoint, FourDVarNet(cost(), solver, Unrolled()), Implicit())
    with pytest.raises(ValueError, match=message):
        network(OBS)


def test_modulator_with_memory_raises_also_without_parameters():
    network = FourDVarNet(cost(), dataclasses.replace(PLAIN, modulator=Momentum()), Implicit())
    with pytest.raises(
        ValueError, match="the modulator has a memory: expected a step that depends on x only.*" + INSTEAD
    ):
        network(OBS)


@pytest.mark.parametrize(
    "solver", [ProjectionSolver(n_steps=9), dataclasses.replace(PLAIN, data_projection=HardProjection())]
)
def test_conjugate_gradients_require_symmetry(solver):
    message = r"linear_solver=ConjugateGradient.*asymmetric dT/dx.*Use GMRES\(\) or BiCGStab\(\)"
    with pytest.raises(ValueError, match=message):
        FourDVarNet(cost(), solver, Implicit(ConjugateGradient()))


def gradient(network):
    return eqx.filter_jit(eqx.filter_grad(lambda n: n(OBS).x.sum()))(network)


def test_too_few_steps_raise_warn_or_are_ignored():
    solver = ProjectionSolver(n_steps=3)
    with pytest.raises(eqx.EquinoxRuntimeError, match="expected a fixed point for Implicit.*Increase n_steps"):
        gradient(FourDVarNet(cost(), solver, Implicit()))
    with pytest.warns(UserWarning, match=r"not converged: T\(x\) - x is .* after .* products. Increase n_steps"):
        jax.block_until_ready(gradient(FourDVarNet(cost(), solver, Implicit(unconverged=OnUnconverged.WARN))))
    ignored = gradient(FourDVarNet(cost(), solver, Implicit(unconverged=OnUnconverged.IGNORE)))
    assert np.isfinite(ignored.cost.prior.a)


def test_converged_solves_do_not_warn():
    jax.block_until_ready(gradient(FourDVarNet(cost(), PLAIN, Implicit(unconverged=OnUnconverged.WARN))))


def test_gaps_without_a_unique_solution_have_no_implicit_gradient():
    """IdentityPrior does not change gaps, so the fixed point is not unique and I - dT/dx is singular."""
    network = FourDVarNet(VariationalCost(IdentityPrior()), dataclasses.replace(PLAIN, n_steps=400), Implicit())

    def loss(values):
        return network(Observations(values, OBS.mask)).x.sum()

    with pytest.raises(
        eqx.EquinoxRuntimeError, match="expected one solution for Implicit.*if the prior leaves gaps free"
    ):
        eqx.filter_jit(eqx.filter_grad(loss))(OBS.values)


def test_linear_solve_without_convergence_raises():
    """I - dT/dx = I/2: stabilised bi-conjugate gradients divide 0 by 0 once they are exact."""
    nothing = Observations(jnp.zeros((3, 1)), jnp.zeros((3, 1), bool))
    network = FourDVarNet(cost(), ProjectionSolver(n_steps=40), Implicit(BiCGStab()))
    with pytest.raises(eqx.EquinoxRuntimeError, match="the linear residual is above linear_tolerance"):
        eqx.filter_jit(eqx.filter_grad(lambda n: n(nothing).x.sum()))(network)


def test_report_returns_both_residuals():
    """phi(x) = x/2 + 1 without data has x* = 2; at x = 3, T(x) - x = -0.5 everywhere."""
    nothing = Observations(jnp.zeros((3, 1)), jnp.zeros((3, 1), bool))
    solver = ProjectionSolver(n_steps=1)
    convergence = Implicit().report(cost(), solver, nothing, jnp.full((3, 1), 3.0), jnp.ones((3, 1)))
    assert np.isclose(convergence.fixed_point, 0.5 / (1 + 3.0))
    assert convergence.linear < 1e-5
    assert convergence.products >= 1
    short = Implicit(ConjugateGradient(max_products=1)).report(
        cost(0.9), PLAIN, OBS, jnp.ones((3, 1)), jnp.asarray([[1.0], [2.0], [-3.0]])
    )
    assert short.linear > 1e-3
    assert short.products == 1


def test_land_does_not_change_the_gradient():
    sea = jnp.asarray([[True], [True], [False]])
    coastal = Observations(OBS.values, OBS.mask, ocean_mask=sea)
    only_sea = Observations(OBS.values[:2], OBS.mask[:2])
    results = []
    for obs in (coastal, only_sea):
        network = FourDVarNet(cost(), PLAIN, Implicit())
        results.append(eqx.filter_jit(eqx.filter_grad(lambda n, o: (n(o).x + 1).sum()))(network, obs).cost.prior)
    assert np.allclose(results[0].a, results[1].a, rtol=1e-4)
    assert np.allclose(results[0].b, results[1].b, rtol=1e-4)
    assert results[0].a > 0
