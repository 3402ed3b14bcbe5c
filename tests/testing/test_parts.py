"""Checks of network parts: those of the package pass, and broken ones raise the corresponding error."""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn import testing
from xdvn.core.modulators import AbstractGradientModulator, ConvLSTMModulator, IdentityModulator
from xdvn.core.observations import AbstractObservationOperator, IdentityOperator, Observations, SubcellOperator
from xdvn.core.priors import AbstractPrior, BilinearPrior, IdentityPrior
from xdvn.core.solvers import (
    AbstractDataProjection,
    AbstractInitialState,
    AbstractSchedule,
    AnnealedSchedule,
    ConstantSchedule,
    HardProjection,
    ObservedState,
    ReferenceSchedule,
    SoftProjection,
    ZeroState,
)

pytestmark = pytest.mark.usefixtures("quick_compile")
KEY = jax.random.key(0)
SHAPES = [(6, 3), (6, 4, 3)]
CALLS = itertools.count()


@pytest.mark.parametrize("shape", SHAPES, ids=["1-D", "2-D"])
def test_parts_of_the_package_pass(shape):
    ndim = len(shape) - 1
    for prior in (IdentityPrior(), BilinearPrior(3, ndim, hidden=2, key=KEY)):
        testing.check_prior(prior, shape, KEY)
    for modulator in (IdentityModulator(), ConvLSTMModulator(3, ndim, hidden=2, key=KEY)):
        testing.check_gradient_modulator(modulator, shape, KEY)
    offsets = jax.random.uniform(KEY, (*shape, ndim), minval=-0.5, maxval=0.5)
    tracks = Observations(jnp.ones(shape), jnp.ones(shape, bool), offsets=offsets)
    testing.check_observation_operator(IdentityOperator(), shape, KEY)
    testing.check_observation_operator(SubcellOperator(), shape, KEY, tracks)


def test_schedules_initial_states_and_projections_of_the_package_pass():
    for schedule in (ConstantSchedule(), AnnealedSchedule(0.3), ReferenceSchedule(0.3)):
        testing.check_schedule(schedule, 4, KEY)
    for start in (ZeroState(), ObservedState()):
        testing.check_initial_state(start, (6, 3), KEY)
    for projection in (HardProjection(), SoftProjection(0.3)):
        testing.check_data_projection(projection, (6, 3), KEY)


class Cropped(AbstractPrior):
    def __call__(self, x):
        return x[1:]


class Halved(AbstractPrior):
    def __call__(self, x):
        return (x / 2).astype(jnp.float16)


class Logarithm(AbstractPrior):
    def __call__(self, x):
        return jnp.log(x)


class Counting(AbstractPrior):
    def __call__(self, x):
        return x + next(CALLS)


class Branching(AbstractPrior):
    def __call__(self, x):
        return x if x.sum() > 0 else -x


class Frozen(AbstractPrior):
    """Return another value for a tracer, like a value computed once in Python."""

    def __call__(self, x):
        return x * (2.0 if isinstance(x, jax.core.Tracer) else 1.0)


class Batched(AbstractPrior):
    """Return another value under vmap."""

    def __call__(self, x):
        inside = "BatchTracer" in type(x).__name__
        return 2 * x if inside else x


class NeverBatched(AbstractPrior):
    def __call__(self, x):
        if "BatchTracer" in type(x).__name__:
            raise ValueError("one at a time")
        return x


class Cusp(AbstractPrior):
    """Return finite values with the infinite gradient of a square root at zero."""

    def __call__(self, x):
        return jnp.where(x > 0, jnp.sqrt(jnp.maximum(x, 0)), 0)


TOKEN = "".join(["to", "ken"])


class DependsOnIdentity(AbstractPrior):
    """Depend on the identity of an object, which a file does not store."""

    token: str = eqx.field(static=True, default=TOKEN)

    def __call__(self, x):
        return x if self.token is TOKEN else -x


