"""Coordinates of two files of one grid: every place where two grids meet gives the result of equal coordinates."""

import numpy as np
import pytest
import xarray as xr
from seas import sea, tiny, untrained

import xdvn
from xdvn.grid.axes import find_axes
from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.metrics import Bands, current_scores, ensemble_scores, errors_by_group, uncertainty_scores, withheld_scores
from xdvn.uncertainty import Calibration

OI = xdvn.OptimalInterpolation("ssh_obs", name="ssh", signal_std=0.2)


@pytest.fixture(scope="module")
def twin():
    return xdvn.osse.Twin.small().make()


@pytest.fixture(scope="module")
def maps(twin):
    return twin[["ssh_obs"]].dvn.reconstruct(OI, error=True)


def single(da):
    return da.assign_coords(lat=da.lat.astype("f4"), lon=da.lon.astype("f4"))


def quiet_compare(ds, truth, methods, **options):
    return xdvn.compare(ds[["ssh_obs"]], truth, methods, progress=False, **options)


CHANGES = {
    "float32": single,
    "longitudes from 0 to 360": lambda da: da.assign_coords(lon=da.lon + 360),
    "float32 from 0 to 360": lambda da: single(da.assign_coords(lon=da.lon + 360)),
    "descending latitudes": lambda da: da.isel(lat=slice(None, None, -1)),
}
OTHER = pytest.mark.parametrize("other", CHANGES.values(), ids=CHANGES.keys())


@OTHER
def test_scores_and_comparison(twin, maps, other):
    expected = maps.dvn.score(twin.ssh, mean=twin.ssh_front)
    truth, mean = other(twin.ssh), twin.ssh_front
    for scores in (maps.dvn.score(truth, mean=mean), other(maps).dvn.score(twin.ssh, mean=mean)):
        for name in expected:
            np.testing.assert_allclose(scores[name], expected[name], rtol=1e-9, err_msg=name)
        assert scores.attrs == {"cells": twin.ssh.size, "cells_outside": 0}
    tables = [quiet_compare(twin, t, {"OI": OI}, mean=mean) for t in (truth, twin.ssh)]
    columns = ["mu", "rmse", "lambda_x", "mu_anomaly"]
    xr.testing.assert_allclose(tables[0].table[columns], tables[1].table[columns], rtol=1e-9)
    assert "scored on" not in str(tables[0])
    # Methods with coordinates of other digits are on one grid in the result.
    both = quiet_compare(twin, twin.ssh, {"OI": maps, "same": other(maps)}, errors=True)
    assert both.maps.ssh.sizes == {"method": 2, **twin.ssh.sizes}
    np.testing.assert_array_equal(*(both.maps.ssh_error.sel({"method": m}) for m in ("OI", "same")))


@OTHER
def test_scores_of_errors_and_ensembles(twin, maps, other):
    truth, std = twin.ssh, maps.ssh_std
    far = (abs(truth.lat - 34) + 0 * truth.isel(time=0, drop=True)).rename("far")
    members = xr.concat([maps.ssh, maps.ssh + 0.01], "member")
    sigma = 0.02 + 0.001 * abs(truth)
    cases = [
        lambda f: errors_by_group(Bands(f(far), [0, 0.7, 9]), maps.ssh, truth).rmse,
        lambda f: current_scores(f(maps.ssh), truth).u_rmse,
        lambda f: uncertainty_scores(maps.ssh, f(std), truth, obs_error=f(sigma)).nll,
        lambda f: withheld_scores(maps.ssh, f(truth), f(sigma)).mse,
        lambda f: ensemble_scores(f(members), truth).crps,
        lambda f: xr.DataArray(Calibration.fit(maps.ssh, f(std), truth, obs_error=f(sigma)).factor),
        lambda f: xr.DataArray(Calibration.fit(maps.ssh, std, f(truth)).factor),
    ]
    for case in cases:
        np.testing.assert_allclose(case(other), case(lambda da: da), rtol=1e-7)


def test_parts_are_scored_and_counted(twin, maps):
    box = {"time": slice(3, 10), "lon": slice(4, 12)}
    part, n = single(maps.isel(box)), 7 * 8 * twin.sizes["lat"]
    scores, expected = part.dvn.score(twin.ssh), maps.isel(box).dvn.score(twin.ssh.isel(box))
    np.testing.assert_allclose(scores.mu, expected.mu, rtol=1e-12)
    assert scores.attrs == {"cells": n, "cells_outside": twin.ssh.size - n}
    assert f"scored on {n} of {twin.ssh.size} cells of the truth" in str(quiet_compare(twin, twin.ssh, {"part": part}))
    with pytest.warns(UserWarning, match=rf"\['part', 'whole'\] are scored on \[{n}, .*expected the same cells"):
        quiet_compare(twin, twin.ssh, {"part": part, "whole": maps})


