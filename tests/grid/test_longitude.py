"""Longitude conventions are converted and restored, and global grids are identified."""

import numpy as np
import pytest
import xarray as xr

from xdvn.grid.coordinates import LongitudeShift, is_global_longitude
from xdvn.grid.steps import point_positions


def field(lon, units="degrees_east"):
    values = np.arange(float(len(lon)))
    return xr.Dataset({"a": ("lon", values)}, {"lon": ("lon", np.asarray(lon, float), {"units": units})})


GREENWICH, DATELINE = np.arange(-180, 180, 2.0), np.arange(0, 360, 2.0)


@pytest.mark.parametrize("trained", [GREENWICH, DATELINE, np.arange(-70, -50, 2.0), np.arange(290, 310, 2.0)])
@pytest.mark.parametrize("lon", [GREENWICH, DATELINE, DATELINE + 40])
def test_longitudes_agree_with_the_training_grid_and_are_restored(trained, lon):
    ds = field(lon)
    shift = LongitudeShift.between(trained, ds, "lon")
    shifted = ds if shift is None else shift.apply(ds)
    assert (np.diff(shifted.lon.values) > 0).all()
    middle = (trained.min() + trained.max()) / 2
    assert np.abs(shifted.lon.values - middle).max() <= 180.01
    assert np.allclose(((shifted.lon.values - ds.lon.values[shifted.a.values.astype(int)]) % 360), 0)
    restored = shifted if shift is None else shift.undo(shifted, ds.lon)
    xr.testing.assert_identical(restored, ds)


def test_a_region_moves_by_multiples_of_360_degrees():
    shift = LongitudeShift.between(np.arange(-65, -55.0), field(np.arange(290, 300.0)), "lon")
    assert shift.degrees.tolist() == list(range(-70, -60))
    assert LongitudeShift.between(np.arange(-65, -55.0), field(np.arange(-60, -50.0)), "lon") is None
    assert LongitudeShift.between(np.arange(-65, -55.0), field(np.arange(290, 300.0), "km"), "lon") is None
    tracks = xr.Dataset({"a": ("point", [1.0, 2.0])}, {"lon": ("point", [295.0, -66.0])})
    assert point_positions(field(shift.degrees), "lon", tracks).tolist() == [-65.0, -66.0]


def test_global_and_regional_longitudes():
    assert is_global_longitude(field(DATELINE), "lon")
    assert is_global_longitude(field(np.arange(-179.75, 180.0, 0.5)), "lon")
    assert not is_global_longitude(field(DATELINE[:-1]), "lon")
    assert not is_global_longitude(field(DATELINE, "km"), "lon")
    assert not is_global_longitude(field([3.0]), "lon")
    assert not is_global_longitude(xr.Dataset({"a": ("lon", DATELINE)}), "lon")


@pytest.mark.parametrize(
    ("lon", "contiguous"),
    [
        ([358.0, 359.0, 0.0, 1.0], [358.0, 359.0, 360.0, 361.0]),
        ([179.0, -180.0, -179.0, -178.0], [179.0, 180.0, 181.0, 182.0]),
        ([0.0, 1.0, 2.0, 358.0, 359.0], [-2.0, -1.0, 0.0, 1.0, 2.0]),
        ([-180.0, -179.0, 178.0, 179.0], [178.0, 179.0, 180.0, 181.0]),
        ([-178.0, -179.0, 180.0, 179.0], [-178.0, -179.0, -180.0, -181.0]),
        ([359.0, 358.0, 1.0, 0.0], [1.0, 0.0, -1.0, -2.0]),
    ],
)
def test_a_region_across_the_cut_becomes_contiguous_and_is_restored(lon, contiguous):
    ds = field(lon)
    shift = LongitudeShift.contiguous(ds, "lon")
    shifted = shift.apply(ds)
    difference = shifted.lon.values - contiguous
    assert (difference == difference[0]).all()
    assert difference[0] % 360 == 0
    assert np.allclose((shifted.lon.values - np.asarray(lon)[shifted.a.values.astype(int)]) % 360, 0)
    xr.testing.assert_identical(shift.undo(shifted, ds.lon), ds)
    trained = np.asarray(contiguous) + 360
    assert np.sort(LongitudeShift.between(trained, ds, "lon").degrees).tolist() == np.sort(trained).tolist()


@pytest.mark.parametrize(
    "lon",
    [[10.0, 11.0, 12.0], [12.0, 11.0, 10.0], GREENWICH, DATELINE, [0.0, 90.0, 180.0, 270.0, 360.0],
     [10.0, 12.0, 11.0, 13.0], [10.0, 10.0, 11.0], [10.0, 20.0, 50.0]],
)  # fmt: skip
def test_contiguous_and_unsorted_longitudes_do_not_change(lon):
    assert LongitudeShift.contiguous(field(lon), "lon") is None
    assert LongitudeShift.contiguous(field(lon, "km"), "lon") is None
