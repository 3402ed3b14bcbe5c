"""Checks of small parts: ours keep every promise, and a class that breaks one is told which."""

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
    AbstractSchedule,
    AbstractStart,
    AnnealedSchedule,
    ConstantSchedule,
    HardProjection,
    MeanStart,
    ObservationStart,
    ReferenceSchedule,
    SoftProjection,
)

pytestmark = pytest.mark.usefixtures("quick_compile")
KEY = jax.random.key(0)
SHAPES = [(6, 3), (6, 4, 3)]
CALLS = itertools.count()


@pytest.mark.parametrize("shape", SHAPES, ids=["1-D", "2-D"])
def test_ours_keep_their_promises(shape):
    ndim = len(shape) - 1
    for prior in (IdentityPrior(), BilinearPrior(3, ndim, hidden=2, key=KEY)):
        testing.check_prior(prior, shape, KEY)
    for modulator in (IdentityModulator(), ConvLSTMModulator(3, ndim, hidden=2, key=KEY)):
        testing.check_gradient_modulator(modulator, shape, KEY)
    offsets = jax.random.uniform(KEY, (*shape, ndim), minval=-0.5, maxval=0.5)
    tracks = Observations(jnp.ones(shape), jnp.ones(shape, bool), offsets=offsets)
    testing.check_observation_operator(IdentityOperator(), shape, KEY)
    testing.check_observation_operator(SubcellOperator(), shape, KEY, tracks)


def test_our_schedules_starts_and_projections_keep_their_promises():
    for schedule in (ConstantSchedule(), AnnealedSchedule(0.3), ReferenceSchedule(0.3)):
        testing.check_schedule(schedule, 4, KEY)
    for start in (MeanStart(), ObservationStart()):
        testing.check_start(start, (6, 3), KEY)
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
    """Another value whenever a tracer comes in, as if computed once in Python."""

    def __call__(self, x):
        return x * (2.0 if isinstance(x, jax.core.Tracer) else 1.0)


class Batched(AbstractPrior):
    """Looks at where it is in a batch: outside vmap all is well."""

    def __call__(self, x):
        inside = "BatchTracer" in type(x).__name__
        return 2 * x if inside else x


class NeverBatched(AbstractPrior):
    def __call__(self, x):
        if "BatchTracer" in type(x).__name__:
            raise ValueError("one at a time")
        return x


class Cusp(AbstractPrior):
    """Finite, but with the gradient of a square root at zero behind a where."""

    def __call__(self, x):
        return jnp.where(x > 0, jnp.sqrt(jnp.maximum(x, 0)), 0)


TOKEN = "".join(["to", "ken"])


class Forgetting(AbstractPrior):
    """Knows itself by an identity that no file keeps."""

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
        (Cropped(), r"phi\(x\) has shape \(5, 3\), expected \(6, 3\).*without a batch axis"),
        (Halved(), r"phi\(x\) is float16, expected float32; make constants with the type of the input"),
        (Logarithm(), "returned NaN or infinity for finite input"),
        (Counting(), "is not pure: two calls with equal input differ"),
        (Branching(), "cannot be compiled by jax.jit .*jnp.where or jax.lax.cond instead of an if"),
        (Frozen(), "gives another result under jax.jit: .*frozen by compilation"),
        (Batched(), "under jax.vmap differs from a loop"),
        (NeverBatched(), "cannot be batched by jax.vmap .*write it for one sample.*one at a time"),
        (Cusp(), "gradient with NaN or infinity with respect to .*make that branch's input harmless first"),
        (Forgetting(), "another result after saving and loading: everything it needs must be in its fields"),
        (Lambda(lambda x: x), "cannot be saved: Lambda.f is a function, which a model file cannot hold"),
    ],
    ids=lambda p: type(p).__name__ if isinstance(p, eqx.Module) else "",
)
def test_a_broken_prior_is_told_what_it_breaks(prior, message):
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


def test_broken_operators_and_modulators_are_told():
    with pytest.raises(AssertionError, match=r"H\(x\) has shape \(1, 1\), expected \(6, 3\)"):
        testing.check_observation_operator(OneNumber(), (6, 3), KEY)
    with pytest.raises(AssertionError, match=r"memory came as .*\[1\].* and went as .*\[2\].*loops over steps"):
        testing.check_gradient_modulator(Growing(), (6, 3), KEY)
    with pytest.raises(AssertionError, match=r"the update has shape \(6, 1\), expected \(6, 3\)"):
        testing.check_gradient_modulator(Summing(), (6, 3), KEY)


class Vector(AbstractSchedule):
    constant = True

    def __call__(self, k, n_steps, scale=1.0):
        return jnp.ones(2), 0.0


class Lying(AbstractSchedule):
    constant = True

    def __call__(self, k, n_steps, scale=1.0):
        return 1.0 / (k + 1), 0.0


class Short(AbstractStart):
    def __call__(self, cost, obs):
        return obs.values[1:]


class Everywhere(AbstractDataProjection):
    def __call__(self, x, obs):
        return obs.values


class Away(AbstractDataProjection):
    def __call__(self, x, obs):
        return jnp.where(obs.mask, 2 * x - obs.values, x)


def test_broken_schedules_starts_and_projections_are_told():
    with pytest.raises(AssertionError, match=r"weights of shapes \[\(2,\), \(\)\]; a_k and b_k are scalars"):
        testing.check_schedule(Vector(), 4, KEY)
    with pytest.raises(AssertionError, match="constant is True, but its weights change with k"):
        testing.check_schedule(Lying(), 4, KEY)
    with pytest.raises(AssertionError, match=r"the start has shape \(5, 3\)"):
        testing.check_start(Short(), (6, 3), KEY)
    with pytest.raises(AssertionError, match="changed the state off Omega"):
        testing.check_data_projection(Everywhere(), (6, 3), KEY)
    with pytest.raises(AssertionError, match="moved the state away from the data"):
        testing.check_data_projection(Away(), (6, 3), KEY)


def test_asserts_hold_without_python_asserts():
    """They are raised, not asserted: ``python -O`` does not switch them off."""
    with pytest.raises(AssertionError, match="no"):
        testing.properties.require(np.bool_(False), "no")
