"""Checks of solvers, adjoints, linear solvers and networks: ours pass, broken ones are told what they break."""

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
    KStep,
    RecursiveCheckpoint,
    Unrolled,
)
from xdvn.core.cost import CostTerms, VariationalCost
from xdvn.core.fourdvarnet import AbstractNetwork, FourDVarNet, Solution
from xdvn.core.modulators import ConvLSTMModulator, IdentityModulator
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
def test_our_solvers_keep_their_promises(solver):
    testing.check_solver(solver, (6, 2), KEY)


@pytest.mark.parametrize(
    "adjoint", [Unrolled(None), Unrolled(), RecursiveCheckpoint(), KStep(), Implicit()], ids=lambda a: repr(a)[:20]
)
def test_our_adjoints_keep_their_promises(adjoint):
    testing.check_adjoint(adjoint, KEY)


@pytest.mark.parametrize("solver", [GMRES(), BiCGStab(), ConjugateGradient()], ids=lambda s: type(s).__name__)
def test_our_linear_solvers_keep_their_promises(solver):
    testing.check_krylov(solver, KEY)


def test_our_network_keeps_its_promises():
    modulator = ConvLSTMModulator(2, 1, hidden=2, key=KEY)
    solver = GradientSolver(n_steps=2, modulator=modulator, normalise=True, dropout=0.1)
    cost = VariationalCost(testing.samples.Contraction(0.3))
    testing.check_network(FourDVarNet(cost, solver, last_prior=True), (6, 2), KEY)


class Mine(AbstractSolver):
    """Descends without care; what is broken is a field, so that one class shows it all."""

    n_steps: int = eqx.field(static=True)
    broken: str = eqx.field(static=True)

    def init(self, cost, obs, first_guess, key=None):
        x = obs.values if first_guess is None else first_guess
        return SolverState.start(obs.at_sea(2 * x if self.broken == "start" else x))

    def step(self, cost, obs, state):
        x = state.x - 0.1 * cost.gradient(state.x, obs) / (state.k + 1 if self.broken == "stationary" else 1)
        if self.broken == "asymmetric":
            x = jnp.roll(x, 1, 1)
        x = x + 1 if self.broken == "land" else obs.at_sea(x)
        hidden = jnp.zeros(3) if self.broken == "structure" else state.hidden
        return SolverState(x, hidden, state.scale, state.k + (0 if self.broken == "count" else 1), state.key)

    def step_map(self):
        return StepMap(symmetric=True)

    def residual(self, cost, obs, x):
        return -jnp.ones(()) if self.broken == "residual" else jnp.linalg.norm(cost.gradient(x, obs))


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("start", "does not start from the first guess"),
        ("structure", r"a step changed the state from .* to .*\[3\]"),
        ("count", "k went from 0 to 0, expected 1"),
        ("land", r"put values on land; use obs.at_sea\(x\)"),
        ("residual", "it is one number, not negative"),
        ("stationary", "names no obstacle, but the step changes with k"),
        ("asymmetric", "says symmetric, but"),
    ],
)
def test_a_broken_solver_is_told_what_it_breaks(broken, message):
    with pytest.raises(AssertionError, match=message):
        testing.check_solver(Mine(2, broken), (6, 2), KEY)


def test_the_same_solver_unbroken_passes():
    testing.check_solver(Mine(2, "nothing"), (6, 2), KEY)


class OneMore(AbstractAdjoint):
    def check(self, cost, solver):
        """Nothing to refuse."""

    def loop(self, step, args, state, n_steps):
        return dataclasses.replace(state, x=Unrolled().loop(step, args, state, n_steps).x * 1.01)


class Blocking(AbstractAdjoint):
    def check(self, cost, solver):
        """Nothing to refuse."""

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


def test_broken_adjoints_and_linear_solvers_are_told():
    with pytest.raises(AssertionError, match="changed the result of the loop"):
        testing.check_adjoint(OneMore(), KEY)
    with pytest.raises(AssertionError, match="lets no gradient through to args"):
        testing.check_adjoint(Blocking(), KEY)
    with pytest.raises(AssertionError, match="did not solve a well-conditioned system"):
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
        ("shape", r"returned x of float32\[5, 2\], expected float32\[6, 2\]"),
        ("land", "put values on land"),
        ("empty", "NaN or infinity for a window without any observation"),
    ],
)
def test_a_broken_network_is_told_what_it_breaks(broken, message):
    with pytest.raises(AssertionError, match=message):
        testing.check_network(Network(broken), (6, 2), KEY)


def test_a_check_takes_the_parts_it_is_tried_with():
    """A solver whose modulator is made for the cost's channels, on a learned prior."""
    cost = VariationalCost(BilinearPrior(2, 1, hidden=2, key=KEY))
    testing.check_solver(ProjectionSolver(n_steps=2), (6, 2), KEY, cost)
