"""Proper scores against closed forms, integrals and properscoring."""

import numpy as np
import properscoring
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from xdvn.metrics import crps_ensemble, crps_gaussian, nll_gaussian


def test_nll_is_minus_the_log_density():
    rng = np.random.default_rng(0)
    m, s, y = rng.normal(size=50), rng.uniform(0.1, 3, 50), rng.normal(size=50)
    np.testing.assert_allclose(nll_gaussian(m, s, y), -norm.logpdf(y, m, s))


def test_calibrated_gaussian():
    """Expectations over y ~ N(0, s^2): NLL = log(2 pi e s^2)/2 (1.4189 for s = 1), CRPS = s / sqrt(pi)."""
    for s in (0.3, 1.0, 4.0):
        y = norm.ppf((np.arange(200_000) + 0.5) / 200_000) * s  # quantiles: expectation without sampling noise
        zero, spread = np.zeros_like(y), np.full_like(y, s)
        assert nll_gaussian(zero, spread, y).mean() == pytest.approx(0.5 * np.log(2 * np.pi * np.e * s**2), abs=2e-4)
        assert crps_gaussian(zero, spread, y).mean() == pytest.approx(s / np.sqrt(np.pi), rel=2e-4)
    assert 0.5 * np.log(2 * np.pi * np.e) == pytest.approx(1.4189, abs=5e-5)


def test_crps_is_the_integral_of_its_definition():
    m, s, y = 0.4, 0.7, 1.3
    below, _ = quad(lambda x: norm.cdf(x, m, s) ** 2, -10, y)
    above, _ = quad(lambda x: (1 - norm.cdf(x, m, s)) ** 2, y, 10)
    assert crps_gaussian(np.array([m]), np.array([s]), np.array([y]))[0] == pytest.approx(below + above, abs=1e-9)


def test_agree_with_properscoring():
    rng = np.random.default_rng(1)
    m, s, y = rng.normal(size=200), rng.uniform(0.1, 3, 200), rng.normal(size=200)
    np.testing.assert_allclose(crps_gaussian(m, s, y), properscoring.crps_gaussian(y, m, s), rtol=1e-10)
    members = rng.normal(size=(7, 200))
    # properscoring's ensemble score divides the pairs by 2 M^2, the fair one by 2 M (M - 1)
    plain = properscoring.crps_ensemble(y, members.T)
    error = np.abs(members - y).mean(0)
    np.testing.assert_allclose(crps_ensemble(members, y), error - (error - plain) * 7 / 6, atol=1e-12)


def test_crps_of_point_forecasts_is_the_absolute_error():
    y = np.array([0.5, -2.0])
    assert crps_gaussian(np.zeros(2), np.full(2, 1e-9), y) == pytest.approx(np.abs(y), abs=1e-8)
    assert crps_ensemble(np.zeros((4, 2)), y) == pytest.approx(np.abs(y))


@pytest.mark.parametrize("members", [2, 5, 40])
def test_fair_score_does_not_depend_on_the_number_of_members(members):
    """For members and truth from one Gaussian, the expectation is 1/sqrt(pi) for any M."""
    rng = np.random.default_rng(2)
    n = 400_000 // members
    score = crps_ensemble(rng.normal(size=(members, n)), rng.normal(size=n))
    assert score.mean() == pytest.approx(1 / np.sqrt(np.pi), abs=4 * score.std() / np.sqrt(n))


def test_scores_are_proper():
    """On average over y ~ N(0, 1) the true distribution scores best."""
    y = np.random.default_rng(3).normal(size=100_000)
    for score in (nll_gaussian, crps_gaussian):
        best = score(np.zeros_like(y), np.ones_like(y), y).mean()
        for m, s in ((0.2, 1.0), (0.0, 0.8), (0.0, 1.25)):
            assert score(np.full_like(y, m), np.full_like(y, s), y).mean() > best + 1e-3