@pytest.mark.parametrize(("dim", "share"), [("lon", 0.5), ("lat", 0.3)])
def test_shifted_grids_are_refused(twin, maps, dim, share):
    truth = twin.ssh.assign_coords({dim: twin[dim] + share * float(twin[dim].diff(dim)[0])})
    message = rf"maps and truth share no coord.* along '{dim}': got 16 .* Interpolate with maps\.interp\({dim}=truth"
    for verb in (lambda: maps.dvn.score(truth), lambda: quiet_compare(twin, truth, {"maps": maps})):
        with pytest.raises(ValueError, match=message):
            verb()
    with pytest.raises(ValueError, match="mean and observed share no coordinates"):
        Calibration.fit(maps.ssh, maps.ssh_std, truth)
    with pytest.raises(ValueError, match="std and observed share no coordinates"):
        uncertainty_scores(maps.ssh, maps.ssh_std.assign_coords(truth.coords), twin.ssh)


def test_noon_against_midnight_is_refused(twin, maps):
    midnight = twin.ssh.assign_coords(time=twin.time.dt.floor("D"))
    with pytest.raises(ValueError, match="Times are 12 h apart: for daily means, use maps.assign_coords"):
        maps.dvn.score(midnight)
    cured = maps.assign_coords(time=maps.time.dt.floor("D"))
    np.testing.assert_array_equal(cured.dvn.score(midnight).mu, maps.dvn.score(twin.ssh).mu)


@OTHER
@pytest.mark.parametrize("turned", [False, True])
def test_first_guess_and_ocean_mask_of_a_reconstruction(other, turned):
    ds = sea(land=True)
    model = untrained(ds)
    guess = ds[["ssh"]].fillna(0) * 0.9
    mask = ds.ssh.isel(time=0, drop=True).notnull() & (ds.lon > -64.6)
    options = {"ocean_mask": mask, "progress": False}
    expected = model.reconstruct(ds, first_guess=guess, **options)
    assert not np.allclose(expected.ssh, model.reconstruct(ds, **options).ssh, equal_nan=True)
    if turned:
        ds = ds.assign_coords(lon=("lon", ds.lon.values + 360, ds.lon.attrs))
    got = model.reconstruct(ds, first_guess=other(guess), ocean_mask=other(mask), progress=False)
    np.testing.assert_array_equal(got.ssh, expected.ssh)
    assert got.lon.identical(ds.lon)
    with pytest.raises(ValueError, match=r"first_guess and ds share no coord.* along 'lon'.*first_guess\.interp"):
        model.reconstruct(ds, first_guess=guess.assign_coords(lon=guess.lon + 0.25), progress=False)
    with pytest.raises(ValueError, match=r"first_guess and ds differ along 'time': got 5 .*, expected 12"):
        model.reconstruct(ds, first_guess=guess.isel(time=slice(5)), progress=False)


@OTHER
def test_observations_with_other_digits(other):
    """The stored mean and land are those of the same cells, not interpolated between them."""
    ds = sea(land=True)
    model = untrained(ds)
    expected = model.reconstruct(ds, progress=False).ssh
    got = model.reconstruct(other(ds), progress=False).ssh
    np.testing.assert_array_equal(got.sortby("lat"), expected)


@pytest.mark.parametrize("other", [CHANGES["float32"], CHANGES["longitudes from 0 to 360"]])
def test_baselines_with_a_mean_and_land_of_another_convention(twin, other):
    axes = find_axes(twin.ssh)
    mean = MeanField.from_data(twin.ssh, axes)
    land = LandMask.from_data(twin.ssh.where(twin.lon > -64), axes)
    changed = other(twin)
    for mapper in (
        xdvn.OptimalInterpolation("ssh_obs", mean=mean, land=land),
        xdvn.baselines.LinearInTime("ssh_obs", mean=mean, land=land),
        xdvn.baselines.Climatology.from_data(twin, "ssh_obs", "ssh", name="ssh_obs", land=land),
    ):
        got, expected = (ds.dvn.reconstruct(mapper).ssh_obs for ds in (changed, twin))
        assert 0.2 < float(expected.isnull().mean()) < 0.5
        np.testing.assert_allclose(got, expected, atol=2e-3)  # the mean at the edge differs by 0.1 m


def test_covariates_that_an_assignment_emptied_warn(twin):
    depth = (1000 + 10 * twin.lat + twin.lon).drop_attrs()
    quick = {"windows": {"time": 5}, "training": {"epochs": 1}, "validation": 0, "progress": False, "network": tiny}
    emptied = twin.assign(depth=single(depth))
    assert float(emptied.depth.isnull().mean()) > 0.5
    with pytest.warns(UserWarning, match=r"'depth' has no value at [0-9]+% of .*depth\.reindex_like"):
        xdvn.fit(emptied, "ssh_obs", truth="ssh", covariates=["depth"], **quick)
    cured = twin.assign(depth=single(depth).reindex_like(twin, method="nearest"))
    xdvn.fit(cured, "ssh_obs", truth="ssh", covariates=["depth"], **quick)
