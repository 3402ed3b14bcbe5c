"""Regions across 180 and 360 degrees: every verb gives the results of the same region with contiguous longitudes."""

import numpy as np
import pytest
import xarray as xr
from seas import sea, tiny

from xdvn import Training
from xdvn.api import fit, reconstruct, score
from xdvn.baselines import CholeskyAnalysis, Climatology, Dineof, LinearInTime, OptimalInterpolation, Persistence
from xdvn.grid.axes import find_axes
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.osse.sampling import sample

FIT = {
    "truth": "ssh", "validation": 0, "network": tiny, "progress": False, "windows": {"time": 5, "lat": 8, "lon": 8},
    "training": Training(epochs=1),
}  # fmt: skip
CUTS = {
    "dateline, -180 to 180": (180.0, lambda lon: (lon + 180) % 360 - 180),
    "Greenwich, 0 to 360": (360.0, lambda lon: lon % 360),
}
ORDERS = {
    "as stored": lambda ds: ds,
    "westward": lambda ds: ds.isel(lon=slice(None, None, -1)),
    "sorted": lambda ds: ds.sortby("lon"),
}
across = pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
in_order = pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)


def contiguous(middle: float) -> xr.Dataset:
    """Return a sea with longitudes about a middle, exact in binary, and ``east``, the same as a second coordinate."""
    ds = sea((24, 10, 16), step=0.25, share=0.15)
    east = middle + 0.25 * (np.arange(16.0) - 8)
    return ds.assign_coords(lon=ds.lon.copy(data=east), east=("lon", east))


def cut_up(ds: xr.Dataset, wrap) -> xr.Dataset:
    return ds.assign_coords(lon=ds.lon.copy(data=wrap(ds.lon.values)))


def check_same(maps: xr.Dataset, ds: xr.Dataset, expected: xr.Dataset, atol: float = 1e-6):
    np.testing.assert_array_equal(maps.lon, ds.lon)
    for name in expected:
        np.testing.assert_allclose(maps[name].sortby("east"), expected[name].sortby("east"), rtol=0, atol=atol)


@across
@in_order
def test_models(cut, order):
    middle, wrap = cut
    ds = contiguous(middle)
    deep = (ds.lon < middle + 1.5) & (ds.lat > ds.lat[1])
    expected = fit(ds, "ssh_obs", ocean_mask=deep, **FIT)
    maps = reconstruct(ds, expected, progress=False)
    assert int(maps.ssh[0].isnull().sum()) == int((~deep).sum())
    other = order(cut_up(ds, wrap))
    check_same(reconstruct(other, expected, progress=False), other, maps)
    check_same(reconstruct(other.chunk(time=8, lon=5), expected, progress=False), other, maps)
    if order is ORDERS["westward"]:
        return  # the windows of a reversed axis are others only in training
    mask = (order(cut_up(deep.to_dataset(name="deep"), wrap))).deep
    model = fit(other, "ssh_obs", ocean_mask=mask, **FIT)
    check_same(reconstruct(other, model, progress=False), other, maps)
    check_same(reconstruct(ds, model, progress=False), ds, maps)


@across
@in_order
def test_classical_mappers(cut, order):
    middle, wrap = cut
    ds = contiguous(middle)
    other = order(cut_up(ds, wrap))
    mean = MeanField.from_data(ds.ssh, find_axes(ds.ssh))
    np.testing.assert_allclose(MeanField.from_data(other.ssh, find_axes(ds.ssh)).values, mean.values, atol=1e-12)
    assert np.ptp(MeanField.plane(other.ssh, find_axes(ds.ssh)).coords[-1]) == np.ptp(mean.coords[-1])
    assert np.ptp(LandMask.from_data(other.ssh, find_axes(ds.ssh)).coords[-1]) == np.ptp(mean.coords[-1])
    oi = {"scales": (5.0, 1.0, 1.0), "mean": mean, "signal_std": 0.1}
    for mapper, atol in (
        (LinearInTime("ssh_obs"), 1e-6),
        (Persistence("ssh_obs", mean=mean, damping=3.0), 1e-6),
        (Climatology("ssh_obs", mean), 1e-6),
        (Dineof("ssh_obs", modes=1, tolerance=1e-3), 1e-3),  # where the iteration stops depends on rounding
        (OptimalInterpolation("ssh_obs", **oi, analysis=CholeskyAnalysis()), 1e-6),
        (OptimalInterpolation("ssh_obs", **oi), 3e-3),  # its nodes are placed from the first longitude on
    ):
        options = {"error": True} if isinstance(mapper, OptimalInterpolation) else {}
        check_same(mapper.reconstruct(other, **options), other, mapper.reconstruct(ds, **options), atol)


