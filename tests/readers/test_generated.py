"""Readers on synthetic files: the challenges' formats, full products and known irregularities."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.readers import (
    identify_format,
    read,
    read_along_track_l3,
    read_challenge_maps,
    read_nemo,
    read_simulated_swath,
    read_simulated_track,
    read_sst,
    read_swot_l3,
    to_points,
)

RANDOM = np.random.default_rng(0)
LAT, LON = np.round(33 + 0.05 * np.arange(7), 2), np.round(-65 + 0.05 * np.arange(9), 2)
DAYS = pd.date_range("2012-10-01", periods=5)


def maps(name, values=None, time=DAYS, lat=LAT, lon=LON, **attrs):
    values = RANDOM.normal(size=(len(time), len(lat), len(lon))) if values is None else values
    return xr.Dataset({name: (("time", "lat", "lon"), values, attrs)}, coords={"time": time, "lat": lat, "lon": lon})


@pytest.fixture
def written(tmp_path):
    def write(ds, name="file.nc", **encoding):
        path = tmp_path / name
        ds.to_netcdf(path, encoding=encoding)
        return path

    return write


@pytest.mark.parametrize(("units", "step"), [("seconds", 86400), ("days", 1), ("hours", 24)])
def test_time_axes_of_the_challenges_without_units(written, assert_tidy, units, step):
    """The truth of 2020a is in seconds since 2012-10-01, its observations in days; neither file states it."""
    ds = maps("ssh_mod", time=step * np.arange(5.0))
    ds["ssh_obs"], ds["lag"] = ds.ssh_mod + 1, ds.ssh_mod * 0
    path = written(ds)
    tidy = read(path)
    assert_tidy(tidy)
    assert tidy.attrs["recognised_as"].startswith("maps of an SSH mapping challenge")
    assert list(tidy.data_vars) == ["ssh_obs"]  # without instrument errors, as in the challenge
    np.testing.assert_array_equal(tidy.time, DAYS)
    np.testing.assert_array_equal(tidy.ssh_obs, ds.ssh_mod)
    np.testing.assert_array_equal(read(path, names={"ssh_obs": "ssh_obs"}).ssh_obs, ds.ssh_obs)
    assert list(read(path, names={"ssh_mod": "ssh"}).data_vars) == ["ssh"]


def test_a_time_axis_without_units_that_is_not_daily_is_refused(written):
    path = written(maps("ssh", time=np.arange(5.0) * 7))
    with pytest.raises(
        ValueError, match=r"time axis has no units and its steps are \[7.0\]: expected 1 .*Set time_units='days since"
    ):
        read(path)
    tidy = read_challenge_maps(path, time_units="hours since 2012-10-01")
    assert pd.Timestamp(tidy.time.values[1]) == pd.Timestamp("2012-10-01T07:00")


@pytest.mark.parametrize(("name", "tidy_name"), [("gssh", "ssh"), ("sossheig", "ssh"), ("ssh", "ssh"), ("sst", "sst")])
def test_truth_and_published_maps_of_the_challenges(written, assert_tidy, name, tidy_name):
    time = np.arange(5.0) * 86400 if name == "sst" else DAYS
    ds = maps(name, time=time)
    tidy = read(written(ds))
    assert_tidy(tidy)
    np.testing.assert_array_equal(tidy[tidy_name], ds[name])


def test_the_training_file_of_the_starter(written, assert_tidy):
    ds = maps("ssh")
    ds["nadir_obs"] = ds.ssh.where(RANDOM.random(ds.ssh.shape) < 0.1)
    tidy = read(written(ds))
    assert_tidy(tidy)
    assert set(tidy.data_vars) == {"ssh", "ssh_obs"}
    np.testing.assert_array_equal(tidy.ssh_obs, ds.nadir_obs)


def test_longitudes_of_the_challenge_2021a_are_wrapped(written, assert_tidy):
    """0 to 360 degrees in the file, -180 to 180 after reading."""
    ds = maps("ssh", lon=LON + 360)
    tidy = read(written(ds))
    assert_tidy(tidy)
    np.testing.assert_allclose(tidy.lon, LON, atol=1e-9)
    np.testing.assert_array_equal(tidy.ssh, ds.ssh)


def test_a_simulated_nadir_track(written, assert_tidy):
    n = 50
    ds = xr.Dataset(
        {v: ("time", RANDOM.normal(size=n)) for v in ("lon", "lat", "ssh_model", "ssh_obs")},
        coords={"time": pd.date_range("2012-10-01", periods=n, freq="s")},
    )
    path = written(ds, "2020a_SSH_mapping_NATL60_envisat.nc")
    tidy = read(path)
    assert_tidy(tidy)
    np.testing.assert_array_equal(tidy.ssh, ds.ssh_model)
    np.testing.assert_array_equal(read(path, variable="ssh_obs").ssh, ds.ssh_obs)
    assert set(tidy.mission.values) == {path.stem}
    with pytest.raises(
        ValueError, match="variable='ssh': expected an along-track variable .*ssh_model.*read_simulated_swath"
    ):
        read_simulated_track(path, variable="ssh")
    with pytest.raises(
        ValueError, match="variable='ssh_model': expected a swath with across-track .*x_ac in .*ssh_model"
    ):
        read_simulated_swath(path)


def karin(lines=12, pixels=6):
    x_ac = np.linspace(-50, 50, pixels)
    lat = 33 + 0.02 * np.arange(lines)[:, None] + 0 * x_ac
    ds = xr.Dataset(
        {
            "ssh_model": (("time", "nC"), RANDOM.normal(size=(lines, pixels))),
            "lon": (("time", "nC"), 295 + 0.01 * x_ac + 0 * lat),
            "lat": (("time", "nC"), lat),
            "x_ac": ("nC", x_ac),
        },
        coords={"time": pd.date_range("2012-10-01", periods=lines, freq="300ms")},
    )
    ds["ssh_model"][3, 2] = np.nan
    return ds


def test_a_simulated_swath_and_its_points(written, assert_tidy):
    ds = karin()
    tidy = read(written(ds))
    assert_tidy(tidy)
    np.testing.assert_array_equal(tidy.ssh, ds.ssh_model)
    np.testing.assert_array_equal(tidy.cross_track_distance[7], ds.x_ac)
    points = to_points(tidy)
    assert points.sizes == {"point": 12 * 6 - 1}
    i = 20  # after the missing pixel: line 3, pixel 3
    np.testing.assert_allclose(points.isel(point=i).ssh, ds.ssh_model[3, 3])
    np.testing.assert_allclose(points.lon[i], ds.lon[3, 3] - 360)
    np.testing.assert_array_equal(points.time[i], ds.time[3])
    np.testing.assert_allclose(points.cross_track_distance[i], ds.x_ac[3])


def swot(lines=5, pixels=4):
    dims = ("num_lines", "num_pixels")
    field = lambda scale=1.0: (dims, scale * RANDOM.normal(size=(lines, pixels)))  # noqa: E731
    return xr.Dataset(
        {
            "ssha_unfiltered": field(), "ssha_filtered": field(), "mdt": field(0.1),
            "quality_flag": (dims, np.arange(lines * pixels).reshape(lines, pixels) % 3),
            "latitude": field(), "longitude": field(), "cross_track_distance": field(),
            "time": ("num_lines", pd.date_range("2023-08-01", periods=lines, freq="300ms")),
        }
    )  # fmt: skip


def test_swot_products_with_times_flags_and_a_mean_topography(written, assert_tidy):
    ds = swot()
    path = written(ds)
    tidy = read(path)
    assert_tidy(tidy)
    np.testing.assert_array_equal(tidy.sla, ds.ssha_unfiltered.where(ds.quality_flag == 0))
    np.testing.assert_array_equal(tidy.time, ds.time)
    assert "comment" not in tidy.time.attrs
    full = read(path, variable="ssha_filtered", with_mdt=True, flag=1)
    np.testing.assert_allclose(full.ssh, (ds.ssha_filtered + ds.mdt).where(ds.quality_flag <= 1))
    with pytest.raises(ValueError, match="has no ssha_noiseless: it contains .*Set variable="):
        read_swot_l3(path, variable="ssha_noiseless")
    with pytest.raises(ValueError, match="has no mdt"):
        read_swot_l3(written(ds.drop_vars("mdt"), "b.nc"), with_mdt=True)
    with pytest.raises(ValueError, match="has none of ssha_unfiltered"):
        read_swot_l3(written(ds[["cross_track_distance", "latitude"]], "c.nc"))
    with pytest.raises(ValueError, match="has no time: expected a variable time, or the attributes time_coverage"):
        read(written(ds.drop_vars("time"), "d.nc"))


def test_packed_maps_with_descending_latitudes(written, assert_tidy):
    values = np.round(RANDOM.normal(size=(1, 7, 9)), 4)
    values[0, 2, 3] = np.nan
    ds = maps("sla", values, DAYS[:1], LAT[::-1], LON + 360, units="m").rename(lat="latitude", lon="longitude")
    packing = {"sla": {"dtype": "int16", "scale_factor": 1e-4, "_FillValue": -32767}}
    tidy = read(written(ds, **packing))
    assert_tidy(tidy)
    np.testing.assert_allclose(tidy.sla[0], values[0, ::-1], atol=1e-9)


@pytest.mark.parametrize(("dtype", "fill"), [("int16", -32767), ("int32", -2147483647)])
def test_cells_with_an_undeclared_fill_value_are_missing(written, dtype, fill):
    """Without a declared fill value, that of the NetCDF library applies."""
    raw = np.full((1, 7, 9), 12345, dtype)
    raw[0, 1, 1] = fill
    ds = maps("adt", raw, DAYS[:1], scale_factor=1e-4, units="m")
    tidy = read(written(ds, adt={"_FillValue": None}))
    assert tidy.adt.isnull().sum() == 1
    assert bool(tidy.adt[0, 1, 1].isnull())
    assert float(tidy.adt[0, 0, 0]) == pytest.approx(1.2345)


def cloudy():
    shape = (2, len(LAT), len(LON))
    ds = maps("sea_surface_temperature", 290 + RANDOM.random(shape), DAYS[:2], units="kelvin")
    ds["quality_level"] = (("time", "lat", "lon"), RANDOM.integers(0, 6, shape).astype("int8"))
    ds["mask"] = (("time", "lat", "lon"), RANDOM.choice([1, 2, 5, 8], shape).astype("int8"))
    ds.mask.attrs = {"flag_meanings": "sea land lake ice", "flag_masks": np.array([1, 2, 4, 8], "int8")}
    return ds


def test_only_good_temperatures_at_sea_remain(written, assert_tidy):
    ds = cloudy()
    path = written(ds)
    tidy = read(path)
    assert_tidy(tidy)
    sea = (ds.mask % 2) == 1
    expected = (ds.sea_surface_temperature - 273.15).where((ds.quality_level >= 4) & sea)
    np.testing.assert_allclose(tidy.sst, expected, atol=1e-9)
    np.testing.assert_array_equal(tidy.sea, sea.any("time"))
    assert int(read(path, quality=0).sst.notnull().sum()) == int(sea.sum())
    with pytest.raises(ValueError, match="quality=9: expected the lowest accepted GHRSST quality level, 0 to 5"):
        read_sst(path, quality=9)


def nemo(**time):
    jj, ii = np.mgrid[0:4, 0:5]
    ds = xr.Dataset(
        {"sossheig": (("time_counter", "y", "x"), RANDOM.normal(size=(1, 4, 5))),
         "nav_lat": (("y", "x"), 40 + 0.1 * jj + 0.01 * ii), "nav_lon": (("y", "x"), 359 + 0.4 * ii + 0.0 * jj)},
    )  # fmt: skip
    return ds.assign_coords(time)


def test_nemo_time_is_from_the_file_its_name_or_the_argument(written, assert_tidy):
    ds = nemo(time_counter=pd.DatetimeIndex(["2009-08-15T12:00"]))
    tidy = read(written(ds))
    assert_tidy(tidy)
    assert tidy.ssh.dims == ("time", "y", "x")
    np.testing.assert_array_equal(tidy.ssh, ds.sossheig)
    np.testing.assert_allclose(tidy.lon[0], [-1, -0.6, -0.2, 0.2, 0.6], atol=1e-9)
    noon = np.datetime64("2009-08-15T12:00")
    assert tidy.time.values[0] == noon
    assert read(written(nemo(), "RUN_y2009m08d15.1d_SSH.nc")).time.values[0] == noon
    nameless = written(nemo(), "run.nc")
    assert read_nemo(nameless, time="2009-08-15T12:00").time.values[0] == noon
    with pytest.raises(ValueError, match="neither run.nc nor its name contains a time. Set it with time='2009"):
        read(nameless)
    with pytest.raises(
        ValueError, match="expected a curvilinear grid, got .*Read regular grids with xdvn.readers.read_grid"
    ):
        read_nemo(written(maps("sossheig"), "regular.nc"))
    with pytest.raises(ValueError, match="has none of sossheig"):
        read_nemo(written(nemo().rename(sossheig="salinity"), "salt.nc"))


def test_lazy_arrays_on_request(written):
    import dask.array

    path = written(maps("ssh"))
    tidy = read(path, chunks={"time": 2})
    assert isinstance(tidy.ssh.data, dask.array.Array)
    assert tidy.ssh.chunks[0] == (2, 2, 1)
    xr.testing.assert_equal(tidy.load(), read(path).load())


def test_a_level_3_file_with_missing_terms(written):
    ds = xr.Dataset({v: ("time", np.zeros(3)) for v in ("sla_filtered", "longitude", "latitude")}, {"time": DAYS[:3]})
    path = written(ds)
    with pytest.raises(
        ValueError, match="has no sla_unfiltered or mdt or lwe: it contains sla_filtered.*Select .*filtered="
    ):
        read_along_track_l3(path)
    tidy = read_along_track_l3(path, filtered=True, with_mdt=False, subtract_lwe=False)
    assert tidy.sla.attrs["formula"] == "sla_filtered"


def test_the_format_of_a_file_is_identified(written):
    identified = identify_format(written(maps("gssh")))
    assert identified.description == "maps of an SSH mapping challenge"
    assert identified.call == "xdvn.readers.read_challenge_maps"
