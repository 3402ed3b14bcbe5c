"""Train at the size of the published experiments: windows of 15 x 240 x 240, in batches of four.

    python benchmarks/real_size.py [default reference torch] [--epochs 12] [--to-beat SCORE]

The twin of the demo on a grid of 1/21 degree, its sea run on 256 x 256 points: 240 x 240 cells, four altimeters seeing
1.4 % of them each day. The default network, the published one in xdvn, or that in PyTorch, learns from its training
days without a first guess and maps the evaluation days of none. Prints the table of ``time_to_accuracy.py`` against
minutes of wall time, compilation included, and updates a second. The interpolation to beat is tuned on a quarter of the
region by a quarter (which takes minutes on a CPU), unless its score is given.
"""

from __future__ import annotations

import argparse
import os
import sys

import jax
import numpy as np
from time_to_accuracy import CLOCK, SPLIT, Curve, Twin, published, replaced, scored, summary, watched

from xdvn import api as pipeline
from xdvn import datasets
from xdvn.baselines import OptimalInterpolation
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.dynamics import TwoLayerQG
from xdvn.training.progress import TrainingBar

CELLS, SPACING, BATCH = 240, 0.0475, 4
PATCH = {"time": 15, "lat": CELLS, "lon": CELLS}
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
        """Return the best interpolation: scales do not depend on where they are learned."""
        quarter = {name: slice(CELLS * 3 // 8, CELLS * 5 // 8) for name in ("lat", "lon")}
        return OptimalInterpolation.tune(
            self.ds.isel(time=SPLIT.train, **quarter), "ssh_obs", "ssh", name="ssh", mean=self.mean, progress=False
        )


def trained(twin: FineTwin, name: str, epochs: int, every: int) -> tuple[Curve, float]:
    """Train one network; return its scores after every so many epochs, and updates a second."""
    made: list[float] = []
    counted = TrainingBar.after_step

    def after_step(bar: TrainingBar, loss: float) -> None:
        made.append(CLOCK())
        counted(bar, loss)

    with replaced(TrainingBar, "after_step", after_step), watched(CLOCK()) as marks:
        model = pipeline.fit(
            twin.training,
            "ssh_obs",
            truth="ssh",
            network=NETWORKS[name],
            patch=PATCH,
            validation=twin.withheld,
            epochs=epochs,
            batch_size=BATCH,
            progress=False,
        )
    return scored(twin, model, marks[every - 1 :: every]), float(1 / np.median(np.diff(made)))


def main() -> None:
    """Train, score and print one row each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", default=["default"], help="default, reference, torch")
    parser.add_argument("--epochs", type=int, default=12, help="of xdvn's networks")
    parser.add_argument("--every", type=int, default=3, help="epochs between scores")
    parser.add_argument("--torch", default=os.environ.get("XDVN_BENCH_TORCH", sys.executable), help="its Python")
    parser.add_argument("--minutes", type=float, default=2.0, help="training time of the published network in PyTorch")
    parser.add_argument("--to-beat", type=float, help="score of the tuned interpolation")
    given = parser.parse_args()
    twin = FineTwin()
    to_beat = given.to_beat
    if to_beat is None:
        to_beat = twin.score(twin.tuned().reconstruct(twin.observed))
    print(f"{jax.devices()[0].device_kind}; tuned interpolation: {to_beat:.3f}")
    print("| network | final | minutes to that | to 95 % of the gain | minutes: score | updates/s |\n|" + "---|" * 6)
    for name in given.what:
        if name == "torch":
            print(
                summary("published, PyTorch", published(twin, given.torch, given.minutes, PATCH), to_beat), flush=True
            )
            continue
        curve, rate = trained(twin, name, given.epochs, given.every)
        print(f"{summary(name, curve, to_beat)} {rate:.1f} |", flush=True)


if __name__ == "__main__":
    main()
