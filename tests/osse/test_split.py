"""The default days of the challenge, and errors of splits with shared information."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.osse import Split


def test_defaults_are_the_challenge_dates():
    ds = xr.Dataset(coords={"time": pd.date_range("2012-10-01", periods=365)})
    span = lambda days: [str(ds.isel(time=days).time.values[i])[:10] for i in (0, -1)]  # noqa: E731
    split = Split()
    assert span(split.observations) == ["2012-10-01", "2012-12-02"]
    assert span(split.evaluation) == ["2012-10-22", "2012-12-02"]
    assert span(split.gap) == ["2012-12-03", "2013-01-02"]
    assert span(split.train)[0] == "2013-01-03"
    assert span(split.validation)[1] == "2013-09-30"
    assert split.days == 365


def test_every_day_has_one_use():
    split, days = Split(), np.arange(365)
    used = np.concatenate([days[s] for s in (split.observations, split.gap, split.train, split.validation)])
    np.testing.assert_array_equal(used, days)
    assert set(days[split.evaluation]) < set(days[split.observations])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train": slice(80, 325)}, "gap and train share days 80 to 93: expected disjoint days. Move one"),
        ({"validation": slice(300, 365)}, "train and validation share days 300 to 324"),
        ({"evaluation": slice(21, 70)},
         r"evaluation=.*: expected a subset of observations=.* Change one"),
        ({"gap": slice(70, 94), "train": slice(63, 70)}, "train=.* is adjacent to observations=.*: expected a gap"),
        ({"train": slice(94, 94)}, r"train=.*: expected slice\(first, last \+ 1\)"),
        ({"train": slice(None, 325)}, "train=.*: expected slice"),
        ({"train": slice(94, 325, 2)}, "train=.*: expected slice"),
    ],
)  # fmt: skip
def test_shared_or_adjacent_days_raise_an_error(change, message):
    with pytest.raises(ValueError, match=message):
        Split(**change)
