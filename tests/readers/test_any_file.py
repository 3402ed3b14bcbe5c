"""Patterns, folders, common days, scenes with unusual names, and files whose cells have their own positions."""

import gzip
import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.readers import read

LAT, LON = np.arange(30.0, 33.0, 0.5), np.arange(5.0, 8.0, 0.5)
DAYS = pd.date_range("2020-01-01", periods=6)


def maps(days, values):
    return xr.Dataset({"adt": (("time", "lat", "lon"), values, {"units": "m"})}, {"time": days, "lat": LAT, "lon": LON})


@pytest.fixture
def field():
    return np.random.default_rng(0).normal(size=(6, 6, 6))


def test_a_pattern_and_a_folder_are_expanded(tmp_path, field):
    for i in (2, 0, 1):
        maps(DAYS[2 * i : 2 * i + 2], field[2 * i : 2 * i + 2]).to_netcdf(tmp_path / f"part{i}.nc")
    expected = read([tmp_path / f"part{i}.nc" for i in range(3)])
    np.testing.assert_array_equal(expected.adt, field)
    for path in (
        tmp_path,
        tmp_path / "*.nc",
        str(tmp_path / "part?.nc"),
        [tmp_path / "part0.nc", tmp_path / "part[12].nc"],
    ):
        xr.testing.assert_identical(read(path), expected)
    with pytest.raises(FileNotFoundError, match=r"no file matches .*contains part0.nc, part1.nc, part2.nc"):
        read(tmp_path / "*.nc4")


def test_common_days_are_merged(tmp_path, field):
    """Equal values once, gaps from the other file, and the later file where values differ."""
    gappy = field.copy()
    gappy[3, :3] = np.nan
    maps(DAYS[:4], gappy[:4]).to_netcdf(tmp_path / "a.nc")
    other = field.copy()
    other[3, 3:] = np.nan
    maps(DAYS[3:], other[3:]).to_netcdf(tmp_path / "b.nc")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ds = read([tmp_path / "a.nc", tmp_path / "b.nc"])
    np.testing.assert_array_equal(ds.time, DAYS)
    np.testing.assert_array_equal(ds.adt, field)
    maps(DAYS[3:], field[3:] + 1).to_netcdf(tmp_path / "c.nc")
    with pytest.warns(UserWarning, match="18 values differ between files with common times; those of the later file"):
        newer = read([tmp_path / "a.nc", tmp_path / "c.nc"])
    np.testing.assert_array_equal(newer.adt[3], field[3] + 1)
    np.testing.assert_array_equal(newer.adt[:3], field[:3])


def track(times, values):
    places = {"time": ("time", times), "latitude": ("time", np.linspace(30, 33, len(times)))}
    places["longitude"] = ("time", np.linspace(359, 361, len(times)) % 360)
    ds = xr.Dataset({"ADT": ("time", values, {"units": "m"})}, places)
    return ds


def test_any_track_is_read_and_common_measurements_occur_once(tmp_path):
    times = pd.date_range("2020-01-01", periods=8, freq="s")
    whole = track(times, np.arange(8.0))
    whole.to_netcdf(tmp_path / "whole.nc")
    points = read(tmp_path / "whole.nc")
    assert points.adt.dims == ("point",)
    assert points.adt.attrs["units"] == "m"
    np.testing.assert_allclose(points.lon, np.linspace(-1, 1, 8))
    for name, part in (("a", slice(0, 5)), ("b", slice(3, 8))):
        whole.isel(time=part).to_netcdf(tmp_path / f"{name}.nc")
    joined = read([tmp_path / "a.nc", tmp_path / "b.nc"])
    np.testing.assert_array_equal(joined.adt, np.arange(8.0))


def test_a_temperature_called_t_is_no_time_and_units_are_not_invented(tmp_path):
    values = np.random.default_rng(0).normal(18, 1, (6, 6))
    variables = dict.fromkeys(("T", "S", "X"), (("lat", "lon"), values))
    scene = xr.Dataset(variables, {"lat": LAT, "lon": LON, "time": np.datetime64("2020-01-01", "ns")})
    scene.to_netcdf(tmp_path / "scene.nc")
    ds = read(tmp_path / "scene.nc")
    assert set(ds.data_vars) == {"t", "s", "x"}
    np.testing.assert_array_equal(ds.t[0], values)
    assert all("units" not in ds[name].attrs for name in ds.data_vars)
    assert ds.time.values.tolist() == [np.datetime64("2020-01-01", "ns").astype(int)]
    scene[["T"]].rename(time="t").expand_dims("t").rename(T="temp").to_netcdf(tmp_path / "axis.nc")
    assert read(tmp_path / "axis.nc").temp.dims == ("time", "lat", "lon")


def test_an_altitude_of_one_level_is_dropped(tmp_path, field):
    ds = maps(DAYS, field).rename(adt="chla").expand_dims(altitude=[0.0], axis=1)
    ds.to_netcdf(tmp_path / "levels.nc")
    assert read(tmp_path / "levels.nc").chla.dims == ("time", "lat", "lon")


def test_a_polar_grid_has_two_dimensional_positions(tmp_path, field):
    y, x = np.meshgrid(np.arange(6.0), np.arange(6.0), indexing="ij")
    places = {"lat": (("y", "x"), 80 + 0.1 * y), "lon": (("y", "x"), 350 + 4 * x), "time": DAYS}
    xr.Dataset({"Radar_Freeboard": (("time", "y", "x"), field, {"units": "m"})}, places).to_netcdf(tmp_path / "ice.nc")
    ds = read(tmp_path / "ice.nc")
    np.testing.assert_array_equal(ds.radar_freeboard, field)
    assert float(ds.lon.min()) >= -180
    np.testing.assert_allclose(ds.lon % 360, (350 + 4 * x) % 360)
    assert ds.dvn.axes.dims == ("time", "y", "x")


def test_other_files_are_refused_with_a_way_out(tmp_path):
    contents = {
        "empty": (b"", "is empty"),
        "gzip": (gzip.compress(b"1 2 3"), "is compressed: .*gunzip"),
        "hdf4": (b"\x0e\x03\x13\x01" + bytes(60), "is an HDF4 file: .*ncks"),
        "grib": (b"GRIB" + bytes(60), "is a GRIB file: .*cfgrib"),
        "zip": (b"PK\x03\x04" + bytes(60), "is a zip archive: .*open_zarr"),
        "cut": (b"CDF\x01" + bytes(3), "expected a NetCDF file"),
    }
    for name, (beginning, message) in contents.items():
        (tmp_path / name).write_bytes(beginning)
        with pytest.raises(ValueError, match=message):
            read(tmp_path / name)
    xr.Dataset({"analyzed_field": (("y", "x"), np.zeros((4, 5)))}, {"y": LAT[:4], "x": LON[:5]}).to_netcdf(
        tmp_path / "diva.nc"
    )
    with pytest.raises(ValueError, match=r"a grid without a time.*ds.rename\(x='lon', y='lat'\).*expand_dims\(time"):
        read(tmp_path / "diva.nc")