@across
def test_tuning(cut):
    middle, wrap = cut
    ds = contiguous(middle)
    expected = OptimalInterpolation.tune(ds, "ssh_obs", "ssh", days=4, progress=False)
    tuned = OptimalInterpolation.tune(cut_up(ds, wrap), "ssh_obs", "ssh", days=4, progress=False)
    np.testing.assert_allclose(tuned.scales, expected.scales, rtol=1e-9)
    check_same(tuned.reconstruct(ds), ds, expected.reconstruct(ds))


@across
@pytest.mark.parametrize("convention", [lambda lon: lon % 360, lambda lon: (lon + 180) % 360 - 180])
def test_tracks_in_any_convention(cut, convention):
    middle, wrap = cut
    ds = contiguous(middle)
    cells = ds.ssh_obs.stack(point=("time", "lat", "lon")).dropna("point")
    places = {d: ("point", cells[d].values) for d in ("time", "lat", "lon")}
    tracks = xr.Dataset({"ssh_obs": ("point", cells.values, ds.ssh_obs.attrs)}, places)
    expected = fit(ds[["ssh"]], "ssh_obs", tracks=tracks, **FIT)
    maps = reconstruct(ds[["ssh"]], expected, tracks=tracks, progress=False)
    moved = tracks.assign_coords(lon=tracks.lon.copy(data=convention(tracks.lon.values)))
    other = cut_up(ds, wrap).sortby("lon")[["ssh"]]
    model = fit(other, "ssh_obs", tracks=moved, **FIT)
    check_same(reconstruct(other, model, tracks=moved, progress=False), other, maps)
    check_same(reconstruct(ds[["ssh"]], model, tracks=moved, progress=False), ds, maps)


@across
@in_order
def test_scores_currents_and_distances(cut, order):
    """In each convention of maps and truth, as stored or in pieces."""
    middle, wrap = cut
    ds = contiguous(middle)
    ds["ssh"].attrs["units"] = "m"
    oi = OptimalInterpolation("ssh_obs", "ssh", scales=(5.0, 1.0, 1.0), analysis=CholeskyAnalysis())
    maps = reconstruct(ds, oi, distances=True, progress=False)
    other = order(cut_up(ds, wrap))
    expected = score(maps, ds.ssh)
    for name, value in score(reconstruct(other, oi, progress=False), ds.ssh.drop_vars("east")).items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-4, atol=1e-6, equal_nan=True)
    for name, value in score(maps.drop_vars("east"), other.ssh.drop_vars("east")).items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-4, atol=1e-6, equal_nan=True)
    check_same(other.dvn.currents("ssh"), other, ds.dvn.currents("ssh"), atol=1e-6)
    distances = reconstruct(other, oi, distances=True, progress=False)
    name = "ssh_distance_in_space"
    np.testing.assert_allclose(distances[name].sortby("east"), maps[name].sortby("east"), atol=1e-3)


@across
def test_sampling(cut):
    middle, wrap = cut
    ds = contiguous(middle)
    rng = np.random.default_rng(0)
    places = {"time": ds.time.values[rng.integers(0, 24, 50)], "lat": rng.uniform(*ds.lat.values[[0, -1]], 50)}
    points = xr.Dataset(coords={n: ("point", v) for n, v in places.items()})
    points = points.assign_coords(lon=("point", rng.uniform(*ds.lon.values[[0, -1]], 50)))
    expected = sample(ds.ssh, points)
    assert bool(expected.notnull().all())
    for field in (cut_up(ds, wrap), cut_up(ds, wrap).sortby("lon")):
        values = sample(field.ssh.drop_vars("east"), points.assign_coords(lon=wrap(points.lon)))
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-6)
