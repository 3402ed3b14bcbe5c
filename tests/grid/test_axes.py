"""Axes are identified from attributes or names, in any order, without changing the Dataset."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.grid.axes import Axes, cell_centres, find_axes, require_variable


def field(dims, coords=None, attrs=None):
    sizes = dict(zip(dims, (3, 4, 5), strict=False))
    coords = {d: np.arange(n, dtype=float) for d, n in sizes.items()} if coords is None else coords
    da = xr.DataArray(np.zeros(tuple(sizes.values())), dims=dims, coords=coords)
    for name, values in (attrs or {}).items():
        da[name].attrs.update(values)
    return da


@pytest.mark.parametrize(
    ("dims", "expected"),
    [
        (("time", "lat", "lon"), ("time", "lat", "lon")),
        (("longitude", "time", "latitude"), ("time", "latitude", "longitude")),
        (("LATITUDE", "LONGITUDE", "TIME"), ("TIME", "LATITUDE", "LONGITUDE")),
        (("t", "y", "x"), ("t", "y", "x")),
    ],
)
def test_names_and_orders(dims, expected):
    da = field(dims)
    before = da.copy(deep=True)
    assert find_axes(da).dims == expected
    assert find_axes(da.to_dataset(name="a")).dims == expected
    xr.testing.assert_identical(da, before)


def test_attributes_have_precedence_over_names():
    attrs = {"a": {"axis": "X"}, "b": {"units": "degrees_north"}, "c": {"standard_name": "time"}}
    assert find_axes(field(("a", "b", "c"), attrs=attrs)).dims == ("c", "b", "a")


def test_axes_are_the_dimensions_of_two_dimensional_coordinates():
    grid = np.zeros((4, 5))
    coords = {"time_counter": [0.0, 1.0, 2.0], "nav_lat": (("j", "i"), grid), "nav_lon": (("j", "i"), grid)}
    da = xr.DataArray(np.zeros((3, 4, 5)), dims=("time_counter", "j", "i"), coords=coords)
    assert find_axes(da) == Axes("time_counter", ("j", "i"))


def test_a_section_has_one_horizontal_axis():
    assert find_axes(field(("time", "lat"))) == Axes("time", ("lat",))
    assert find_axes(field(("time", "lat"))).describe() == "T=time, X=lat"


def test_dims_names_the_axes():
    da = field(("p", "q", "r"))
    assert find_axes(da, {"T": "p", "Y": "q", "X": "r"}).dims == ("p", "q", "r")
    with pytest.raises(ValueError, match=r"dims={'T': 'z'}: expected one of the dimensions p \(3\)"):
        find_axes(da, {"T": "z"})
    with pytest.raises(ValueError, match=r"keys \['time'\]: expected T .time., Y and X. Use, .*dims={'T': 'time'}"):
        find_axes(da, {"time": "p"})


def test_missing_and_ambiguous_axes_raise_an_error_with_a_cure():
    with pytest.raises(
        ValueError, match=r"no time axis among the dimensions lat \(3\), lon \(4\): expected .*expand_dims"
    ):
        find_axes(field(("lat", "lon")))
    with pytest.raises(ValueError, match="no horizontal axes.*dims={'Y'"):
        find_axes(field(("time", "depth")))
    with pytest.raises(ValueError, match=r"the Y axis could be any of \['lat', 'latitude'\].*dims={'Y': 'lat'}"):
        find_axes(field(("time", "lat", "latitude")))


def test_positions_are_days_whatever_the_encoding():
    days = pd.date_range("2012-10-01T12:00", periods=3)
    expected = np.array([0.0, 1.0, 2.0]) + 15614.5
    for values in (days.values.astype("datetime64[ns]"), days.values.astype("datetime64[s]")):
        da = xr.DataArray(np.zeros(3), dims="time", coords={"time": values})
        assert np.allclose(cell_centres(da, "time"), expected)
    cf = xr.date_range("2012-10-01T12:00", periods=3, calendar="noleap", use_cftime=True)
    assert np.allclose(np.diff(cell_centres(xr.DataArray(np.zeros(3), dims="time", coords={"time": cf}), "time")), 1)
    lags = xr.DataArray(np.zeros(2), dims="time", coords={"time": np.array([0, 36], "timedelta64[h]")})
    assert np.allclose(cell_centres(lags, "time"), [0, 1.5])
    assert np.array_equal(cell_centres(xr.DataArray(np.zeros(3), dims="i"), "i"), [0, 1, 2])


def test_the_nearest_name_is_suggested_for_misspelt_variables():
    ds = field(("time", "lat", "lon")).to_dataset(name="ssh_obs")
    with pytest.raises(KeyError, match="'ssh_osb' is not in the Dataset; did you mean 'ssh_obs'.*It has: ssh_obs"):
        require_variable(ds, "ssh_osb", "observed")
    with pytest.raises(KeyError, match="It has: no variables"):
        require_variable(xr.Dataset(), "a", "observed")


def test_dates_as_a_horizontal_axis_raise_an_error():
    ds = xr.Dataset(
        {"h": (("day", "row", "column"), np.zeros((3, 2, 2)))},
        {"day": np.datetime64("2020-01-01", "ns") + np.arange(3) * np.timedelta64(1, "D")},
    )
    with pytest.raises(ValueError, match=r"'X': 'day'} contains dates: expected a horizontal .*dims={'T': 'day'}"):
        find_axes(ds, {"T": "column", "X": "day"})


def test_axis_attributes_identify_axes_of_any_name():
    ds = xr.Dataset(
        {"h": (("day", "row", "column"), np.zeros((3, 2, 2)))},
        {
            "day": np.datetime64("2020-01-01", "ns") + np.arange(3) * np.timedelta64(1, "D"),
            "row": [0.0, 1.0],
            "column": [0.0, 1.0],
        },
    )
    with pytest.raises(ValueError, match=r"ds\['your_rows'\].attrs\['axis'\] = 'Y'"):
        find_axes(ds)
    ds["row"].attrs["axis"], ds["column"].attrs["axis"] = "Y", "X"
    assert find_axes(ds).describe() == "T=day, Y=row, X=column"
