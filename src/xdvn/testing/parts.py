"""Contract checks of priors, observation operators, modulators, schedules, initial states and data projections."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PRNGKeyArray

from xdvn.core.cost import VariationalCost
from xdvn.core.modulators import AbstractGradientModulator
from xdvn.core.observations import AbstractObservationOperator, Observations
from xdvn.core.priors import AbstractPrior, IdentityPrior
from xdvn.core.solvers import AbstractDataProjection, AbstractInitialState, AbstractSchedule
from xdvn.testing.properties import Contract, agree, check, kinds, require
from xdvn.testing.samples import field, observations

__all__ = [
    "check_data_projection",
    "check_gradient_modulator",
    "check_observation_operator",
    "check_prior",
    "check_schedule",
    "check_initial_state",
]


def check_prior(prior: AbstractPrior, shape: Sequence[int], key: PRNGKeyArray) -> None:
    """Check that a prior preserves the shape and type of a state "*space channel".

    Parameters
    ----------
    prior : AbstractPrior
        Prior under test.
    shape : sequence of int
        Shape of one sample, space first, channels last.
    key : PRNGKeyArray
        Random key of the test states.

    Raises
    ------
    AssertionError
        If the prior violates its contract; the message states what to change.

    Examples
    --------
    >>> import jax
    >>> from xdvn.core.priors import BilinearPrior
    >>> check_prior(BilinearPrior(3, 1, hidden=4, key=jax.random.key(0)), (8, 3), jax.random.key(1))
    """
    x = field(shape, key)
    _same_kind(type(prior).__name__, "phi(x)", prior(x), x)
    check(Contract(prior, lambda p, x: p(x), lambda k: (field(shape, k),)), key)


def check_observation_operator(
    operator: AbstractObservationOperator,
    shape: Sequence[int],
    key: PRNGKeyArray,
    obs: Observations | None = None,
) -> None:
    """Check that an observation operator returns values of the shape and type of ``obs.values``.

    Parameters
    ----------
    operator : AbstractObservationOperator
        Operator under test.
    shape : sequence of int
        Shape of one state.
    key : PRNGKeyArray
        Random key of the test states and observations.
    obs : Observations, optional
        Observations of one sample, if the operator needs more than values and a mask.
    """
    y = observations(shape, key) if obs is None else obs
    _same_kind(type(operator).__name__, "H(x)", operator(field(shape, key), y), y.values)
    check(Contract(operator, lambda h, x: h(x, y), lambda k: (field(shape, k),)), key)


def check_gradient_modulator(modulator: AbstractGradientModulator, shape: Sequence[int], key: PRNGKeyArray) -> None:
    """Check that a modulator returns an update like the gradient and a memory of constant structure."""
    name = type(modulator).__name__
    gradient = field(shape, key)
    before = modulator.init(gradient)
    update, after = modulator(gradient, before)
    _same_kind(name, "the update", update, gradient)
    require(
        kinds(before) == kinds(after),
        f"{name}: the memory changed from {kinds(before)} to {kinds(after)}: expected equal shapes and types. "
        "Return from __call__ a memory like that of init.",
    )

    def two_steps(m: AbstractGradientModulator, g: Array) -> tuple[Array, Array]:
        first, hidden = m(g, m.init(g))
        return first, m(0.5 * g, hidden)[0]

    check(Contract(modulator, two_steps, lambda k: (field(shape, k),)), key)


def check_schedule(schedule: AbstractSchedule, n_steps: int, key: PRNGKeyArray) -> None:
    """Check that a schedule returns two finite scalars at every step, equal ones if ``constant``."""
    name = type(schedule).__name__

    def weights(s: AbstractSchedule, k: Array) -> tuple[Array, Array]:
        learned, plain = s(k, n_steps, 2.0)
        return jnp.asarray(learned, jnp.float32), jnp.asarray(plain, jnp.float32)

    pairs = [weights(schedule, jnp.asarray(k)) for k in range(n_steps)]
    for pair in pairs:
        shapes = [np.shape(w) for w in pair]
        require(shapes == [(), ()], f"{name} returned shapes {shapes}: expected two scalars. Return a_k and b_k.")
    require(
        not schedule.constant or all(agree(pair, pairs[0]) for pair in pairs),
        f"{name}.constant is True and its weights change with k: expected constant weights. Set constant = False.",
    )
    steps = jax.random.permutation(key, n_steps)
    check(Contract(schedule, weights, lambda k: (steps[jax.random.randint(k, (), 0, n_steps)],)), key)


def check_initial_state(start: AbstractInitialState, shape: Sequence[int], key: PRNGKeyArray) -> None:
    """Check that an initial state is complete and a function of the sample only."""
    cost = VariationalCost(IdentityPrior())
    obs = observations(shape, key)
    _same_kind(type(start).__name__, "the initial state", start(cost, obs), obs.values)
    check(Contract(start, lambda s, y: s(cost, y), lambda k: (observations(shape, k),)), key)


def check_data_projection(projection: AbstractDataProjection, shape: Sequence[int], key: PRNGKeyArray) -> None:
    """Check that a data projection reduces the misfit on Omega and changes nothing elsewhere."""
    name = type(projection).__name__
    x, obs = field(shape, key), observations(shape, jax.random.fold_in(key, 1))
    moved = projection(x, obs)
    _same_kind(name, "the state", moved, x)
    require(
        agree(jnp.where(obs.mask, 0, moved - x), jnp.zeros_like(x), 0.0),
        f"{name} changed the state outside Omega: expected x there. Use jnp.where(obs.mask, ..., x).",
    )
    misfit = [jnp.where(obs.mask, jnp.abs(s - obs.values), 0) for s in (x, moved)]
    require((misfit[1] <= misfit[0]).all(), f"{name} increased the misfit: expected a smaller one. Check the sign.")
    check(Contract(projection, lambda p, x, y: p(x, y), lambda k: (field(shape, k), observations(shape, k))), key)


def _same_kind(name: str, output: str, value: Array, like: Array) -> None:
    require(
        value.shape == like.shape,
        f"{name}: {output} has shape {value.shape}: expected {like.shape}. Preserve the shape of one sample, without a "
        "batch axis.",
    )
    require(
        value.dtype == like.dtype,
        f"{name}: {output} is {value.dtype}: expected {like.dtype}. Create constants with jnp.asarray(c, x.dtype).",
    )
