"""Convergence of a solver: J, its two terms and the norm of its gradient by iteration.

    J(x_k) = a_obs ||H(x_k) - y||^2 + a_prior ||x_k - phi(x_k)||^2,   k = 0 (first guess), ..., K

A trained solver need not minimise J, because it is trained to approach the truth.
Fablet et al. 2021, doi:10.1029/2021MS002572.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

__all__ = ["SolveTrace", "convergence"]


@runtime_checkable
class Terms(Protocol):
    """The two terms of J before weighting."""

    @property
    def observations(self) -> Any:
        """Misfit to the observations."""

    @property
    def prior(self) -> Any:
        """Departure from the prior."""


@runtime_checkable
class SolveTrace(Protocol):
    """The curves of a solve: arrays over steps, or (sample, step) for several samples."""

    @property
    def cost(self) -> Any:
        """J."""

    @property
    def terms(self) -> Terms:
        """Its terms."""

    @property
    def gradient_norm(self) -> Any:
        """Euclidean norm of dJ/dx."""


def convergence(trace: SolveTrace, ax: Axes | None = None) -> Axes:
    """Draw the cost by iteration of a solve.

    Parameters
    ----------
    trace : SolveTrace
        Result of ``network.trace(obs)``. If the arrays are (sample, step), lines are means over samples, and a shade
        covers the 10th to the 90th percentile of J.
    ax : matplotlib Axes, optional
        Axes to draw in. If None, a new figure. The norm of the gradient has its axis on the right.

    Returns
    -------
    matplotlib Axes
        The logarithmic axes of J and its terms.

    Raises
    ------
    ValueError
        The shapes of J, its terms and the gradient differ, or there is no step.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> terms = SimpleNamespace(observations=[2.0, 0.5], prior=[1.0, 0.5])
    >>> trace = SimpleNamespace(cost=[3.0, 1.0], terms=terms, gradient_norm=[4.0, 0.1])
    >>> ax = convergence(trace)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['J', '‖H(x) − y‖²', '‖x − φ(x)‖²', '‖∂J/∂x‖ (right)']
    >>> plt.close(ax.figure)
    """
    cost, observations, prior, norm = (
        np.atleast_1d(np.asarray(a, float))
        for a in (trace.cost, trace.terms.observations, trace.terms.prior, trace.gradient_norm)
    )
    shapes = [a.shape for a in (cost, observations, prior, norm)]
    if len(set(shapes)) > 1 or cost.ndim > 2 or cost.size == 0:
        raise ValueError(
            f"J, its terms and the gradient have the shapes {shapes}: expected (step,) or (sample, step) for all. Use "
            "network.trace(obs) or jax.vmap(network.trace)(obs)"
        )
    if ax is None:
        ax = plt.figure(figsize=(6.0, 3.6), layout="constrained").add_subplot()
    k = np.arange(cost.shape[-1])
    right = ax.twinx()
    several = cost.ndim == 2
    if several and cost.shape[0] > 1:
        ax.fill_between(k, *np.percentile(cost, [10, 90], axis=0), color="k", alpha=0.12, lw=0)
    lines: list[tuple[Axes, np.ndarray, dict[str, Any]]] = [
        (ax, cost, {"color": "k", "lw": 2.0, "label": "J"}),
        (ax, observations, {"color": "C0", "label": "‖H(x) − y‖²"}),
        (ax, prior, {"color": "C1", "label": "‖x − φ(x)‖²"}),
        (right, norm, {"color": "0.5", "ls": "--", "lw": 1.0, "label": "‖∂J/∂x‖ (right)"}),
    ]
    drawn = [
        where.plot(k, values.mean(0) if several else values, marker=".", **style)[0] for where, values, style in lines
    ]
    for axes, curves in ((ax, (cost, observations, prior)), (right, (norm,))):
        # A term may be exactly 0 at the start, such as the prior's at the mean; a logarithmic axis masks it.
        if any((values > 0).any() for values in curves):
            axes.set_yscale("log", nonpositive="mask")
    ax.set_xlabel("solver step k")
    ax.set_ylabel("J and its terms before weighting")
    right.set_ylabel("norm of the gradient", color="0.4")
    right.tick_params(axis="y", colors="0.4")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(alpha=0.3, lw=0.4)
    ax.legend(handles=drawn, frameon=False, fontsize="small")
    return ax
