"""Checks of solvers, adjoints, linear solvers and networks: those of the package pass, and broken ones raise."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest

from xdvn import testing
from xdvn.core.adjoints import (
    GMRES,
    AbstractAdjoint,
    AbstractKrylov,
    BiCGStab,
    ConjugateGradient,
    Implicit,
    RecursiveCheckpoint,
    TruncatedAdjoint,
    Unrolled,
)
from xdvn.core.cost import CostTerms, VariationalCost
from xdvn.core.modulators import ConvLSTMModulator, IdentityModulator
from xdvn.core.networks.fourdvarnet import AbstractNetwork, FourDVarNet, Solution
from xdvn.core.priors import BilinearPrior
from xdvn.core.solvers import (
    AbstractSolver,
    AnnealedSchedule,
    GradientSolver,
    HardProjection,
    ProjectionSolver,
    SolverState,
    StepMap,
)

pytestmark = pytest.mark.usefixtures("quick_compile")
KEY = jax.random.key(0)


@pytest.mark.parametrize(
    "solver",
    [
        ProjectionSolver(n_steps=2),
        GradientSolver(n_steps=2, modulator=IdentityModulator(), step_size=0.5),
        GradientSolver(n_steps=2, modulator=IdentityModulator(), data_projection=HardProjection()),
        GradientSolver(
            n_steps=2,
            modulator=ConvLSTMModulator(2, 1, hidden=2, key=KEY),
            schedule=AnnealedSchedule(),
            normalise=True,
            dropout=0.2,
        ),
    ],
    ids=["projection", "descent", "descent with data", "learned"],
)
def test_solvers_of_the_package_pass(solver):
    testing.check_solver(solver, (6, 2), KEY)


@pytest.mark.parametrize(
    "adjoint",
    [Unrolled(None), Unrolled(), RecursiveCheckpoint(), TruncatedAdjoint(), Implicit()],
    ids=lambda a: repr(a)[:20],
)
def test_adjoints_of_the_package_pass(adjoint):
    testing.check_adjoint(adjoint, KEY)


@pytest.mark.parametrize("solver", [GMRES(), BiCGStab(), ConjugateGradient()], ids=lambda s: type(s).__name__)
def test_linear_solvers_of_the_package_pass(solver):
    testing.check_krylov(solver, KEY)


def test_the_network_of_the_package_passes():
    modulator = ConvLSTMModulator(2, 1, hidden=2, key=KEY)
    solver = GradientSolver(n_steps=2, modulator=modulator, normalise=True, dropout=0.1)
    cost = VariationalCost(testing.samples.Contraction(0.3))
    testing.check_network(FourDVarNet(cost, solver, apply_prior_last=True), (6, 2), KEY)


class Descent(AbstractSolver):
    """Gradient descent with one optional defect."""

    n_steps: int = eqx.field(static=True)
    broken: str = eqx.field(static=True)

    def init(self, cost, obs, first_guess, key=None):
        x = obs.values if first_guess is None else first_guess
        return SolverState.start(obs.mask_land(2 * x if self.broken == "start" else x))

    def step(self, cost, obs, state):
        x = state.x - 0.1 * cost.gradient(state.x, obs) / (state.k + 1 if self.broken == "stationary" else 1)
        if self.broken == "asymmetric":
            x = jnp.roll(x, 1, 1)
        x = x + 1 if self.broken == "land" else obs.mask_land(x)
        hidden = jnp.zeros(3) if self.broken == "structure" else state.hidden
        return SolverState(x, hidden, state.scale, state.k + (0 if self.broken == "count" else 1), state.key)

    def step_map(self):
        return StepMap(symmetric=True)

    def residual(self, cost, obs, x):
        return -jnp.ones(()) if self.broken == "residual" else jnp.linalg.norm(cost.gradient(x, obs))


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("start", r"ignores the first guess: expected x = obs.mask_land\(first_guess\)\. Start from it"),
        ("structure", r"step changed the state from .* to .*\[3\].*: expected equal shapes and types\. Return"),
        ("count", r"returned k = 0 after k = 0: expected 1\. Return k \+ 1"),
        ("land", r"returned values on land: expected 0\. Use obs.mask_land\(x\)"),
        ("residual", r"residual returned -1.*: expected a scalar, 0 or more\. Return the norm"),
        ("stationary", r"is stationary and the step changes with k: expected one map\. Add the reason"),
        ("asymmetric", r"is symmetric: expected .*, got .* and .*\. Set symmetric=False"),
    ],
)
def test_a_defect_of_a_solver_raises(broken, message):
    with pytest.raises(AssertionError, match=message):
        testing.check_solver(Descent(2, broken), (6, 2), KEY)


def test_the_solver_without_defect_passes():
    testing.check_solver(Descent(2, "nothing"), (6, 2), KEY)


class Scaling(AbstractAdjoint):
    def check(self, cost, solver):
        """Accept every solver."""

    def loop(self, step, args, state, n_steps):
        return dataclasses.replace(state, x=Unrolled().loop(step, args, state, n_steps).x * 1.01)


class Blocking(AbstractAdjoint):
    def check(self, cost, solver):
        """Accept every solver."""

    def loop(self, step, args, state, n_steps):
        learned, rest = eqx.partition(args, eqx.is_inexact_array)
        return Unrolled().loop(step, eqx.combine(jax.lax.stop_gradient(learned), rest), state, n_steps)


class Lazy(AbstractKrylov):
    rtol: float = 1e-5
    max_products: int = 1
    needs_symmetry = False
    products_per_iteration = 1

    def method(self, max_steps):
        return GMRES().method(1)

    def __call__(self, product, right):
        return right, jnp.zeros((), jnp.int32)


def test_broken_adjoints_and_linear_solvers_raise():
    with pytest.raises(
        AssertionError, match=r"changed the result: expected that of n_steps plain steps\. Change the derivative only"
    ):
        testing.check_adjoint(Scaling(), KEY)
    with pytest.raises(
        AssertionError, match=r"has no gradient for args: expected one\. Differentiate with respect to args"
    ):
        testing.check_adjoint(Blocking(), KEY)
    with pytest.raises(
        AssertionError, match=r"did not solve a well-conditioned system of 12 unknowns: expected .*\. Check rtol"
    ):
        testing.check_krylov(Lazy(), KEY)


class Network(AbstractNetwork):
    broken: str = eqx.field(static=True)

    def __call__(self, obs, first_guess=None, *, key=None):
        x = obs.values / obs.mask.sum() if self.broken == "empty" else obs.values
        x = x[:-1] if self.broken == "shape" else x
        x = x + 1 if self.broken == "land" else x
        return Solution(x, CostTerms(jnp.zeros(()), jnp.zeros(())), jnp.zeros(()))


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("shape", r"returned x of float32\[5, 2\]: expected float32\[6, 2\]\. Preserve shape and type"),
        ("land", r"returned values on land: expected 0\. Use obs.mask_land\(x\)"),
        ("empty", r"NaN or infinity for a window without observations: expected finite values\. Check for"),
    ],
)
def test_a_defect_of_a_network_raises(broken, message):
    with pytest.raises(AssertionError, match=message):
        testing.check_network(Network(broken), (6, 2), KEY)


def test_a_check_uses_the_given_cost():
    cost = VariationalCost(BilinearPrior(2, 1, hidden=2, key=KEY))
    testing.check_solver(ProjectionSolver(n_steps=2), (6, 2), KEY, cost)
