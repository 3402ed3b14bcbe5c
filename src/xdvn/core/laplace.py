"""The Laplace posterior of the variational cost: a Gaussian around the map with the curvature of the cost.

J as a negative log posterior is half a sum of squares, J = |r(x)|^2 / 2, of

    r(x) = [ (H(x) - y) / sigma_obs on Omega ;  (x - phi(x)) / s ;  sqrt(lambda) (x - x*) ],

and the Gauss-Newton approximation of its Hessian, never indefinite, is

    A = r'^T r' = H'^T R^-1 H' + (I - phi')^T (I - phi') / s^2 + lambda I,     N(x*, A^-1).

s^2 is the mean of (x - phi(x))^2 over true states (1 for ``GaussianPrior``). Along the manifold of a good prior
I - phi' is singular, and lambda alone, 1 over the climatological variance, sets the variance. No matrix is stored:
products with r' and its transpose are vjps, A^-1 is conjugate gradients, and A^-1 r'^T e with white e is a sample.
MacKay 1992, doi:10.1162/neco.1992.4.3.448; samples: Bardsley et al. 2014, doi:10.1137/140964023.
"""

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


def smallest_eigenvalue(
    product: Callable[[Float[Array, "*shape"]], Float[Array, "*shape"]],
    like: Float[Array, "*shape"],
    n_steps: int,
    key: PRNGKeyArray,
) -> Float[Array, ""]:
    """Return an upper bound of the smallest eigenvalue that comes close to it within some tens of steps.

    Parameters
    ----------
    product : callable
        v -> A v, A symmetric.
    like : Array, "*shape"
        Says shape and type of v.
    n_steps : int
        Products; no more than ``like`` has entries.
    key : PRNGKeyArray
        Randomness of the start.

    Raises
    ------
    ValueError
        More steps than entries, or none.

    Examples
    --------
    >>> diagonal = jnp.linspace(-1.0, 3.0, 50)
    >>> round(float(smallest_eigenvalue(lambda v: diagonal * v, diagonal, 30, jax.random.key(0))), 2)
    -1.0
    """
    if not 1 <= n_steps <= like.size:
        raise ValueError(f"n_steps={n_steps}: expected 1 to {like.size}, the size of the state")
    start = jax.random.normal(key, like.shape, like.dtype)
    basis = jnp.zeros((n_steps, like.size), like.dtype)

    def step(i: Any, carry: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        v, basis, diagonal, off_diagonal = carry
        basis = basis.at[i].set(v)
        w = product(v.reshape(like.shape)).ravel()
        diagonal = diagonal.at[i].set(v @ w)
        # Twice is enough (Kahan and Parlett).
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


class LaplaceNoise(eqx.Module):
    """White noise of unit variance for every part of r: what one draw is made of.

    Parameters
    ----------
    observations, prior, damping : Array, "*space channel"
        For the cells' data term, the prior's and the damping's.
    points : Array, "point", optional
        For observations between cells.
    """

    observations: Float[Array, "*space channel"]
    prior: Float[Array, "*space channel"]
    damping: Float[Array, "*space channel"]
    points: Float[Array, " point"] | None = None

    @classmethod
    def draw(cls, obs: Observations, key: PRNGKeyArray) -> LaplaceNoise:
        """Draw for one sample."""
        shape, dtype = obs.values.shape, obs.values.dtype
        k_data, k_prior, k_damping, k_points = jax.random.split(key, 4)
        data, prior, damping = (jax.random.normal(k, shape, dtype) for k in (k_data, k_prior, k_damping))
        points = None
        if obs.points is not None:
            points = jax.random.normal(k_points, obs.points.values.shape, dtype)
        return cls(data, prior, damping, points)


class LaplaceCurvature(eqx.Module):
    """A = r'^T r' of a cost, and what follows from it.

    Parameters
    ----------
    cost : VariationalCost
        Prior and observation operator. Its weights count under ``Reduction.SUM`` (1/2 each is the posterior); weights
        of means have no meaning here and are left out.
    obs_variance : float, optional
        Variance of the errors of observation in normalised units, where the observations do not bring their own.
    prior_variance : float
        s^2.
    damping : float
        lambda; 0 for a ``GaussianPrior``, which is a whole background already.
    solver : AbstractKrylov
        Solves A u = v.

    Raises
    ------
    ValueError
        A variance is not positive, or the damping negative.

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
                "expected positive variances in normalised units and a damping of 0 or more"
            )

    def residuals(
        self, x: Float[Array, "*space channel"], obs: Observations, centre: Float[Array, "*space channel"]
    ) -> LaplaceNoise:
        """Return r(x), zero off Omega and on land; ``centre`` is x*."""
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

    def _scaled(self, seen: Array, measured: Observations | Points) -> Array:
        variance = measured.error_variance if measured.error_variance is not None else self.obs_variance
        if variance is None:
            raise ValueError(
                "a posterior needs to know how wrong observations are: train with fit(..., obs_error=...), or give "
                "obs_variance= in normalised units"
            )
        return jnp.where(measured.mask, seen - measured.values, 0) / jnp.sqrt(jnp.asarray(variance, seen.dtype))

    def cost_of(
        self, x: Float[Array, "*space channel"], obs: Observations, centre: Float[Array, "*space channel"]
    ) -> Float[Array, ""]:
        """Return |r(x)|^2 / 2."""
        return sum(0.5 * (part**2).sum() for part in jax.tree.leaves(self.residuals(x, obs, centre)))

    def product(
        self, x: Float[Array, "*space channel"], obs: Observations
    ) -> Callable[[Float[Array, "*space channel"]], Float[Array, "*space channel"]]:
        """Return v -> A v at x; on land A is the identity."""
        pull, push = self._jacobian(x, obs)

        def times(v: Array) -> Array:
            return obs.mask_land(pull(push(obs.mask_land(v)))) + (v - obs.mask_land(v))

        return times

    def _jacobian(self, x: Array, obs: Observations) -> tuple[Callable[[PyTree], Array], Callable[[Array], PyTree]]:
        """Return w -> r'^T w and v -> r' v."""
        r, vjp = jax.vjp(lambda state: self.residuals(state, obs, x), x)

        def pull(w: PyTree) -> Array:
            return obs.mask_land(vjp(w)[0])

        transpose = jax.vjp(pull, jax.tree.map(jnp.zeros_like, r))[1]
        return pull, lambda v: transpose(v)[0]

    def draw(
        self, x: Float[Array, "*space channel"], obs: Observations, noise: LaplaceNoise
    ) -> Float[Array, "*space channel"]:
        """Return one draw of the departure from x*: A^-1 r'^T e has the covariance A^-1."""
        pull, _ = self._jacobian(x, obs)
        return self.solver(self.product(x, obs), pull(noise))[0]

    def descend(
        self, x: Float[Array, "*space channel"], obs: Observations, n_steps: int
    ) -> Float[Array, "*space channel"]:
        """Return x after Gauss-Newton steps towards the minimum of J without damping about x.

        A learned map is no minimum of J; its curvature is that of a posterior only there. Each step is damped by
        lambda about where it starts, as Levenberg and Marquardt do.
        """

        def step(_: Any, state: Array) -> Array:
            gradient = jax.grad(self.cost_of)(state, obs, state)
            return state - self.solver(self.product(state, obs), obs.mask_land(gradient))[0]

        return jax.lax.fori_loop(0, n_steps, step, x)

    def gradient_norm(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, ""]:
        """Return the norm of dJ/dx in units of the posterior, sqrt(g^T A^-1 g / n): how many sigmas x is off."""
        gradient = obs.mask_land(jax.grad(self.cost_of)(x, obs, x))
        back = self.solver(self.product(x, obs), gradient)[0]
        return jnp.sqrt(jnp.maximum((gradient * back).sum(), 0) / x.size)

    def covariance(self, x: Float[Array, "*space channel"], obs: Observations) -> Float[Array, "n n"]:
        """Return A^-1 of the flattened state, written out: for small windows and for tests."""
        n = x.size
        product = self.product(x, obs)
        rows = jax.lax.map(lambda v: product(v.reshape(x.shape)).ravel(), jnp.eye(n, dtype=x.dtype))
        return jnp.linalg.inv(0.5 * (rows + rows.T))

    def full_product(
        self, x: Float[Array, "*space channel"], obs: Observations
    ) -> Callable[[Float[Array, "*space channel"]], Float[Array, "*space channel"]]:
        """Return v -> (the whole Hessian of J at x) v, second derivatives of phi and H included."""
        gradient = jax.grad(self.cost_of)

        def times(v: Array) -> Array:
            # The Hessian is symmetric, so the vjp of the gradient will do.
            return obs.mask_land(jax.vjp(lambda state: gradient(state, obs, x), x)[1](obs.mask_land(v))[0])

        return times
