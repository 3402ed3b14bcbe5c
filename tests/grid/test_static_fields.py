"""Static fields of a part are part of the static fields, and masks may have any storage order."""

import numpy as np
import pytest
import xarray as xr
from seas import sea, untrained


@pytest.fixture(scope="module")
def case():
    ds = sea(land=True)
    return ds, untrained(ds).spec


def test_a_part_is_cut_from_the_whole(case):
    ds, spec = case
    whole = spec.static_fields(ds)
    rows, columns = np.arange(3, 8), np.array([10, 11, 0, 1])
    part = whole.at([rows, columns])
    assert np.array_equal(part.mean, whole.mean[:, 3:8][..., columns])
    assert np.array_equal(part.slopes, whole.slopes[:, 3:8][:, :, columns])
    np.testing.assert_allclose(whole.slopes[0, 4, 5, 1], (whole.mean[0, 4, 6] - whole.mean[0, 4, 4]) / 2)


def test_masks_in_any_storage_order(case):
    ds, spec = case
    mask = xr.DataArray(np.random.default_rng(0).random((10, 12)) > 0.4, {"lat": ds.lat, "lon": ds.lon}, ("lat", "lon"))
    expected = spec.static_fields(ds, mask).sea
    assert np.array_equal(expected[0], mask)
    turned = mask.isel(lat=slice(None, None, -1)).T
    assert np.array_equal(spec.static_fields(ds, turned).sea, expected)
    assert np.array_equal(spec.static_fields(ds.isel(lat=slice(None, None, -1)), mask).sea, expected)
    other_file = turned.assign_coords(lon=(turned.lon + 360).astype("f4"), lat=turned.lat.astype("f4"))
    assert np.array_equal(spec.static_fields(ds, other_file).sea, expected)


def test_a_mask_of_another_grid_raises_an_error(case):
    ds, spec = case
    mask = ds.ssh[0].drop_vars("time").notnull()
    with pytest.raises(
        ValueError, match=r"ocean_mask= has the sizes \{'lat': 9, 'lon': 12\}, the field .*; expected the same cells"
    ):
        spec.static_fields(ds, mask[1:])
    with pytest.raises(
        ValueError, match=r"ocean_mask and ds differ along 'lon': got 12 from -64 .*Select the same cells of both$"
    ):
        spec.static_fields(ds, mask.assign_coords(lon=mask.lon + 1))
