"""Lazy maps are the eager ones, whatever the chunks and the blocks, and nothing happens before they are wanted."""

import dataclasses
import re
import warnings

import dask
import dask.array
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from seas import sea, untrained

from xdvn.api import reconstruct
from xdvn.core.networks.fourdvarnet import Solution
from xdvn.grid.domain_check import TrainingDomain
from xdvn.inference import solve as solving


@pytest.fixture(scope="module")
def small():
    """A sea with a coast, a model of it, and its maps in memory."""
    ds = sea(land=True)
    model = untrained(ds)
    return ds, model, model.reconstruct(ds, progress=False)


@pytest.fixture(scope="module")
def globe():
    """The same round the world: 36 columns of 10 degrees."""
    ds = sea((8, 8, 36), first_lon=-180.0, step=10.0).assign_coords(lat=("lat", np.arange(-35.0, 45, 10)))
    ds.lat.attrs = {"units": "degrees_north"}
    return ds, untrained(ds, (5, 6, 8), (3, 3, 5))


CHUNKS = {
    "one": {"time": -1, "lat": -1, "lon": -1},
    "days": {"time": 1},
    "crumbs": {"time": 5, "lat": 3, "lon": 4},
    "uneven": {"time": (7, 5), "lat": (9, 1), "lon": (2, 10)},
}
BLOCKS = {"default": None, "in time": {"time": 4}, "everywhere": {"time": 5, "lat": 4, "lon": 7}}


@pytest.mark.parametrize("chunks", CHUNKS.values(), ids=CHUNKS)
@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_lazy_maps_are_the_eager_ones(small, chunks, block):
    ds, model, expected = small
    maps = model.reconstruct(ds.chunk(chunks), block=block)
    assert isinstance(maps.ssh.data, dask.array.Array)
    xr.testing.assert_allclose(maps.compute(), expected, rtol=0, atol=1e-6)
    assert maps.ssh.attrs == expected.ssh.attrs


