"""The command line: ``python -m benchmarks.lorenz lorenz63``, from the repository root."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import jax
import numpy as np
from jaxtyping import PRNGKeyArray

from benchmarks.lorenz.interpolation import EdgeMode, interpolate
from benchmarks.lorenz.learning import solve, train_network
from benchmarks.lorenz.lorenz63 import lorenz63
from benchmarks.lorenz.lorenz96 import lorenz96
from benchmarks.lorenz.networks import network63, network96
from benchmarks.lorenz.protocol import Experiment
from benchmarks.lorenz.table import Comparison
from benchmarks.lorenz.weak_constraint import WeakConstraint4DVar
from xdvn.core.networks.feed_forward import ConditionalFeedForwardNetwork, FeedForwardNetwork
from xdvn.core.networks.fixed_point import DeepEquilibriumNetwork
from xdvn.core.networks.fourdvarnet import AbstractNetwork

__all__ = ["main"]


@dataclass(frozen=True)
class _Plan:
    """Settings of an experiment: data, network, training and variational solution."""

    make: Callable[..., Experiment]
    network: Callable[[Experiment, PRNGKeyArray], AbstractNetwork]
    steps: int
    batch_size: int
    learning_rate: float
    prior_weight: float
    variational_windows: int
    variational: WeakConstraint4DVar
    title: str


_OTHERS: dict[str, Callable[..., AbstractNetwork]] = {
    "explicit": FeedForwardNetwork.default,
    "conditional": ConditionalFeedForwardNetwork.default,
    "implicit": DeepEquilibriumNetwork.default,
}
"""Other formulations of the reconstruction (docs/formulations.md), each with its default network."""


def _plans() -> dict[str, _Plan]:
    from xdvn.dynamics import Lorenz63, Lorenz96, RungeKutta4

    by63 = WeakConstraint4DVar(RungeKutta4(Lorenz63(), 0.01), n_iterations=60)
    by96 = WeakConstraint4DVar(RungeKutta4(Lorenz96(), 0.05), n_iterations=25)
    return {
        "lorenz63": _Plan(lorenz63, network63, 750, 32, 3e-3, 0.05, 300, by63, "4DVarNet, prior and solver learned"),
        "lorenz96": _Plan(lorenz96, network96, 1200, 4, 5e-3, 0.05, 32, by96, "4DVarNet, true model as prior"),
    }


def main(arguments: Sequence[str] | None = None) -> Comparison:
    """Parse the command line, run the experiment and print its table."""
    plans = _plans()
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.lorenz",
        description="Reproduce a published experiment and print the results next to the published ones.",
    )
    parser.add_argument("experiment", choices=list(plans), help="experiment to run")
    parser.add_argument("--steps", type=int, help="training updates (default: 750 for lorenz63, 1200 for lorenz96)")
    parser.add_argument("--seed", type=int, default=0, help="seed of windows, errors and training (default: 0)")
    parser.add_argument("--windows", type=int, help="test windows (default: 2000 and 256, as published)")
    parser.add_argument(
        "--formulations", nargs="*", choices=list(_OTHERS), default=[], help="other formulations to train in addition"
    )
    parser.add_argument("--quiet", action="store_true", help="hide the progress bars")
    options = parser.parse_args(arguments)
    if options.steps is not None and options.steps < 1:
        parser.error(f"--steps {options.steps}: expected a positive number. Omit it for the default.")
    plan = plans[options.experiment]
    plan = replace(plan, steps=plan.steps if options.steps is None else options.steps)
    size = {} if options.windows is None else {"n_test": options.windows}
    experiment = plan.make(seed=options.seed, **size)
    comparison = _run(plan, experiment, options.seed, not options.quiet, options.formulations)
    print(f"\n{comparison}\n\n{_REMARK}")
    return comparison


def _run(
    plan: _Plan, experiment: Experiment, seed: int, progress: bool, formulations: Sequence[str] = ()
) -> Comparison:
    comparison, test = Comparison(experiment), experiment.test
    for edges in EdgeMode:
        comparison.measure(
            f"linear in time, edges {edges.value}", test, partial(interpolate, test.values, test.mask, edges)
        )
    part = test[: plan.variational_windows]
    comparison.measure("weak-constraint 4DVar, true model", part, lambda: plan.variational(part, progress=progress))

    def train_and_solve(network: AbstractNetwork, prior_weight: float) -> np.ndarray:
        trained = train_network(
            experiment,
            network,
            steps=plan.steps,
            batch_size=plan.batch_size,
            learning_rate=plan.learning_rate,
            prior_weight=prior_weight,
            seed=seed,
            progress=progress,
        )
        return solve(trained, test, experiment.scaling, progress=progress)

    key = jax.random.key(seed)
    *space, channels = test.mask.shape
    network = plan.network(experiment, key)
    comparison.measure(f"{plan.title}, {plan.steps} steps", test, partial(train_and_solve, network, plan.prior_weight))
    for name in formulations:
        # These networks have no prior, hence no prior residual in the loss.
        network = _OTHERS[name](channels, len(space), key=key)
        comparison.measure(f"{name}, {plan.steps} steps", test, partial(train_and_solve, network, 0.0))
    return comparison


_REMARK = (
    "Outside the observed times, errors of the true model grow exponentially backward in time and increase All of\n"
    "4DVar; between the observations, 4DVar is better (column 'interior'). Test windows overlap: in Lorenz-63 at most\n"
    "25 are independent, so that All has a sampling error of about a tenth."
)


if __name__ == "__main__":
    main()
