"""Universal kriging: the bordered system, invariances, and fields that are not anomalies."""

import dataclasses

import numpy as np
import pytest
import xarray as xr

from xdvn.baselines import (
    CholeskyAnalysis,
    ConstantMean,
    Dineof,
    HarmonicMean,
    LinearInTime,
    OptimalInterpolation,
    Persistence,
    PlaneMean,
    Tiling,
)
from xdvn.baselines.analysis import matrix

SCALES, NOISE = (4.0, 1.0, 1.2), 0.2
WHOLE = Tiling(time=99, space=99)
OI = OptimalInterpolation(
    "sst", scales=SCALES, noise_ratio=NOISE, signal_std=0.7, analysis=CholeskyAnalysis(), tiling=WHOLE
)
MEANS = [ConstantMean(), PlaneMean(), HarmonicMean(period=9.0)]


def observations(share=0.08, seed=0):
    """Return noisy observations of waves in a box, in degC."""
    rng = np.random.default_rng(seed)
    time, lat, lon = np.arange(12.0), 40 + 0.5 * np.arange(8), 5 + 0.5 * np.arange(9)
    t, y, x = np.meshgrid(time, lat, lon, indexing="ij")
    field = 15 + 0.7 * np.sin(1.3 * y + 0.4 * t) * np.cos(1.1 * x) + 0.1 * rng.normal(size=t.shape)
    values = np.where(rng.random(t.shape) < share, field, np.nan)
    coords = {"time": time, "lat": lat, "lon": lon}
    return xr.Dataset({"sst": (("time", "lat", "lon"), values, {"units": "degC"})}, coords)


def cells(ds):
    return np.stack([m.ravel() for m in np.meshgrid(ds.time, ds.lat, ds.lon, indexing="ij")], -1)


@pytest.mark.parametrize("mean", MEANS, ids=lambda m: type(m).__name__)
def test_map_and_error_solve_the_bordered_system(mean):
    """Weights w and Lagrange multipliers l of each cell: [K F; F' 0] [w; l] = [k; f]."""
    ds = observations()
    observed, places = np.isfinite(ds.sst.values).ravel(), cells(ds)
    points, y = places[observed], ds.sst.values.ravel()[observed]
    terms = {
        "ConstantMean": lambda p: np.ones((len(p), 1)),
        "PlaneMean": lambda p: np.stack([np.ones(len(p)), p[:, 1], p[:, 2]], -1),
        "HarmonicMean": lambda p: np.stack(
            [np.ones(len(p)), np.cos(2 * np.pi * p[:, 0] / 9), np.sin(2 * np.pi * p[:, 0] / 9)], -1
        ),
    }[type(mean).__name__]
    regressors, wanted = terms(points), terms(places)
    n, m = regressors.shape
    bordered = np.zeros((n + m, n + m))
    bordered[:n, :n] = matrix(points, points, SCALES) + NOISE**2 * np.eye(n)
    bordered[:n, n:], bordered[n:, :n] = regressors, regressors.T
    right = np.concatenate([matrix(points, places, SCALES), wanted.T])
    solution = np.linalg.solve(bordered, right)
    maps = dataclasses.replace(OI, mean=mean).reconstruct(ds, error=True)
    np.testing.assert_allclose(maps.sst.values.ravel(), solution[:n].T @ y, atol=1e-8)
    variance = 0.7**2 * (1 - (solution * right).sum(0))
    np.testing.assert_allclose(maps.sst_std.values.ravel() ** 2, variance, atol=1e-8)


