"""Explicit, conditional, implicit and variational formulations, trained with the same call on the year of eddies.

    python benchmarks/formulations.py [EPOCHS] [SEED] [NAME ...]

All start from the same first guess, the interpolation of ``xdvn.recipe`` tuned on training days, and train on the same
days as the demo. NAME selects formulations. The results are in docs/formulations.md.
"""

from __future__ import annotations

import sys
import time

from twin_runs import interpolation, observed_days, scores, training_days

import xdvn
from xdvn import Training
from xdvn.api import reconstruct
from xdvn.core.networks.feed_forward import ConditionalFeedForwardNetwork, FeedForwardNetwork
from xdvn.core.networks.fixed_point import DeepEquilibriumNetwork
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.recipe import fit_from_oi

FORMULATIONS = {
    "explicit": FeedForwardNetwork.default,
    "conditional": ConditionalFeedForwardNetwork.default,
    "implicit": DeepEquilibriumNetwork.default,
    "4DVarNet": FourDVarNet.default,
}


def main(epochs: int = 5, seed: int = 0, *names: str) -> None:
    """Train every formulation and print a table."""
    ds = xdvn.datasets.eddies()
    tuned = interpolation(ds)
    training_data, validation = training_days(ds)
    print("| formulation | mu | mu_anomaly | lambda_x [deg] | lambda_t [d] | parameters | CPU min |")
    print("|---|---|---|---|---|---|---|")
    for name in names or FORMULATIONS:
        began = time.process_time()
        model = fit_from_oi(
            training_data,
            "ssh_obs",
            "ssh",
            tuned,
            network=FORMULATIONS[name],
            validation=validation,
            progress=False,
            training=Training(epochs=epochs, seed=seed),
        )
        minutes = (time.process_time() - began) / 60
        values = scores(ds, reconstruct(observed_days(ds), model, progress=False)).values()
        size = next(line for line in repr(model).splitlines() if "parameters" in line).split(",", 1)[1].strip()
        cells = [f"{value:.3f}" for value in values]
        print(
            f"| {name} | " + " | ".join([*cells, size.removesuffix(" parameters"), f"{minutes:.1f}"]) + " |", flush=True
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), *sys.argv[3:])
