"""Which numbers are no measurements, and which look odd and are."""

import numpy as np
import pytest
import xarray as xr

from xdvn.grid.numbers import check_finite, check_numbers, sentinels

DATA = np.linspace(-0.3, 0.4, 50)


@pytest.mark.parametrize("fill", [999.0, -999.0, 9999.0, -9999.0, 1e20, -32768.0, 9.969209968386869e36])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_customary_fill_values_far_from_the_data_are_found(fill, dtype):
    values = np.append(DATA, fill).astype(dtype)
    assert sentinels(values) == [fill]


def test_what_lies_among_the_data_is_data():
    assert sentinels(DATA) == []
    assert sentinels(np.append(DATA, 42.0)) == []
    assert sentinels(np.array([800.0, 999.0, 1100.0])) == []
    assert sentinels(np.array([270.0, 310.0, 999.0])) == [999.0]
    assert sentinels(np.full(3, 999.0)) == []
    assert sentinels(np.array([])) == []
    assert sentinels(np.array([1, 2, -32768], np.int16)) == [-32768.0]
    assert sentinels(np.array([1, 2, 255], np.uint8)) == []
    assert sentinels(np.append(DATA, 999.0).astype(np.float16)) == [999.0]  # most fill values are too large for it


def test_two_kinds_of_fill_values_are_both_named():
    da = xr.DataArray(np.append(DATA, [999.0, -999.0]), dims="x", name="sla")
    with pytest.raises(ValueError, match=r"'sla' holds -999, 999 far from .*where\(ds\['sla'\] != -999\)"):
        check_finite(da, "observed")


def test_attributes_of_packing_count_only_where_they_mean_something():
    da = xr.DataArray(DATA, dims="x", name="sla")
    check_numbers(da.assign_attrs(_FillValue=np.nan, missing_value=np.float32("nan")), "observed")
    with pytest.raises(ValueError, match=r"still has the attributes \['add_offset', 'missing_value'\]"):
        check_numbers(da.assign_attrs(add_offset=1.0, missing_value=-1), "observed")
