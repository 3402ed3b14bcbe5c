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


@pytest.mark.parametrize(
    ("validation", "cure"),
    [
        (
            "2012-10-15",
            r"validation='2012-10-15': expected a slice .*Use slice\('2012-10-15', None\) for",
        ),
        (np.datetime64("2012-10-15"), r"Use slice\('2012-10-15', None\)"),
        (None, "validation=None: expected a slice of times or a share .*Use validation=0 for no validation"),
        (True, "validation=True: expected a slice of times"),
        (["2012-10-15"], "Use validation=0 for no validation"),
        (
            slice(3, 20),
            r"slice\(3, 20\): expected times as in 'time', 2012-10-01 .* to 2012-11-29 .*slice\('2012-10-3",
        ),
        (slice("autumn", None), r"expected times as in 'time'"),
        (slice("2015", None), r"slice\('2015', None\): expected times of the record, 2012-10-01 .*Use validation=0"),
        (slice("2012-10-30", "2012-10-15"), "expected times of the record"),
    ],
)
def test_validation_that_selects_no_times_is_refused_with_a_cure(validation, cure):
    with pytest.raises(ValueError, match=cure):
        TimeSplit.from_dataset(days(60), AXES, validation, 9)


def test_steps_without_a_coordinate_need_a_share():
    bare = xr.Dataset({"x": ("time", np.zeros(100))})
    assert TimeSplit.from_dataset(bare, AXES, 0.2, 9).validation == slice(80, 100)
    with pytest.raises(ValueError, match=r"expected a share of the days, because 'time' has no coordinate.*assign"):
        TimeSplit.from_dataset(bare, AXES, slice(0, 20), 9)


def test_long_records_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.diff([TimeSplit.from_dataset(days(120), AXES, 0.15, 9).train.stop, 120])[0] > 16
