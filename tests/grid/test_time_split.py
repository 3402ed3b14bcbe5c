"""Training and validation days are separated, and too few days raise an error or a warning."""

import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.grid.axes import Axes
from xdvn.grid.time_split import TimeSplit

AXES = Axes("time", ("x",))


def days(n, step="1D"):
    time = pd.date_range("2012-10-01", periods=n, freq=step)
    return xr.Dataset(coords={"time": time.values.astype("datetime64[ns]")})


@pytest.mark.parametrize("n", [100, 271])
@pytest.mark.parametrize("share", [0.15, 0.3])
def test_sixteen_days_lie_between(n, share):
    split = TimeSplit.from_dataset(days(n), AXES, share, 9)
    assert split.validation == slice(n - round(share * n), n)
    assert split.train.stop - 1 + 16 < split.validation.start + 1
    assert split.train.start == 0


def test_days_are_counted_as_days_not_as_steps():
    split = TimeSplit.from_dataset(days(200, "12h"), AXES, 0.2, 9)
    assert split.validation.start - (split.train.stop - 1) == 33


def test_labels_select_validation_and_the_longer_side_is_training():
    split = TimeSplit.from_dataset(days(200), AXES, slice("2012-10-11", "2012-11-09"), 9)
    assert split.validation == slice(10, 40)
    assert split.train == slice(56, 200)


def test_no_validation():
    assert TimeSplit.from_dataset(days(50), AXES, 0, 9) == TimeSplit(slice(0, 50), None)


def test_short_records_adjoin_with_a_warning_or_raise_an_error():
    with pytest.warns(UserWarning, match="too few days to keep training and validation 16 days apart"):
        assert TimeSplit.from_dataset(days(30), AXES, 0.2, 9) == TimeSplit(slice(0, 21), slice(21, 30))
    with pytest.raises(ValueError, match="16 steps are too few for windows of 9 and validation on 9. Use more days"):
        TimeSplit.from_dataset(days(16), AXES, 0.2, 9)
    with pytest.raises(ValueError, match="validation has 5 steps, fewer than a window of 9. Use a longer"):
        TimeSplit.from_dataset(days(100), AXES, slice("2012-10-01", "2012-10-05"), 9)
    with pytest.raises(ValueError, match="validation=1.5: expected a share from 0 to below 1, or a slice"):
        TimeSplit.from_dataset(days(100), AXES, 1.5, 9)


def test_long_records_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.diff([TimeSplit.from_dataset(days(120), AXES, 0.15, 9).train.stop, 120])[0] > 16