class Lambda(AbstractPrior):
    f: object

    def __call__(self, x):
        return self.f(x)


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        (Cropped(), r"phi\(x\) has shape \(5, 3\): expected \(6, 3\)\. Preserve .* without a batch axis"),
        (Halved(), r"phi\(x\) is float16: expected float32\. Create constants with jnp.asarray"),
        (Logarithm(), r"returned NaN or infinity: expected finite values\. Check for division by zero"),
        (Counting(), r"two calls with equal input differ: expected a pure function\. Pass randomness as a key"),
        (
            Branching(),
            r"cannot be compiled by jax.jit .*: expected jnp functions\. Replace .* an if on values by jnp.where",
        ),
        (Frozen(), r"returns other values under jax.jit: expected equal ones\. Replace numpy and globals"),
        (Batched(), r"under jax.vmap differs from a loop over samples: expected independent samples\. Use no batch"),
        (
            NeverBatched(),
            r"cannot be batched by jax.vmap .*: expected jnp functions\. Write it for one sample.*one at a time",
        ),
        (Cusp(), r"the gradient of .* is NaN or infinite: expected finite ones\. In jnp.where, replace invalid input"),
        (DependsOnIdentity(), r"returns other values after saving and loading: expected equal ones\. Store data in"),
        (Lambda(lambda x: x), "cannot be saved: Lambda.f is a function, which a model file cannot hold"),
    ],
    ids=lambda p: type(p).__name__ if isinstance(p, eqx.Module) else "",
)
def test_broken_priors_raise(prior, message):
    with pytest.raises(AssertionError, match=message):
        testing.check_prior(prior, (6, 3), KEY)


class OneNumber(AbstractObservationOperator):
    def __call__(self, x, obs):
        return x.sum(keepdims=True)[:1, :1]


class Growing(AbstractGradientModulator):
    def init(self, x):
        return jnp.zeros((1,))

    def __call__(self, gradient, hidden):
        return gradient, jnp.zeros((2,))


class Summing(AbstractGradientModulator):
    def init(self, x):
        return None

    def __call__(self, gradient, hidden):
        return gradient.sum(-1, keepdims=True), hidden


def test_broken_operators_and_modulators_raise():
    with pytest.raises(AssertionError, match=r"H\(x\) has shape \(1, 1\): expected \(6, 3\)\. Preserve the shape"):
        testing.check_observation_operator(OneNumber(), (6, 3), KEY)
    with pytest.raises(
        AssertionError, match=r"memory changed from .*\[1\].* to .*\[2\].*: expected equal shapes and types\. Return"
    ):
        testing.check_gradient_modulator(Growing(), (6, 3), KEY)
    with pytest.raises(AssertionError, match=r"the update has shape \(6, 1\): expected \(6, 3\)\. Preserve the shape"):
        testing.check_gradient_modulator(Summing(), (6, 3), KEY)


class Vector(AbstractSchedule):
    constant = True

    def __call__(self, k, n_steps, scale=1.0):
        return jnp.ones(2), 0.0


class FalselyConstant(AbstractSchedule):
    constant = True

    def __call__(self, k, n_steps, scale=1.0):
        return 1.0 / (k + 1), 0.0


class Short(AbstractInitialState):
    def __call__(self, cost, obs):
        return obs.values[1:]


class OutsideOmega(AbstractDataProjection):
    def __call__(self, x, obs):
        return obs.values


class Away(AbstractDataProjection):
    def __call__(self, x, obs):
        return jnp.where(obs.mask, 2 * x - obs.values, x)


def test_broken_schedules_initial_states_and_projections_raise():
    with pytest.raises(
        AssertionError, match=r"returned shapes \[\(2,\), \(\)\]: expected two scalars\. Return a_k and b_k"
    ):
        testing.check_schedule(Vector(), 4, KEY)
    with pytest.raises(
        AssertionError, match=r"constant is True and its weights change with k: expected .*\. Set constant = False"
    ):
        testing.check_schedule(FalselyConstant(), 4, KEY)
    with pytest.raises(
        AssertionError, match=r"the initial state has shape \(5, 3\): expected \(6, 3\)\. Preserve the shape"
    ):
        testing.check_initial_state(Short(), (6, 3), KEY)
    with pytest.raises(AssertionError, match=r"changed the state outside Omega: expected x there\. Use jnp.where"):
        testing.check_data_projection(OutsideOmega(), (6, 3), KEY)
    with pytest.raises(AssertionError, match=r"increased the misfit: expected a smaller one\. Check the sign"):
        testing.check_data_projection(Away(), (6, 3), KEY)


def test_checks_work_without_python_asserts():
    """``python -O`` does not disable them."""
    with pytest.raises(AssertionError, match="message"):
        testing.properties.require(np.bool_(False), "message")
