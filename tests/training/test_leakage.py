"""Copies of the truth in the inputs raise; observations with gaps do not."""

import numpy as np
import pytest
import xarray as xr

from xdvn.training.checks import check_leakage

RNG = np.random.default_rng(0)
TRUTH = xr.DataArray(RNG.normal(size=(20, 6, 7)), dims=("time", "lat", "lon"))
NAMES = [("obs", "truth")]


def ds(**variables):
    return xr.Dataset({"truth": TRUTH, "obs": TRUTH.where(TRUTH > 0)} | variables)


def test_observations_with_gaps_or_errors_pass():
    check_leakage(ds(), NAMES)
    check_leakage(ds(obs=TRUTH + 0.01 * RNG.normal(size=TRUTH.shape)), NAMES)
    check_leakage(ds(depth=TRUTH[0], words=("lat", list("abcdef"))), NAMES, ["depth", "words", "dayofyear"])


@pytest.mark.parametrize(
    "obs",
    [TRUTH, TRUTH.transpose("lon", "time", "lat"), TRUTH.copy(data=np.where(np.arange(7) + 0 * TRUTH >= 0, TRUTH, 0))],
)
def test_observations_equal_to_the_truth_raise(obs):
    with pytest.raises(
        ValueError, match=r"obs='obs' equals the truth 'truth': expected observations with gaps. Mask the truth, as in"
    ):
        check_leakage(ds(obs=obs), NAMES)
    with pytest.raises(ValueError, match="obs='truth' equals the truth 'truth'"):
        check_leakage(ds(), [("truth", "truth")])


def test_a_complete_variable_next_to_one_with_gaps_passes():
    check_leakage(ds(sst=TRUTH * 2), [*NAMES, ("sst", "sst")])


def test_covariates_equal_to_the_truth_raise():
    with pytest.raises(
        ValueError, match="covariates='copy' equals the truth 'truth', which the network would copy. Omit it"
    ):
        check_leakage(ds(copy=TRUTH), NAMES, ["copy"])
