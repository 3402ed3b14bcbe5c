"""Distinction of degrees and lengths, and conversion to kilometres."""

import numpy as np
import pytest
import xarray as xr

from xdvn.grid.axes import find_axes
from xdvn.grid.coordinates import RADIUS, coriolis, in_degrees, kilometres_per_unit, points_in_space

DIMS = {"T": "t", "Y": "y", "X": "x"}


def grid(y_units=None, x_units=None, y=(40.0, 41.0, 42.0), x=(10.0, 11.0)):
    coords = {"y": ("y", list(y), {"units": y_units} if y_units else {})}
    coords["x"] = ("x", list(x), {"units": x_units} if x_units else {})
    return xr.DataArray(np.zeros((1, len(y), len(x))), coords, ("t", "y", "x"))


def test_coriolis_is_twice_the_rotation_rate_of_the_earth():
    sidereal = 86164.0905
    assert coriolis(90.0) == pytest.approx(4 * np.pi / sidereal, rel=1e-6)
    assert coriolis(-30.0) == pytest.approx(-2 * np.pi / sidereal, rel=1e-6)
    assert coriolis(0.0) == 0


def test_degrees_by_units_or_by_name():
    assert in_degrees(grid("degrees_north", "degrees_east"), find_axes(grid(), DIMS))
    assert not in_degrees(grid("m", "km"), find_axes(grid(), DIMS))
    assert not in_degrees(grid(), find_axes(grid(), DIMS))
    named = grid().rename(y="lat", x="lon", t="time")
    dims = {"T": "time", "Y": "lat", "X": "lon"}
    assert in_degrees(named, find_axes(named, dims))
    assert not in_degrees(named.drop_vars(["lat", "lon"]), find_axes(named, dims))
    with pytest.raises(
        ValueError, match=r"only one of \('y', 'x'\) is in degrees: expected both or neither. Set the units"
    ):
        in_degrees(grid("degrees_north", "km"), find_axes(grid(), DIMS))


def test_lengths():
    assert kilometres_per_unit(grid("m", "km"), "y") == 1e-3
    assert kilometres_per_unit(grid("m", "km"), "x") == 1.0
    with pytest.raises(ValueError, match=r"'y' has units 'unknown': expected degrees, m or km. Set them"):
        kilometres_per_unit(grid(), "y")


def test_distances_on_the_sphere_are_the_haversines():
    da = grid("degrees_north", "degrees_east", y=(-60.0, 10.0, 80.0), x=(-170.0, 0.0, 175.0))
    points = points_in_space(da, find_axes(da, DIMS)).reshape(-1, 3)
    lat, lon = (a.ravel() for a in np.meshgrid(np.deg2rad(da.y), np.deg2rad(da.x), indexing="ij"))
    for i in range(9):
        chord = np.linalg.norm(points - points[i], axis=1)
        hav = np.sin((lat - lat[i]) / 2) ** 2 + np.cos(lat) * np.cos(lat[i]) * np.sin((lon - lon[i]) / 2) ** 2
        expected = 2 * RADIUS * np.arcsin(np.sqrt(np.clip(hav, 0, 1)))
        np.testing.assert_allclose(2 * RADIUS * np.arcsin(np.clip(chord / 2 / RADIUS, 0, 1)), expected, atol=1e-6)


def test_planes_and_sections():
    da = grid("m", "km", y=(0.0, 1000.0), x=(0.0, 3.0))
    np.testing.assert_allclose(points_in_space(da, find_axes(da, DIMS))[1, 1], [1.0, 3.0])
    section = grid("degrees_north", "degrees_east").isel(x=0, drop=True)
    points = points_in_space(section, find_axes(section, {"T": "t", "Y": "y"}))
    assert np.linalg.norm(points[1] - points[0]) == pytest.approx(111.195, rel=1e-4)
    along = grid("degrees_north", "degrees_east").isel(y=0, drop=True)
    with pytest.raises(
        ValueError, match=r"'x' is a longitude alone: expected a latitude too. Add it with da.expand_dims"
    ):
        points_in_space(along, find_axes(along, {"T": "t", "X": "x"}))
