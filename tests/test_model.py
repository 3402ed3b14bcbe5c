"""Equality of models: copies and loaded files are equal, and every other array, setting or history is not."""

import copy
from dataclasses import replace

import jax
import numpy as np
import pytest
from seas import sea, untrained

import xdvn
from xdvn.model import History, _equal


@pytest.fixture(scope="module")
def model():
    """An untrained model whose history contains NaN, as without validation."""
    return replace(untrained(sea(land=True)), history=History((0.5,), (float("nan"),), 1, 2.0))


def test_copies_and_loaded_models_are_equal(model, tmp_path):
    assert (model == copy.deepcopy(model)) is True
    assert hash(model) == hash(copy.deepcopy(model))
    model.save(tmp_path / "model.xdvn")
    loaded = xdvn.load(tmp_path / "model.xdvn")
    assert loaded == model
    assert not loaded != model
    assert model in [loaded]
    assert len({model, loaded}) == 1


def test_functions_are_equal_to_their_copies():
    copied = copy.deepcopy(jax.nn.relu)
    assert copied is not jax.nn.relu
    assert _equal({"activation": (jax.nn.relu,)}, {"activation": (copied,)})
    assert not _equal(jax.nn.relu, jax.nn.relu6)


def test_any_difference_counts(model):
    ds = sea(land=True)
    weights = jax.tree.map(lambda leaf: leaf + 1e-3 if hasattr(leaf, "dtype") else leaf, model.network)
    others = [
        replace(model, network=weights),
        replace(model, spec=untrained(sea(land=True, seed=1)).spec),
        replace(model, spec=untrained(ds, patch=(5, 6, 7)).spec),
        replace(model, history=History((0.5,), (0.1,), 1, 2.0)),
        replace(model, first_guess=xdvn.OptimalInterpolation("ssh_obs")),
    ]
    assert untrained(ds) == untrained(ds)
    for other in others:
        assert (model == other) is False
    assert model != None  # noqa: E711
    assert model != "a model"
    assert np.array(others[0] != model).item() is True
