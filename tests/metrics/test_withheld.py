"""Scores without a truth, corrected for observation errors that are independent of the map."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.metrics import BlockBootstrap, withheld_scores

N = 30_000


def case(seed=0, noise=0.3, error=0.2):
    rng = np.random.default_rng(seed)
    time = pd.date_range("2020-01-01", periods=N, freq="30min")
    truth = xr.DataArray(rng.normal(size=N), dims="point", coords={"time": ("point", time)}, attrs={"units": "m"})
    return truth, (truth + error * rng.normal(size=N)), (truth + noise * rng.normal(size=N)).assign_attrs(units="m")


@pytest.mark.parametrize("error", [0.5, 0.2, 0.1])
def test_estimates_the_true_error(error):
    truth, mapped, observed = case(1, error=error)
    scores = withheld_scores(mapped, observed, 0.3)
    true = float(((mapped - truth) ** 2).mean())
    assert float(scores.mse_withheld) == pytest.approx(true + 0.09, abs=0.01)
    assert float(scores.mse) == pytest.approx(true, abs=0.004)
    assert float(scores.rmse) == pytest.approx(error, abs=0.02)
    assert float(scores.floor) == pytest.approx(0.09)
    assert scores.mse.attrs["units"] == "m2"
    assert "independent of the map" in scores.rmse.attrs["comment"]


def test_ranks_methods_as_the_truth_does():
    truth, _, observed = case(2)
    rng = np.random.default_rng(3)
    errors = [0.1, 0.15, 0.2, 0.3]
    maps = [truth + e * rng.normal(size=N) for e in errors]
    estimated = [float(withheld_scores(m, observed, 0.3).mse) for m in maps]
    assert estimated == sorted(estimated)


def test_errors_by_point_and_gaps():
    truth, mapped, observed = case(4)
    sigma = xr.where(np.arange(N) % 2 == 0, 0.3, np.nan) * xr.ones_like(truth)
    sparse = observed.where(sigma.notnull())
    scores = withheld_scores(mapped, sparse, sigma.fillna(0.3))
    assert float(scores.floor) == pytest.approx(0.09)
    assert float(scores.rmse) == pytest.approx(0.2, abs=0.02)


def test_a_negative_estimate_has_a_reason():
    _, mapped, observed = case(5)
    scores = withheld_scores(mapped, observed, 1.0)
    assert float(scores.mse) < 0
    assert np.isnan(float(scores.rmse))
    assert "obs_error is too large" in scores.rmse.attrs["reason"]


def test_interval_contains_the_true_error():
    truth, mapped, observed = case(6)
    scores = withheld_scores(mapped, observed, 0.3, bootstrap=BlockBootstrap(block_days=10, n=100, level=0.99))
    true = float(((mapped - truth) ** 2).mean())
    assert float(scores.mse_low) < true < float(scores.mse_high)
    assert float(scores.mse_high - scores.mse_low) < 0.02
    with pytest.raises(ValueError, match="have no dates: expected one coordinate of dates"):
        withheld_scores(mapped.drop_vars("time"), observed.drop_vars("time"), 0.3, bootstrap=BlockBootstrap())
