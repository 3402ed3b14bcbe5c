"""Fit and reconstruct end to end on a small sea: what is learned, what is kept, what is refused."""

import subprocess
import sys

import jax
import numpy as np
import pytest
import xarray as xr

import xdvn
from xdvn import Training, Windows
from xdvn.api import fit, reconstruct, score
from xdvn.core.cost import VariationalCost
from xdvn.core.modulators import ConvLSTMModulator
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.priors import BilinearPrior
from xdvn.core.solvers import GradientSolver


def tiny(channels, ndim, *, key):
    """A network that compiles fast."""
    cost = VariationalCost(BilinearPrior(channels, ndim, hidden=4, downsampling=1, key=key))
    modulator = ConvLSTMModulator(channels, ndim, hidden=4, factor=1, key=key)
    return FourDVarNet(cost, GradientSolver(n_steps=2, modulator=modulator, normalise=True))


QUICK = {"validation": 0, "network": tiny, "progress": False, "windows": {"time": 5}, "training": Training(epochs=1)}


def test_a_few_epochs_already_beat_the_mean(small_twin, small_model):
    """Trained on the western part, mapped on the whole: better than knowing only the training mean."""
    maps = reconstruct(small_twin, small_model, progress=False)
    mean = small_model.spec.variables[0].normaliser.mean.on([small_twin.lat.values, small_twin.lon.values])
    error = np.sqrt(((maps.ssh - small_twin.ssh) ** 2).mean())
    assert error < 0.9 * np.sqrt(((small_twin.ssh - mean) ** 2).mean())


def test_region_to_larger_field_keeps_layout_and_says_where_it_came_from(small_twin, small_model):
    before = small_twin.copy(deep=True)
    maps = reconstruct(small_twin, small_model, progress=False)
    assert small_model.spec.land.sea.shape == (16, 12)
    xr.testing.assert_equal(maps.ssh.coords.to_dataset(), small_twin.ssh.coords.to_dataset())
    assert maps.ssh.attrs["units"] == "m"
    assert maps.ssh.attrs["standard_name"] == small_twin.ssh.attrs["standard_name"]
    assert "with Model" in maps.attrs["history"]
    assert np.array_equal(maps.ssh_observed == 1, small_twin.ssh_obs.notnull())
    assert np.isfinite(maps.ssh).all()
    xr.testing.assert_identical(small_twin, before)


@pytest.mark.parametrize(
    "layout",
    [
        lambda ds: ds.transpose("lon", "lat", "time"),
        lambda ds: ds.isel(lat=slice(None, None, -1)),
        lambda ds: ds.chunk({"time": 7, "lon": 5}),
    ],
    ids=["transposed", "latitude down", "dask"],
)
def test_maps_do_not_depend_on_the_layout(small_twin, small_model, layout):
    maps = small_model.reconstruct(small_twin, progress=False).ssh
    other = small_model.reconstruct(layout(small_twin), progress=False).ssh
    assert other.dims == layout(small_twin).ssh_obs.dims
    xr.testing.assert_allclose(other.transpose(*maps.dims).sortby("lat"), maps, atol=1e-5)


def test_maps_do_not_depend_on_the_batch(small_twin, small_model):
    one = small_model.reconstruct(small_twin, batch_size=1, progress=False).ssh
    many = small_model.reconstruct(small_twin, batch_size=7, progress=False).ssh
    assert np.abs(one - many).max() < 1e-5


def test_a_saved_model_maps_identically_in_another_process(small_twin, small_model, tmp_path):
    small_model.save(tmp_path / "m.xdvn")
    small_twin.to_netcdf(tmp_path / "ds.nc")
    script = (
        "import sys, xarray as xr, xdvn; ds = xr.load_dataset(sys.argv[1] + '/ds.nc'); "
        "m = xdvn.load(sys.argv[1] + '/m.xdvn'); "
        "ds.dvn.reconstruct(m, progress=False).to_netcdf(sys.argv[1] + '/out.nc')"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True)
    here = reconstruct(xr.load_dataset(tmp_path / "ds.nc"), small_model, progress=False)
    assert np.array_equal(xr.load_dataset(tmp_path / "out.nc").ssh, here.ssh)


