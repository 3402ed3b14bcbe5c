"""Geostrophic currents against an eddy in closed form, metpy and DUACS, and errors of arguments."""

import os
from pathlib import Path

import metpy.calc as calc
import numpy as np
import pytest
import xarray as xr
from metpy.units import units

from xdvn.ocean import geostrophic_currents

R, OMEGA, G = 6371e3, 7.292115e-5, 9.81


def sea(height, lat, lon):
    coords = {
        "lat": ("lat", lat, {"units": "degrees_north"}),
        "lon": ("lon", lon, {"units": "degrees_east"}),
    }
    return xr.DataArray(height, coords, ("lat", "lon"), name="ssh", attrs={"units": "m"})


def eddy(step=0.05, centre=(38.0, -60.0), size=60e3, height=0.4):
    """Return a Gaussian hill in lat and lon, and its analytic currents on the sphere."""
    lat, lon = centre[0] + np.arange(-2, 2 + step / 2, step), centre[1] + np.arange(-2, 2 + step / 2, step)
    y, x = R * np.deg2rad(lat - centre[0])[:, None], R * np.cos(np.deg2rad(centre[0])) * np.deg2rad(lon - centre[1])
    eta = height * np.exp(-(x**2 + y**2) / (2 * size**2))
    phi = np.deg2rad(lat)[:, None]
    f, stretch = 2 * OMEGA * np.sin(phi), np.cos(np.deg2rad(centre[0])) / np.cos(phi)  # d x / d (distance east)
    s2 = size**2
    u = G / f * y / s2 * eta
    v = -G / f * x / s2 * eta * stretch
    beta = 2 * OMEGA * np.cos(phi) / R
    u_y = G / f / s2 * eta * (1 - y**2 / s2) - beta / f * u
    v_x = -G / f / s2 * eta * (1 - x**2 / s2) * stretch**2
    v_y = v * (-y / s2 - beta / f + np.tan(phi) / R)
    u_x = u * (-x / s2) * stretch
    zeta = v_x - u_y + u * np.tan(phi) / R
    return sea(eta, lat, lon), {"u": u, "v": v, "vorticity": zeta, "strain": np.hypot(u_x - v_y, v_x + u_y)}


def test_analytic_eddy_within_one_percent():
    ssh, exact = eddy(0.025)
    currents = geostrophic_currents(ssh)
    for name, values in exact.items():
        assert float(abs(currents[name] - values).max()) < 0.01 * np.abs(values).max(), name
    np.testing.assert_allclose(currents.speed, np.hypot(currents.u, currents.v))
    f = 2 * OMEGA * np.sin(np.deg2rad(ssh.lat))
    xr.testing.assert_allclose(currents.vorticity_over_f, currents.vorticity / f)
    # A high turns clockwise in the north.
    assert float(currents.vorticity_over_f.sel(lat=38.0, lon=-60.0, method="nearest")) < -0.1


def test_error_falls_with_the_square_of_the_step():
    errors = []
    for step in (0.2, 0.1):
        ssh, exact = eddy(step)
        errors.append(float(abs(geostrophic_currents(ssh).u - exact["u"])[2:-2, 2:-2].max()))
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.1)


def test_southern_hemisphere_mirrors_the_northern():
    north = geostrophic_currents(eddy(0.1)[0])
    south_ssh = eddy(0.1)[0].isel(lat=slice(None, None, -1))
    south_ssh = south_ssh.assign_coords(lat=-south_ssh.lat.assign_attrs(units="degrees_north"))
    south_ssh.lat.attrs["units"] = "degrees_north"
    south = geostrophic_currents(south_ssh).isel(lat=slice(None, None, -1))
    np.testing.assert_allclose(south.u, north.u, atol=1e-12)
    np.testing.assert_allclose(south.v, -north.v, atol=1e-12)
    np.testing.assert_allclose(south.vorticity, -north.vorticity, atol=1e-16)


def test_order_units_longitudes_and_time_do_not_matter():
    ssh, _ = eddy(0.1)
    reference = geostrophic_currents(ssh)
    for change in (
        lambda da: da.isel(lat=slice(None, None, -1)),
        lambda da: da.isel(lon=slice(None, None, -1)),
        lambda da: da.transpose(),
        lambda da: (100 * da).assign_attrs(units="cm"),
        lambda da: da.assign_coords(lon=("lon", da.lon.values % 360, {"units": "degrees_east"})),
        lambda da: da.chunk(lat=20),
        lambda da: da.expand_dims(time=[0]),
        lambda da: da.assign_coords(time=3),
    ):
        ours = geostrophic_currents(change(ssh)).squeeze()
        for name in ("u", "v", "vorticity", "strain"):
            aligned = ours[name].assign_coords(lon=(ours.lon + 180) % 360 - 180).sortby(["lat", "lon"])
            np.testing.assert_allclose(aligned.transpose("lat", "lon"), reference[name], atol=1e-10)
    assert geostrophic_currents(ssh.chunk(lat=20)).u.chunks is not None
    assert geostrophic_currents(ssh.transpose()).u.dims == ("lon", "lat")


