"""The variance that a mapper predicts, as a posterior."""

from functools import partial

import numpy as np
import pytest

import xdvn
from xdvn import Training
from xdvn.api import fit
from xdvn.core.losses import GaussianNLL
from xdvn.core.networks.gaussian_head import GaussianHead
from xdvn.metrics import uncertainty_scores
from xdvn.testing import check_posterior
from xdvn.uncertainty import MapperVariance


def test_a_head_on_a_trained_model_learns_its_error(small_twin, small_model):
    west = small_twin.isel(lon=slice(0, 12))
    head = partial(GaussianHead, small_model.network, widths=(8, 8))
    model = fit(
        west,
        "ssh_obs",
        truth="ssh",
        init_from=small_model,
        network=head,
        loss=GaussianNLL,
        validation=0,
        progress=False,
        training=Training(epochs=4),
    )
    maps, before = (m.reconstruct(small_twin, progress=False) for m in (model, small_model))
    np.testing.assert_allclose(maps.ssh, before.ssh, atol=1e-5)
    scores = uncertainty_scores(maps.ssh, maps.ssh_std, small_twin.ssh)
    assert 0.6 < float(scores.spread_skill) < 1.6
    assert maps.ssh_std.attrs["standard_name"] == "sea_surface_height_above_geoid standard_error"
    check_posterior(MapperVariance(), model, small_twin.isel(time=slice(8)), {"ssh": "ssh_obs"})
    assert model.history.loss[-1] < model.history.loss[0]


def test_a_mapper_without_a_variance_is_an_error(small_twin, small_model):
    with pytest.raises(ValueError, match=r"Model predicts no standard deviation\. Use Ensemble\(\), or .*GaussianHead"):
        MapperVariance().reconstruct(small_twin, small_model, progress=False)
    with pytest.raises(ValueError, match=r"samples=True: expected a posterior .* Use Ensemble\(\) instead"):
        MapperVariance().reconstruct(small_twin, small_model, samples=True)


def test_the_error_of_an_interpolation(small_twin):
    oi = xdvn.OptimalInterpolation("ssh_obs", name="ssh", signal_std=0.1)
    assert (MapperVariance().reconstruct(small_twin.isel(time=slice(8)), oi).ssh_std > 0).all()
