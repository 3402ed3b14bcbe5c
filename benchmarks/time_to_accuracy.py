"""Training time until a network has a better score than tuned optimal interpolation.

    python benchmarks/time_to_accuracy.py [recipe] [plain] [torch --torch PYTHON --minutes 5]

All networks train on the same days of the twin and are scored on independent days: xdvn's recipe (whose minutes include
the tuning and the maps of the first guess), xdvn's default network without a first guess, and the published network
trained in PyTorch on the same windows. The networks of all epochs are scored after the training. Prints the anomaly
score against minutes, the time until it exceeds that of the tuned interpolation, and the time until 95 % of the final
gain. Minutes are wall time, or CPU time with XDVN_BENCH_CLOCK=cpu.
"""

from __future__ import annotations

import argparse
import dataclasses
import operator
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

from xdvn import Training, datasets
from xdvn import api as pipeline
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
EVEN = 56  # cells of the published network's windows, whose averaging by two needs even sizes
# On a shared machine, only CPU time on one core (taskset) is reliable.
CLOCK = time.process_time if os.environ.get("XDVN_BENCH_CLOCK") == "cpu" else time.perf_counter
Curve = list[tuple[float, float]]


class Twin:
    """The year of eddies with its training, validation and evaluation days."""

    def __init__(self, ds: xr.Dataset) -> None:
        self.ds = ds
        self.training = self.ds.isel(time=slice(SPLIT.train.start, SPLIT.validation.stop))
        self.observed = self.ds.isel(time=SPLIT.observations).drop_vars("ssh")
        self.validation = slice(*(ds.time.values[i] for i in (SPLIT.validation.start, SPLIT.validation.stop - 1)))
        self.mean = MeanField.from_data(self.ds["ssh"].isel(time=SPLIT.train), find_axes(self.ds["ssh"]))

    def tuned(self) -> OptimalInterpolation:
        """Return the interpolation tuned on the training days."""
        return OptimalInterpolation.tune(
            self.ds.isel(time=SPLIT.train), "ssh_obs", "ssh", name="ssh", mean=self.mean, progress=False
        )

    def score(self, maps: xr.Dataset) -> float:
        """Return the anomaly score in the challenge's box."""
        days = self.ds.isel(time=SPLIT.evaluation).sel(BOX)
        return float(score(maps.sel(BOX), days["ssh"], name="ssh", mean=days["ssh_front"])["mu_anomaly"])


def recipe(twin: Twin, began: float, tuned: OptimalInterpolation) -> Curve:
    """Score xdvn's recipe after every epoch."""
    with record_epochs(began) as marks:
        model = fit_from_oi(twin.training, "ssh_obs", "ssh", tuned, validation=twin.validation, progress=False)
    return score_epochs(twin, model, marks)


def plain(twin: Twin) -> Curve:
    """Score xdvn's default network without a first guess after every epoch."""
    with record_epochs(CLOCK()) as marks:
        model = pipeline.fit(
            twin.training,
            "ssh_obs",
            truth="ssh",
            validation=twin.validation,
            progress=False,
            training=Training(epochs=7),
        )
    return score_epochs(twin, model, marks)


def published(twin: Twin, torch_python: str, minutes: float, windows: dict[str, int] | None = None) -> Curve:
    """Score the published network, trained in PyTorch on windows from a file."""
    with tempfile.TemporaryDirectory() as folder:
        exported, maps = (Path(folder) / name for name in ("windows.npz", "maps.npz"))
        model = export(twin, exported, windows)
        script = Path(__file__).parent / "peer" / "train_torch.py"
        subprocess.run([torch_python, str(script), str(exported), str(maps), str(minutes)], check=True)
        curve = []
        for seconds, states in np.load(maps).items():
            remaining = iter(np.moveaxis(states, 1, -1))
            with patched(solving, "forward", lambda network, obs, guess, it=remaining: as_forward(next(it)[None])):
                curve.append((float(seconds) / 60, twin.score(model.reconstruct(twin.observed, batch_size=1))))
        return curve


