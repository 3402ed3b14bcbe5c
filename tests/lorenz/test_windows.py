"""Windows, their normalised samples, and their scores."""

import numpy as np
import pytest

from benchmarks.lorenz import Errors, Scaling, Windows

RNG = np.random.default_rng(0)
MASK = RNG.random((60, 2)) < 0.3


@pytest.fixture
def windows():
    return Windows.observe(3 + 2 * RNG.normal(size=(7, 60, 2)), MASK, 2.0, RNG)


def test_observations_do_not_contain_unobserved_values(windows):
    """Observations and samples are zero where nothing is observed."""
    assert not windows.values[:, ~MASK].any()
    sample = windows.samples(Scaling(3.0, 2.0))
    assert not np.asarray(sample.obs.values)[:, ~MASK].any()
    np.testing.assert_array_equal(np.asarray(sample.obs.mask), np.broadcast_to(MASK, (7, 60, 2)))


def test_samples_are_normalised_by_one_mean_and_one_standard_deviation(windows):
    sample = windows[:3].samples(Scaling.of(windows.truth))
    mean, std = windows.truth.mean(), windows.truth.std()
    np.testing.assert_allclose(sample.truth, (windows.truth[:3] - mean) / std, atol=1e-5)
    np.testing.assert_allclose(sample.first_guess, (windows.first_guess[:3] - mean) / std, atol=1e-5)
    np.testing.assert_allclose(
        np.asarray(sample.obs.values)[:, MASK], (windows.values[:3, MASK] - mean) / std, atol=1e-5
    )


def test_all_is_the_sum_of_its_observed_and_unobserved_part(windows):
    errors = Errors.of(windows.first_guess, windows)
    share = MASK.mean()
    assert errors.everywhere == pytest.approx(share * errors.observed + (1 - share) * errors.unobserved)
    squares = (windows.first_guess - windows.truth) ** 2
    assert errors.interior == pytest.approx(squares[:, 20:40].mean(), rel=1e-5)
    assert errors.median == pytest.approx(np.median([s.mean() for s in squares]), rel=1e-5)


def test_states_of_another_shape_are_an_error(windows):
    with pytest.raises(ValueError, match=r"x has shape \(3, 60, 2\): expected \(7, 60, 2\)\. Pass one state for each"):
        Errors.of(windows.truth[:3], windows)
