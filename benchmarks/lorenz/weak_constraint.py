"""Weak-constraint 4DVar with the true model, iterated to convergence, as a reference for learned methods.

    J(x) = a_model sum_t |x_{t+1} - M(x_t)|^2 + a_obs sum_Omega (x - y)^2

Levenberg-Marquardt minimises J window by window: linearise M, solve the normal equations, which couple neighbouring
times only, and increase the damping if J did not decrease. J is that of ``VariationalCost`` with a ``DynamicalPrior``.
Tremolet 2006, doi:10.1256/qj.05.224; Marquardt 1963, doi:10.1137/0111030.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float
from tqdm.auto import tqdm

from benchmarks.lorenz.block_tridiagonal import solve_block_tridiagonal
from benchmarks.lorenz.windows import Windows

__all__ = ["WeakConstraint4DVar"]


class _State(NamedTuple):
    x: Array
    cost: Array
    damping: Array


class WeakConstraint4DVar(eqx.Module):
    """Minimisation of J from the first guess of the windows.

    Parameters
    ----------
    model : callable
        Model M, from one time of a window to the next.
    obs_weight, model_weight : float
        Weights a_obs and a_model.
    n_iterations : int
        Number of Levenberg-Marquardt iterations; an iteration that would increase J leaves x unchanged.
    """

    model: Callable[[Array], Array]
    obs_weight: float = 0.1
    model_weight: float = 1.0
    n_iterations: int = 100

    def __call__(
        self, windows: Windows, *, batch_size: int = 50, progress: bool = True
    ) -> Float[np.ndarray, "window *space time variable"]:
        """Solve every window.

        Parameters
        ----------
        windows : Windows
            Windows with observations.
        batch_size : int
            Windows solved at once; it changes memory and speed, not the result.
        progress : bool
            Show a progress bar.
        """
        chains = _to_chain(windows.values), _to_chain(windows.first_guess)
        mask = jnp.asarray(_to_chain(windows.mask[None])[0])
        states = []
        with tqdm(total=len(windows), desc="weak-constraint 4DVar", unit="window", disable=not progress) as bar:
            for first in range(0, len(windows), batch_size):
                values, start = (chain[first : first + batch_size] for chain in chains)
                states.append(
                    np.asarray(_solve_all(self, windows.mask.shape, jnp.asarray(values), mask, jnp.asarray(start)))
                )
                bar.update(len(start))
        return _from_chain(np.concatenate(states), windows.mask.shape)

    def _errors(self, x: Array, shape: tuple[int, ...]) -> Array:
        return x[1:] - jax.vmap(lambda state: self._forecast(state, shape))(x[:-1])

    def _forecast(self, state: Array, shape: tuple[int, ...]) -> Array:
        return self.model(state.reshape(*shape[:-2], shape[-1])).reshape(-1)

    def _cost(self, x: Array, values: Array, mask: Array, shape: tuple[int, ...]) -> Array:
        misfit = jnp.where(mask, x - values, 0)
        return self.model_weight * (self._errors(x, shape) ** 2).sum() + self.obs_weight * (misfit**2).sum()

    def _iterate(self, state: _State, values: Array, mask: Array, shape: tuple[int, ...]) -> _State:
        x, cost, damping = state
        jacobians = jax.vmap(jax.jacfwd(lambda s: self._forecast(s, shape)))(x[:-1])
        errors = self._errors(x, shape)
        misfit = jnp.where(mask, x - values, 0)
        unit = jnp.eye(x.shape[-1], dtype=x.dtype)
        zero_block, zero_row = jnp.zeros((1, *unit.shape), x.dtype), jnp.zeros((1, x.shape[-1]), x.dtype)
        # The derivative of a model error is the identity for the later time and -M' for the earlier one.
        later = jnp.concatenate([zero_block, jnp.broadcast_to(unit, jacobians.shape)])
        earlier = jnp.concatenate([jnp.einsum("tji,tjk->tik", jacobians, jacobians), zero_block])
        observed = jax.vmap(jnp.diag)(mask.astype(x.dtype))
        normal = self.model_weight * (later + earlier) + self.obs_weight * observed + damping * unit
        above = -self.model_weight * jacobians.swapaxes(1, 2)
        adjoint_errors = jnp.einsum("tji,tj->ti", jacobians, errors)
        gradient = self.obs_weight * misfit + self.model_weight * (
            jnp.concatenate([zero_row, errors]) - jnp.concatenate([adjoint_errors, zero_row])
        )
        candidate = x - solve_block_tridiagonal(normal, above, gradient)
        lower = self._cost(candidate, values, mask, shape)
        better = lower < cost
        return _State(
            jnp.where(better, candidate, x),
            jnp.where(better, lower, cost),
            jnp.clip(jnp.where(better, damping / 4, damping * 5), 1e-7, 1e7),
        )


@eqx.filter_jit
def _solve_all(
    method: WeakConstraint4DVar,
    shape: tuple[int, ...],
    values: Float[Array, "window time n"],
    mask: Bool[Array, "time n"],
    start: Float[Array, "window time n"],
) -> Float[Array, "window time n"]:
    def one(values: Array, start: Array) -> Array:
        first = _State(start, method._cost(start, values, mask, shape), jnp.asarray(1e-2, start.dtype))
        step = lambda state, _: (method._iterate(state, values, mask, shape), None)  # noqa: E731
        return jax.lax.scan(step, first, None, length=method.n_iterations)[0].x

    return jax.vmap(one)(values, start)


def _to_chain(x: np.ndarray) -> np.ndarray:
    """Return (window, *space, time, variable) as (window, time, space x variable)."""
    return np.moveaxis(x, -2, 1).reshape(len(x), x.shape[-2], -1)


def _from_chain(x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return np.moveaxis(x.reshape(len(x), shape[-2], *shape[:-2], shape[-1]), 1, -2)
