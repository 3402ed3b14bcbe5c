"""Curvature of the variational cost, which defines the Laplace posterior N(x*, A^-1) around a map x*."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from xdvn.core.adjoints.krylov import AbstractKrylov, ConjugateGradient
from xdvn.core.cost import LearnedWeight, Reduction, VariationalCost
from xdvn.core.observations import Observations
from xdvn.core.points import Points

__all__ = ["LaplaceCurvature", "LaplaceNoise", "smallest_eigenvalue"]


class LaplaceNoise(eqx.Module):
    """White noise e of unit variance for every part of r, from which one draw is computed.

    Parameters
    ----------
    observations, prior, damping : Array, "*space channel"
        Noise of the data term in cells, of the prior term and of the damping.
    points : Array, "point", optional
        Noise of the data term at points. If None, there are no points.
    """

    observations: Float[Array, "*space channel"]
    prior: Float[Array, "*space channel"]
    damping: Float[Array, "*space channel"]
    points: Float[Array, " point"] | None = None

    @classmethod
    def draw(cls, obs: Observations, key: PRNGKeyArray) -> LaplaceNoise:
        """Draw the noise of one sample."""
        shape, dtype = obs.values.shape, obs.values.dtype
        k_data, k_prior, k_damping, k_points = jax.random.split(key, 4)
        data, prior, damping = (jax.random.normal(k, shape, dtype) for k in (k_data, k_prior, k_damping))
        points = None
        if obs.points is not None:
            points = jax.random.normal(k_points, obs.points.values.shape, dtype)
        return cls(data, prior, damping, points)


class LaplaceCurvature(eqx.Module):
    """Gauss-Newton curvature A = r'^T r' of a cost, with the draws, covariances and descents that use it.

    As a negative log posterior, J is half a sum of squares, J = |r(x)|^2 / 2, of

        r(x) = [ (H(x) - y) / sigma_obs on Omega ;  (x - phi(x)) / s ;  sqrt(lambda) (x - x*) ].

    The Gauss-Newton approximation of its Hessian is never indefinite:

        A = H'^T R^-1 H' + (I - phi')^T (I - phi') / s^2 + lambda I.

    Along the manifold of plausible states I - phi' is singular, and lambda alone determines the variance. No matrix is
    stored: products with r' and its transpose are vector-Jacobian products, and A^-1 is a Krylov solve.

    Parameters
    ----------
    cost : VariationalCost
        Prior and observation operator. Its weights apply with ``Reduction.SUM`` (1/2 each for a posterior); with
        ``Reduction.MEAN`` they are replaced by 1/2.
    obs_variance : float, optional
        Variance of the observation errors in normalised units. Used if the observations have no error variances.
    prior_variance : float
        s^2, the mean of (x - phi(x))^2 over true states, in normalised units; 1 for a ``GaussianPrior``. Default: 1.
    damping : float
        lambda, 1 over the climatological variance; 0 for a ``GaussianPrior``, which is a whole background. Default: 1.
    solver : AbstractKrylov
        Solver of A u = v. Default: conjugate gradients to a tolerance of 1e-4, in at most 300 steps.

    Raises
    ------
    ValueError
        If a variance is not positive, or the damping is negative. On application, if there is no error variance.

    Examples
    --------
    One cell with a background of variance 4, observed with variance 1: the posterior variance is 1 / (1/4 + 1).

    >>> import numpy as np
    >>> from xdvn.core.priors import GaussianPrior
    >>> cost = VariationalCost(GaussianPrior(4 * np.eye(1)), obs_weight=0.5, prior_weight=0.5, reduction=Reduction.SUM)
    >>> obs = Observations(jnp.ones((1, 1)), jnp.ones((1, 1), bool))
    >>> curvature = LaplaceCurvature(cost, obs_variance=1.0, damping=0.0)
    >>> round(float(curvature.covariance(jnp.zeros((1, 1)), obs)[0, 0]), 6)
    0.8

    References
    ----------
    MacKay 1992, doi:10.1162/neco.1992.4.3.448; Bardsley et al. 2014, doi:10.1137/140964023 (draws).
    """

    cost: VariationalCost
    obs_variance: float | None = None
    prior_variance: float = 1.0
    damping: float = 1.0
    solver: AbstractKrylov = ConjugateGradient(1e-4, 300)

    def __check_init__(self) -> None:
        if not (self.prior_variance > 0 and self.damping >= 0 and (self.obs_variance is None or self.obs_variance > 0)):
            raise ValueError(
                f"obs_variance={self.obs_variance}, prior_variance={self.prior_variance}, damping={self.damping}: "
                "expected positive variances and damping >= 0. Give them in normalised units."
            )

    def residuals(
        self, x: Float[Array, "*space channel"], obs: Observations, centre: Float[Array, "*space channel"]
    ) -> LaplaceNoise:
        """Return r(x), zero outside Omega and on land; ``centre`` is x*."""
        sums = self.cost.reduction is Reduction.SUM
        a_obs, a_prior = (
            2 * (w() if isinstance(w, LearnedWeight) else w) if sums else 1.0
            for w in (self.cost.obs_weight, self.cost.prior_weight)
        )
        operator = self.cost.obs_operator
        data = self._scaled(operator(x, obs), obs) * a_obs**0.5
        prior = obs.mask_land(x - self.cost.prior(x)) * (a_prior / self.prior_variance) ** 0.5
        damped = obs.mask_land(x - centre) * self.damping**0.5
        points = None
        if obs.points is not None:
            points = self._scaled(operator.at_points(x, obs), obs.points) * a_obs**0.5
        return LaplaceNoise(data, prior, damped, points)

    def _scaled(self, predicted: Array, measured: Observations | Points) -> Array:
        """Return (H(x) - y) / sigma_obs, zero outside Omega."""
        variance = measured.error_variance if measured.error_variance is not None else self.obs_variance
        if variance is None:
            raise ValueError(
                "obs_variance=None: expected the error variance of the observations. Train with "
                "fit(..., obs_error=...), or give obs_variance in normalised units."
            )
        misfit = jnp.where(measured.mask, predicted - measured.values, 0)
        return misfit / jnp.sqrt(jnp.asarray(variance, predicted.dtype))

    def cost_of(
        self, x: Float[Array, "*space channel"], obs: Observations, centre: Float[Array, "*space channel"]
    ) -> Float[Array, ""]:
        """Return |r(x)|^2 / 2."""
        return sum(0.5 * (part**2).sum() for part in jax.tree.leaves(self.residuals(x, obs, centre)))

    def product(
        self, x: Float[Array, "*space channel"], obs: Observations
    ) -> Callable[[Float[Array, "*space channel"]], Float[Array, "*space channel"]]:
        """Return v -> A v at x; on land A is the identity."""
        transpose, forward = self._jacobian(x, obs)

        def times(v: Array) -> Array:
            return obs.mask_land(transpose(forward(obs.mask_land(v)))) + (v - obs.mask_land(v))

        return times

    def _jacobian(self, x: Array, obs: Observations) -> tuple[Callable[[PyTree], Array], Callable[[Array], PyTree]]:
        """Return w -> r'^T w and v -> r' v."""
        r, vjp = jax.vjp(lambda state: self.residuals(state, obs, x), x)

        def transpose(w: PyTree) -> Array:
            return obs.mask_land(vjp(w)[0])

        forward = jax.vjp(transpose, jax.tree.map(jnp.zeros_like, r))[1]
        return transpose, lambda v: forward(v)[0]

    def draw(
        self, x: Float[Array, "*space channel"], obs: Observations, noise: LaplaceNoise
    ) -> Float[Array, "*space channel"]:
        """Return one draw A^-1 r'^T e of the departure from x*, which has the covariance A^-1."""
        transpose, _ = self._jacobian(x, obs)
        return self.solver(self.product(x, obs), transpose(noise))[0]

    def descend(
        self, x: Float[Array, "*space channel"], obs: Observations, n_steps: int
    ) -> Float[Array, "*space channel"]:
        """Return x after Gauss-Newton steps towards the minimum of J without the damping term.

        The curvature is that of a posterior only at a minimum of J, which a learned map is not. Each step is damped by
        lambda about its start (Levenberg-Marquardt).
        """

        def step(_: Any, state: Array) -> Array:
            gradient = jax.grad(self.cost_of)(state, obs, state)
            return state - self.solver(self.product(state, obs), obs.mask_land(gradient))[0]

        return jax.lax.fori_loop(0, n_steps, step, x)

    def gradient_norm(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, ""]:
        """Return sqrt(g^T A^-1 g / n) with g = dJ/dx: the distance to the minimum in posterior standard deviations."""
        gradient = obs.mask_land(jax.grad(self.cost_of)(x, obs, x))
        departure = self.solver(self.product(x, obs), gradient)[0]
        return jnp.sqrt(jnp.maximum((gradient * departure).sum(), 0) / x.size)

    def covariance(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "n n"]:
        """Return A^-1 of the flattened state as a dense matrix, for small windows."""
        n = x.size
        product = self.product(x, obs)
        rows = jax.lax.map(lambda v: product(v.reshape(x.shape)).ravel(), jnp.eye(n, dtype=x.dtype))
        return jnp.linalg.inv(0.5 * (rows + rows.T))

    def full_product(
        self, x: Float[Array, "*space channel"], obs: Observations
    ) -> Callable[[Float[Array, "*space channel"]], Float[Array, "*space channel"]]:
        """Return v -> (Hessian of J at x) v, with the second derivatives of phi and H."""
        gradient = jax.grad(self.cost_of)

        def times(v: Array) -> Array:
            # The Hessian is symmetric, so the vjp of the gradient is its product with v.
            return obs.mask_land(jax.vjp(lambda state: gradient(state, obs, x), x)[1](obs.mask_land(v))[0])

        return times


