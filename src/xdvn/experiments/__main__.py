"""The command line: ``python -m xdvn.experiments lorenz63``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import jax
import numpy as np
from jaxtyping import PRNGKeyArray

from xdvn.core.explicit import ConditionalNetwork, ExplicitNetwork
from xdvn.core.fixed_point import FixedPointNetwork
from xdvn.core.fourdvarnet import AbstractNetwork
from xdvn.experiments.interpolation import Edges, interpolate
from xdvn.experiments.learning import learn, solve
from xdvn.experiments.lorenz63 import lorenz63
from xdvn.experiments.lorenz96 import lorenz96
from xdvn.experiments.networks import network63, network96
from xdvn.experiments.protocol import Experiment
from xdvn.experiments.table import Comparison
from xdvn.experiments.weak_constraint import WeakConstraint4DVar

__all__ = ["main"]


@dataclass(frozen=True)
class _Plan:
    """How an experiment is run: its data, its network and its training, and how 4DVar is converged."""

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
    "explicit": ExplicitNetwork.default,
    "conditional": ConditionalNetwork.default,
    "implicit": FixedPointNetwork.default,
}
"""The other framings of a map (docs/framings.md), each in its default network."""


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
        prog="python -m xdvn.experiments",
        description="Reproduce a published experiment and print our row beside the published ones.",
    )
    parser.add_argument("experiment", choices=list(plans))
    parser.add_argument("--steps", type=int, help="updates of the training (default 750 of lorenz63, 1200 of lorenz96)")
    parser.add_argument("--seed", type=int, default=0, help="seed of windows, errors and training (default 0)")
    parser.add_argument("--windows", type=int, help="test windows (default as published: 2000 and 256)")
    parser.add_argument(
        "--framings", nargs="*", choices=list(_OTHERS), default=[], help="train these too, by the same call"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bars")
    given = parser.parse_args(arguments)
    if given.steps is not None and given.steps < 1:
        parser.error(f"--steps {given.steps} trains nothing; give a positive number, or leave it out")
    plan = plans[given.experiment]
    plan = replace(plan, steps=plan.steps if given.steps is None else given.steps)
    size = {} if given.windows is None else {"n_test": given.windows}
    comparison = _run(plan, plan.make(seed=given.seed, **size), given.seed, not given.quiet, given.framings)
    print(f"\n{comparison}\n\n{_REMARK}")
    return comparison


def _run(plan: _Plan, experiment: Experiment, seed: int, progress: bool, framings: Sequence[str] = ()) -> Comparison:
    comparison, test = Comparison(experiment), experiment.test
    for edges in Edges:
        comparison.measure(
            f"linear in time, edges {edges.value}", test, partial(interpolate, test.values, test.mask, edges)
        )
    some = test[: plan.variational_windows]
    comparison.measure("weak-constraint 4DVar, true model", some, lambda: plan.variational(some, progress=progress))

    def learned(net: AbstractNetwork, prior_weight: float) -> np.ndarray:
        trained = learn(
            experiment,
            net,
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
    comparison.measure(
        f"{plan.title}, {plan.steps} steps", test, lambda: learned(plan.network(experiment, key), plan.prior_weight)
    )
    for name in framings:
        # No prior, no departure from it to keep small.
        net = _OTHERS[name](channels, len(space), key=key)
        comparison.measure(f"{name}, {plan.steps} steps", test, partial(learned, net, 0.0))
    return comparison


_REMARK = (
    "Outside the first and the last observation the true model's errors grow exponentially backward in time, and 4DVar "
    "pays\nfor it; between the observations it is the better one where the column 'interior' says so. Test windows "
    "overlap: in\nLorenz-63 no more than 25 of them are independent, so All carries a sampling error of about a tenth."
)


if __name__ == "__main__":
    main()
