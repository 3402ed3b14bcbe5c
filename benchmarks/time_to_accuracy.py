"""How many minutes until a trained network maps better than the best interpolation? The figure that users care about.

    python benchmarks/time_to_accuracy.py [recipe] [plain] [torch --torch PYTHON --minutes 5]

On the twin, all trained on the same days and scored on the evaluation days of none: xdvn's recipe (a first guess by
interpolation; its minutes include tuning that and mapping the first guesses), xdvn's default network without a first
guess, and the published network trained in PyTorch on the same windows. Training runs undisturbed; the networks it had
on the way are scored afterwards. Prints the anomaly score against minutes, when it passes that of the tuned
interpolation, and when 95 % of the final gain over that is reached. Minutes are wall time, or CPU time with
XDVN_BENCH_CLOCK=cpu.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import xarray as xr

from xdvn import api as pipeline
from xdvn import datasets
from xdvn.api import score
from xdvn.baselines import OptimalInterpolation
from xdvn.core.cost import CostTerms
from xdvn.core.training import Progress
from xdvn.grid.axes import find_axes
from xdvn.grid.mean import MeanField
from xdvn.inference import solve as solving
from xdvn.model import Model
from xdvn.osse import BOX, Split
from xdvn.recipe import fit_from_oi

SPLIT = Split()
EVEN = 56  # cells of the published network's windows: its averaging by two knows no odd sizes
# On a machine that others use too, only CPU time on one core (taskset) is reliable.
CLOCK = time.process_time if os.environ.get("XDVN_BENCH_CLOCK") == "cpu" else time.perf_counter
Curve = list[tuple[float, float]]


class Twin:
    """The year of eddies, its days of training and of evaluation, and the interpolation to beat."""

    def __init__(self, ds: xr.Dataset) -> None:
        self.ds = ds
        self.training = self.ds.isel(time=slice(SPLIT.train.start, SPLIT.validation.stop))
        self.observed = self.ds.isel(time=SPLIT.observations).drop_vars("ssh")
        self.withheld = slice(*(ds.time.values[i] for i in (SPLIT.validation.start, SPLIT.validation.stop - 1)))
        self.mean = MeanField.from_data(self.ds["ssh"].isel(time=SPLIT.train), find_axes(self.ds["ssh"]))

    def tuned(self) -> OptimalInterpolation:
        """Return the best interpolation."""
        return OptimalInterpolation.tune(
            self.ds.isel(time=SPLIT.train), "ssh_obs", "ssh", name="ssh", mean=self.mean, progress=False
        )

    def score(self, maps: xr.Dataset) -> float:
        """Return the anomaly score in the challenge's box."""
        days = self.ds.isel(time=SPLIT.evaluation).sel(BOX)
        return float(score(maps.sel(BOX), days["ssh"], name="ssh", mean=days["ssh_front"])["mu_anomaly"])


def recipe(twin: Twin, began: float, tuned: OptimalInterpolation) -> Curve:
    """Score xdvn's recipe after every epoch."""
    with watched(began) as marks:
        trained = fit_from_oi(twin.training, "ssh_obs", "ssh", tuned, validation=twin.withheld, progress=False)
    return scored(twin, trained, marks)


def plain(twin: Twin) -> Curve:
    """Score xdvn's default network without a first guess after every epoch."""
    with watched(CLOCK()) as marks:
        trained = pipeline.fit(
            twin.training, "ssh_obs", truth="ssh", validation=twin.withheld, epochs=7, progress=False
        )
    return scored(twin, trained, marks)


def published(twin: Twin, torch_python: str, minutes: float, patch: dict[str, int] | None = None) -> Curve:
    """Score the published network, trained in PyTorch on windows passed in a file."""
    with tempfile.TemporaryDirectory() as folder:
        windows, maps = (Path(folder) / name for name in ("windows.npz", "maps.npz"))
        trained = export(twin, windows, patch)
        script = Path(__file__).parent / "peer" / "train_torch.py"
        subprocess.run([torch_python, str(script), str(windows), str(maps), str(minutes)], check=True)
        curve = []
        for seconds, states in np.load(maps).items():
            remaining = iter(np.moveaxis(states, 1, -1))
            with replaced(solving, "forward", lambda network, obs, guess, it=remaining: reported(next(it)[None])):
                curve.append((float(seconds) / 60, twin.score(trained.reconstruct(twin.observed, batch_size=1))))
        return curve


