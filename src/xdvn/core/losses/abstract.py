"""The interface of a loss, (network, sample) -> one number, and the sample.

Most losses depend on the solution only. They implement ``evaluate``, so that a sum of several,

    L = sum_i c_i L_i,

solves once.
"""

from __future__ import annotations

import abc
import math

import equinox as eqx
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from xdvn.core.networks.fourdvarnet import AbstractNetwork, Solution
from xdvn.core.observations import Observations

__all__ = ["AbstractLoss", "AbstractSolutionLoss", "Sample", "SumOfLosses"]


class Sample(eqx.Module):
    """One training example.

    Parameters
    ----------
    obs : Observations
        What the network sees.
    truth : Array, "*space channel"
        What it should have found; zero where unknown.
    loss_mask : Array of bool, "*space channel"
        True where the truth is known and at sea.
    first_guess : Array, optional
        Where the solver starts.
    sample_weight : Array, scalar
        0 for a sample that only pads a batch, else 1.
    withheld : Observations, optional
        Observations withheld from the network, on Omega_h.
    """

    obs: Observations
    truth: Float[Array, "*space channel"]
    loss_mask: Bool[Array, "*space channel"]
    first_guess: Float[Array, "*space channel"] | None
    sample_weight: Float[Array, ""]
    withheld: Observations | None = None


class AbstractLoss(eqx.Module):
    """(network, sample, key) -> how wrong it was; ``0.5 * loss + other`` is a loss too."""

    @abc.abstractmethod
    def __call__(self, network: AbstractNetwork, sample: Sample, key: PRNGKeyArray | None = None) -> Float[Array, ""]:
        """Return the loss of one sample; the key is for the network, which trains when it has one."""

    def __add__(self, other: AbstractLoss) -> SumOfLosses:
        """Return the sum."""
        return SumOfLosses.of(self, other)

    def __mul__(self, weight: float) -> SumOfLosses:
        """Return the loss times a number."""
        return SumOfLosses((self,), (float(weight),))

    __rmul__ = __mul__


class AbstractSolutionLoss(AbstractLoss):
    """A loss that needs nothing but the network's solution and the sample.

    Examples
    --------
    Yours, for the mean error:

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
    """sum_i c_i L_i; written ``50 * SupervisedLoss(window) + VariationalLoss()``.

    Parameters
    ----------
    terms : tuple of AbstractLoss
        L_i.
    weights : tuple of float
        c_i, not trained.

    Raises
    ------
    ValueError
        There is not one finite weight for each term, or no term at all.
    """

    terms: tuple[AbstractLoss, ...]
    weights: tuple[float, ...] = eqx.field(static=True)

    def __check_init__(self) -> None:
        if not self.terms or len(self.terms) != len(self.weights) or not all(map(math.isfinite, self.weights)):
            raise ValueError(
                f"{len(self.terms)} losses with the weights {self.weights}: expected one finite number for each, as in "
                "0.5 * SupervisedLoss(window) + GaussianNLL(window)"
            )

    @classmethod
    def of(cls, *losses: AbstractLoss) -> SumOfLosses:
        """Add losses; sums among them are taken apart."""
        pairs = [
            pair
            for loss in losses
            for pair in (zip(loss.terms, loss.weights, strict=True) if isinstance(loss, SumOfLosses) else [(loss, 1.0)])
        ]
        return cls(tuple(term for term, _ in pairs), tuple(weight for _, weight in pairs))

    def __call__(self, network: AbstractNetwork, sample: Sample, key: PRNGKeyArray | None = None) -> Float[Array, ""]:
        """Return the sum."""
        together = [isinstance(term, AbstractSolutionLoss) for term in self.terms]
        # A solve is nearly all of the cost, and the compiler does not see that two loops are one.
        solution = network(sample.obs, sample.first_guess, key=key) if any(together) else None
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
