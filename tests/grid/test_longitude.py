"""Longitudes: conventions come to one place and go back, circles are told from arcs."""

import numpy as np
import pytest
import xarray as xr

from xdvn.grid.longitude import Turn, circles


def field(lon, units="degrees_east"):
    values = np.arange(float(len(lon)))
    return xr.Dataset({"a": ("lon", values)}, {"lon": ("lon", np.asarray(lon, float), {"units": units})})


GREENWICH, DATELINE = np.arange(-180, 180, 2.0), np.arange(0, 360, 2.0)


@pytest.mark.parametrize("trained", [GREENWICH, DATELINE, np.arange(-70, -50, 2.0), np.arange(290, 310, 2.0)])
@pytest.mark.parametrize("lon", [GREENWICH, DATELINE, DATELINE + 40])
def test_a_circle_is_cut_where_the_model_is_cut_and_comes_back(trained, lon):
    ds = field(lon)
    turn = Turn.to(trained, ds, "lon")
    turned = ds if turn is None else turn.apply(ds)
    assert (np.diff(turned.lon.values) > 0).all()
    middle = (trained.min() + trained.max()) / 2
    assert np.abs(turned.lon.values - middle).max() <= 180.01
    assert np.allclose(((turned.lon.values - ds.lon.values[turned.a.values.astype(int)]) % 360), 0)
    back = turned if turn is None else turn.undo(turned, ds)
    xr.testing.assert_identical(back, ds)


def test_a_region_moves_by_whole_circles():
    turn = Turn.to(np.arange(-65, -55.0), field(np.arange(290, 300.0)), "lon")
    assert turn.degrees.tolist() == list(range(-70, -60))
    assert Turn.to(np.arange(-65, -55.0), field(np.arange(-60, -50.0)), "lon") is None
    assert Turn.to(np.arange(-65, -55.0), field(np.arange(290, 300.0), "km"), "lon") is None
    tracks = xr.Dataset({"a": ("point", [1.0, 2.0])}, {"lon": ("point", [295.0, -66.0])})
    assert turn.points(tracks).lon.values.tolist() == [-65.0, -66.0]


def test_circles_and_arcs():
    assert circles(field(DATELINE), "lon")
    assert circles(field(np.arange(-179.75, 180.0, 0.5)), "lon")
    assert not circles(field(DATELINE[:-1]), "lon")
    assert not circles(field(DATELINE, "km"), "lon")
    assert not circles(field([3.0]), "lon")
    assert not circles(xr.Dataset({"a": ("lon", DATELINE)}), "lon")
