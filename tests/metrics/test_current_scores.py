"""Scores of currents against closed forms and gridded_scores, with land and the equator."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.metrics import BlockBootstrap, current_scores, gridded_scores
from xdvn.ocean import geostrophic_currents


def sea(seed=0, shape=(12, 14, 16), south=35.0):
    values = np.random.default_rng(seed).normal(size=shape)
    coords = {
        "time": pd.date_range("2012-10-22", periods=shape[0]),
        "lat": ("lat", south + 0.2 * np.arange(shape[1]), {"units": "degrees_north"}),
        "lon": ("lon", -65 + 0.2 * np.arange(shape[2]), {"units": "degrees_east"}),
    }
    return xr.DataArray(values, coords, ("time", "lat", "lon"), name="ssh", attrs={"units": "m"})


@pytest.mark.parametrize("factor", [0.9, 0.0, 1.5])
def test_scaled_height(factor):
    """Currents are linear in height, so a height times a has currents times a."""
    truth = sea()
    scores = current_scores((factor * truth).assign_attrs(units="m"), truth)
    for name in ("u", "v", "vorticity"):
        assert float(scores[f"{name}_mu"]) == pytest.approx(1 - abs(1 - factor), abs=1e-9)
        assert float(scores[f"{name}_sigma"]) == pytest.approx(0, abs=1e-9)
        assert float(scores[f"{name}_explained_variance"]) == pytest.approx(1 - (1 - factor) ** 2, abs=1e-9)


def test_scores_equal_those_of_the_currents():
    truth, noise = sea(0).cumsum("lon").cumsum("lat").assign_attrs(units="m"), sea(1)
    reconstruction = (truth + noise.values).assign_attrs(units="m")
    scores = current_scores(reconstruction, truth)
    for name in ("u", "v", "vorticity"):
        x, y = (geostrophic_currents(ssh)[name] for ssh in (reconstruction, truth))
        expected = gridded_scores(x, y)
        for key in ("mu", "sigma", "rmse", "lambda_x", "lambda_t", "lambda_r"):
            assert float(scores[f"{name}_{key}"]) == pytest.approx(float(expected[key]), nan_ok=True), key
        np.testing.assert_allclose(scores[f"{name}_spectral_score"], expected.spectral_score)
        explained = 1 - float((x - y).var()) / float(y.var())
        assert float(scores[f"{name}_explained_variance"]) == pytest.approx(explained, abs=1e-9)
    assert scores.u_rmse.attrs["units"] == "m s-1"
    assert scores.vorticity_rmse.attrs["units"] == "s-1"


def test_an_offset_has_no_effect_and_small_scales_have_more():
    truth = sea(2).cumsum("lon").cumsum("lat").assign_attrs(units="m")
    scores = current_scores((truth + 0.3).assign_attrs(units="m"), truth)
    assert float(scores.u_mu) == pytest.approx(1, abs=1e-9)
    rough = (truth + 0.3 * sea(3).values).assign_attrs(units="m")
    scores = current_scores(rough, truth)
    assert float(scores.vorticity_mu) < float(scores.u_mu) < float(gridded_scores(rough, truth).mu)


def test_values_on_land_are_not_scored():
    truth = sea(4)
    truth[:, 5:7, 5:8] = np.nan
    reconstruction = (0.8 * sea(4)).assign_attrs(units="m")
    inside = current_scores(reconstruction, truth)
    assert float(inside.v_mu) == pytest.approx(0.8)
    anything = reconstruction.where(truth.notnull(), 1e6).assign_attrs(units="m")
    assert float(current_scores(anything.transpose("lon", "time", "lat"), truth).v_mu) == pytest.approx(0.8)
    holes = reconstruction.copy()
    holes[3, 1, 1] = np.nan
    with pytest.raises(ValueError, match="at 1 of .* points where the truth is finite, first at .*Fill them"):
        current_scores(holes, truth)


def test_equator_is_not_scored():
    truth = sea(5, south=4.0)
    wrong = truth.where(truth.lat > 5.3, 7.0).assign_attrs(units="m")  # central differences use the next row
    assert float(current_scores(wrong, truth, equator=5.5).v_mu) == pytest.approx(1)
    assert float(current_scores(wrong, truth, equator=4.1).v_mu) < 0.9


def test_intervals():
    truth = sea(6, (40, 12, 14))
    reconstruction = (truth + 0.5 * sea(7, (40, 12, 14)).values).assign_attrs(units="m")
    scores = current_scores(reconstruction, truth, bootstrap=BlockBootstrap(block_days=5, block_km=60, n=40))
    for name in ("u_mu", "vorticity_explained_variance"):
        assert float(scores[f"{name}_low"]) < float(scores[name]) < float(scores[f"{name}_high"])
