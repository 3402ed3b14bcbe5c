"""Training at the size of the published experiments: windows of 15 x 240 x 240, in batches of four.

    python benchmarks/real_size.py [default reference torch] [--epochs 12] [--reference SCORE]

The twin of the demo on a grid of 1/21 degree, with a sea on 256 x 256 points: 240 x 240 cells, of which four altimeters
observe 1.4 % each day. The default network, the published one in xdvn, or the published one in PyTorch trains without a
first guess and maps independent days. Prints the table of ``time_to_accuracy.py`` against minutes of wall time,
compilation included, and updates per second. The reference is an interpolation tuned on a sixteenth of the region
(which takes minutes on a CPU), unless its score is passed.
"""

from __future__ import annotations

import argparse
import os
import sys

import jax
import numpy as np
from time_to_accuracy import CLOCK, SPLIT, Curve, Twin, patched, published, record_epochs, score_epochs, summary

from xdvn import Training, datasets
from xdvn import api as pipeline
from xdvn.baselines import OptimalInterpolation
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.dynamics import TwoLayerQG
from xdvn.training.progress import TrainingBar

CELLS, SPACING, BATCH = 240, 0.0475, 4
WINDOWS = {"time": 15, "lat": CELLS, "lon": CELLS}
NETWORKS = {"default": FourDVarNet.default, "reference": FourDVarNet.reference}


class FineTwin(Twin):
    """The year of eddies on 240 x 240 cells."""

    def __init__(self) -> None:
        south, west = 32.4, -65.6
        span = SPACING * (CELLS - 1)
        sea = TwoLayerQG(n=256, dt=1200.0)
        super().__init__(
            datasets.eddies(lat=(south, south + span), lon=(west, west + span), spacing=SPACING, model=sea)
        )

    def tuned(self) -> OptimalInterpolation:
        """Return the interpolation tuned on the central part of the region; scales are the same everywhere."""
        quarter = {name: slice(CELLS * 3 // 8, CELLS * 5 // 8) for name in ("lat", "lon")}
        return OptimalInterpolation.tune(
            self.ds.isel(time=SPLIT.train, **quarter), "ssh_obs", "ssh", name="ssh", mean=self.mean, progress=False
        )


def train(twin: FineTwin, name: str, epochs: int, every: int) -> tuple[Curve, float]:
    """Train one network; return its scores every ``every`` epochs, and updates per second."""
    updates: list[float] = []
    original = TrainingBar.after_step

    def after_step(bar: TrainingBar, loss: float) -> None:
        updates.append(CLOCK())
        original(bar, loss)

    with patched(TrainingBar, "after_step", after_step), record_epochs(CLOCK()) as marks:
        model = pipeline.fit(
            twin.training,
            "ssh_obs",
            truth="ssh",
            network=NETWORKS[name],
            windows=WINDOWS,
            validation=twin.validation,
            progress=False,
            training=Training(epochs=epochs, batch_size=BATCH),
        )
    return score_epochs(twin, model, marks[every - 1 :: every]), float(1 / np.median(np.diff(updates)))


def main() -> None:
    """Train and score every network and print its row."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", default=["default"], help="default, reference, torch")
    parser.add_argument("--epochs", type=int, default=12, help="epochs of xdvn's networks (default: 12)")
    parser.add_argument("--every", type=int, default=3, help="epochs between scores (default: 3)")
    parser.add_argument(
        "--torch", default=os.environ.get("XDVN_BENCH_TORCH", sys.executable), help="Python interpreter with torch"
    )
    parser.add_argument("--minutes", type=float, default=2.0, help="training time of the published network in PyTorch")
    parser.add_argument("--reference", type=float, help="score of the tuned interpolation (default: computed)")
    options = parser.parse_args()
    twin = FineTwin()
    reference = options.reference
    if reference is None:
        reference = twin.score(twin.tuned().reconstruct(twin.observed))
    print(f"{jax.devices()[0].device_kind}; tuned interpolation: {reference:.3f}")
    head = "| network | final | minutes to the interpolation | to 95 % of the gain | minutes: score | updates/s |"
    print(f"{head}\n|" + "---|" * 6)
    for name in options.networks:
        if name == "torch":
            curve = published(twin, options.torch, options.minutes, WINDOWS)
            print(summary("published, PyTorch", curve, reference), flush=True)
            continue
        curve, rate = train(twin, name, options.epochs, options.every)
        print(f"{summary(name, curve, reference)} {rate:.1f} |", flush=True)


if __name__ == "__main__":
    main()
