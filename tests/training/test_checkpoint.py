"""Checkpoints: killed processes, full disks, files of other trainings, and accumulated batches."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from seas import sea, tiny

import xdvn
from xdvn import Training
from xdvn.api import fit
from xdvn.training.checkpoint import fingerprint
from xdvn.training.progress import TrainingBar

OPTIONS = {
    "truth": "ssh", "validation": 0, "network": tiny, "progress": False, "windows": {"time": 5, "lat": 6, "lon": 6},
}  # fmt: skip


def weights(model):
    return [np.asarray(x) for x in jax.tree.leaves(model.network) if hasattr(x, "shape")]


@pytest.fixture(scope="module")
def ds():
    return sea((10, 8, 8))


@pytest.fixture(scope="module")
def uninterrupted(ds):
    return fit(ds, "ssh_obs", training=Training(epochs=4), **OPTIONS)


def test_an_interrupted_and_resumed_run_ends_at_the_same_weights(ds, uninterrupted, tmp_path, monkeypatch):
    path = tmp_path / "fit.checkpoint"

    def interrupt(self, loss, losses=[]):  # noqa: B006
        losses.append(loss)
        if len(losses) == 2:
            raise SystemExit("killed")

    with monkeypatch.context() as patched:
        patched.setattr(TrainingBar, "after_epoch", interrupt)
        with pytest.raises(SystemExit):
            fit(ds, "ssh_obs", training=Training(epochs=4, checkpoint=path), **OPTIONS)
    continued = fit(ds, "ssh_obs", training=Training(epochs=4, checkpoint=path), **OPTIONS)
    assert all(np.array_equal(a, b) for a, b in zip(weights(continued), weights(uninterrupted), strict=True))
    assert continued.history.loss == uninterrupted.history.loss
    # All epochs are in the file: nothing is left to train.
    again = fit(ds, "ssh_obs", training=Training(epochs=4, checkpoint=path), **OPTIONS)
    assert all(np.array_equal(a, b) for a, b in zip(weights(again), weights(uninterrupted), strict=True))


SCRIPT = """
import os, signal, sys
sys.path[:0] = sys.argv[1].split(os.pathsep)
from test_checkpoint import OPTIONS, sea
from xdvn import fit
from xdvn.training import checkpoint
save, calls = checkpoint.Checkpoint.save, []
def dying(self, *given):
    save(self, *given)
    calls.append(1)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[3] == "die":
    checkpoint.Checkpoint.save = dying
settings = {"epochs": 4, "checkpoint": sys.argv[2] + "/fit.checkpoint"}
fit(sea((10, 8, 8)), "ssh_obs", training=settings, **OPTIONS).save(sys.argv[2] + "/m.xdvn")
"""


def test_a_new_process_resumes_the_run_of_a_killed_one(uninterrupted, tmp_path):
    """SIGKILL after two of four epochs, then another process: the weights of an uninterrupted run."""
    folders = [Path(__file__).parent, Path(__file__).parents[1]]
    run = [
        sys.executable,
        "-W",
        "error::RuntimeWarning",
        "-c",
        SCRIPT,
        os.pathsep.join(map(str, folders)),
        str(tmp_path),
    ]
    environment = os.environ | {"JAX_PLATFORMS": "cpu"}
    assert subprocess.run([*run, "die"], env=environment, check=False).returncode == -signal.SIGKILL
    assert not (tmp_path / "m.xdvn").exists()
    subprocess.run([*run, "live"], env=environment, check=True)
    model = xdvn.load(tmp_path / "m.xdvn")
    assert all(np.array_equal(a, b) for a, b in zip(weights(model), weights(uninterrupted), strict=True))


def test_checkpoints_of_other_trainings_raise(ds, tmp_path):
    path = tmp_path / "fit.checkpoint"
    fit(ds, "ssh_obs", training=Training(epochs=1, checkpoint=path), **OPTIONS)
    with pytest.raises(
        ValueError, match=r"belongs to another training \(data, options or seed differ\). Repeat the call"
    ):
        fit(ds, "ssh_obs", training=Training(epochs=1, checkpoint=path, seed=1), **OPTIONS)
    with pytest.raises(ValueError, match="belongs to another training"):
        fit(
            ds.assign(ssh_obs=ds.ssh_obs * 0.5),
            "ssh_obs",
            training=Training(epochs=1, checkpoint=path),
            **OPTIONS,
        )
    fit(ds, "ssh_obs", training=Training(epochs=1), **OPTIONS).save(path)
    with pytest.raises(ValueError, match="expected a checkpoint, got a Model. Give another path"):
        fit(ds, "ssh_obs", training=Training(epochs=1, checkpoint=path), **OPTIONS)


def test_a_full_disk_warns_and_does_not_end_the_training(ds, uninterrupted, tmp_path, monkeypatch):
    def full(*given):
        raise OSError(28, "no room to write 'fit.checkpoint'")

    monkeypatch.setattr("xdvn.io.model_file.write", full)
    with pytest.warns(
        UserWarning, match=r"epoch \d was not written to the checkpoint: no room to write .*Training continues"
    ):
        model = fit(ds, "ssh_obs", training=Training(epochs=4, checkpoint=tmp_path / "fit.checkpoint"), **OPTIONS)
    assert all(np.array_equal(a, b) for a, b in zip(weights(model), weights(uninterrupted), strict=True))


def test_two_accumulated_batches_equal_one_of_twice_the_size(ds):
    """The mean of two means of one window is the mean over both: equal updates, in half the memory."""
    one = fit(ds, "ssh_obs", training=Training(batch_size=2, epochs=1), **OPTIONS)
    two = fit(ds, "ssh_obs", training=Training(batch_size=1, accumulation_steps=2, epochs=1), **OPTIONS)
    # Running averages differ, because they are of as many states as batches.
    assert np.isclose(np.mean(one.history.loss), np.mean(two.history.loss), rtol=0.05)
    assert all(np.allclose(a, b, atol=0.02) for a, b in zip(weights(one), weights(two), strict=True))


def test_fingerprints_differ_between_arrays_and_options():
    a = np.arange(3.0)
    assert fingerprint(a, "x") != fingerprint(a + 1, "x") != fingerprint(a, "y")
