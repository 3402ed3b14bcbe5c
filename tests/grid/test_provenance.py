"""Provenance of maps: history is appended, and referenced variables are copied."""

import re

import numpy as np
import pytest
import xarray as xr

from xdvn.grid.ancillary import add_provenance


@pytest.fixture
def source():
    ds = xr.Dataset(
        {"obs": (("y", "x"), np.zeros((2, 3)), {"grid_mapping": "crs"}), "x_bnds": (("x", "n"), np.zeros((3, 2)))},
        {"x": ("x", [0.0, 1, 2], {"bounds": "x_bnds"})},
        {"title": "t", "Conventions": "CF-1.6", "history": "made"},
    )
    return ds.assign(crs=((), 0, {"grid_mapping_name": "latitude_longitude"}))


def test_history_is_appended_and_attributes_are_copied(source):
    maps = add_provenance(source[["obs"]].drop_attrs(deep=False), source, "mapped")
    once, twice = maps.attrs["history"], add_provenance(maps, source, "again").attrs["history"]
    assert once.splitlines()[0] == "made"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ: mapped", once.splitlines()[1])
    assert twice.endswith("again")
    assert (maps.attrs["title"], maps.attrs["Conventions"]) == ("t", "CF-1.6")
    assert add_provenance(maps.drop_attrs(), xr.Dataset(), "m").attrs["Conventions"] == "CF-1.11"
    assert source.attrs["history"] == "made"


def test_bounds_and_grid_mapping_are_copied(source):
    maps = xr.Dataset({"map": (("y", "x"), np.ones((2, 3)))}, {"x": source.x})
    result = add_provenance(maps, source, "mapped")
    assert result["map"].attrs["grid_mapping"] == "crs"
    assert result.crs.attrs["grid_mapping_name"] == "latitude_longitude"
    xr.testing.assert_equal(result.x_bnds, source.x_bnds)
    assert "grid_mapping" not in maps["map"].attrs
    without = add_provenance(maps, source.drop_vars(["crs", "x_bnds"]), "mapped")
    assert "grid_mapping" not in without["map"].attrs
