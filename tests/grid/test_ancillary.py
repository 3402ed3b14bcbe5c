"""Ancillary variables of maps: flags, distances, and their names in CF attributes."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.grid.ancillary import add_ancillary, add_distances, add_observed_flag
from xdvn.grid.distance import distance_to_observations


@pytest.fixture
def obs():
    coords = {
        "time": pd.date_range("2020-01-01", periods=3),
        "lat": ("lat", [60.0, 61.0], {"units": "degrees_north"}),
        "lon": ("lon", [0.0, 1.0, 2.0], {"units": "degrees_east"}),
    }
    values = np.full((3, 2, 3), np.nan)
    values[0, 0, 0] = values[2, 1, 2] = 0.5
    return xr.DataArray(values, coords, ("time", "lat", "lon"))


def test_the_flag_is_one_where_observed_and_cf_xarray_finds_it(obs):
    maps = add_observed_flag(obs.fillna(0).to_dataset(name="ssh"), "ssh", obs)
    np.testing.assert_array_equal(maps.ssh_observed, obs.notnull())
    assert maps.ssh_observed.dtype == maps.ssh_observed.attrs["flag_values"].dtype == np.int8
    assert "ssh_observed" in maps.cf["ssh"].coords  # cf-xarray follows ancillary_variables


def test_names_are_appended_to_the_present_ones(obs):
    before = obs.fillna(0).assign_attrs(ancillary_variables="ssh_std").to_dataset(name="ssh")
    maps = add_observed_flag(before, "ssh", obs)
    assert maps.ssh.attrs["ancillary_variables"] == "ssh_std ssh_observed"
    assert before.ssh.attrs["ancillary_variables"] == "ssh_std"
    again = add_ancillary(maps, "ssh", {"ssh_observed": maps.ssh_observed})
    assert again.ssh.attrs["ancillary_variables"] == "ssh_std ssh_observed"


def test_distances_are_ancillary_variables_and_nan_on_land(obs):
    sea = obs.lon != 1.0
    maps = add_distances(add_observed_flag(obs.fillna(0).where(sea).to_dataset(name="ssh"), "ssh", obs))
    expected = distance_to_observations(obs.notnull())
    for kind in ("distance_in_space", "distance_in_time"):
        xr.testing.assert_equal(maps[f"ssh_{kind}"], expected[kind].where(sea))
    # One degree of longitude at 60 degrees north is half of one at the equator.
    assert float(maps.ssh_distance_in_space[0, 0, 2]) == pytest.approx(2 * 111.195 / 2, rel=1e-3)
    assert maps.ssh_distance_in_time[:, 0, 0].values.tolist() == [0, 1, 2]
    named = maps.ssh.attrs["ancillary_variables"].split()
    assert named == ["ssh_observed", "ssh_distance_in_space", "ssh_distance_in_time"]
    assert (maps[named[1]].attrs["units"], maps[named[2]].attrs["units"]) == ("km", "day")


def test_maps_without_a_flag_raise_an_error(obs):
    message = r"has the variables \['ssh'\]: expected a flag <map>_observed. Add it with .*add_observed_flag"
    with pytest.raises(ValueError, match=message):
        add_distances(obs.to_dataset(name="ssh"))
