import datetime

import cftime
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.plot.instants import calendar_dates, date_text, instant_days, nearest_index, selected_indices


@pytest.fixture
def days():
    """Return ten days at noon."""
    at = np.datetime64("2012-10-01T12", "ns") + np.arange(10) * np.timedelta64(1, "D")
    return xr.DataArray(np.arange(10.0), {"time": at}, ("time",), name="ssh")


@pytest.fixture(params=["noleap", "360_day", "julian", "standard"])
def model_days(request, days):
    at = xr.date_range("2012-10-01T12", periods=10, calendar=request.param, use_cftime=True)
    return days.assign_coords(time=at)


SAME_DAY = [
    "2012-10-05",
    "2012-10-05T11:00",
    "2012-10-05 13:00:30",
    "2012-10-05T12:00Z",
    datetime.date(2012, 10, 5),
    datetime.datetime(2012, 10, 5, 12),
    datetime.datetime(2012, 10, 5, 14, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
    np.datetime64("2012-10-05"),
    np.datetime64("2012-10-05T12:00", "ns"),
    pd.Timestamp("2012-10-05T12"),
    cftime.DatetimeNoLeap(2012, 10, 5, 12),
    4,
    -6,
    np.int64(4),
    ["2012-10-05"],
]


@pytest.mark.parametrize("time", SAME_DAY, ids=repr)
def test_all_forms_of_a_date_select_the_same_day(days, model_days, time):
    assert nearest_index(days, "time", time) == 4
    assert nearest_index(model_days, "time", time) == 4
    if not isinstance(time, int | np.integer):
        assert nearest_index(days.isel(time=slice(None, None, -1)), "time", time) == 5


def test_a_day_a_month_and_a_year_contain_their_instants(days):
    later = days.assign_coords(time=days.time + np.timedelta64(23, "h"))  # 11:00 of the next day
    assert nearest_index(later, "time", "2012-10-02") == 0
    assert nearest_index(later, "time", "2012-10") == 0
    assert nearest_index(later, "time", "2012") == 0
    hourly = days.assign_coords(time=np.datetime64("2012-10-01T20", "ns") + np.arange(10) * np.timedelta64(1, "h"))
    assert nearest_index(hourly, "time", "2012-10-02") == 4


def test_days_of_other_calendars_are_selected(days):
    at = xr.date_range("2000-02-29", periods=10, calendar="360_day", use_cftime=True)
    assert nearest_index(days.assign_coords(time=at), "time", "2000-02-30") == 1
    with pytest.raises(ValueError, match=r"time='2012-02-30': .*Use time='2012-10-06', for example"):
        nearest_index(days, "time", "2012-02-30")


def test_an_instant_outside_the_period_is_refused_with_the_nearest(days, model_days):
    message = r"time='2020-01-01': expected an instant in 2012-10-01 to 2012-10-10. Use the nearest, time='2012-10-10'"
    for da in (days, model_days):
        with pytest.raises(ValueError, match=message):
            nearest_index(da, "time", "2020-01-01")
        assert nearest_index(da, "time", "2020-01-01", outside=True) == 9
    assert nearest_index(days, "time", "2012-09-30") == 0  # within a time step
    with pytest.raises(ValueError, match=r"time=10: expected a position in 0 to 9 \(or -10 to -1\), or a date"):
        nearest_index(days, "time", 10)
    with pytest.raises(ValueError, match=r"time='soon': expected a date or a position. Use time='2012-10-06', for"):
        nearest_index(days, "time", "soon")
    with pytest.raises(ValueError, match=r"time=3.5: expected a date or a position"):
        nearest_index(days, "time", 3.5)
    with pytest.raises(ValueError, match=r"expected one instant. Use time='2012-10-06', or draw several with"):
        nearest_index(days, "time", slice("2012-10-05", None))
    with pytest.raises(ValueError, match="'time' of 'ssh' has no valid time"):
        nearest_index(days.assign_coords(time=np.full(10, "NaT", "datetime64[ns]")), "time", "2012-10-05")


def test_numbers_are_coordinates_of_an_axis_of_numbers(days):
    numbers = days.assign_coords(time=10.0 * np.arange(10))
    assert nearest_index(numbers, "time", 52) == 5
    with pytest.raises(ValueError, match=r"time=500: expected an instant in 0.0 to 90.0. Use the nearest, time=90.0"):
        nearest_index(numbers, "time", 500)
    with pytest.raises(ValueError, match="expected a number, because 'time' has no dates. Decode them with"):
        nearest_index(numbers, "time", "2012-10-05")
    assert nearest_index(days.drop_vars("time"), "time", -1) == 9


def test_lists_and_slices_select_several(days, model_days):
    for da in (days, model_days):
        assert selected_indices(da, "time", ["2012-10-05", -1, 0, "2012-10-05"]) == [4, 9, 0]
        assert selected_indices(da, "time", slice("2012-10-03", "2012-10-05")) == [2, 3, 4]
        assert selected_indices(da, "time", slice(None, "2012-10-02T12")) == [0, 1]
        assert selected_indices(da, "time", slice(2, 9, 3)) == [2, 5, 8]
        assert selected_indices(da, "time", "2012-10-05") is None
    assert selected_indices(days, "time", days.time[2:4]) == [2, 3]
    assert selected_indices(days.assign_coords(time=10.0 * np.arange(10)), "time", slice(15, 40)) == [2, 3, 4]
    with pytest.raises(ValueError, match=r"time=slice\('2020', '2021'\): expected a part of 2012-10-01 to 2012-10-10"):
        selected_indices(days, "time", slice("2020", "2021"))
    with pytest.raises(ValueError, match=r"time=\[\]: expected one instant or more. Use time=\['2012-10-01'\]"):
        selected_indices(days, "time", [])


def test_dates_of_all_calendars_are_numbers_and_text(days, model_days):
    first = model_days.time.values[0]
    start, length = instant_days("2012-10-01", model_days, "time")
    assert length == 1
    assert start + 0.5 == cftime.date2num(first, "days since 1970-01-01", calendar=first.calendar)
    assert date_text(first) == date_text(days.time.values[0]) == "2012-10-01"
    np.testing.assert_array_equal(calendar_dates(model_days.time.values), days.time.values)
