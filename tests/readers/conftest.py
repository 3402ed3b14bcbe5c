"""Checks of the Dataset that every reader returns."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr


@pytest.fixture
def assert_tidy() -> Callable[[xr.Dataset], None]:
    return _assert_tidy


def _assert_tidy(ds: xr.Dataset) -> None:
    assert "recognised_as" in ds.attrs
    assert set(ds.dims) in (
        {"time", "lat", "lon"}, {"time", "y", "x"}, {"num_lines", "num_pixels"}, {"point"},
    )  # fmt: skip
    for name, standard_name in (("lat", "latitude"), ("lon", "longitude"), ("time", "time")):
        if name == "time" and "cycle" in ds.attrs:  # an orbit repeats, without a date
            continue
        assert ds[name].attrs["standard_name"] == standard_name
        assert ds[name].dtype == ("datetime64[ns]" if name == "time" else np.float64)
        assert not ds[name].isnull().any()
    assert ds.lat.attrs["units"] == "degrees_north"
    assert ds.lon.attrs["units"] == "degrees_east"
    assert float(abs(ds.lat).max()) <= 90
    if "lat" in ds.dims:
        for dim in ("lat", "lon"):
            steps = np.diff(ds[dim])
            assert (steps > 0).all()
            np.testing.assert_allclose(steps, steps.mean(), rtol=2e-2)  # some files round to three digits
        assert (np.diff(ds.time) > np.timedelta64(0)).all()
    else:
        assert -180 <= float(ds.lon.min()) <= float(ds.lon.max()) < 180
    assert ds.data_vars
    for name, array in ds.data_vars.items():
        assert name == str(name).lower()
        assert set(array.dims) <= set(ds.dims)
        assert array.attrs.get("units", "none in the file")
        assert array.attrs["long_name"]
        if array.dtype.kind == "f":
            assert not np.isinf(array).any()
            assert float(abs(array).max()) < 1e6 or bool(array.isnull().all())  # no fill value remains
