"""What is observed and how, end to end: along tracks, with errors, beside covariates, several variables at once."""

import numpy as np
import pytest
import xarray as xr

import xdvn
from xdvn import Training
from xdvn.api import fit, reconstruct
from xdvn.core.cost import VariationalCost
from xdvn.core.modulators import ConvLSTMModulator
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.priors import BilinearPrior
from xdvn.core.solvers import GradientSolver
from xdvn.osse import Twin
from xdvn.training import VariableWeights


def tiny(channels, ndim, *, key):
    """A network that compiles fast, with H = identity in cells."""
    cost = VariationalCost(BilinearPrior(channels, ndim, hidden=4, downsampling=1, key=key))
    modulator = ConvLSTMModulator(channels, ndim, hidden=4, factor=1, key=key)
    return FourDVarNet(cost, GradientSolver(n_steps=2, modulator=modulator, normalise=True))


QUICK = {
    "validation": 0,
    "network": tiny,
    "progress": False,
    "windows": {"time": 5},
    "training": Training(epochs=1, batch_size=8),
}
CELLS = ("ssh_obs", "ssh_obs_offset_time", "ssh_obs_offset_lat", "ssh_obs_offset_lon")


def with_temperature(ds):
    """Temperature that is seen everywhere, every day, and noisier in the north."""
    sst = ds.ssh.copy(data=15 + 8 * (ds.ssh - ds.ssh_front)).assign_attrs(units="degC")
    return ds.assign(sst=sst, sst_noise=("lat", 0.1 + 0.1 * (ds.lat.values - 33), {"units": "degC"}))


@pytest.fixture(scope="module")
def tracks() -> xr.Dataset:
    """Measurements behind the cells of ``small_twin``."""
    return Twin.small(days=40).tracks()


@pytest.fixture(scope="module")
def cell_model(small_twin):
    return fit(small_twin, "ssh_obs", truth="ssh", **QUICK)


def as_tracks(ds):
    """The cells' values as measurements at their centres."""
    points = ds.ssh_obs.stack(point=("time", "lat", "lon")).dropna("point").reset_index("point")
    return points.reset_coords(drop=True).assign_coords({d: points[d] for d in ds.ssh_obs.dims}).to_dataset()


def test_points_at_the_centres_of_cells_are_the_cells(small_twin, cell_model):
    """The two ways into the cost meet where they must: same misfits, same |Omega|, same map."""
    ds = small_twin.drop_vars(CELLS[1:])
    cells = reconstruct(ds, cell_model, progress=False).ssh
    points = reconstruct(ds, cell_model, tracks=as_tracks(ds), progress=False).ssh
    assert np.abs(cells - points).max() < 1e-5
    turned = ds.isel(lat=slice(None, None, -1)).transpose("lon", "lat", "time")
    other = reconstruct(turned, cell_model, tracks=as_tracks(ds), progress=False).ssh
    xr.testing.assert_allclose(other.sortby("lat").transpose(*cells.dims), cells, atol=1e-5)


def test_tracks_are_enough_and_the_model_survives_its_file(small_twin, tracks, tmp_path):
    bare = small_twin.drop_vars(CELLS)
    before = bare.copy(deep=True), tracks.copy(deep=True)
    model = fit(bare, "ssh_obs", truth="ssh", tracks=tracks, obs_error=0.02, **QUICK)
    assert model.spec.variables[0].obs_error == 0.02
    grid = xr.Dataset(coords=bare.coords)
    maps = reconstruct(grid, model, tracks=tracks, progress=False)
    xr.testing.assert_identical(bare, before[0])
    xr.testing.assert_identical(tracks, before[1])
    assert np.array_equal(maps.ssh_observed == 1, small_twin.ssh_obs.notnull())
    model.save(tmp_path / "m.xdvn")
    again = xdvn.load(tmp_path / "m.xdvn").reconstruct(grid, tracks=tracks, progress=False)
    assert np.array_equal(again.ssh, maps.ssh)
    # The measurements are what is read: neither what stands in the cells, nor a measurement outside.
    spoilt = small_twin.assign(ssh_obs=small_twin.ssh_obs + 5)
    xr.testing.assert_allclose(reconstruct(spoilt, model, tracks=tracks, progress=False).ssh, maps.ssh)
    moved = reconstruct(grid, model, tracks=tracks.assign(ssh_obs=tracks.ssh_obs + 0.1), progress=False)
    assert np.abs(moved.ssh - maps.ssh).max() > 1e-3
    with pytest.warns(UserWarning, match="of .* along-track observations lie outside the domain or the period"):
        part = reconstruct(grid.isel(time=slice(0, 10)), model, tracks=tracks, progress=False)
    assert part.sizes["time"] == 10
    with pytest.warns(
        UserWarning, match="trained on along-track 'ssh_obs' and now reads it from grid cells. Pass .* tracks="
    ):
        reconstruct(small_twin, model, progress=False)