@pytest.mark.parametrize(
    "mapper",
    [*(dataclasses.replace(OI, mean=m) for m in MEANS), OptimalInterpolation("sst", scales=SCALES),
     LinearInTime("sst"), Persistence("sst", damping=3.0), Dineof("sst", modes=1, tolerance=1e-2)],
    ids=["constant", "plane", "harmonic", "default", "linear", "persistence", "dineof"],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:DINEOF with")
def test_a_constant_is_added_to_the_map(mapper):
    """Kelvin are degrees Celsius plus 273.15, for every mapper."""
    ds = observations()
    kelvin = (ds + 273.15).assign(sst=lambda d: d.sst.assign_attrs(units="K"))
    expected = mapper.reconstruct(ds).sst + 273.15
    np.testing.assert_allclose(mapper.reconstruct(kelvin).sst, expected, rtol=0, atol=1e-3)


def test_a_plane_and_a_season_are_added_to_the_map():
    ds = observations()
    plane = 2.0 * ds.lat - 3.0 * ds.lon
    season = 5 * np.cos(2 * np.pi * (ds.time - 2) / 9.0)
    for mean, trend in ((PlaneMean(), plane), (HarmonicMean(period=9.0), season)):
        oi = dataclasses.replace(OI, mean=mean)
        expected = oi.reconstruct(ds).sst + trend
        moved = ds.assign(sst=(ds.sst + trend).transpose("time", "lat", "lon").assign_attrs(units="degC"))
        np.testing.assert_allclose(oi.reconstruct(moved).sst, expected.transpose("time", "lat", "lon"), atol=1e-6)


def test_defaults_do_not_smooth_towards_zero():
    """A temperature in kelvin and a pressure in pascal remain in the range of the data, also far from them."""
    ds = observations()
    for offset, factor in ((273.15, 1.0), (101325.0, 100.0), (-0.5, 0.3)):
        field = ds.sst * factor + offset
        corner = (
            field.where((ds.lat < 42) & (ds.lon < 7)).to_dataset().assign(sst=lambda d: d.sst.assign_attrs(units="1"))
        )
        maps = OptimalInterpolation("sst").reconstruct(corner).sst
        low, high = float(corner.sst.min()), float(corner.sst.max())
        assert low - 0.5 * (high - low) < float(maps.min()) < float(maps.max()) < high + 0.5 * (high - low)


def test_the_mean_of_few_days_is_not_that_of_the_densest_track():
    """Two hundred observations of one eddy weigh as much as a few."""
    rng = np.random.default_rng(1)
    dense = np.stack([np.zeros(200), rng.uniform(0, 0.2, 200), rng.uniform(0, 0.2, 200)], -1)
    apart = np.array([[0.0, 10.0, 0.0], [0.0, 0.0, 10.0], [0.0, 10.0, 10.0]])
    values = np.concatenate([np.full(200, 4.0), np.zeros(3)])
    estimate = ConstantMean().fit(np.concatenate([dense, apart]), values, (1.0, 1.0, 1.0), 0.1)
    assert float(estimate.coefficients[0]) < 1.5


def test_a_plane_that_the_observations_do_not_determine_stays_finite():
    """All observations are on one parallel: the slope in latitude is unknown."""
    ds = observations(share=0.5)
    one = ds.where(ds.lat == 41.0)
    maps = dataclasses.replace(OI, mean=PlaneMean()).reconstruct(one).sst
    assert float(maps.min()) > 10
    assert float(maps.max()) < 20


def test_parameters_are_in_the_attributes():
    attrs = OptimalInterpolation("sst").reconstruct(observations()).sst.attrs
    assert attrs["covariance_scales"] == "time 7, lat 1, lon 1"
    assert attrs["noise_ratio"] == 0.05
    assert attrs["mean_of_observations"].startswith("ConstantMean (1")
    zero = OptimalInterpolation("sst", mean=None).reconstruct(observations() - 15).sst.attrs
    assert zero["mean_of_observations"] == "zero"


def test_a_map_far_outside_the_range_of_the_data_warns():
    ds = observations(share=0.3) + 273.15
    with pytest.warns(UserWarning, match=r"the map of 'sst' has values from .*, the observations from 287"):
        OptimalInterpolation("sst", scales=(0.5, 0.3, 0.3), mean=None).reconstruct(ds)
    with pytest.raises(ValueError, match="period=0: expected a positive number of days"):
        HarmonicMean(period=0)


def test_the_mean_of_a_global_grid_counts_each_observation_once():
    """One observation of 1 at 0 degrees and one of 0 at 180 degrees: the constant is 1/2."""
    values = np.full((1, 3, 72), np.nan)
    values[0, 1, [0, 36]] = 1.0, 0.0
    coords = {"time": [0.0], "lat": [-5.0, 0.0, 5.0], "lon": ("lon", np.arange(0.0, 360, 5), {"units": "degrees_east"})}
    ds = xr.Dataset({"sst": (("time", "lat", "lon"), values, {"units": "m"})}, coords)
    maps = OptimalInterpolation("sst", scales=(5.0, 10.0, 10.0)).reconstruct(ds).sst
    assert maps.attrs["mean_of_observations"] == "ConstantMean (0.5 m)"
    assert float(maps[0, 1, 18]) == pytest.approx(0.5, abs=1e-3)


def test_a_season_needs_a_year():
    ds = observations()
    with pytest.raises(ValueError, match=r"HarmonicMean\(period=365.243\): expected .*, got 11 days. Use ConstantMean"):
        dataclasses.replace(OI, mean=HarmonicMean()).reconstruct(ds)