LAYOUTS = {
    "latitude down": lambda ds: ds.isel(lat=slice(None, None, -1)),
    "transposed": lambda ds: ds.transpose("lon", "time", "lat"),
    "other longitudes": lambda ds: ds.assign_coords(lon=ds.lon + 360),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_whatever_the_layout(small, layout):
    ds, model, expected = small
    laid = layout(ds)
    maps = model.reconstruct(laid.chunk(time=5, lat=4), block={"time": 6, "lat": 5, "lon": 5})
    assert maps.ssh.dims == laid.ssh_obs.dims
    assert np.array_equal(maps.lon, laid.lon)
    found = maps.ssh.compute().transpose("time", "lat", "lon").sortby("lat")
    np.testing.assert_allclose(found, expected.ssh, rtol=0, atol=1e-6)


def test_a_lazy_result_has_one_chunking(small):
    """``maps.chunks``, and zarr, need equal chunks of all variables along a dimension."""
    ds, model, _ = small
    bounds = xr.DataArray(np.zeros((ds.sizes["time"], 2)), dims=("time", "nv"))
    ds = ds.assign(time_bnds=bounds).assign_coords(depth=0 * ds.ssh.isel(time=0, drop=True))
    ds.time.attrs["bounds"] = "time_bnds"
    maps = reconstruct(ds.chunk(time=5, lat=4), model, block={"time": 4}, distances=True)
    assert maps.chunks["time"][:2] == (4, 4)
    assert {"time_bnds", "depth", "ssh_observed"} <= {n for n, v in maps.variables.items() if v.chunks}
    eager = reconstruct(ds, model, distances=True, progress=False)
    xr.testing.assert_allclose(maps.compute().drop_attrs(), eager.drop_attrs(), atol=1e-6)


@settings(deadline=None, max_examples=12)
@given(st.data())
def test_any_chunks_and_any_blocks(small, data):
    ds, model, expected = small
    sizes = {d: st.integers(1, n) for d, n in ds.sizes.items()}
    chunks = data.draw(st.fixed_dictionaries(sizes))
    block = {d: max(3, n) for d, n in data.draw(st.fixed_dictionaries(sizes)).items()}
    maps = model.reconstruct(ds.chunk(chunks), block=block).ssh.compute()
    np.testing.assert_allclose(maps, expected.ssh, rtol=0, atol=1e-6)


def test_nothing_is_read_or_solved_before_it_is_wanted(small):
    ds, model, _ = small

    def never(block):
        raise AssertionError("computed")

    chunked = ds.ssh_obs.chunk(time=4)
    trap = chunked.data.map_blocks(never, dtype="f4", meta=np.empty((0, 0, 0), "f4"))
    maps = reconstruct(ds.assign(ssh_obs=chunked.copy(data=trap)), model, progress=False)
    with pytest.raises(AssertionError, match="computed"):
        maps.ssh.isel(time=0).compute(scheduler="synchronous")


def test_only_the_blocks_that_are_wanted_are_solved_and_one_program_does_all(small, monkeypatch):
    ds, model, expected = small
    seen, shapes = [], set()
    before, forward = solving.WindowSolver.map_block, solving.forward

    def counted(self, ds, first_guess, block, *more):
        seen.append(block.core)
        return before(self, ds, first_guess, block, *more)

    def shaped(network, obs, guess):
        shapes.add(
            str([getattr(leaf, "shape", None) for leaf in dask.core.flatten([obs.values, obs.mask, obs.ocean_mask])])
        )
        return forward(network, obs, guess)

    monkeypatch.setattr(solving.WindowSolver, "map_block", counted)
    monkeypatch.setattr(solving, "forward", shaped)
    maps = model.reconstruct(ds.chunk(time=5), block={"time": 4, "lat": 5})
    day = maps.ssh.isel(time=slice(0, 4), lat=slice(0, 5)).compute(scheduler="synchronous")
    assert len(seen) == 1
    np.testing.assert_allclose(day, expected.ssh[:4, :5], rtol=0, atol=1e-6)
    maps.compute(scheduler="synchronous")
    assert len(seen) == 1 + 6
    assert len(shapes) == 1


def test_maps_stream_to_zarr_and_to_netcdf(small, tmp_path):
    pytest.importorskip("zarr")
    ds, model, expected = small
    ds[["ssh_obs"]].chunk(time=3).to_zarr(tmp_path / "obs.zarr", consolidated=False)
    maps = reconstruct(xr.open_zarr(tmp_path / "obs.zarr", consolidated=False), model, block={"time": 5, "lat": 6})
    maps.to_zarr(tmp_path / "maps.zarr", consolidated=False)
    maps.to_netcdf(tmp_path / "maps.nc")
    for back in (xr.open_zarr(tmp_path / "maps.zarr", consolidated=False), xr.open_dataset(tmp_path / "maps.nc")):
        xr.testing.assert_allclose(back.ssh.load(), expected.ssh, rtol=0, atol=1e-6)
        assert np.array_equal(back.ssh_observed, expected.ssh_observed)
        back.close()


def test_a_globe_has_no_seam(globe):
    """Rolled by the stride of its windows, the sea gives the rolled maps: no column is special."""
    ds, model = globe
    maps = model.reconstruct(ds, progress=False).ssh
    assert bool(maps.notnull().all())
    for block in ({"time": 4, "lon": 12}, {"lon": 36}, {"lon": 7, "lat": 4}):
        lazy = model.reconstruct(ds.chunk(time=3, lon=10), block=block).ssh.compute()
        np.testing.assert_allclose(lazy, maps, rtol=0, atol=1e-6)
    # The mean belongs to places; a network without one sees a circle without a beginning.
    even = untrained(ds.assign(ssh=ds.ssh - ds.ssh.mean("time")), (5, 6, 8), (3, 3, 5))
    straight = even.reconstruct(ds, progress=False).ssh.values
    for columns in (3, 9, 18):
        moved = ds.copy()
        moved["ssh_obs"] = ds.ssh_obs.copy(data=np.roll(ds.ssh_obs.values, columns, axis=-1))
        np.testing.assert_allclose(
            even.reconstruct(moved, progress=False).ssh.values, np.roll(straight, columns, axis=-1), rtol=0, atol=1e-5
        )


def test_a_globe_may_be_cut_anywhere(globe):
    """From 0 to 360 instead of from -180: the same maps of the same places, in the order they came."""
    ds, model = globe
    expected = model.reconstruct(ds, progress=False).ssh
    other = ds.roll(lon=18, roll_coords=True)
    other = other.assign_coords(lon=other.lon.copy(data=other.lon.values % 360))
    for each in (other, other.chunk(lon=9)):
        maps = model.reconstruct(each, progress=False).ssh.compute()
        assert np.array_equal(maps.lon, other.lon)
        np.testing.assert_allclose(maps, expected.roll(lon=18), rtol=0, atol=1e-6)


def test_covariates_errors_and_offsets_go_with_their_blocks():
    ds = sea(land=True)
    ds["depth"] = ds.ssh[0].drop_vars("time").fillna(0) + ds.lat
    ds["noise"] = xr.ones_like(ds.ssh_obs).where(ds.ssh_obs.notnull()) * (1 + ds.lon - ds.lon.min())
    rng = np.random.default_rng(3)
    for dim in ("lat", "lon"):
        ds[f"ssh_obs_offset_{dim}"] = (ds.ssh_obs.dims, rng.uniform(-0.5, 0.5, ds.ssh_obs.shape))
    model = untrained(ds, covariates=("depth", "dayofyear"))
    import dataclasses

    model = dataclasses.replace(model, spec=model.spec.with_obs_error("noise"))
    expected = model.reconstruct(ds, progress=False).ssh
    lazy = model.reconstruct(ds.chunk(time=4, lat=5), block={"time": 4, "lat": 4, "lon": 5}).ssh.compute()
    np.testing.assert_allclose(lazy, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("which", ["small", "globe"])
def test_points_of_tracks_are_read_by_the_blocks_they_lie_in(which, request):
    ds, model = request.getfixturevalue(which)[:2]
    rng = np.random.default_rng(4)
    n, half = 300, float(ds.lon[1] - ds.lon[0]) / 2
    where = {
        "time": ds.time.values[rng.integers(0, ds.sizes["time"], n)],
        "lat": rng.uniform(float(ds.lat.min()), float(ds.lat.max()), n),
        "lon": rng.uniform(float(ds.lon.min()) - half, float(ds.lon.max()) + half, n),
    }
    tracks = xr.Dataset({"ssh_obs": ("point", rng.normal(size=n))}, {k: ("point", v) for k, v in where.items()})
    expected = model.reconstruct(ds, tracks=tracks, progress=False).ssh
    assert np.abs(expected - model.reconstruct(ds, progress=False).ssh).max() > 1e-3
    lazy = model.reconstruct(ds.chunk(time=4), tracks=tracks, block={"time": 4, "lat": 5, "lon": 9}).ssh.compute()
    np.testing.assert_allclose(lazy, expected, rtol=0, atol=1e-6)


def test_a_first_guess_is_cut_with_its_block(small):
    ds, model, _ = small
    guess = (ds[["ssh"]].fillna(0) * 0.5).transpose("lat", "time", "lon")
    expected = model.reconstruct(ds, first_guess=guess, progress=False).ssh
    for each in (guess, guess.chunk(time=3)):
        lazy = model.reconstruct(ds.chunk(time=4), first_guess=each, block={"time": 4, "lat": 5}).ssh.compute()
        np.testing.assert_allclose(lazy, expected, rtol=0, atol=1e-6)


def test_fill_values_are_refused_in_the_block_that_holds_them(small):
    ds, model, _ = small
    spoilt = ds.assign(ssh_obs=ds.ssh_obs.fillna(9999.0)).chunk(time=4)
    maps = model.reconstruct(spoilt, block={"time": 4})
    with pytest.raises(ValueError, match="contains the fill value 9999: expected NaN in gaps"):
        maps.ssh.compute(scheduler="synchronous")


def test_the_number_of_fields_is_known_beforehand(small):
    ds, model, _ = small
    one = solving.WindowSolver(
        model.network, model.spec, model.spec.static_fields(ds), 2, None, model.spec.in_cells(None)
    )
    assert one.n_fields() == 1
    assert "variance" in Solution.__dataclass_fields__


def learned_on(ds, model):
    """Return ``model`` with what it would know of its training data, had that been ``ds``."""
    field = model.prepare(ds)
    known = TrainingDomain.measure(field.ds, ["ssh_obs"], field.encode(), None, model.spec.axes, 5)
    return dataclasses.replace(model, training_domain=known)


def test_blocks_unlike_the_training_say_so_once(small):
    ds, model, _ = small
    model = learned_on(ds, model)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.reconstruct(ds.chunk(time=4), block={"time": 4}).compute()
    foreign = ds.assign(ssh_obs=ds.ssh_obs * 100).chunk(time=4)
    maps = model.reconstruct(foreign, block={"time": 4})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        maps.compute(scheduler="synchronous")
    (told,) = (str(each.message) for each in caught)
    assert re.search(r"99 % of .*'ssh_obs' lie outside .* \(first found between 2012-10-\d\d and 2012-10-\d\d\)", told)


def test_a_foreign_season_is_told_before_anything_is_read(small):
    ds, model, _ = small
    model = learned_on(ds, model)
    spring = ds.assign_coords(time=ds.time + np.timedelta64(180, "D")).chunk(time=4)
    with pytest.warns(UserWarning, match="Train the model on this season"):
        model.reconstruct(spring)
