"""Readers on real files: each returns a tidy Dataset, or an error that explains why there is no reader.

The expected numbers (shares of missing cells, dates, ranges) come from the files' descriptions, not from the readers.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from xdvn.readers import identify_format, read

MAPS, SST = "sea level maps", "sea surface temperature"
DUACS = "ssh/dt_global_allsat_phy_l4_{}_20190515.nc"
FOUR_DAYS = ("20181231", "20190101", "20190102", "20190103")
# File: (format, sizes, {variable: share of values that are not missing}, first day)
READ = {
    "ssh/dt_med_allsat_phy_l4_2005T2.nc": (MAPS, (91, 128, 344), {"adt": 0.380}, "2005-04-01"),
    **{DUACS.format(day): (MAPS, (1, 720, 1440), {"adt": 0.576}, day) for day in FOUR_DAYS},
    "ssh/nrt_global_allsat_phy_l4_20190223_20190226.nc": (
        MAPS, (1, 720, 1440), {"adt": 0.574, "ugos": 0.564, "vgos": 0.564}, "2019-02-23",
    ),
    "ssh/dt_blacksea_allsat_phy_l4_20160707_20200801.nc": (
        MAPS, (1, 56, 120), {"adt": 0.440, "sla": 0.455}, "2016-07-07",
    ),
    "ssh/IMOS_OceanCurrent_HV_20240101T000000Z_GSLA_FV02_NRT.nc": (
        MAPS, (1, 351, 641), {"sla": 0.89, "adt": 0.89, "ugos": 0.89}, "2024-01-01",
    ),
    "sst/20160707000000-GOS-L4_GHRSST-SSTfnd-OISST_HR_REP-BLK-v02.0-fv01.0.nc": (
        SST, (1, 240, 384), {"sst": 0.330, "sst_error": 0.330}, "2016-07-07",
    ),
    "sst/alboranSST_small.nc": (SST, (10, 201, 301), {"sst": 0.200, "sea": 1.0}, "2017-05-14"),
    "sst/oisst_tasman_1982_2016.nc": (SST, (12784, 32, 32), {"sst": 0.919}, "1982-01-01"),
    "chl/xcube_demo_chl_southern_north_sea_201701.nc": ("chlorophyll", (5, 1000, 2000), {"chl": 0.113}, "2017-01-16"),
    "currents/globcurrent_agulhas_2002.nc": (
        "maps on a regular grid", (366, 41, 81), {"u": 0.768, "v": 0.768}, "2002-01-01",
    ),
    "currents/Monterey_Small_2km_Hourly_2017_01.nc": (
        "maps on a regular grid", (136, 28, 28), {"u": 0.660, "v": 0.660}, "2017-01-20",
    ),
    "model/eNATL60-BLB002_y2009m08d15.1d_SSH-med.nc": ("NEMO", (1, 602, 346), {"ssh": 0.740}, "2009-08-15"),
    "chl/phytofit_testregion_chl_gridded.nc": ("chlorophyll", (365, 96, 160), {"chl": 0.090}, "2001-01-01"),
    "chl/vizfinder_viirs_chl_1day.nc": ("maps on a regular grid", (1, 321, 580), {"chla": 0.018}, "2022-04-11"),
    "ssh/dt_med_allsat_msla_h_20140221_20140829.nc": (MAPS, (1, 128, 344), {"sla": 0.392}, "2014-02-21"),
    "ssh/glo12_zos_nwatl_20220217_24_SSH_test.nc": (
        "maps on a regular grid", (8, 85, 146), {"zos": 1.0}, "2022-02-17",
    ),
    "sst/rdkreij_himawari.nc": ("maps on a regular grid", (2, 50, 50), {"t": 0.887}, "2023-09-22"),
    "ice/cs2s3_freeboard_arctic_8days_2019.nc": (
        "maps on a curvilinear grid", (8, 264, 237), {"radar_freeboard": 0.279}, "2019-01-30",
    ),
    "tracks/dt_med_al_adt_vfec_20140101_20140829.nc": (
        "measurements along a track", (182,), {"adt": 1.0}, "2014-01-01",
    ),
    "tracks/ADT_20140515_20140604.dat": ("a table of along-track", (11371,), {"ssh": 1.0}, "2014-05-15"),
    "tracks/l3_alg_subset.nc": ("along-track level-3", (194,), {"ssh": 1.0}, "2016-12-21"),
    "tracks/l3_c2_subset.nc": ("along-track level-3", (905,), {"ssh": 1.0}, "2016-12-20"),
    "tracks/SWOT_L3_LR_SSH_Expert_003_v2.0.1-med.nc": ("SWOT level-3", (386, 69), {"sla": 0.670}, "2023-03-29"),
    "tracks/ephemeris_science_sept2015_ell.txt": ("an ephemeris", (60481,), {"altitude": 1.0}, None),
    "tracks/ephemeris_calval_june2015_ell.txt": ("an ephemeris", (2881,), {"altitude": 1.0}, None),
    "tracks/tp_jason_reference_ground_tracks.nc": ("a reference ground track", (79756,), {"pass_number": 1.0}, None),
}  # fmt: skip
WITHOUT_READER = {
    "coast/land-50m.json": "contains polygons .*, which has no reader. xdvn.plot draws land without a file",
    "ssh/diva_med_20140717_20140806.nc": r"a grid without a time.*ds.rename\(x='lon', y='lat'\)",
    "coast/ne_50m_coastline.nc": "contains an outline without measurements, which has no reader. xdvn.plot draws land",
}


REFUSED = {
    "sst/medw4_modis_sst2_4km_1d_20020704_20020704.r2010.0.qual0.gz",
    "tracks/nrt_blacksea_al_phy_vfec_l3_20190101_20190122.nc",
}


@pytest.mark.parametrize("name", READ)
def test_real_files_become_tidy_datasets(name, real, assert_tidy):
    description, sizes, finite, day = READ[name]
    ds = read(real(name))
    assert_tidy(ds)
    assert ds.attrs["recognised_as"].startswith(description)
    for variable, share in finite.items():
        assert ds[variable].shape == sizes or variable == "sea"
        assert float(ds[variable].notnull().mean()) == pytest.approx(share, abs=1e-3)
    if day is not None:
        assert np.datetime64(ds.time.values.min(), "D") == np.datetime64(
            f"{day[:4]}-{day[4:6]}-{day[6:]}" if len(day) == 8 else day
        )


@pytest.mark.parametrize("name", WITHOUT_READER)
def test_real_files_without_a_reader_are_refused(name, real):
    with pytest.raises(ValueError, match=WITHOUT_READER[name]):
        read(real(name))
    assert identify_format(real(name)).reader is None


def test_other_real_files_are_refused_with_a_way_out(real):
    with pytest.raises(ValueError, match="is compressed: expected a NetCDF file or a table. Decompress it with gunzip"):
        read(real("sst/medw4_modis_sst2_4km_1d_20020704_20020704.r2010.0.qual0.gz"))
    with pytest.raises(ValueError, match="has no sla_unfiltered or mdt or lwe: .*Select the terms with filtered="):
        read(real("tracks/nrt_blacksea_al_phy_vfec_l3_20190101_20190122.nc"))


def test_no_real_file_is_left_out(real):
    real("tracks/l3_c2_subset.nc")
    root = Path(os.environ["XDVN_DATA_DIR"])
    families = {name.split("/")[0] for name in READ | WITHOUT_READER}
    found = {f"{family}/{path.name}" for family in families for path in (root / family).glob("*")}
    assert found <= set(READ) | set(WITHOUT_READER) | REFUSED


def test_cloudy_days_have_the_published_shares(real):
    """The example of DINEOF: the observed share of the sea by day."""
    ds = read(real("sst/alboranSST_small.nc"))
    observed = ds.sst.notnull().sum(("lat", "lon")) / ds.sea.sum()
    expected = [0.91, 0.85, 0.67, 0.73, 0.48, 0.56, 0.72, 0.10, 0.22, 0.24]
    np.testing.assert_allclose(observed, expected, atol=6e-3)
    assert float(ds.sea.mean()) == pytest.approx(0.367, abs=1e-3)


def test_undeclared_fill_values_are_land(real):
    """Maps with and without declared fill values have the same land, except for ice and lakes."""
    undeclared = read(real(DUACS.format("20190103"))).adt[0]
    declared = read(real("ssh/nrt_global_allsat_phy_l4_20190223_20190226.nc")).adt[0]
    assert float(undeclared.min()) > -2
    assert float((undeclared.isnull() == declared.isnull()).mean()) > 0.97
    open_sea = abs(undeclared.lat) < 55
    assert float((undeclared.isnull() == declared.isnull()).where(open_sea).mean()) > 0.995


def test_rolled_global_longitudes_keep_values_in_place(real):
    path = real("ssh/nrt_global_allsat_phy_l4_20190223_20190226.nc")
    usual, other = read(path), read(path, lon_start=0.0)
    assert float(usual.lon[0]) == -179.875
    assert float(other.lon[0]) == 0.125
    for lat, lon in ((38.125, -64.875), (-40.125, 150.125)):
        assert float(usual.adt.sel(lat=lat, lon=lon)[0]) == float(other.adt.sel(lat=lat, lon=lon % 360)[0])


def test_a_region_across_the_date_line_stays_in_one_piece(real):
    ds = read(real("ssh/IMOS_OceanCurrent_HV_20240101T000000Z_GSLA_FV02_NRT.nc"))
    assert (float(ds.lon[0]), float(ds.lon[-1])) == (57.0, 185.0)
    assert ds.sla.attrs["original_name"] == "GSLA"


def test_descending_latitudes_are_reversed(real):
    import xarray as xr

    path = real("chl/xcube_demo_chl_southern_north_sea_201701.nc")
    with xr.open_dataset(path) as raw:
        assert float(raw.lat[0]) > float(raw.lat[-1])
        column = raw.conc_chl.sel(lat=51.00125, lon=2.00125, method="nearest")
        row = raw.conc_chl[0, 400].values
        lat = float(raw.lat[400])
    ds = read(path, floor=0.0, reject_flags=())
    np.testing.assert_array_equal(ds.chl.sel(lat=51.00125, lon=2.00125, method="nearest"), column)
    np.testing.assert_array_equal(ds.chl[0].sel(lat=lat), row)
    screened = read(path).chl
    assert float(screened.min()) >= 0.01
    np.testing.assert_allclose(ds.chl.notnull().mean(("lat", "lon")), [0.22, 0.036, 0.013, 0.285, 0.025], atol=4e-3)
    assert int(screened.notnull().sum()) < int(ds.chl.notnull().sum())


def test_the_four_satellites_of_the_table_are_separated(real):
    ds = read(real("tracks/ADT_20140515_20140604.dat"), missions=("saral", "cryosat2", "hy2a", "jason2"))
    count = {name: int((ds.mission == name).sum()) for name in ("saral", "cryosat2", "hy2a", "jason2")}
    assert count == {"saral": 3109, "cryosat2": 2791, "hy2a": 2312, "jason2": 3159}
    for name in count:
        assert (np.diff(ds.time[ds.mission == name]) > np.timedelta64(0)).all()
    with pytest.raises(
        ValueError, match=r"missions=\['saral'\]: expected 4 names, because time decreases 3 times .*one name per"
    ):
        read(real("tracks/ADT_20140515_20140604.dat"), missions=("saral",))


def test_days_join_into_one_dataset(real):
    ds = read([real(DUACS.format(day)) for day in ("20190102", "20181231", "20190101")])
    assert np.datetime_as_string(ds.time, "D").tolist() == ["2018-12-31", "2019-01-01", "2019-01-02"]
    both = read([real(f"tracks/l3_{sat}_subset.nc") for sat in ("alg", "c2")])
    assert both.sizes["point"] == 194 + 905
    assert set(both.mission.values) == {"Altika Drifting Phase", "Cryosat-2"}
    with pytest.raises(ValueError, match="several formats .*one format at a time"):
        read([real("tracks/l3_c2_subset.nc"), real("ssh/dt_med_allsat_phy_l4_2005T2.nc")])
    with pytest.raises(ValueError, match="the files have different grids.*Read them one by one"):
        read([real("ssh/dt_med_allsat_phy_l4_2005T2.nc"), real(DUACS.format("20190101"))])


def test_the_height_is_the_sum_of_the_selected_terms(real):
    import xarray as xr

    path = real("tracks/l3_c2_subset.nc")
    with xr.open_dataset(path) as raw:
        sla, smooth, mdt, lwe = (raw[v].values.astype(float) for v in ("sla_unfiltered", "sla_filtered", "mdt", "lwe"))
    challenge = read(path)
    np.testing.assert_allclose(challenge.ssh, sla + mdt - lwe, atol=1e-12)
    assert challenge.ssh.attrs["formula"] == "sla_unfiltered + mdt - lwe"
    np.testing.assert_allclose(read(path, filtered=True, subtract_lwe=False).ssh, smooth + mdt, atol=1e-12)
    anomaly = read(path, with_mdt=False, subtract_lwe=False)
    np.testing.assert_allclose(anomaly.sla, sla, atol=1e-12)
    assert "ssh" not in anomaly


def test_the_swath_is_two_bands_on_either_side_of_the_track(real):
    ds = read(real("tracks/SWOT_L3_LR_SSH_Expert_003_v2.0.1-med.nc"))
    across = ds.cross_track_distance
    assert across.dims == ds.sla.dims
    observed = abs(across.where(ds.sla.notnull()))
    assert 8 < float(observed.min()) < float(observed.max()) <= 60
    assert "middle of its coverage" in ds.time.attrs["comment"]
    # Positions agree with across-track distances on a sphere.
    lines = ds.isel(num_lines=slice(100, 300))
    left, right = (lines.isel(num_pixels=i) for i in (10, 58))
    mean = np.radians((left.lat + right.lat) / 2)
    apart = 111.2 * np.hypot(right.lat - left.lat, (right.lon - left.lon) * np.cos(mean))
    expected = right.cross_track_distance - left.cross_track_distance
    both = expected.notnull().values
    np.testing.assert_allclose(apart.values[both], abs(expected.values[both]), rtol=0.01)