def export(twin: Twin, path: Path, patch: dict[str, int] | None) -> Model:
    """Write the windows that xdvn would train on and those it would map; return the model that puts maps together."""
    withheld: dict[str, Any] = {}

    def collect(state: Any, loss: Any, optimiser: Any, epochs: Any, *_: Any, **__: Any) -> Iterator[Progress]:
        batches = list(next(iter(epochs)))
        fields = {"y": "obs.values", "mask": "obs.mask", "truth": "truth", "scored": "loss_mask"}
        for name, where in fields.items():
            withheld[name] = np.concatenate([first(each(batch, where)) for batch in batches])
        withheld["window"] = first(loss.window[None])
        yield Progress(1, 0.0, 0.0, state.average, state)

    with replaced(pipeline, "train", collect):
        trained = pipeline.fit(
            twin.training,
            "ssh_obs",
            truth="ssh",
            patch=patch,
            validation=twin.withheld,
            epochs=1,
            batch_size=1,
            progress=False,
        )
    seen = []

    def dedup_window(network: Any, obs: Any, guess: Any) -> Any:
        seen.append((first(obs.values), first(obs.mask)))
        return reported(obs.values)

    with replaced(solving, "forward", dedup_window):
        trained.reconstruct(twin.observed, batch_size=1, progress=False)
    evaluation = {
        f"evaluation_{n}": np.concatenate(a) for n, a in zip(("y", "mask"), zip(*seen, strict=True), strict=True)
    }
    np.savez(path, **withheld, **evaluation)
    return trained


def reported(states: Any) -> Any:
    """Return states as ``solving.forward`` returns them: without a variance, fitted perfectly."""
    return states, None, CostTerms(np.zeros(len(states)), np.zeros(len(states)))


def first(field: jax.Array) -> np.ndarray:
    """(window, *space, channel) -> (window, channel, *space)."""
    return np.moveaxis(np.asarray(field), -1, 1)


def each(batch: Any, where: str) -> Any:
    """Follow a dotted name."""
    for name in where.split("."):
        batch = getattr(batch, name)
    return batch


class replaced:  # noqa: N801  (read as a verb: with replaced(...))
    """Replace a function of a module for a while."""

    def __init__(self, module: Any, name: str, by: Any) -> None:
        self._at, self._by, self._before = (module, name), by, getattr(module, name)

    def __enter__(self) -> None:
        setattr(*self._at, self._by)

    def __exit__(self, *_: object) -> None:
        setattr(*self._at, self._before)


class watched(replaced):  # noqa: N801
    """Note the network after every epoch of a training and when it was there, in seconds since ``began``."""

    def __init__(self, began: float) -> None:
        self.marks: list[tuple[float, Any]] = []

        def train(*args: Any, **kwargs: Any) -> Iterator[Progress]:
            for progress in self._before(*args, **kwargs):
                self.marks.append((CLOCK() - began, progress.network))
                yield progress

        super().__init__(pipeline, "train", train)

    def __enter__(self) -> list[tuple[float, Any]]:
        super().__enter__()
        return self.marks


def scored(twin: Twin, trained: Model, marks: list[tuple[float, Any]]) -> Curve:
    """Score every network that there was on the way."""
    maps = [
        dataclasses.replace(trained, network=network).reconstruct(twin.observed, progress=False) for _, network in marks
    ]
    return [(seconds / 60, twin.score(m)) for (seconds, _), m in zip(marks, maps, strict=True)]


def summary(name: str, curve: Curve, to_beat: float) -> str:
    """Return a row of Markdown."""
    last = curve[-1][1]
    beaten = [minutes for minutes, value in curve if value >= to_beat]
    most = to_beat + 0.95 * (last - to_beat)
    nearly = [minutes for minutes, value in curve if value >= most] if last > to_beat else []
    reported = [f"{each[0]:.1f}" if each else f"not in {curve[-1][0]:.1f}" for each in (beaten, nearly)]
    points = ", ".join(f"{minutes:.1f}: {value:.3f}" for minutes, value in curve)
    return f"| {name} | {last:.3f} | {reported[0]} | {reported[1]} | {points} |"


def main() -> None:
    """Run what was asked for and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", default=["recipe", "plain"], help="recipe, plain, torch")
    parser.add_argument(
        "--torch", default=os.environ.get("XDVN_BENCH_TORCH", sys.executable), help="a Python with torch"
    )
    parser.add_argument("--minutes", type=float, default=5.0, help="training time of the published network")
    given = parser.parse_args()
    twin = Twin(datasets.eddies())
    began = CLOCK()
    tuned = twin.tuned()
    print(f"tuning took {CLOCK() - began:.0f} s", flush=True)
    to_beat = twin.score(tuned.reconstruct(twin.observed))
    print(
        f"tuned interpolation: {to_beat:.3f}\n| what | final | minutes to that | to 95 % of the gain | minutes: score |"
    )
    print("|---|---|---|---|---|", flush=True)
    if "recipe" in given.what:
        print(summary("xdvn, recipe", recipe(twin, began, tuned), to_beat), flush=True)
    if "plain" in given.what:
        print(summary("xdvn, no first guess", plain(twin), to_beat), flush=True)
    if "torch" in given.what:
        even = datasets.eddies().isel(lat=slice(EVEN), lon=slice(EVEN))
        curve = published(Twin(even), given.torch, given.minutes)
        print(summary("published network, PyTorch", curve, to_beat), flush=True)


if __name__ == "__main__":
    main()
