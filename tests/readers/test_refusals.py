"""Errors of the readers: each message contains what was found, what is expected and a cure."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.readers import (
    identify_format,
    read,
    read_along_track_text,
    read_chlorophyll,
    read_ephemeris,
    read_grid,
    read_ground_track,
    read_sea_level_maps,
    read_sst,
    standardise_grid,
)
from xdvn.readers.decoding import day_units, flagged
from xdvn.readers.vocabulary import describe

DAYS = pd.date_range("2020-01-01", periods=2)
MAPS = xr.Dataset(
    {"chl": (("time", "lat", "lon"), np.ones((2, 3, 4)))}, {"time": DAYS, "lat": [1.0, 2, 3], "lon": [5.0, 6, 7, 8]}
)


@pytest.fixture
def saved(tmp_path):
    def save(content, name="file.nc"):
        path = tmp_path / name
        path.write_text(content) if isinstance(content, str) else content.to_netcdf(path)
        return path

    return save


def test_absent_and_damaged_files(saved, tmp_path):
    for function in (read, identify_format, read_grid):
        with pytest.raises(
            FileNotFoundError, match=r"there is no file .*absent.nc. xdvn.datasets.fetch\(name\) downloads"
        ):
            function(tmp_path / "absent.nc")
    with pytest.raises(ValueError, match="text.nc: expected a NetCDF file .*Download it again"):
        read_grid(saved("not a map", "text.nc"))
    with pytest.raises(ValueError, match=r"path=\[\]: expected at least one file"):
        read([])


def test_unknown_formats_are_refused_with_a_list_of_formats(saved):
    ds = xr.Dataset({"salinity": ("depth", [35.0, 36.0])})
    with pytest.raises(
        ValueError, match=r"(?s)unknown format: it contains salinity\('depth',\). Known formats: SWOT.*read_grid"
    ):
        read(saved(ds))
    with pytest.raises(ValueError, match="notes.txt has an unknown format: it contains text. Known formats"):
        read(saved("some notes\nabout the sea\n", "notes.txt"))


def test_orbits_are_not_joined(saved):
    text = "# cycle_duration = 10.0\n# height = 1\n0 1 2 3\n30 2 3 4\n"
    with pytest.raises(ValueError, match="the files have several formats .*one format at a time"):
        read([saved(text, "a.txt"), saved(MAPS)])
    with pytest.raises(ValueError, match="files with an ephemeris .* cannot be joined in time. Read them one by one"):
        read([saved(text, "a.txt"), saved(text, "b.txt")])


def test_grids_without_axes(saved):
    with pytest.raises(
        ValueError, match="the Dataset has no recognised latitude among chl, lon, time. Rename it to 'lat'"
    ):
        standardise_grid(MAPS.drop_vars("lat"))
    curvilinear = MAPS.assign_coords(lat2=(("lat", "lon"), np.ones((3, 4)))).drop_vars("lat").rename(lat2="latitude")
    with pytest.raises(ValueError, match="file.nc: expected one-dimensional latitude and longitude. Read .*read_nemo"):
        read_grid(saved(curvilinear))
    with pytest.raises(ValueError, match="file.nc has no sst: its maps are chl"):
        read_grid(saved(MAPS), {"sst": "sst"})
    with pytest.raises(ValueError, match="has no map: its maps are none"):
        read_grid(saved(MAPS.drop_vars("chl")))
    with pytest.raises(ValueError, match="the time axis 'time' has no units. Set them in .*read_grid.*time_units="):
        read_grid(saved(MAPS.assign_coords(time=[0, 1])))
    assert (
        read_grid(saved(MAPS.assign_coords(time=[0, 1])), time_units="days since 2020-01-01").time.values[1] == DAYS[1]
    )


def test_products_without_their_variable(saved):
    with pytest.raises(ValueError, match="has none of adt, sla.*: it contains chl. Read .*read_grid"):
        read_sea_level_maps(saved(MAPS))
    with pytest.raises(ValueError, match="none of adjusted_sea_surface_temperature.*: it contains chl"):
        read_sst(saved(MAPS))
    with pytest.raises(ValueError, match="none of conc_chl.*: it contains sst"):
        read_chlorophyll(saved(MAPS.rename(chl="sst")))


def test_chlorophyll_without_flags_is_unchanged(saved):
    assert int(read(saved(MAPS)).chl.notnull().sum()) == MAPS.chl.size


def test_flags_without_meanings_are_refused():
    flags = xr.DataArray([1, 2], name="quality", attrs={"flag_meanings": "land sea", "flag_values": [1, 2]})
    assert flagged(flags, ["sea"]).values.tolist() == [False, True]
    with pytest.raises(ValueError, match="quality has no flag cloud: expected one of land, sea"):
        flagged(flags, ["cloud"])
    with pytest.raises(ValueError, match="has no flag sea: expected one of its flag_meanings, but it has none"):
        flagged(xr.DataArray([1, 2]), ["sea"])
    gappy = flags.astype(float).where(flags == 1)
    assert flagged(gappy, ["land"]).values.tolist() == [True, False]


def test_spellings_of_a_unit_become_one():
    array = xr.DataArray([300.0], name="SST", attrs={"units": "Kelvin", "_ChunkSizes": 1})
    described = describe(array, "sst")
    assert float(described[0]) == pytest.approx(26.85)
    assert described.attrs["units"] == "degree_Celsius"
    assert described.attrs["original_name"] == "SST"
    assert "_ChunkSizes" not in described.attrs
    assert array.attrs["units"] == "Kelvin"  # the input is unchanged


def test_a_single_day_has_no_step():
    with pytest.raises(ValueError, match="its steps are none: expected 1 .*Set time_units="):
        day_units(np.array([3.0]), "2012-10-01")


def test_malformed_tables_and_orbits_are_refused(saved):
    with pytest.raises(ValueError, match="table.dat: expected four columns"):
        read_along_track_text(saved("1 2 3 four\n", "table.dat"))
    with pytest.raises(ValueError, match="has no repeat cycle. Add a first line such as '# cycle_duration = 20.86455'"):
        read_ephemeris(saved("0 1 2 3\n", "orbit.txt"))
    with pytest.raises(
        ValueError, match=r"orbit.txt: expected the columns time \[s\], longitude, latitude, altitude \[m\]"
    ):
        read_ephemeris(saved("# cycle_duration = 10\n0 1 2\n", "orbit.txt"))
    track = xr.Dataset({v: ("point", np.zeros(3)) for v in ("lon", "lat")})
    with pytest.raises(ValueError, match="has no pass_number: expected a ground track, got lon, lat"):
        read_ground_track(saved(track))
    numbered = saved(track.assign(pass_number=("point", [1, 1, 2])))
    with pytest.raises(ValueError, match="file.nc contains no repeat cycle. Set it in days, such as cycle=9.9156"):
        read_ground_track(numbered)
    assert read_ground_track(numbered, cycle=10).attrs["cycle"] == 10