def export(twin: Twin, path: Path, windows: dict[str, int] | None) -> Model:
    """Write the windows of training and evaluation; return a model that merges windows into maps."""
    arrays: dict[str, Any] = {}

    def collect(state: Any, loss: Any, optimiser: Any, epochs: Any, *_: Any, **__: Any) -> Iterator[Progress]:
        batches = list(next(iter(epochs)))
        fields = {"y": "obs.values", "mask": "obs.mask", "truth": "truth", "scored": "loss_mask"}
        for name, attribute in fields.items():
            get = operator.attrgetter(attribute)
            arrays[name] = np.concatenate([channels_first(get(batch)) for batch in batches])
        arrays["window"] = channels_first(loss.window[None])
        yield Progress(1, 0.0, 0.0, state.average, state)

    with patched(pipeline, "train", collect):
        model = pipeline.fit(
            twin.training,
            "ssh_obs",
            truth="ssh",
            windows=windows,
            validation=twin.validation,
            progress=False,
            training=Training(epochs=1, batch_size=1),
        )
    inputs = []

    def record(network: Any, obs: Any, guess: Any) -> Any:
        inputs.append((channels_first(obs.values), channels_first(obs.mask)))
        return as_forward(obs.values)

    with patched(solving, "forward", record):
        model.reconstruct(twin.observed, batch_size=1, progress=False)
    evaluation = {
        f"evaluation_{n}": np.concatenate(a) for n, a in zip(("y", "mask"), zip(*inputs, strict=True), strict=True)
    }
    np.savez(path, **arrays, **evaluation)
    return model


def as_forward(states: Any) -> Any:
    """Return states in the form of ``solve.forward``, without a variance and with misfits of 0."""
    return states, None, CostTerms(np.zeros(len(states)), np.zeros(len(states)))


def channels_first(field: jax.Array) -> np.ndarray:
    """Return (window, *space, channel) as (window, channel, *space)."""
    return np.moveaxis(np.asarray(field), -1, 1)


class patched:  # noqa: N801  (a context manager)
    """Replacement of an attribute of a module or class inside a ``with`` block."""

    def __init__(self, module: Any, name: str, replacement: Any) -> None:
        self._at, self._replacement, self._before = (module, name), replacement, getattr(module, name)

    def __enter__(self) -> None:
        setattr(*self._at, self._replacement)

    def __exit__(self, *_: object) -> None:
        setattr(*self._at, self._before)


class record_epochs(patched):  # noqa: N801
    """Record of the network after every epoch of a training, with its time in seconds since ``began``."""

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


def score_epochs(twin: Twin, model: Model, marks: list[tuple[float, Any]]) -> Curve:
    """Score the network of every epoch."""
    maps = [
        dataclasses.replace(model, network=network).reconstruct(twin.observed, progress=False) for _, network in marks
    ]
    return [(seconds / 60, twin.score(m)) for (seconds, _), m in zip(marks, maps, strict=True)]


def summary(name: str, curve: Curve, reference: float) -> str:
    """Return a row of Markdown; ``reference`` is the score of the tuned interpolation."""
    last = curve[-1][1]
    better = [minutes for minutes, value in curve if value >= reference]
    threshold = reference + 0.95 * (last - reference)
    close = [minutes for minutes, value in curve if value >= threshold] if last > reference else []
    times = [f"{minutes[0]:.1f}" if minutes else f"not in {curve[-1][0]:.1f}" for minutes in (better, close)]
    points = ", ".join(f"{minutes:.1f}: {value:.3f}" for minutes, value in curve)
    return f"| {name} | {last:.3f} | {times[0]} | {times[1]} | {points} |"


def main() -> None:
    """Run the selected trainings and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trainings", nargs="*", default=["recipe", "plain"], help="recipe, plain, torch")
    parser.add_argument(
        "--torch", default=os.environ.get("XDVN_BENCH_TORCH", sys.executable), help="Python interpreter with torch"
    )
    parser.add_argument("--minutes", type=float, default=5.0, help="training time of the published network")
    options = parser.parse_args()
    twin = Twin(datasets.eddies())
    began = CLOCK()
    tuned = twin.tuned()
    print(f"tuning: {CLOCK() - began:.0f} s", flush=True)
    reference = twin.score(tuned.reconstruct(twin.observed))
    print(f"tuned interpolation: {reference:.3f}")
    print("| training | final | minutes to the interpolation | to 95 % of the gain | minutes: score |")
    print("|---|---|---|---|---|", flush=True)
    if "recipe" in options.trainings:
        print(summary("xdvn, recipe", recipe(twin, began, tuned), reference), flush=True)
    if "plain" in options.trainings:
        print(summary("xdvn, no first guess", plain(twin), reference), flush=True)
    if "torch" in options.trainings:
        even = datasets.eddies().isel(lat=slice(EVEN), lon=slice(EVEN))
        curve = published(Twin(even), options.torch, options.minutes)
        print(summary("published network, PyTorch", curve, reference), flush=True)


if __name__ == "__main__":
    main()
