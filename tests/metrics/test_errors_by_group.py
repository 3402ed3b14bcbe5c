"""Errors by group against selections by xarray, for every grouping, and errors of arguments."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.grid.distance import distance_to_observations
from xdvn.metrics import Bands, BlockBootstrap, Regions, Seasons
from xdvn.metrics import errors_by_group as errors_by_group


def field(seed=0, shape=(24, 8, 10)):
    values = np.random.default_rng(seed).normal(size=shape)
    coords = {
        "time": pd.date_range("2012-01-05", periods=shape[0], freq="15D"),
        "lat": ("lat", 33 + 0.5 * np.arange(shape[1]), {"units": "degrees_north"}),
        "lon": ("lon", -65 + 0.5 * np.arange(shape[2]), {"units": "degrees_east"}),
    }
    return xr.DataArray(values, coords, ("time", "lat", "lon"), name="ssh", attrs={"units": "m"})


def expected(error, truth):
    return {
        "rmse": float((error**2).mean() ** 0.5),
        "bias": float(error.mean()),
        "error_std": float(error.std()),
        "mu": 1 - float((error**2).mean() ** 0.5 / (truth**2).mean() ** 0.5),
    }


def check(scores, group, error, truth):
    for name, value in expected(error, truth).items():
        assert float(scores[name].sel(group)) == pytest.approx(value, abs=1e-12), (group, name)


def test_regions():
    truth, error = field(0), field(1) * 0.3 + 0.1
    truth[:, 2, 3] = np.nan
    boxes = Regions(
        {
            "south": {"lat": slice(None, 34.5)},
            "north-east": {"lat": slice(34.9, 50), "lon": slice(-63, None)},
            "same, written backwards": {"lat": slice(50, 34.9), "lon": slice(-63, None)},
        }
    )
    scores = errors_by_group(boxes, (truth + error.values).fillna(9).assign_attrs(units="m"), truth)
    error = error.where(truth.notnull())
    check(scores, {"region": "south"}, error.sel(lat=slice(None, 34.5)), truth.sel(lat=slice(None, 34.5)))
    corner = {"lat": slice(34.9, 50), "lon": slice(-63, None)}
    check(scores, {"region": "north-east"}, error.sel(corner), truth.sel(corner))
    check(scores, {"region": "same, written backwards"}, error.sel(corner), truth.sel(corner))
    share = float(error.sel(corner).notnull().sum() / truth.notnull().sum())
    assert float(scores.share.sel(region="north-east")) == pytest.approx(share)


def test_seasons():
    truth, error = field(2), field(3) * field(4)
    scores = errors_by_group(Seasons(), truth + error.values, truth)
    assert scores.season.values.tolist() == ["DJF", "MAM", "JJA", "SON"]
    for season in scores.season.values:
        there = truth.time.dt.season == season
        check(scores, {"season": season}, error[there.values], truth[there.values])
    assert errors_by_group(Seasons(), truth[:5], truth[:5]).season.values.tolist() == ["DJF", "MAM"]
    assert float(scores.share.sum()) == pytest.approx(1)


def test_bands_of_the_distance_to_observations():
    """An error that grows with distance by construction has its rate in the bands."""
    truth = field(5)
    seen = xr.zeros_like(truth, dtype=bool)
    seen[:, 4, 2] = True
    far = distance_to_observations(seen).distance_in_space
    reconstruction = truth + 0.001 * far.astype(float)
    edges = [0, 50, 100, 200, 400]
    scores = errors_by_group(Bands(far, edges), reconstruction.assign_attrs(units="m"), truth)
    for i, middle in enumerate(scores.distance_in_space.values):
        inside = (far >= edges[i]) & (far < edges[i + 1])
        check(scores, {"distance_in_space": middle}, (reconstruction - truth).where(inside), truth.where(inside))
    np.testing.assert_allclose(scores.bias, 0.001 * scores.distance_in_space, atol=0.025)
    assert scores.distance_in_space.attrs["units"] == "km"


def test_bands_of_a_field_on_fewer_dimensions_and_their_edges():
    truth = field(6)
    depth = xr.DataArray(np.arange(8.0), dims="lat", coords={"lat": truth.lat}, name="depth")
    scores = errors_by_group(Bands(depth, [0, 2, 7, 100]), truth, truth)
    np.testing.assert_allclose(scores.share, [2 / 8, 5 / 8, 1 / 8])
    scores = errors_by_group(Bands(depth, [0, 2, 7]), truth, truth)
    np.testing.assert_allclose(scores.share, [2 / 8, 6 / 8])


def test_an_empty_group_is_nan_with_a_reason():
    truth = field(7)
    scores = errors_by_group(Regions({"nowhere": {"lat": slice(80, 90)}, "all": {}}), 0.9 * truth, truth)
    assert np.isnan(float(scores.rmse.sel(region="nowhere")))
    assert "the group has no point" in scores.rmse.attrs["reason"]
    assert float(scores.mu.sel(region="all")) == pytest.approx(0.9)
    assert float(scores.share.sel(region="nowhere")) == 0


def test_order_of_dimensions_does_not_matter():
    truth, reconstruction = field(8), field(9)
    grouping = Bands(reconstruction.rename("spread") ** 2, [0, 1, 9])
    a = errors_by_group(grouping, reconstruction, truth)
    b = errors_by_group(grouping, reconstruction.transpose("lon", "lat", "time"), truth.transpose("lat", "time", "lon"))
    xr.testing.assert_allclose(a, b)


def test_intervals_by_group():
    truth, error = field(10, (60, 6, 6)), field(11, (60, 6, 6))
    truth = truth.assign_coords(time=pd.date_range("2012-01-01", periods=60))
    grouping = Regions({"west": {"lon": slice(None, -63.6)}, "east": {"lon": slice(-63.6, None)}})
    scores = errors_by_group(grouping, truth + error.values, truth, bootstrap=BlockBootstrap(block_days=5, n=60))
    assert scores.rmse_low.dims == ("region",)
    assert bool(((scores.rmse_low < scores.rmse) & (scores.rmse < scores.rmse_high)).all())


def test_errors_name_a_cure():
    truth = field(12)
    with pytest.raises(ValueError, match=r"bounded along 'latitude': expected one of the coordinates \['lat', 'lon'"):
        errors_by_group(Regions({"a": {"latitude": slice(0, 1)}}), truth, truth)
    with pytest.raises(ValueError, match=r"dtype int64: expected dates. Decode them with xr.decode_cf"):
        errors_by_group(Seasons(), *(da.assign_coords(time=range(24)) for da in (truth, truth)))
    with pytest.raises(ValueError, match=r"group and truth differ along 'lat': got .*truth\.sel\(lat=group"):
        errors_by_group(Bands(truth.lat[1:].rename("y"), [0, 90]), truth, truth)
    with pytest.raises(ValueError, match=r"the group .* has the dimensions \['x'\]: expected some of .*\.isel"):
        errors_by_group(Bands(truth.lat.rename(lat="x").rename("y"), [0, 90]), truth, truth)
    with pytest.raises(ValueError, match="Regions yields no group: expected at least one. Check its limits"):
        errors_by_group(Regions({}), truth, truth)
    with pytest.raises(ValueError, match="has no name: expected one for the groups. Use da.rename"):
        Bands(xr.DataArray([1.0], dims="lat"), [0, 1])
    with pytest.raises(ValueError, match=r"edges=\[0, 2, 1\]: expected at least two increasing values"):
        Bands(truth, [0, 2, 1])
