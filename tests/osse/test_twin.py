"""A small twin: consistency of truth, front and observations with each other and the settings."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from xdvn.dynamics import TwoLayerQG
from xdvn.osse import JASON1, SWOT, Twin, sample

SMALL = {"days": 12, "lat": (33.0, 36.0), "lon": (-65.0, -62.0), "spin_up": 20}
MODEL = TwoLayerQG(n=48, length=480e3)


def small(**settings) -> Twin:
    return Twin(**{**SMALL, "model": MODEL, **settings})


@pytest.fixture(scope="module")
def sea() -> xr.DataArray:
    return small().simulate()


@pytest.fixture(scope="module")
def ds() -> xr.Dataset:
    return small().make()


def test_variables_and_coordinates(ds):
    assert list(ds.data_vars) == [
        "ssh",
        "ssh_front",
        "ssh_obs",
        *(f"ssh_obs_offset_{d}" for d in ("time", "lat", "lon")),
    ]
    assert ds.ssh.dims == ds.ssh_obs.dims == ("time", "lat", "lon")
    assert all(v.dtype == np.float32 for v in ds.data_vars.values())
    np.testing.assert_array_equal(ds.time, pd.date_range("2012-10-01T12:00", periods=12))
    np.testing.assert_allclose(ds.lat, np.linspace(33, 36, 16))
    np.testing.assert_allclose(ds.lon, np.linspace(-65, -62, 16))
    assert not ds[["ssh", "ssh_front"]].isnull().any().to_array().any()
    assert {ds[v].attrs["units"] for v in ("ssh", "ssh_front", "ssh_obs")} == {"m"}
    assert json.loads(ds.attrs["twin"])["spin_up"] == 20


def test_axes_are_found_by_their_cf_attributes(ds):
    from xdvn.grid.axes import find_axes

    assert find_axes(ds).dims == ("time", "lat", "lon")


def test_front_is_the_imposed_current_in_geostrophic_balance(ds):
    """u = -(g / f0) d eta / dy is U_1, and the mean of the front is zero."""
    slope = ds.ssh_front.differentiate("lat") / 111.32e3
    np.testing.assert_allclose(-9.81 / 8.9e-5 * slope, 0.12, rtol=1e-3)
    assert float(ds.ssh_front.mean()) == pytest.approx(0, abs=1e-6)
    assert float(Twin().front(xr.DataArray(33.0)) - Twin().front(xr.DataArray(43.0))) == pytest.approx(1.212, abs=1e-3)


def test_truth_is_the_sea_at_noon_plus_the_front(ds, sea):
    """The grids share the south-west corner."""
    np.testing.assert_allclose(ds.ssh[:, 0, 0] - ds.ssh_front[0, 0], sea[1:-1, 0, 0], atol=1e-6)
    eddies = ds.ssh - ds.ssh_front
    assert 0.05 < float(eddies.std()) < 0.4


def test_observations_are_the_truth_read_at_their_offsets(ds, sea):
    """A cell with one pass has the SSH at the mean position of its points, up to the curvature in the cell."""
    cells = ds.where(ds.ssh_obs.notnull()).stack(point=ds.ssh_obs.dims).dropna("point", subset=["ssh_obs"])
    place = {
        "lat": cells.lat.values + 0.2 * cells.ssh_obs_offset_lat.values,
        "lon": cells.lon.values + 0.2 * cells.ssh_obs_offset_lon.values,
        "time": cells.time.values + (cells.ssh_obs_offset_time.values * 86400e9).astype("timedelta64[ns]"),
    }
    points = xr.Dataset(coords={k: ("point", v) for k, v in place.items()})
    expected = sample(sea, points, periodic=True) + small().front(points.lat)
    at_offset = np.sqrt(np.mean((cells.ssh_obs.values - expected.values) ** 2))
    at_centre = np.sqrt(np.mean((cells.ssh_obs.values - cells.ssh.values) ** 2))
    assert at_offset < 2e-3
    assert at_offset < 0.15 * at_centre


def test_equal_settings_give_equal_datasets_and_other_seeds_different_ones(ds):
    xr.testing.assert_identical(small().make(), ds)
    other = small(seed=1).make()
    assert abs(np.corrcoef(np.ravel(other.ssh - ds.ssh_front), np.ravel(ds.ssh - ds.ssh_front))[0, 1]) < 0.6
    assert not other.ssh_obs.notnull().equals(ds.ssh_obs.notnull())


def test_orbit_seed_changes_the_tracks_only(ds, sea):
    moved = small(orbit_seed=5)
    assert moved.simulate().equals(sea)
    one, other = small().observe(sea), moved.observe(sea)
    assert not np.isin(other.lat, one.lat).any()
    assert 0.5 < other.size / one.size < 2


def test_noise_is_added_to_the_measurements_only(sea):
    clean, noisy = small().observe(sea), small(noise=0.05).observe(sea)
    difference = noisy - clean
    assert float(difference.std()) == pytest.approx(0.05, rel=0.1)
    np.testing.assert_array_equal(clean.lat, noisy.lat)


def test_missions_can_be_chosen(sea):
    obs = small(missions=(JASON1, SWOT), orbit_seed=3).observe(sea)
    assert set(obs.mission.values) <= {"jason1", "swot"}
    assert obs.name == "ssh_obs"


def test_progress_is_shown_on_request(capsys):
    small(spin_up=0, days=2).simulate(progress=True)
    assert "ocean: 100%" in capsys.readouterr().err
    small(spin_up=0, days=2).simulate()
    assert capsys.readouterr().err == ""


def test_settings_have_different_texts():
    texts = {
        small(**s).json for s in ({}, {"seed": 1}, {"noise": 0.1}, {"model": TwoLayerQG(n=48, length=480e3, beta=0)})
    }
    assert len(texts) == 4


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"days": 1}, "days=1, spin_up=20, spacing=0.2: expected at least 2 days"),
        ({"spacing": 0.0}, "a positive spacing"),
        (
            {"lat": (33.0, 43.0)},
            r"lat=\(33.0, 43.0\): expected an increasing box within the period of 4.31 degrees. Use",
        ),
        ({"lon": (-60.0, -62.0)}, "lon=.*: expected an increasing box within"),
    ],
)
def test_invalid_settings_raise_an_error(settings, message):
    with pytest.raises(ValueError, match=message):
        small(**settings)


def test_the_time_step_must_divide_a_day():
    with pytest.raises(ValueError, match="dt=2500.0: expected a divisor of 86400 s. Use dt=2400"):
        small(model=TwoLayerQG(n=48, length=480e3, dt=2500.0)).simulate()
