"""Detection of fill values and packed variables."""

import numpy as np
import pytest
import xarray as xr

from xdvn.grid.validation import check_dtype_and_packing, check_finite, find_fill_values

DATA = np.linspace(-0.3, 0.4, 50)


@pytest.mark.parametrize("fill", [999.0, -999.0, 9999.0, -9999.0, 1e20, -32768.0, 9.969209968386869e36])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_common_fill_values_far_from_the_data_are_found(fill, dtype):
    values = np.append(DATA, fill).astype(dtype)
    assert find_fill_values(values) == [fill]


def test_values_in_the_range_of_the_data_are_not_fill_values():
    assert find_fill_values(DATA) == []
    assert find_fill_values(np.append(DATA, 42.0)) == []
    assert find_fill_values(np.array([800.0, 999.0, 1100.0])) == []
    assert find_fill_values(np.array([270.0, 310.0, 999.0])) == [999.0]
    assert find_fill_values(np.full(3, 999.0)) == []
    assert find_fill_values(np.array([])) == []
    assert find_fill_values(np.array([1, 2, -32768], np.int16)) == [-32768.0]
    assert find_fill_values(np.array([1, 2, 255], np.uint8)) == []
    # Most fill values overflow float16.
    assert find_fill_values(np.append(DATA, 999.0).astype(np.float16)) == [999.0]


def test_an_error_names_all_fill_values():
    da = xr.DataArray(np.append(DATA, [999.0, -999.0]), dims="x", name="sla")
    with pytest.raises(
        ValueError, match=r"'sla' contains the fill value -999, 999: expected NaN .*where\(ds\['sla'\] != -999\)"
    ):
        check_finite(da, "observed")


def test_packing_attributes_raise_an_error_unless_they_have_no_effect():
    da = xr.DataArray(DATA, dims="x", name="sla")
    check_dtype_and_packing(da.assign_attrs(_FillValue=np.nan, missing_value=np.float32("nan")), "observed")
    with pytest.raises(ValueError, match=r"has the attributes \['add_offset', 'missing_value'\]: expected .*decode_cf"):
        check_dtype_and_packing(da.assign_attrs(add_offset=1.0, missing_value=-1), "observed")
