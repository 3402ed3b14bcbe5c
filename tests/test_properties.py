"""What must hold for any sea: layout, coordinates, rolls round the world, and windows that do not know each other."""

import jax
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from seas import sea, untrained

from xdvn.grid.patches import Patcher
from xdvn.inference.batches import make_batch
from xdvn.inference.solve import forward

PATCH = (4, 5, 6)
DIMS = ("time", "lat", "lon")


@pytest.fixture(scope="module")
def model():
    """For windows of one size: whatever the field, one program."""
    return untrained(sea((9, 9, 10), land=True), PATCH)


@st.composite
def seas(draw):
    """Draw the sizes of a field, which of it is seen, how it is stored and how it is cut."""
    sizes = {d: draw(st.integers(p, p + 5)) for d, p in zip(DIMS, PATCH, strict=True)}
    return {
        "sizes": sizes,
        "share": draw(st.sampled_from([0.02, 0.3, 1.0])),
        "seed": draw(st.integers(0, 99)),
        "dtype": draw(st.sampled_from(["f4", "f8", ">f4", "f2"])),
        "order": draw(st.permutations(DIMS)),
        "turned": draw(st.booleans()),
        "chunks": draw(st.none() | st.fixed_dictionaries({d: st.integers(1, n) for d, n in sizes.items()})),
        "block": draw(st.fixed_dictionaries({d: st.integers(p, 10) for d, p in zip(DIMS, PATCH, strict=True)})),
    }


@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # of the model, which every example shares
@settings(deadline=None, max_examples=25)
@given(seas())
def test_maps_are_complete_and_laid_out_as_they_came(model, drawn):
    ds = sea(tuple(drawn["sizes"].values()), share=drawn["share"], seed=drawn["seed"])
    ds["ssh_obs"][0, 0, 0] = 0.1
    before = model.reconstruct(ds.astype(drawn["dtype"]).astype("f4"), progress=False).ssh
    laid = ds.isel(lat=slice(None, None, -1 if drawn["turned"] else 1)).transpose(*drawn["order"])
    laid["ssh_obs"] = laid.ssh_obs.astype(drawn["dtype"])
    untouched = laid.copy(deep=True)
    given_as = laid if drawn["chunks"] is None else laid.chunk(drawn["chunks"])
    maps = model.reconstruct(given_as, block=drawn["block"], progress=False).compute()
    assert maps.ssh.dims == tuple(drawn["order"])
    xr.testing.assert_identical(maps.ssh.coords.to_dataset(), untouched.ssh_obs.coords.to_dataset())
    xr.testing.assert_identical(laid, untouched)
    assert np.array_equal(maps.ssh_observed == 1, laid.ssh_obs.notnull())
    assert bool(maps.ssh.sortby("lat").transpose(*DIMS).notnull().equals(before.notnull()))
    np.testing.assert_allclose(maps.ssh.sortby("lat").transpose(*DIMS), before, rtol=0, atol=2e-6)


@settings(deadline=None, max_examples=10)
@given(st.integers(1, 9), st.integers(0, 3))
def test_round_the_world_no_column_is_special(turns, seed):
    """A network that knows no mean commutes with rolls by multiples of its stride, here four columns of ten degrees."""
    ds = sea((4, 5, 36), first_lon=-180.0, step=10.0, seed=seed).assign_coords(lat=("lat", np.arange(-20.0, 30, 10)))
    ds.lat.attrs = {"units": "degrees_north"}
    circle = untrained(ds.assign(ssh=ds.ssh - ds.ssh.mean("time")), (4, 5, 8), (3, 4, 4))
    maps = circle.reconstruct(ds, progress=False).ssh.values
    rolled = ds.assign(ssh_obs=ds.ssh_obs.copy(data=np.roll(ds.ssh_obs.values, 4 * turns, axis=-1)))
    found = circle.reconstruct(rolled, progress=False).ssh.values
    np.testing.assert_allclose(found, np.roll(maps, 4 * turns, axis=-1), rtol=0, atol=1e-5)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(0, 11), min_size=3, max_size=3, unique=True), st.integers(0, 2))
def test_no_window_depends_on_the_others_of_its_batch(model, chosen, place):
    ds = sea((9, 9, 10), land=True)
    encoded = model.spec.encode(ds)
    patcher = Patcher(encoded.values.shape[1:], PATCH, model.spec.stride)

    def solved(starts):
        obs, guess = make_batch(encoded, patcher, starts)
        return np.asarray(forward(model.network, obs, guess)[0])

    starts = [patcher.starts[i % len(patcher.starts)] for i in chosen]
    company, alone = solved(starts), solved([starts[place]] * 3)
    np.testing.assert_allclose(company[place], alone[0], rtol=0, atol=1e-5)


def test_the_seed_decides_the_weights():
    ds = sea((9, 9, 10))
    one, same, other = (jax.tree.leaves(untrained(ds, PATCH, seed=s).network) for s in (0, 0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True) if hasattr(a, "shape"))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True) if hasattr(a, "shape"))
