"""JAX's double precision, set for the whole process: maps are those of single precision, bit for bit."""

import jax
import numpy as np
import pytest
from seas import sea, tiny

import xdvn
from xdvn.core.augmentation import ObservationNoise
from xdvn.uncertainty import Ensemble, Laplace

QUICK = {"validation": 0.4, "network": tiny, "progress": False, "windows": {"time": 5}}


@pytest.fixture
def double():
    """Set the option as users do: in all threads."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def train(ds, **options):
    settings = {"epochs": 2, "augmentation": ObservationNoise(0.01)} | options.pop("training", {})
    truth = options.pop("truth", "ssh")
    with pytest.warns(UserWarning, match="they adjoin"):
        return xdvn.fit(ds, "ssh_obs", truth=truth, training=settings, **QUICK | options)


def results(ds, folder):
    """Return the numbers of every way to a map."""
    model = train(ds, training={"checkpoint": folder / "checkpoint"})
    again = train(ds, training={"checkpoint": folder / "checkpoint"})
    model.save(folder / "model.xdvn")
    loaded = xdvn.load(folder / "model.xdvn")
    quiet = {"progress": False}
    with np.errstate(all="ignore"):
        maps = [
            model.reconstruct(ds, **quiet).ssh,
            again.reconstruct(ds, **quiet).ssh,
            loaded.reconstruct(ds.chunk(time=6), block={"time": 6}, **quiet).ssh.compute(scheduler="threads"),
            train(ds, init_from=model, network=None, windows=None).reconstruct(ds, **quiet).ssh,
            train(ds, truth=None).reconstruct(ds, **quiet).ssh_obs,
            xdvn.reconstruct(ds, model, posterior=Ensemble(2, obs_error=0.02), **quiet).ssh_std,
        ]
    assert all(leaf.dtype == np.float32 for leaf in jax.tree.leaves(model.network) if hasattr(leaf, "dtype"))
    return maps, model


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    """Return the results before the option is set, and a saved model."""
    folder = tmp_path_factory.mktemp("single")
    return results(sea(), folder)[0], folder / "model.xdvn"


def test_maps_are_those_of_single_precision(single, double, tmp_path):
    expected, saved = single
    got, model = results(sea(), tmp_path)
    for one, other in zip(got, expected, strict=True):
        assert one.dtype == np.float32
        np.testing.assert_array_equal(one, other)
    loaded = xdvn.load(saved)
    np.testing.assert_array_equal(loaded.reconstruct(sea(), progress=False).ssh, expected[0])
    assert jax.numpy.zeros(1, float).dtype == np.float64, "the option of the user remains"


def test_networks_of_double_precision_are_trained_in_single(double):
    network = tiny(5, 2, key=jax.random.key(0))
    assert any(leaf.dtype == np.float64 for leaf in jax.tree.leaves(network) if hasattr(leaf, "dtype"))
    model = train(sea(), network=network)
    assert all(leaf.dtype == np.float32 for leaf in jax.tree.leaves(model.network) if hasattr(leaf, "dtype"))
    std = Laplace(0.01, 1.0, n_samples=2).reconstruct(sea(), model, progress=False).ssh_std
    assert std.dtype == np.float32
    assert bool(np.isfinite(std).all())
