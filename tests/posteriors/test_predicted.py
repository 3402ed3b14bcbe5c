"""What a mapper tells of itself is passed on, and asked for where it is not told."""

from functools import partial

import numpy as np
import pytest

import xdvn
from xdvn.core.gaussian_head import GaussianHead
from xdvn.core.losses import GaussianNLL
from xdvn.metrics import uncertainty_scores
from xdvn.pipeline import fit
from xdvn.posteriors import Predicted
from xdvn.testing import check_posterior


def test_a_head_on_a_trained_model_learns_how_wrong_it_is(small_twin, small_model):
    west = small_twin.isel(lon=slice(0, 12))
    head = partial(GaussianHead, small_model.net, widths=(8, 8))
    model = fit(
        west, "ssh_obs", truth="ssh", model=small_model, net=head, loss=GaussianNLL, epochs=4, validation=0,
        progress=False,
    )  # fmt: skip
    maps, before = (m.reconstruct(small_twin, progress=False) for m in (model, small_model))
    np.testing.assert_allclose(maps.ssh, before.ssh, atol=1e-5)
    scores = uncertainty_scores(maps.ssh, maps.ssh_std, small_twin.ssh)
    assert 0.6 < float(scores.spread_skill) < 1.6
    assert maps.ssh_std.attrs["standard_name"] == "sea_surface_height_above_geoid standard_error"
    check_posterior(Predicted(), model, small_twin.isel(time=slice(8)), {"ssh": "ssh_obs"})
    assert model.history.loss[-1] < model.history.loss[0]


def test_a_map_without_an_error_is_refused(small_twin, small_model):
    with pytest.raises(ValueError, match=r"this Model predicts no standard deviation; train one.*GaussianHead"):
        Predicted().reconstruct(small_twin, small_model, progress=False)
    with pytest.raises(ValueError, match=r"for samples take Ensemble\(\)"):
        Predicted().reconstruct(small_twin, small_model, samples=True)


def test_interpolation_is_asked_for_its_error(small_twin):
    oi = xdvn.OptimalInterpolation("ssh_obs", name="ssh", signal=0.1)
    assert (Predicted().reconstruct(small_twin.isel(time=slice(8)), oi).ssh_std > 0).all()