def smallest_eigenvalue(
    product: Callable[[Float[Array, "*shape"]], Float[Array, "*shape"]],
    like: Float[Array, "*shape"],
    n_steps: int,
    key: PRNGKeyArray,
) -> Float[Array, ""]:
    """Return the Lanczos estimate of the smallest eigenvalue, an upper bound that converges in some tens of steps.

    Parameters
    ----------
    product : callable
        v -> A v, with A symmetric.
    like : Array, "*shape"
        Array with the shape and type of v.
    n_steps : int
        Number of products, at most the number of entries of ``like``.
    key : PRNGKeyArray
        Random key of the first vector.

    Raises
    ------
    ValueError
        If ``n_steps`` is below 1 or above the number of entries.

    Examples
    --------
    >>> diagonal = jnp.linspace(-1.0, 3.0, 50)
    >>> round(float(smallest_eigenvalue(lambda v: diagonal * v, diagonal, 30, jax.random.key(0))), 2)
    -1.0
    """
    if not 1 <= n_steps <= like.size:
        raise ValueError(
            f"n_steps={n_steps}: expected 1 to {like.size}, the size of the state. Use, for example, "
            f"{min(30, like.size)}."
        )
    start = jax.random.normal(key, like.shape, like.dtype)
    basis = jnp.zeros((n_steps, like.size), like.dtype)

    def step(i: Any, carry: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        v, basis, diagonal, off_diagonal = carry
        basis = basis.at[i].set(v)
        w = product(v.reshape(like.shape)).ravel()
        diagonal = diagonal.at[i].set(v @ w)
        # Two orthogonalisations are enough (Kahan and Parlett).
        for _ in range(2):
            w = w - basis.T @ (basis @ w)
        norm = jnp.linalg.norm(w)
        off_diagonal = off_diagonal.at[i].set(norm)
        return w / jnp.where(norm > 0, norm, 1), basis, diagonal, off_diagonal

    zeros = jnp.zeros(n_steps, like.dtype)
    first = (start / jnp.linalg.norm(start.ravel())).ravel()
    _, _, diagonal, off_diagonal = jax.lax.fori_loop(0, n_steps, step, (first, basis, zeros, zeros))
    tridiagonal = jnp.diag(diagonal) + jnp.diag(off_diagonal[:-1], 1) + jnp.diag(off_diagonal[:-1], -1)
    return jnp.linalg.eigvalsh(tridiagonal)[0]
