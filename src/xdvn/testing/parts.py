"""Contract checks of the small parts: prior, observation operator, modulator, schedule, start, data projection."""

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
from xdvn.core.solvers import AbstractDataProjection, AbstractSchedule, AbstractStart
from xdvn.testing.properties import Contract, agree, check, kinds, require
from xdvn.testing.samples import field, observations

__all__ = [
    "check_data_projection",
    "check_gradient_modulator",
    "check_observation_operator",
    "check_prior",
    "check_schedule",
    "check_start",
]


def check_prior(prior: AbstractPrior, shape: Sequence[int], key: PRNGKeyArray) -> None:
    """Check a prior: "*space channel" in, the same shape and type out.

    Parameters
    ----------
    prior : AbstractPrior
        Yours.
    shape : sequence of int
        Of one sample, space first, channels last.
    key : PRNGKeyArray
        Randomness of the states it is tried on.

    Raises
    ------
    AssertionError
        Saying which promise is broken, and how to keep it.

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
    """Check an observation operator: what it returns is comparable with ``obs.values``.

    Parameters
    ----------
    operator : AbstractObservationOperator
        Yours.
    shape : sequence of int
        Of one state.
    key : PRNGKeyArray
        Randomness of the states and observations it is tried on.
    obs : Observations, optional
        Of one sample, when the operator needs more of them than values and a mask.
    """
    y = observations(shape, key) if obs is None else obs
    _same_kind(type(operator).__name__, "H(x)", operator(field(shape, key), y), y.values)
    check(Contract(operator, lambda h, x: h(x, y), lambda k: (field(shape, k),)), key)


def check_gradient_modulator(modulator: AbstractGradientModulator, shape: Sequence[int], key: PRNGKeyArray) -> None:
    """Check a modulator: an update like the gradient, and a memory that keeps its structure from step to step."""
    name = type(modulator).__name__
    gradient = field(shape, key)
    before = modulator.init(gradient)
    update, after = modulator(gradient, before)
    _same_kind(name, "the update", update, gradient)
    require(
        kinds(before) == kinds(after),
        f"{name}: the memory came as {kinds(before)} and went as {kinds(after)}; init and __call__ must return it "
        "with the same structure, shapes and types, since the solver loops over steps",
    )

    def two_steps(m: AbstractGradientModulator, g: Array) -> tuple[Array, Array]:
        first, hidden = m(g, m.init(g))
        return first, m(0.5 * g, hidden)[0]

    check(Contract(modulator, two_steps, lambda k: (field(shape, k),)), key)


def check_schedule(schedule: AbstractSchedule, n_steps: int, key: PRNGKeyArray) -> None:
    """Check a schedule: two finite scalars at every step, and honest about being constant."""
    name = type(schedule).__name__

    def weights(s: AbstractSchedule, k: Array) -> tuple[Array, Array]:
        learned, plain = s(k, n_steps, 2.0)
        return jnp.asarray(learned, jnp.float32), jnp.asarray(plain, jnp.float32)

    every = [weights(schedule, jnp.asarray(k)) for k in range(n_steps)]
    for pair in every:
        shapes = [np.shape(w) for w in pair]
        require(shapes == [(), ()], f"{name} returned weights of shapes {shapes}; a_k and b_k are scalars")
    require(
        not schedule.constant or all(agree(pair, every[0]) for pair in every),
        f"{name}.constant is True, but its weights change with k; say False, or implicit gradients will be wrong",
    )
    steps = jax.random.permutation(key, n_steps)
    check(Contract(schedule, weights, lambda k: (steps[jax.random.randint(k, (), 0, n_steps)],)), key)


def check_start(start: AbstractStart, shape: Sequence[int], key: PRNGKeyArray) -> None:
    """Check a start: a complete state made of nothing but the sample."""
    cost = VariationalCost(IdentityPrior())
    obs = observations(shape, key)
    _same_kind(type(start).__name__, "the start", start(cost, obs), obs.values)
    check(Contract(start, lambda s, y: s(cost, y), lambda k: (observations(shape, k),)), key)


def check_data_projection(projection: AbstractDataProjection, shape: Sequence[int], key: PRNGKeyArray) -> None:
    """Check a data projection: nearer to the data on Omega, unchanged off it."""
    name = type(projection).__name__
    x, obs = field(shape, key), observations(shape, jax.random.fold_in(key, 1))
    moved = projection(x, obs)
    _same_kind(name, "the state", moved, x)
    require(agree(jnp.where(obs.mask, 0, moved - x), jnp.zeros_like(x), 0.0), f"{name} changed the state off Omega")
    misfit = [jnp.where(obs.mask, jnp.abs(s - obs.values), 0) for s in (x, moved)]
    require((misfit[1] <= misfit[0]).all(), f"{name} moved the state away from the data")
    check(Contract(projection, lambda p, x, y: p(x, y), lambda k: (field(shape, k), observations(shape, k))), key)


def _same_kind(name: str, what: str, found: Array, like: Array) -> None:
    require(
        found.shape == like.shape,
        f"{name}: {what} has shape {found.shape}, expected {like.shape}; one sample is '*space channel' without a "
        "batch axis, and its shape is kept",
    )
    require(
        found.dtype == like.dtype,
        f"{name}: {what} is {found.dtype}, expected {like.dtype}; make constants with the type of the input "
        "(jnp.asarray(c, x.dtype))",
    )