@pytest.mark.parametrize("order", ["as stored", "sorted"])
@pytest.mark.parametrize("middle", [0.0, 180.0])
@pytest.mark.parametrize("convention", [lambda lon: lon % 360, lambda lon: (lon + 180) % 360 - 180])
def test_a_box_across_the_cut_of_longitudes(middle, convention, order):
    ssh, _ = eddy(0.1)
    expected = geostrophic_currents(ssh, mean=0.5 * ssh)
    east = ssh.lon.values - ssh.lon.values.mean() + middle
    across = ssh.assign_coords(lon=("lon", convention(east), {"units": "degrees_east"}), east=("lon", east))
    across = across.sortby("lon") if order == "sorted" else across
    ours = geostrophic_currents(across, mean=0.5 * across)
    np.testing.assert_array_equal(ours.lon, across.lon)
    for name in expected:
        np.testing.assert_allclose(ours[name].sortby("east"), expected[name], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("west", [0.0, -180.0, -90.0])
@pytest.mark.parametrize("step", [2.0, -2.0])
def test_a_global_field_has_no_seam(west, step):
    """A wave with four crests around the globe: v = (g / f) d eta/dx, the same discretisation at every longitude."""
    lon = west + step * np.arange(180) % 360
    lat = np.arange(30.0, 40.0)
    wave = np.sin(4 * np.deg2rad(lon)) * np.ones((lat.size, 1))
    coords = {"lat": ("lat", lat, {"units": "degrees_north"}), "lon": ("lon", lon, {"units": "degrees_east"})}
    v = geostrophic_currents(xr.DataArray(wave, coords, ("lat", "lon"), attrs={"units": "m"})).v
    h = np.deg2rad(2.0)
    slope = 4 * np.cos(4 * np.deg2rad(lon)) * np.sin(4 * h) / (4 * h)
    f = 2 * 7.292115e-5 * np.sin(np.deg2rad(lat))[:, None]
    np.testing.assert_allclose(v, 9.81 / f * slope / (R * np.cos(np.deg2rad(lat))[:, None]), rtol=1e-6, atol=1e-9)


def test_agrees_with_metpy():
    """The currents equal those of metpy up to the third digit of R and g."""
    ssh, _ = eddy(0.1)
    dx, dy = (
        R * np.cos(np.deg2rad(ssh.lat.values))[:, None] * np.deg2rad(np.diff(ssh.lon))[None] * units.m,
        R * np.deg2rad(np.diff(ssh.lat))[:, None] * np.ones((1, ssh.sizes["lon"])) * units.m,
    )
    lat = ssh.lat.values[:, None] * units.degrees
    u, v = calc.geostrophic_wind(ssh.values * units.m, dx, dy, lat)
    ours = geostrophic_currents(ssh)
    for mine, theirs in ((ours.u, u), (ours.v, v)):
        theirs = theirs.to("m/s").magnitude * (G / 9.80665)
        np.testing.assert_allclose(mine[1:-1, 1:-1], theirs[1:-1, 1:-1], atol=1e-6 * np.abs(theirs).max())
    plane = calc.vorticity(ours.u.values * units("m/s"), ours.v.values * units("m/s"), dx=dx, dy=dy).magnitude
    mine = (ours.vorticity - ours.u * np.tan(np.deg2rad(ssh.lat)) / R).values
    np.testing.assert_allclose(mine[2:-2, 2:-2], plane[2:-2, 2:-2], atol=1e-6 * np.abs(plane).max())
    strain = calc.total_deformation(ours.u.values * units("m/s"), ours.v.values * units("m/s"), dx=dx, dy=dy).magnitude
    np.testing.assert_allclose(ours.strain[2:-2, 2:-2], strain[2:-2, 2:-2], atol=1e-6 * strain.max())


@pytest.mark.parametrize(
    ("name", "height", "u", "box"),
    [
        (
            "nrt_global_allsat_phy_l4_20190223_20190226.nc",
            "adt",
            "ugos",
            {"latitude": (33, 43), "longitude": (295, 305)},
        ),
        ("dt_blacksea_allsat_phy_l4_20160707_20200801.nc", "adt", "ugos", {}),
    ],
)
def test_agrees_with_the_currents_of_duacs(name, height, u, box):
    """The currents of the producers, from 9-point stencils, agree to a few per cent."""
    found = sorted(Path(os.environ.get("XDVN_DATA_DIR", "nowhere")).rglob(name))
    if not found:
        pytest.skip(f"{name} is not below XDVN_DATA_DIR")
    with xr.open_dataset(found[0]) as ds:
        ds = ds.sel({k: slice(*v) for k, v in box.items()}).load()
    ours = geostrophic_currents(ds[height])
    assert ours.u.attrs["standard_name"] == ds[u].attrs["standard_name"]
    for mine, theirs in ((ours.u, ds[u]), (ours.v, ds[u.replace("u", "v", 1)])):
        both = mine.notnull() & theirs.notnull()
        a, b = mine.values[both], theirs.values[both]
        assert both.sum() > 500
        assert np.corrcoef(a, b)[0, 1] > 0.98
        assert np.polyfit(a, b, 1)[0] == pytest.approx(1, abs=0.05)


def test_solid_rotation_on_the_sphere():
    """The solid rotation u = U cos(lat) has zeta = 2 U sin(lat) / R."""
    lat, lon = np.arange(20.0, 70.0, 0.25), np.arange(0.0, 3.0, 0.25)
    speed = 0.5
    sine = np.sin(np.deg2rad(lat))
    # g eta = - int f u R dlat = - 2 Omega U R int sin cos dlat
    eta = -2 * OMEGA * speed * R / G * sine**2 / 2
    ours = geostrophic_currents(sea(np.tile(eta[:, None], lon.size), lat, lon))
    np.testing.assert_allclose(ours.u.isel(lon=0)[1:-1], speed * np.cos(np.deg2rad(lat))[1:-1], rtol=1e-4)
    np.testing.assert_allclose(ours.vorticity.isel(lon=0)[2:-2], 2 * speed * sine[2:-2] / R, rtol=1e-3)


def test_plane_in_metres_or_kilometres():
    ssh, _ = eddy(0.1)
    x, y = 5e3 * np.arange(-30, 31.0), 5e3 * np.arange(-25, 26.0)
    eta = 0.2 * np.exp(-(x**2 + y[:, None] ** 2) / (2 * 50e3**2))
    plane = xr.DataArray(eta, {"y": ("y", y, {"units": "m"}), "x": ("x", x, {"units": "m"})}, ("y", "x"))
    plane.attrs["units"] = "m"
    ours = geostrophic_currents(plane, latitude=40.0)
    f = 2 * OMEGA * np.sin(np.deg2rad(40.0))
    exact = G / f * y[:, None] / 50e3**2 * eta
    assert float(abs(ours.u - exact).max()) < 0.01 * exact.max()
    assert "standard_name" not in ours.u.attrs
    km = plane.assign_coords(y=("y", y / 1e3, {"units": "km"}), x=("x", x / 1e3, {"units": "km"}))
    np.testing.assert_allclose(geostrophic_currents(km, latitude=40.0).v, ours.v, atol=1e-12)
    with pytest.raises(
        ValueError, match=r"\('y', 'x'\) are lengths: expected the latitude of the plane. Pass latitude="
    ):
        geostrophic_currents(plane)
    with pytest.raises(ValueError, match="within 5 degrees of the equator: expected geostrophic balance. Use higher"):
        geostrophic_currents(plane, latitude=2.0)


def test_cells_near_the_equator_are_nan():
    lat, lon = np.arange(-10.0, 10.5, 0.5), np.arange(0.0, 5.0, 0.5)
    ssh = sea(np.random.default_rng(0).normal(size=(lat.size, lon.size)), lat, lon)
    ours = geostrophic_currents(ssh)
    assert bool(ours.u.sel(lat=slice(-4.9, 4.9)).isnull().all())
    assert bool(ours.u.where(abs(ours.lat) >= 5, drop=True).notnull().all())
    assert "within 5 degrees of the equator" in ours.u.attrs["comment"]
    assert bool(geostrophic_currents(ssh, equator=8.0).u.sel(lat=slice(-7.9, 7.9)).isnull().all())
    assert "comment" not in geostrophic_currents(ssh.sel(lat=slice(5, 10))).u.attrs
    with pytest.raises(ValueError, match=r"all latitudes \(-4 to 4\) are within 5 degrees"):
        geostrophic_currents(ssh.sel(lat=slice(-4, 4)))


def test_velocities_are_nan_within_one_cell_of_land():
    ssh, _ = eddy(0.1)
    land = ssh.copy()
    land[20, 20] = np.nan
    ours, whole = geostrophic_currents(land), geostrophic_currents(ssh)
    lost = ours.u.isnull().values
    assert set(map(tuple, np.argwhere(lost))) == {(19, 20), (20, 20), (21, 20)}
    np.testing.assert_allclose(ours.u.values[~lost], whole.u.values[~lost])


def test_eddy_kinetic_energy_is_relative_to_the_mean():
    ssh, _ = eddy(0.1)
    phase = xr.DataArray([1.0, -1.0, 3.0, -3.0], dims="time", coords={"time": np.arange(4)})
    moving = (ssh * phase + 5 * ssh).transpose("time", ...).assign_attrs(units="m")
    one = geostrophic_currents(ssh)
    expected = phase**2 * (one.u**2 + one.v**2) / 2
    np.testing.assert_allclose(geostrophic_currents(moving).eke, expected.transpose("time", ...), atol=1e-12)
    given = geostrophic_currents(moving, mean=(4 * ssh).assign_attrs(units="m")).eke
    np.testing.assert_allclose(given, ((phase + 1) ** 2 * (one.u**2 + one.v**2) / 2).transpose("time", ...), atol=1e-12)
    assert bool(one.eke.isnull().all())
    assert "has no time mean. Pass mean=" in one.eke.attrs["reason"]
    with pytest.raises(ValueError, match=r"mean= has .*: expected \(\'lat\', \'lon\'\) .*Use mean\.interp"):
        geostrophic_currents(moving, mean=ssh.isel(lat=0))
    with pytest.raises(ValueError, match=r"mean and ssh differ along 'lat': got 40 .*, expected 41 .*Select the"):
        geostrophic_currents(moving, mean=ssh.isel(lat=slice(1, None)))
    other_digits = ssh.isel(lat=slice(None, None, -1)).assign_coords(lon=ssh.lon.astype("f4") + 360)
    again = geostrophic_currents(moving, mean=(4 * other_digits).assign_attrs(units="m")).eke
    xr.testing.assert_identical(again, given)


def test_attributes_follow_cf():
    ssh, _ = eddy(0.2)
    absolute = geostrophic_currents(ssh.assign_attrs(standard_name="sea_surface_height_above_geoid"))
    anomaly = geostrophic_currents(ssh.assign_attrs(standard_name="sea_surface_height_above_sea_level"))
    name = "surface_geostrophic_northward_sea_water_velocity"
    assert absolute.v.attrs["standard_name"] == name
    assert anomaly.v.attrs["standard_name"] == name + "_assuming_mean_sea_level_for_geoid"
    assert {n: da.attrs["units"] for n, da in absolute.items()} == {
        "u": "m s-1", "v": "m s-1", "speed": "m s-1", "vorticity": "s-1", "vorticity_over_f": "1", "strain": "s-1",
        "eke": "m2 s-2",
    }  # fmt: skip


def test_errors_name_a_cure():
    ssh, _ = eddy(0.2)
    with pytest.raises(ValueError, match=r"units None: expected m, cm or mm. Use .*assign_attrs"):
        geostrophic_currents(ssh.drop_attrs())
    with pytest.raises(ValueError, match="units 'feet'"):
        geostrophic_currents(ssh.assign_attrs(units="feet"))
    with pytest.raises(ValueError, match=r"'lat' has steps of -.*: expected one sign. Use ssh.sortby\('lat'\)"):
        geostrophic_currents(ssh.isel(lat=[0, 2, 1, 3]))
    with pytest.raises(ValueError, match="has 2 values: expected at least 3 for differences. Use a larger box"):
        geostrophic_currents(ssh[:, :2])
    with pytest.raises(
        ValueError, match="'lat' has no coordinate: expected a one-dimensional one .*Use ssh.assign_coords"
    ):
        geostrophic_currents(ssh.drop_vars("lat"), dims={"Y": "lat"})
    with pytest.raises(ValueError, match="expected two for currents. Name them with dims="):
        geostrophic_currents(ssh.isel(lon=0).expand_dims(time=[0]))
    with pytest.raises(ValueError, match="'lat' has values up to 120: expected latitudes. Check dims="):
        geostrophic_currents(ssh.assign_coords(lat=("lat", np.linspace(60, 120, 21), {"units": "degrees_north"})))
    with pytest.raises(ValueError, match="expected degrees, m or km"):
        geostrophic_currents(
            ssh.rename(lat="j", lon="i").assign_coords(j=range(21), i=range(21)), dims={"Y": "j", "X": "i"}
        )
