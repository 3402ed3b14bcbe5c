"""The interface of a loss, sums of losses, and the sample."""

from __future__ import annotations

import abc
import math

import equinox as eqx
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from xdvn.core.networks.fourdvarnet import AbstractNetwork, Solution
from xdvn.core.observations import Observations

__all__ = ["AbstractLoss", "AbstractSolutionLoss", "Sample", "SumOfLosses"]


class Sample(eqx.Module):
    """One training sample.

    Parameters
    ----------
    obs : Observations
        Input of the network.
    truth : Array, "*space channel"
        Truth in normalised units; zero where unknown.
    loss_mask : Array of bool, "*space channel"
        True at ocean cells with a known truth.
    first_guess : Array, optional
        Initial state of the solver.
    sample_weight : Array, scalar
        Weight in the mean over a batch: 1, or 0 for padding.
    withheld : Observations, optional
        Observations on Omega_h, which the network does not receive.
    """

    obs: Observations
    truth: Float[Array, "*space channel"]
    loss_mask: Bool[Array, "*space channel"]
    first_guess: Float[Array, "*space channel"] | None
    sample_weight: Float[Array, ""]
    withheld: Observations | None = None


class AbstractLoss(eqx.Module):
    """Function (network, sample, key) -> scalar; ``0.5 * loss + other`` is again a loss."""

    @abc.abstractmethod
    def __call__(self, network: AbstractNetwork, sample: Sample, key: PRNGKeyArray | None = None) -> Float[Array, ""]:
        """Return the loss of one sample; a network with a key is in training mode."""

    def __add__(self, other: AbstractLoss) -> SumOfLosses:
        """Return the sum."""
        return SumOfLosses.of(self, other)

    def __mul__(self, weight: float) -> SumOfLosses:
        """Return the loss times a number."""
        return SumOfLosses((self,), (float(weight),))

    __rmul__ = __mul__


class AbstractSolutionLoss(AbstractLoss):
    """A loss of the network's solution and the sample.

    Examples
    --------
    A loss of the mean error:

    >>> import jax.numpy as jnp
    >>> class Bias(AbstractSolutionLoss):
    ...     def evaluate(self, solution, sample):
    ...         return jnp.mean(solution.x - sample.truth) ** 2
    >>> (0.5 * Bias() + Bias()).weights
    (0.5, 1.0)
    """

    @abc.abstractmethod
    def evaluate(self, solution: Solution, sample: Sample) -> Float[Array, ""]:
        """Return the loss of a solution."""

    def __call__(self, network: AbstractNetwork, sample: Sample, key: PRNGKeyArray | None = None) -> Float[Array, ""]:
        """Solve and evaluate."""
        return self.evaluate(network(sample.obs, sample.first_guess, key=key), sample)


class SumOfLosses(AbstractLoss):
    """The sum L = sum_i c_i L_i, as in ``50 * SupervisedLoss(window) + VariationalLoss()``.

    All terms of class ``AbstractSolutionLoss`` share one solve.

    Parameters
    ----------
    terms : tuple of AbstractLoss
        Losses L_i.
    weights : tuple of float
        Weights c_i, not trained.

    Raises
    ------
    ValueError
        If there is no term, or not one finite weight for each.
    """

    terms: tuple[AbstractLoss, ...]
    weights: tuple[float, ...] = eqx.field(static=True)

    def __check_init__(self) -> None:
        if not self.terms or len(self.terms) != len(self.weights) or not all(map(math.isfinite, self.weights)):
            raise ValueError(
                f"weights={self.weights}: expected one finite number for each of {len(self.terms)} losses. Write e.g. "
                "0.5 * SupervisedLoss(window) + GaussianNLL(window)."
            )

    @classmethod
    def of(cls, *losses: AbstractLoss) -> SumOfLosses:
        """Return the sum of losses, with the terms of sums among them."""
        pairs = [
            pair
            for loss in losses
            for pair in (zip(loss.terms, loss.weights, strict=True) if isinstance(loss, SumOfLosses) else [(loss, 1.0)])
        ]
        return cls(tuple(term for term, _ in pairs), tuple(weight for _, weight in pairs))

    def __call__(self, network: AbstractNetwork, sample: Sample, key: PRNGKeyArray | None = None) -> Float[Array, ""]:
        """Return the sum."""
        needs_solution = [isinstance(term, AbstractSolutionLoss) for term in self.terms]
        # A solve is nearly the whole computation, and the compiler does not merge equal loops.
        solution = network(sample.obs, sample.first_guess, key=key) if any(needs_solution) else None
        values = [
            term.evaluate(solution, sample)
            if isinstance(term, AbstractSolutionLoss) and solution is not None
            else term(network, sample, key)
            for term in self.terms
        ]
        return sum(
            (weight * value for weight, value in zip(self.weights[1:], values[1:], strict=True)),
            self.weights[0] * values[0],
        )

    def __mul__(self, weight: float) -> SumOfLosses:
        """Return the sum times a number."""
        return SumOfLosses(self.terms, tuple(float(weight) * w for w in self.weights))

    __rmul__ = __mul__
