"""A record larger than memory trains as one in memory does, and never more of it is read than a slab."""

import numpy as np
import pytest
import xarray as xr
from seas import sea, tiny

from xdvn import record, slabs
from xdvn.grid.holdout import Holdout
from xdvn.grid.survey import survey
from xdvn.pipeline import fit
from xdvn.slabs import Slabs, fits_in_memory

NAMES = [("ssh_obs", "ssh")]
OPTIONS = {"truth": "ssh", "patch": {"time": 5, "lat": 6, "lon": 6}, "net": tiny, "progress": False, "epochs": 2}


@pytest.fixture(scope="module")
def ds():
    return sea((36, 8, 6), land=True)


def numbered(ds):
    """The same record with the day's number as truth, to see which windows come."""
    days = xr.DataArray(np.arange(float(ds.sizes["time"])), dims="time")
    return ds.assign(ssh=(ds.ssh * 0 + days).assign_attrs(ds.ssh.attrs))


def made(ds, cells, validation=None):
    from xdvn.grid.axes import find_axes

    train = slice(0, 24 if validation else 36)
    lazy = numbered(ds).chunk(time=7)
    spec = survey(lazy, NAMES, find_axes(ds.ssh), train, (5, 6, 6))
    plain = spec.variables[0].normaliser
    return Slabs(lazy, NAMES, spec, Holdout(train, validation), 8, cells=cells), plain


@pytest.mark.parametrize("cells", [480, 900])
def test_every_window_comes_once_an_epoch_whatever_the_slabs(ds, cells):
    cut, _ = made(ds, cells)
    epochs = list(cut.training(2, np.random.default_rng(0)))
    seen = [[np.asarray(b.obs.values)[np.asarray(b.weight) > 0] for b in epoch] for epoch in epochs]
    windows = [np.concatenate(epoch) for epoch in seen]
    whole, _ = made(ds, 10**9)
    expected = np.concatenate(
        [np.asarray(b.obs.values)[np.asarray(b.weight) > 0] for b in next(whole.training(1, np.random.default_rng(5)))]
    )
    for each in windows:
        assert sorted(map(bytes, each)) == sorted(map(bytes, expected))
    assert not np.array_equal(windows[0], windows[1])
    assert cut.updates(2) == sum(len(epoch) for epoch in seen)


def test_only_a_slab_is_read_at_a_time(ds, monkeypatch):
    read = []
    before = Slabs._load

    def counted(self, days):
        read.append(days.stop - days.start)
        return before(self, days)

    monkeypatch.setattr(Slabs, "_load", counted)
    cut, _ = made(ds, 600, slice(26, 36))
    list(next(cut.training(1, np.random.default_rng(0))))
    held = list(cut.validation())
    assert held
    assert max(read) <= 13


def test_statistics_are_those_of_the_record_in_memory(ds):
    cut, normaliser = made(ds, 480)
    whole, same = made(ds, 10**9)
    np.testing.assert_allclose(normaliser.mean.values, same.mean.values, rtol=1e-12)
    assert normaliser.std == pytest.approx(same.std, rel=1e-12)
    for name in ("low", "high", "season", "region"):
        np.testing.assert_allclose(getattr(cut.familiar, name), getattr(whole.familiar, name))


def test_fit_reads_large_records_slab_by_slab_and_small_ones_whole(ds, monkeypatch):
    assert fits_in_memory(ds.chunk(time=1), NAMES)
    assert not fits_in_memory(ds.chunk(time=1), NAMES, cells=100)
    assert fits_in_memory(ds, NAMES, cells=100)
    for module in (slabs, record):
        monkeypatch.setattr(module, "fits_in_memory", lambda ds, names: not ds.ssh.chunks)
    model = fit(ds.chunk(time=7), "ssh_obs", **OPTIONS)
    assert np.isfinite(model.history.validation_loss).all()
    assert np.isfinite(model.familiar.departure)
    maps = model.reconstruct(ds, progress=False).ssh
    assert np.array_equal(maps.notnull()[0], ds.ssh.notnull()[0])
    with pytest.raises(ValueError, match=r"piece by piece is trained on with a truth alone, not with no truth"):
        fit(ds.chunk(time=7), "ssh_obs", **{**OPTIONS, "truth": None, "validation": 0})
    empty = ds.assign(ssh_obs=ds.ssh_obs.where(ds.time > ds.time[-9])).chunk(time=7)
    with pytest.raises(ValueError, match="no training window holds an observation"):
        fit(empty, "ssh_obs", **{**OPTIONS, "validation": 0.25})
