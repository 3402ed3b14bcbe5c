"""From encoded fields to batches: cut windows and stack them, always in one shape.

A window (variable, time, *space) becomes a sample "*space channel", channel = variable x time, with covariates behind
the variables; points are padded to those of the fullest window.
"""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from xdvn.core.compilation import inference_jit
from xdvn.core.observations import Observations
from xdvn.core.points import Points
from xdvn.grid.arrays import EncodedFields
from xdvn.grid.covariates import in_window
from xdvn.grid.patches import Patcher

__all__ = ["append_covariates", "channels_first", "channels_last", "make_batch"]


def make_batch(
    encoded: EncodedFields,
    patcher: Patcher,
    starts: Sequence[tuple[int, ...]],
    sea_everywhere: bool | None = None,
) -> tuple[Observations, Array | None]:
    """Return the observations and first guesses of some windows with a leading batch axis, without covariates.

    Whether there is land at all is read from ``encoded``, unless ``sea_everywhere`` gives it for a larger field.
    """

    def stacked(field: np.ndarray) -> np.ndarray:
        return np.stack([channels_last(patcher.take(field, s)) for s in starts])

    ocean_mask = None
    if not (encoded.sea.all() if sea_everywhere is None else sea_everywhere):
        ocean_mask = stacked(np.broadcast_to(encoded.sea[:, None], encoded.values.shape))
    offsets = None
    if encoded.offsets is not None:
        offsets = np.stack([stacked(each) for each in np.moveaxis(encoded.offsets, -1, 0)], -1)
    variance = None if encoded.error_variance is None else stacked(encoded.error_variance)
    points = _points_of(encoded, patcher, starts)
    obs = _observations(stacked(encoded.values), stacked(encoded.mask), variance, ocean_mask, offsets, points)
    guess = encoded.first_guess
    if guess is None:
        return obs, None
    return obs, jnp.asarray(np.stack([channels_last(guess.at(s, patcher)) for s in starts]))


# In one program, from NumPy's arrays: op by op, what is around the solves would take a tenth of a reconstruction.
_observations = inference_jit(jax.vmap(Observations))


def append_covariates(
    obs: Observations, guess: Array | None, encoded: EncodedFields, starts: Sequence[tuple[int, ...]], patcher: Patcher
) -> tuple[Observations, Array | None]:
    """Put the covariates of some windows behind the variables, observed everywhere and the start of the solve.

    They are added last: a transformation of samples that is as likely for the sea would be wrong for its bottom.
    """
    if not encoded.covariates:
        return obs, guess
    raw = np.stack([in_window(encoded.covariates, s, patcher.patch) for s in starts])
    known = jnp.asarray(np.isfinite(raw))
    added = jnp.asarray(np.nan_to_num(raw))

    # Where a covariate is missing, such as depths on land, it is held at its mean.
    everywhere = all(bool(np.isfinite(c).all()) for c in encoded.covariates)
    ocean_mask = obs.ocean_mask if obs.ocean_mask is not None or everywhere else jnp.ones_like(obs.mask)
    offsets = obs.offsets
    if offsets is not None:
        offsets = jnp.concatenate([offsets, jnp.zeros((*added.shape, offsets.shape[-1]))], -2)
    seen = jax.vmap(Observations)(
        _behind(obs.values, added),
        _behind(obs.mask, known),
        None if obs.error_variance is None else _behind(obs.error_variance, jnp.ones_like(added)),
        None if ocean_mask is None else _behind(ocean_mask, known),
        offsets,
        obs.points,
    )
    return seen, _behind(jnp.zeros_like(obs.values) if guess is None else guess, added)


def _behind(field: Array, more: Array) -> Array:
    return jnp.concatenate([field, more], -1)


def _points_of(encoded: EncodedFields, patcher: Patcher, starts: Sequence[tuple[int, ...]]) -> Points | None:
    if encoded.points is None:
        return None
    windows = [encoded.points.window(s, patcher.patch) for s in starts]
    batch = jax.tree.map(lambda *each: jnp.asarray(np.stack(each)), *windows)
    return jax.vmap(lambda fields: Points(**fields, n_times=patcher.patch[0]))(batch)


def channels_last(window: np.ndarray) -> np.ndarray:
    """(variable, time, *space) -> (*space, channel), channel = variable x time."""
    flat = window.reshape(-1, *window.shape[2:])
    return np.moveaxis(flat, 0, -1)


def channels_first(state: np.ndarray, n_variables: int) -> np.ndarray:
    """(*space, channel) -> (variable, time, *space)."""
    flat = np.moveaxis(state, -1, 0)
    return flat.reshape(n_variables, -1, *flat.shape[1:])