@pytest.mark.filterwarnings("ignore:.* of the observations of 'ssh_obs' lie outside", "ignore:the misfit to the")
def test_errors_of_observation_say_whom_to_believe(small_twin, cell_model):
    """With errors that grow, a bad measurement moves the map less and less."""
    model = fit(small_twin, "ssh_obs", truth="ssh", obs_error=0.05, **QUICK)
    bad = small_twin.ssh_obs.notnull() & (small_twin.lat > 34.5)
    spoilt = small_twin.assign(ssh_obs=small_twin.ssh_obs.where(~bad, small_twin.ssh_obs + 1.0))
    moved = []
    for error in (0.05, 0.5, 50.0):
        told = {"sigma": ("lat", np.where(small_twin.lat > 34.5, error, 0.05))}
        clean, wrong = (
            reconstruct(ds.assign(told), model, obs_error="sigma", progress=False).ssh for ds in (small_twin, spoilt)
        )
        moved.append(float(np.abs(clean - wrong).mean()))
    assert moved[0] > 2 * moved[1] > 4 * moved[2]
    with pytest.raises(
        ValueError, match=r"obs_error=0.1: the model was trained without observation errors. Train .*obs_error="
    ):
        reconstruct(small_twin, cell_model, obs_error=0.1, progress=False)
    with pytest.raises(KeyError, match="observation-error variable 'sigm' is not in the Dataset"):
        reconstruct(small_twin, model, obs_error="sigm", progress=False)


def test_one_variable_everywhere_and_one_along_tracks(small_twin, tracks, tmp_path):
    """Different units, means, gaps, errors and coasts; temperature in cells, sea level at points."""
    ds = with_temperature(small_twin)
    lake, shelf = (ds.lat < 33.5) & (ds.lon < -64.5), (ds.lat > 35.5) & (ds.lon > -62.5)
    ds["ssh"], ds["sst"] = ds.ssh.where(~lake), ds.sst.where(~shelf)
    options = {"tracks": tracks, "obs_error": [0.02, "sst_noise"], "loss": VariableWeights({"sst": 0.0})}
    model = fit(ds, ["ssh_obs", "sst"], truth=["ssh", "sst"], **options, **QUICK)
    maps = model.reconstruct(ds, tracks=tracks, progress=False)
    assert (maps.ssh.attrs["units"], maps.sst.attrs["units"]) == ("m", "degC")
    for name, land in (("ssh", lake), ("sst", shelf)):
        assert np.array_equal(np.isnan(maps[name][7]), land.transpose("lat", "lon"))
    assert np.array_equal(maps.sst_observed == 1, ds.sst.notnull())
    model.save(tmp_path / "m.xdvn")
    again = xdvn.load(tmp_path / "m.xdvn").reconstruct(ds, tracks=tracks, progress=False)
    xr.testing.assert_identical(again.assign_attrs(maps.attrs), maps)
    # Sea level is told by the temperature too, where no track is near.
    warmer = model.reconstruct(ds.assign(sst=ds.sst + 1), tracks=tracks, progress=False)
    assert np.abs(warmer.ssh - maps.ssh).max() > 1e-3
    # Sea level on what is land for it counts for nothing.
    inland = tracks.where(~((tracks.lat < 33.4) & (tracks.lon < -64.6)), 99.0)[["ssh_obs"]].assign_coords(tracks.coords)
    deep = model.reconstruct(ds, tracks=inland, progress=False)
    assert np.abs(deep.ssh - maps.ssh).max() < 1e-5


def test_covariates_are_seen_not_scored_and_not_mapped(small_twin, tmp_path):
    depth = small_twin.ssh_front.copy(data=np.tile(3000 + 500 * np.sin(4 * small_twin.lon.values), (16, 1)))
    ds = small_twin.assign(depth=depth.where(small_twin.lat < 35.9), wind=small_twin.ssh.shift(time=1))
    model = fit(ds, "ssh_obs", truth="ssh", covariates=("depth", "lat", "dayofyear", "wind"), **QUICK)
    assert (model.spec.n_mapped, model.spec.n_channels) == (5, 5 + 1 + 1 + 2 + 5)
    maps = model.reconstruct(ds, progress=False)
    assert list(maps.data_vars) == ["ssh", "ssh_observed"]
    assert np.isfinite(maps.ssh).all()
    deeper = model.reconstruct(ds.assign(depth=ds.depth + 1000 * np.sin(9 * ds.lat)), progress=False)
    assert np.abs(deeper.ssh - maps.ssh).max() > 1e-4
    model.save(tmp_path / "m.xdvn")
    loaded = xdvn.load(tmp_path / "m.xdvn")
    assert loaded.spec.covariates == model.spec.covariates
    assert np.array_equal(loaded.reconstruct(ds, progress=False).ssh, maps.ssh)
    with pytest.raises(KeyError, match="covariate variable 'depth' is not in the Dataset"):
        model.reconstruct(small_twin, progress=False)
    with pytest.raises(ValueError, match=r"covariates=\['lat'\]: expected none with init_from=, which has its own"):
        fit(
            ds,
            "ssh_obs",
            truth="ssh",
            init_from=model,
            covariates=("lat",),
            progress=False,
            training=Training(epochs=1),
        )


def test_loss_weights_are_checked(small_twin):
    with pytest.raises(
        ValueError, match=r"VariableWeights\({'shs': 1.0}\): expected weights of 0 or more for \['ssh'\]"
    ):
        fit(small_twin, "ssh_obs", truth="ssh", loss=VariableWeights({"shs": 1.0}), **QUICK)


def test_tracks_without_units_in_another_unit_are_refused_and_warn(small_twin, cell_model):
    grid, points = small_twin[["ssh"]], as_tracks(small_twin)
    other = points.assign(ssh_obs=(100 * points.ssh_obs).drop_attrs(deep=False))
    with pytest.raises(ValueError, match="'ssh_obs' is about 100 times the truth 'ssh'"):
        fit(grid, "ssh_obs", truth="ssh", tracks=other, **QUICK)
    with pytest.warns(UserWarning, match=r"about 100 times the training data.*\.attrs\['units'\] = 'cm'"):
        reconstruct(grid, cell_model, tracks=other, progress=False)
    reconstruct(grid, cell_model, tracks=other.assign(ssh_obs=other.ssh_obs / 100), progress=False)
