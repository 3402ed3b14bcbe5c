"""Windows of a long trajectory, their observations, and the normalised samples for a network.

A state is "*space time variable": (time, variable) for Lorenz-63 and (ring, time, variable) for Lorenz-96, with
convolutions along time. One mean and one standard deviation normalise all variables.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from benchmarks.lorenz.interpolation import EdgeMode, interpolate
from xdvn.core.losses import Sample
from xdvn.core.observations import Observations

__all__ = ["Scaling", "Windows", "draw_windows"]


@dataclass(frozen=True)
class Scaling:
    """Normalisation x -> (x - mean) / std, the same for all variables.

    Parameters
    ----------
    mean, std : float
        Mean and standard deviation in the units of the system.
    """

    mean: float
    std: float

    @classmethod
    def of(cls, states: Float[np.ndarray, "*shape"]) -> Scaling:
        """Return the scaling that normalises ``states`` to mean 0 and standard deviation 1."""
        return cls(float(states.mean(dtype=np.float64)), float(states.std(dtype=np.float64)))


def draw_windows(
    states: Float[np.ndarray, "step *space variable"],
    span: tuple[int, int],
    length: int,
    n: int,
    rng: np.random.Generator,
) -> Float[np.ndarray, "window *space time variable"]:
    """Return ``n`` different random windows of ``length`` steps from the steps of ``span``.

    Examples
    --------
    >>> states = np.arange(12.0).reshape(6, 2)
    >>> draw_windows(states, (1, 4), 3, 1, np.random.default_rng(0)).tolist()
    [[[2.0, 3.0], [4.0, 5.0], [6.0, 7.0]]]
    """
    starts = rng.choice(np.arange(span[0], span[1] - length + 1), n, replace=False)
    return np.moveaxis(np.lib.stride_tricks.sliding_window_view(states, length, 0)[starts], -1, -2)


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows with one mask for all of them, in the units of the system.

    Parameters
    ----------
    truth : np.ndarray, "window *space time variable"
        True states.
    values : np.ndarray, "window *space time variable"
        Observations, 0 elsewhere.
    mask : np.ndarray of bool, "*space time variable"
        True where observed.
    edges : EdgeMode
        Values of the first guess outside the observed times.
    """

    truth: Float[np.ndarray, "window *space time variable"]
    values: Float[np.ndarray, "window *space time variable"]
    mask: Bool[np.ndarray, "*space time variable"]
    edges: EdgeMode = EdgeMode.HELD

    @classmethod
    def observe(
        cls,
        truth: Float[np.ndarray, "window *space time variable"],
        mask: Bool[np.ndarray, "*space time variable"],
        noise_variance: float,
        rng: np.random.Generator,
    ) -> Windows:
        """Return windows with Gaussian observation errors.

        Examples
        --------
        >>> mask = np.array([[True], [False]])
        >>> Windows.observe(np.ones((1, 2, 1)), mask, 0.0, np.random.default_rng(0)).values[0, :, 0].tolist()
        [1.0, 0.0]
        """
        noise = np.sqrt(noise_variance) * rng.standard_normal(truth.shape)
        return cls(truth.astype(np.float32), np.where(mask, truth + noise, 0).astype(np.float32), mask)

    def __len__(self) -> int:
        return len(self.truth)

    def __getitem__(self, index: slice | np.ndarray) -> Windows:
        return Windows(self.truth[index], self.values[index], self.mask, self.edges)

    @property
    def first_guess(self) -> Float[np.ndarray, "window *space time variable"]:
        """Linear interpolation of the observations in time."""
        return interpolate(self.values, self.mask, self.edges)

    def samples(self, scaling: Scaling) -> Sample:
        """Return all windows as one batch of normalised samples."""

        def normalised(x: np.ndarray) -> jax.Array:
            return jnp.asarray((x - scaling.mean) / scaling.std, jnp.float32)

        mask = jnp.broadcast_to(self.mask, self.truth.shape)
        obs = jax.vmap(Observations)(normalised(self.values), mask)
        return jax.vmap(Sample)(
            obs, normalised(self.truth), jnp.ones_like(mask), normalised(self.first_guess), jnp.ones(len(self))
        )