def test_the_seed_decides(small_twin):
    options = [{**QUICK, "training": Training(epochs=1, seed=s)} for s in (0, 0, 1)]
    models = [fit(small_twin, "ssh_obs", truth="ssh", **each) for each in options]
    leaves = [[x for x in jax.tree.leaves(m.network) if hasattr(x, "shape")] for m in models]
    assert all(np.array_equal(a, b) for a, b in zip(leaves[0], leaves[1], strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(leaves[0], leaves[2], strict=True))


def test_windows_and_training_are_objects_or_mappings(small_twin):
    options = {**QUICK, "windows": {"time": 5, "lat": 8}, "training": {"epochs": 1, "batch_size": 8}}
    named = fit(small_twin, "ssh_obs", truth="ssh", **options)
    windows = Windows({"time": 5, "lat": 8}, overlap={"time": 1, "lon": 15})
    options = {**QUICK, "windows": windows, "training": Training(epochs=1, batch_size=8)}
    model = fit(small_twin, "ssh_obs", truth="ssh", **options)
    assert named.spec.patch == model.spec.patch == (5, 8, 16)
    assert named.history.loss == model.history.loss
    assert (named.spec.stride, model.spec.stride) == ((1, 4, 8), (4, 4, 1))
    with pytest.raises(TypeError, match=r"training={'epoch': ...}: expected settings among epochs, batch_size"):
        fit(small_twin, "ssh_obs", truth="ssh", **{**QUICK, "training": {"epoch": 1}})


def test_training_goes_on_from_a_model(small_twin):
    first = fit(small_twin, "ssh_obs", truth="ssh", **QUICK)
    more = fit(
        small_twin, "ssh_obs", truth="ssh", init_from=first, validation=0, progress=False, training=Training(epochs=1)
    )
    assert more.spec is first.spec
    assert more.history.loss[0] < first.history.loss[0]


def test_a_first_guess_is_saved_with_the_model_and_used_again(small_twin, tmp_path):
    guess = xdvn.OptimalInterpolation("ssh_obs", name="ssh", noise_ratio=0.1)
    model = fit(small_twin, "ssh_obs", truth="ssh", first_guess=guess, **QUICK)
    model.save(tmp_path / "m.xdvn")
    loaded = xdvn.load(tmp_path / "m.xdvn")
    assert loaded.first_guess.scales == guess.scales
    maps = model.reconstruct(small_twin, progress=False)
    assert np.array_equal(loaded.reconstruct(small_twin, progress=False).ssh, maps.ssh)
    alone = model.reconstruct(small_twin, first_guess=guess.reconstruct(small_twin) * 0, progress=False)
    assert np.abs(alone.ssh - maps.ssh).max() > 1e-3


def test_land_stays_land_and_several_variables_keep_their_units(small_twin):
    coast = (small_twin.lon + small_twin.lat > -31.0) & (small_twin.lat < 50)
    ds = small_twin.where(coast)
    ds["sst"] = (20 + 5 * ds.ssh).assign_attrs(units="degC")
    ds["sst_obs"] = ds.sst.where(small_twin.ssh_obs.notnull().roll(time=3)).assign_attrs(units="degC")
    model = fit(ds, ["ssh_obs", "sst_obs"], truth=["ssh", "sst"], **QUICK)
    maps = model.reconstruct(ds, progress=False)
    assert (maps.ssh.attrs["units"], maps.sst.attrs["units"]) == ("m", "degC")
    for name in ("ssh", "sst"):
        assert np.array_equal(np.isfinite(maps[name][3]), coast.transpose("lat", "lon"))
    assert 10 < float(maps.sst.mean()) < 30
    sea_only = ds.assign(ssh_obs=ds.ssh_obs.where(coast, 99.0), sst_obs=ds.sst_obs.where(coast, 99.0))
    xr.testing.assert_allclose(model.reconstruct(sea_only, progress=False).ssh, maps.ssh)


def test_what_a_newcomer_does_wrong_is_told(small_twin, small_model):
    with pytest.raises(KeyError, match="observed variable 'ssh_osb' is not in the Dataset; did you mean 'ssh_obs'"):
        small_twin.dvn.fit("ssh_osb", truth="ssh")
    with pytest.raises(KeyError, match="truth variable 'shh' is not in the Dataset; did you mean 'ssh'"):
        small_twin.dvn.fit("ssh_obs", truth="shh")
    with pytest.raises(ValueError, match="no time axis among the dimensions lat"):
        small_twin.isel(time=0, drop=True).dvn.fit("ssh_obs", truth="ssh")
    with pytest.raises(ValueError, match=r"windows={'lat': 99} is larger than the field.*16 steps along 'lat'"):
        small_twin.dvn.fit("ssh_obs", truth="ssh", windows={"lat": 99})
    with pytest.raises(ValueError, match="obs='ssh_obs': every value is missing. Select days with data"):
        small_twin.assign(ssh_obs=small_twin.ssh_obs * np.nan).dvn.fit("ssh_obs", truth="ssh")
    with pytest.raises(ValueError, match="'ssh_obs': every value is missing, so there is nothing to map from"):
        small_twin.assign(ssh_obs=small_twin.ssh_obs * np.nan).dvn.reconstruct(small_model)
    with pytest.raises(ValueError, match="the field has 3 steps along 'time', the model's windows have 5"):
        small_twin.isel(time=slice(3)).dvn.reconstruct(small_model)
    with pytest.raises(ValueError, match=r"obs=\['a', 'b'\], truth=\['c'\]: expected one truth for each"):
        small_twin.dvn.fit(["a", "b"], truth="c")
    with pytest.raises(ValueError, match="epochs=0: expected at least 1"):
        small_twin.dvn.fit("ssh_obs", truth="ssh", **{**QUICK, "training": {"epochs": 0}})


def test_a_path_is_no_model():
    """In a process of its own: the tests' own type checks would speak first."""
    script = "import xarray as xr, xdvn; xr.Dataset().dvn.reconstruct('model.xdvn')"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "TypeError: mapper=str: expected a Model or another mapper. Train one with ds.dvn.fit(...)" in run.stderr
    assert "xdvn.load(path)" in run.stderr


def test_an_interrupted_fit_keeps_its_best_epoch(small_twin, monkeypatch):
    from xdvn.training import progress

    calls = []

    def after_epoch(self, loss):
        calls.append(loss)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(progress.TrainingBar, "after_epoch", after_epoch)
    with pytest.warns(UserWarning, match="training was interrupted; this model is the best of 2 epochs"):
        model = fit(small_twin, "ssh_obs", truth="ssh", **{**QUICK, "training": Training(epochs=9)})
    assert len(model.history.loss) == 2


def test_scores_pick_the_right_variable(small_twin, small_model):
    maps = reconstruct(small_twin, small_model, progress=False)
    scores = maps.dvn.score(small_twin.ssh, mean=small_twin.ssh_front)
    error = float(np.sqrt(((maps.ssh - small_twin.ssh) ** 2).mean()))
    assert np.isclose(scores.mu, 1 - error / np.sqrt((small_twin.ssh**2).mean()), atol=1e-5)
    assert np.isclose(
        scores.mu_anomaly, 1 - error / np.sqrt(((small_twin.ssh - small_twin.ssh_front) ** 2).mean()), atol=1e-5
    )
    assert np.isclose(score(maps, small_twin.ssh.isel(time=slice(9, 30))).mu, 1, atol=0.9)
    with pytest.raises(ValueError, match=r"expected one map, got \['ssh', 'other'\]. Choose one with name="):
        score(maps.assign(other=maps.ssh), small_twin.ssh.rename("unknown"))
    with pytest.raises(ValueError, match="share no coordinates"):
        score(maps.isel(time=slice(3)), small_twin.ssh.isel(time=slice(5, 9)))


def test_currents_on_request(small_twin, small_model):
    maps = reconstruct(small_twin, small_model, progress=False, currents=True)
    expected = xdvn.ocean.geostrophic_currents(maps.ssh)
    xr.testing.assert_identical(maps.u, expected.u)
    assert {"v", "vorticity_over_f", "eke"} <= set(maps)
    assert "u" not in reconstruct(small_twin, small_model, progress=False)


def test_anomalies_are_mapped_with_their_mean(small_twin):
    """Trained on anomalies, a reconstruction gives the absolute topography and absolute currents on request."""
    mdt = small_twin.ssh_front.assign_attrs(units="m")
    ds = small_twin.assign(
        sla=xdvn.ocean.sea_level_anomaly(small_twin.ssh, mdt),
        sla_obs=xdvn.ocean.sea_level_anomaly(small_twin.ssh_obs, mdt),
    )
    model = fit(ds, "sla_obs", truth="sla", **QUICK)
    maps = reconstruct(ds, model, mdt=mdt, currents=True, distances=True, progress=False)
    assert maps.sla.attrs["standard_name"] == "sea_surface_height_above_sea_level"
    assert maps.adt.attrs["standard_name"] == "sea_surface_height_above_geoid"
    np.testing.assert_allclose(maps.adt, maps.sla + mdt, atol=1e-6)
    xr.testing.assert_allclose(maps.u, xdvn.ocean.geostrophic_currents(maps.adt).u, atol=1e-6)
    anomalies = xdvn.ocean.geostrophic_currents(maps.sla)
    np.testing.assert_allclose(maps.eke, 0.5 * (anomalies.u**2 + anomalies.v**2), atol=1e-6)
    assert maps.adt.attrs["ancillary_variables"].split()[0] == "sla_observed"
    alone = reconstruct(ds, model, mdt=mdt, progress=False)
    assert set(alone) == {"sla", "sla_observed", "adt"}
    with pytest.raises(ValueError, match=r"'sla_obs' is a sea level anomaly .*: expected a height .* the truth 'ssh'"):
        fit(ds, "sla_obs", truth="ssh", **QUICK)
    absolute = ds.drop_vars("sla_obs").rename(ssh_obs="sla_obs")
    with pytest.raises(ValueError, match=r"'sla_obs' is a height above the geoid .*expected .* the training data"):
        reconstruct(absolute, model, progress=False)


@pytest.mark.parametrize("kind", ["model", "optimal interpolation"])
def test_a_reconstruction_is_a_cf_file(small_twin, small_model, kind, tmp_path):
    """Every variable says what it is, every name in an attribute leads somewhere, and a file gives all of it back."""
    bounds = xr.DataArray(np.stack([small_twin.lat - 0.1, small_twin.lat + 0.1], 1), dims=("lat", "nv"))
    ds = small_twin.assign(lat_bnds=bounds, crs=((), 0, {"grid_mapping_name": "latitude_longitude"}))
    ds = ds.assign_coords(lat=ds.lat.assign_attrs(bounds="lat_bnds")).assign_attrs(history="2012: flown over")
    ds["ssh_obs"] = ds.ssh_obs.assign_attrs(grid_mapping="crs")
    mapper = small_model if kind == "model" else xdvn.OptimalInterpolation("ssh_obs", name="ssh")
    maps = reconstruct(ds, mapper, currents=True, distances=True, progress=False)

    assert maps.attrs["Conventions"].startswith("CF-1.")
    before, now = maps.attrs["history"].splitlines()
    assert before == "2012: flown over"
    assert "reconstructed by xdvn" in now
    assert {"T", "Y", "X"} <= set(maps.cf.axes)
    for name, da in maps.variables.items():
        if name not in ("lat_bnds", "crs"):
            assert "units" in da.attrs or "flag_meanings" in da.attrs or name == "time", name
            assert "standard_name" in da.attrs or "long_name" in da.attrs, name
        told = [*da.attrs.get("ancillary_variables", "").split(), *filter(None, [da.attrs.get("bounds")])]
        assert set(told) <= set(maps.variables), name
        assert da.attrs.get("grid_mapping", "crs") in maps.variables
    for name in ("time", "lat", "lon"):
        assert maps[name].attrs == ds[name].attrs
    flags = maps.cf["sea_surface_height_above_geoid"].coords
    assert {"ssh_observed", "ssh_distance_in_space", "ssh_distance_in_time"} <= set(flags)
    assert maps.ssh.attrs["grid_mapping"] == "crs"

    maps.to_netcdf(tmp_path / "maps.nc")
    with xr.open_dataset(tmp_path / "maps.nc") as read:
        xr.testing.assert_allclose(read.load(), maps)
        assert read.ssh.attrs["ancillary_variables"] == maps.ssh.attrs["ancillary_variables"]
        assert read.ssh_distance_in_time.dtype.kind == "f"


def test_score_against_a_track(small_twin):
    """A one-dimensional truth is a track; a bootstrap reaches both kinds of scores."""
    maps = small_twin[["ssh"]]
    rng = np.random.default_rng(0)
    at = {
        "time": ("point", np.sort(rng.choice(small_twin.time.values, 600))),
        "latitude": ("point", rng.uniform(float(maps.lat.min()), float(maps.lat.max()), 600)),
        "longitude": ("point", rng.uniform(float(maps.lon.min()), float(maps.lon.max()), 600)),
    }
    track = xr.DataArray(np.zeros(600), dims="point", coords=at, name="ssh", attrs={"units": "m"})
    track = track.copy(data=maps.ssh.interp(time=track.time, lat=track.latitude, lon=track.longitude).values)
    bootstrap = xdvn.metrics.BlockBootstrap(block_days=5, n=10)
    assert float(score(maps, track, bootstrap=bootstrap).mu_low) == pytest.approx(1, abs=1e-5)
    assert float(score(maps, maps.ssh, bootstrap=bootstrap).mu_low) == 1
    with pytest.raises(ValueError, match="mean=: expected a gridded truth, got a track. Leave mean= out"):
        score(maps, track, mean=maps.ssh.mean("time"))
