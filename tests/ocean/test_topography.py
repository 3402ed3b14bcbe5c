"""Absolute topography and currents of a Dataset: sums, standard names, and errors of arguments."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.ocean import geostrophic_currents
from xdvn.ocean.topography import (
    absolute_topography,
    add_absolute_topography,
    sea_level_anomaly,
    surface_currents,
)


def sla(seed=0):
    coords = {
        "time": pd.date_range("2020-01-01", periods=4),
        "lat": ("lat", 30 + 0.5 * np.arange(6), {"units": "degrees_north"}),
        "lon": ("lon", 0.5 * np.arange(7), {"units": "degrees_east"}),
    }
    attrs = {"units": "m", "standard_name": "sea_surface_height_above_sea_level"}
    values = np.random.default_rng(seed).normal(size=(4, 6, 7))
    return xr.DataArray(values, coords, ("time", "lat", "lon"), name="sla", attrs=attrs)


def mdt():
    mean = (0.5 * sla(1)[0].drop_vars("time")).rename("mdt")
    return mean.assign_attrs(units="m", standard_name="sea_surface_height_above_geoid")


def test_absolute_is_anomaly_plus_mean():
    adt = absolute_topography(sla(), mdt())
    np.testing.assert_allclose(adt, sla().values + mdt().values)
    assert adt.attrs["standard_name"] == "sea_surface_height_above_geoid"
    assert adt.attrs["units"] == "m"
    turned = absolute_topography(sla().transpose("lon", "time", "lat"), mdt().transpose())
    assert turned.dims == ("lon", "time", "lat")
    np.testing.assert_allclose(turned.transpose(*adt.dims), adt)
    nearly = mdt().assign_coords(lat=mdt().lat + 1e-10)
    assert absolute_topography(sla(), nearly).shape == (4, 6, 7)
    other_file = mdt().isel(lat=slice(None, None, -1)).assign_coords(lon=(mdt().lon + 360).astype("f4"))
    xr.testing.assert_identical(absolute_topography(sla(), other_file), absolute_topography(sla(), mdt()))
    ds = sla().to_dataset()
    xr.testing.assert_identical(surface_currents(ds, mdt=other_file), surface_currents(ds, mdt=mdt()))


def test_currents_with_and_without_a_mean():
    ds = sla().to_dataset().assign(mdt_error=mdt().drop_attrs())
    anomalies, absolute = surface_currents(ds), surface_currents(ds, mdt=mdt())
    xr.testing.assert_allclose(anomalies.u, geostrophic_currents(sla()).u)
    assert anomalies.u.attrs["standard_name"].endswith("assuming_mean_sea_level_for_geoid")
    assert absolute.u.attrs["standard_name"] == "surface_geostrophic_eastward_sea_water_velocity"
    mean = geostrophic_currents(mdt())
    np.testing.assert_allclose(absolute.u, (anomalies.u + mean.u).transpose("time", "lat", "lon"), atol=1e-9)
    np.testing.assert_allclose(absolute.eke, 0.5 * (anomalies.u**2 + anomalies.v**2), atol=1e-9)
    np.testing.assert_allclose(absolute.adt, sla().values + mdt().values)


def test_accessor_forwards():
    ds = sla().to_dataset()
    xr.testing.assert_identical(ds.dvn.currents(), surface_currents(ds))
    xr.testing.assert_identical(ds.dvn.currents("sla", mdt()), surface_currents(ds, mdt=mdt()))


def test_errors_name_a_cure():
    with pytest.raises(
        ValueError,
        match="'sla' has the standard_name of an absolute height: expected an anomaly. Leave mdt out, or set",
    ):
        absolute_topography(sla().assign_attrs(standard_name="sea_surface_height_above_geoid"), mdt())
    with pytest.raises(ValueError, match="are in 'm', the mean dynamic topography in 'cm'. Convert one"):
        absolute_topography(sla(), mdt().assign_attrs(units="cm"))
    with pytest.raises(ValueError, match=r"mdt\.interp\(lat=sla\['lat'\], lon=sla\['lon'\]\)"):
        absolute_topography(sla(), mdt()[0])
    with pytest.raises(ValueError, match=r"mdt and sla differ along 'lat': got 5 .* expected 6 .*sla\.sel\(lat"):
        absolute_topography(sla(), mdt()[1:])
    with pytest.raises(ValueError, match=r"mdt and sla share no coord.* 'lon': .*mdt\.interp\(lon=sla\['lon'\]\)"):
        absolute_topography(sla(), mdt().assign_coords(lon=mdt().lon + 0.25))
    with pytest.raises(
        ValueError, match=r"expected one variable .*, got \['sla', 'mdt'\]. Choose one of .* with name="
    ):
        surface_currents(xr.Dataset({"sla": sla(), "mdt": mdt()}))
    with pytest.raises(ValueError, match=r"expected one variable .*, got \[\]. Choose one of \['sst'\] with name="):
        surface_currents(xr.Dataset({"sst": sla().drop_attrs()}))
    with pytest.raises(KeyError, match="did you mean 'sla'"):
        surface_currents(sla().to_dataset(), "sl")


def test_anomaly_is_absolute_minus_mean():
    adt = absolute_topography(sla(), mdt())
    back = sea_level_anomaly(adt.assign_attrs(grid_mapping="crs"), mdt())
    np.testing.assert_allclose(back, sla(), atol=1e-12)
    assert back.attrs["standard_name"] == "sea_surface_height_above_sea_level"
    assert (back.name, back.attrs["units"], back.attrs["grid_mapping"]) == ("sla", "m", "crs")
    with pytest.raises(
        ValueError,
        match="'sla' has the standard_name of an anomaly: expected an absolute height. Use it unchanged, or set",
    ):
        sea_level_anomaly(sla(), mdt())
    with pytest.raises(ValueError, match=r"mdt and adt differ along 'lon': got 6 .*expected 7 .*adt\.sel\(lon"):
        sea_level_anomaly(adt, mdt()[:, 1:])


def test_ancillary_variables_of_the_anomaly_apply_to_the_absolute_height():
    ds = sla().assign_attrs(ancillary_variables="sla_std gone").to_dataset().assign(sla_std=0.1 * abs(sla()))
    adt = add_absolute_topography(ds.assign(sla_std=ds.sla_std.drop_attrs()), mdt()).adt
    assert adt.attrs["ancillary_variables"] == "sla_std"
    np.testing.assert_allclose(adt, sla().values + mdt().values)
    assert "ancillary_variables" not in add_absolute_topography(sla().to_dataset(), mdt()).adt.attrs
