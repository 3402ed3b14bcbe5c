"""What is typed next, said of a Dataset with a truth and of one without."""

import numpy as np
import pytest
import xarray as xr

import xdvn  # noqa: F401  (registers the accessor)


@pytest.fixture
def ds():
    """Return a small sea of which a tenth was observed."""
    axes = {"time": np.datetime64("2020-01-01", "ns") + np.arange(8) * np.timedelta64(1, "D")}
    axes |= {"lat": ("lat", np.arange(6.0), {"units": "degrees_north"})}
    axes |= {"lon": ("lon", np.arange(6.0), {"units": "degrees_east"})}
    sea = np.random.default_rng(0).normal(size=(8, 6, 6))
    seen = np.where(np.random.default_rng(1).random(sea.shape) < 0.1, sea, np.nan)
    dims = ("time", "lat", "lon")
    return xr.Dataset({"sla_seen": (dims, seen, {"units": "m"}), "sla": (dims, sea, {"units": "m"})}, axes)


def test_what_is_typed_next_names_the_truth_where_there_is_one(ds):
    assert "ds.dvn.fit(obs='sla_seen', truth='sla'); ds.dvn.reconstruct(model)" in repr(ds.dvn)


def test_without_a_truth_none_is_named(ds):
    assert "ds.dvn.fit(obs='sla_seen'); ds.dvn.reconstruct(model)" in repr(ds[["sla_seen"]].dvn)


def test_where_nothing_has_gaps_no_training_is_advised(ds):
    assert "next: no variable has gaps" in repr(ds[["sla"]].dvn)
