"""Training windows: each once per epoch, none from validation days, from memory or disk, over all realisations."""

import numpy as np
import pytest
import xarray as xr
from seas import sea, tiny

from xdvn import Training
from xdvn.api import fit
from xdvn.baselines import OptimalInterpolation
from xdvn.grid.arrays import EncodedFields
from xdvn.grid.axes import find_axes
from xdvn.grid.spec import GridSpec
from xdvn.grid.time_split import TimeSplit
from xdvn.training import PerturbObservations, WithholdObservations, loader
from xdvn.training.loader import WindowLoader, _PieceWindows, fits_in_memory

PAIRS = [("ssh_obs", "ssh")]
SHAPE, PATCH = (20, 6, 7), (4, 6, 5)


@pytest.fixture
def encoded():
    """Two variables whose values encode variable, day and column."""
    variable, day, row, column = np.indices((2, *SHAPE), dtype=np.float32)
    values = 1000 * variable + 10 * day + column + 0 * row
    return EncodedFields(values, values >= 0, np.ones((2, *SHAPE[1:]), bool), None)


def windows(encoded, split=None):
    split = TimeSplit(slice(0, 12), slice(14, 20)) if split is None else split
    return _PieceWindows(encoded, encoded.values, split, PATCH, Training(batch_size=4))


def days_of(sample):
    """First day of each window of weight 1."""
    first = np.asarray(sample.truth)[:, 0, 0, 0]
    return (first[np.asarray(sample.sample_weight) > 0] // 10).astype(int).tolist()


def test_an_epoch_contains_every_training_window_once(encoded):
    cut = windows(encoded)
    days = sorted(day for batch in cut.training(np.random.default_rng(0)) for day in days_of(batch))
    assert days == sorted([*range(9), *range(9)])  # 9 first days, two windows along X
    assert cut.batches_per_epoch == 5
    validation = [day for batch in cut.validation() for day in days_of(batch)]
    assert set(validation) <= set(range(14, 17))
    assert validation


def test_batches_have_one_size_and_the_seed_orders_them(encoded):
    first, again, other = (list(windows(encoded).training(np.random.default_rng(s))) for s in (0, 0, 1))
    assert {b.truth.shape for b in first} == {(4, *PATCH[1:], 2 * PATCH[0])}
    assert [days_of(b) for b in first] == [days_of(b) for b in again] != [days_of(b) for b in other]
    assert sum(float(b.sample_weight.sum()) for b in first) == 18


def test_windows_without_observations_raise(encoded):
    empty = EncodedFields(encoded.values, np.zeros_like(encoded.mask), encoded.sea, None)
    with pytest.raises(
        ValueError, match="no training window has an observation: expected one or more. Check the mask and the period"
    ):
        windows(empty)


def resampled(resampling, ds, truth=True):
    axes = find_axes(ds)
    split = TimeSplit(slice(0, 20), slice(30, 40))
    spec = GridSpec.from_dataset(ds, PAIRS, axes, split.train, (5, 16, 16))
    return WindowLoader.of(ds, PAIRS, spec, split, Training(batch_size=4), supervised=truth, resampling=resampling)


def observed(batches):
    return [int(batch.obs.mask.sum()) for batch in batches]


def test_epochs_cycle_through_the_realisations(small_twin):
    cycle = resampled(WithholdObservations(n_realisations=3), small_twin)
    rng = np.random.default_rng(0)
    totals = [sum(observed(batches)) for batches in cycle.training(6, rng)]
    assert len(set(totals[:3])) == 3
    # The last batch repeats its last window, so totals of equal realisations differ slightly.
    assert totals[3] != totals[4]
    assert cycle.n_batches(6) == sum(len(list(batches)) for batches in cycle.training(6, rng))
    assert cycle.batches_per_epoch == 4


def test_withheld_observations_of_all_realisations_validate(small_twin):
    batches = list(resampled(WithholdObservations(n_realisations=3), small_twin, truth=False).validation())
    withheld = [np.asarray(b.withheld.mask) for b in batches]
    assert len({h.sum() for h in withheld}) > 1
    assert not any((np.asarray(b.obs.mask) & h).any() for b, h in zip(batches, withheld, strict=True))
    assert not any(np.asarray(b.loss_mask).any() for b in batches)


def test_without_withheld_observations_the_unchanged_ones_validate(small_twin):
    plain, noisy = (
        list(resampled(PerturbObservations(std, n_realisations=3), small_twin).validation()) for std in (0.0, 5.0)
    )
    for a, b in zip(plain, noisy, strict=True):
        assert np.array_equal(a.obs.values, b.obs.values)
        assert a.withheld is None


@pytest.fixture(scope="module")
def ds():
    return sea((36, 8, 6), land=True)


def numbered(ds):
    """The same data with the number of the day as truth, to identify windows."""
    days = xr.DataArray(np.arange(float(ds.sizes["time"])), dims="time")
    return ds.assign(ssh=(ds.ssh * 0 + days).assign_attrs(ds.ssh.attrs))


def streamed(ds, cells, validation=None):
    train = slice(0, 24 if validation else 36)
    lazy = numbered(ds).chunk(time=7)
    spec = GridSpec.from_dataset(lazy, PAIRS, find_axes(ds.ssh), train, (5, 6, 6))
    cut = WindowLoader.of(lazy, PAIRS, spec, TimeSplit(train, validation), Training(batch_size=8), cells=cells)
    return cut, spec.variables[0].normaliser


def real(batches):
    return np.concatenate([np.asarray(b.obs.values)[np.asarray(b.sample_weight) > 0] for b in batches])


@pytest.mark.parametrize("cells", [480, 900])
def test_every_window_is_used_once_per_epoch_for_all_pieces(ds, cells):
    cut, _ = streamed(ds, cells)
    epochs = [list(epoch) for epoch in cut.training(2, np.random.default_rng(0))]
    drawn = [real(epoch) for epoch in epochs]
    whole, _ = streamed(ds, 10**9)
    expected = real(next(whole.training(1, np.random.default_rng(5))))
    for each in drawn:
        assert sorted(map(bytes, each)) == sorted(map(bytes, expected))
    assert not np.array_equal(drawn[0], drawn[1])
    assert cut.n_batches(2) == sum(len(epoch) for epoch in epochs)


def test_only_one_piece_is_read_at_a_time(ds, monkeypatch):
    read = []
    before = GridSpec.check_values

    def counted(self, part, *options):
        assert not part.ssh_obs.chunks  # in memory
        read.append(part.sizes["time"])
        return before(self, part, *options)

    monkeypatch.setattr(GridSpec, "check_values", counted)
    cut, _ = streamed(ds, 600, slice(26, 36))
    list(next(cut.training(1, np.random.default_rng(0))))
    validation = list(cut.validation())
    assert validation
    assert read
    assert max(read) <= 13


def test_statistics_are_those_of_the_data_in_memory(ds):
    cut, normaliser = streamed(ds, 480)
    whole, same = streamed(ds, 10**9)
    np.testing.assert_allclose(normaliser.mean.values, same.mean.values, rtol=1e-12)
    assert normaliser.std == pytest.approx(same.std, rel=1e-12)
    for name in ("low", "high", "season", "region"):
        np.testing.assert_allclose(getattr(cut.training_domain, name), getattr(whole.training_domain, name))


def test_a_streamed_piece_gives_the_batches_of_the_data_in_memory(ds):
    """The same windows in the same order, from disk and from memory."""
    lazy, _ = streamed(ds, 10**9)
    loaded = numbered(ds)
    spec = GridSpec.from_dataset(loaded, PAIRS, find_axes(ds.ssh), slice(0, 36), (5, 6, 6))
    eager = WindowLoader.of(loaded, PAIRS, spec, TimeSplit(slice(0, 36), None), Training(batch_size=8))
    both = [list(next(each.training(1, np.random.default_rng(3)))) for each in (lazy, eager)]
    for a, b in zip(*both, strict=True):
        assert np.array_equal(a.obs.values, b.obs.values)
        assert np.array_equal(a.truth, b.truth)


def test_options_that_require_data_in_memory_raise(ds):
    lazy = ds.chunk(time=7)
    spec = GridSpec.from_dataset(lazy, PAIRS, find_axes(ds.ssh), slice(0, 36), (5, 6, 6))
    given = (lazy, PAIRS, spec, TimeSplit(slice(0, 36), None), Training())
    options = {
        "first_guess=": {"first_guess": OptimalInterpolation("ssh_obs", name="ssh")}, "tracks=": {"tracks": ds},
        "resampling=": {"resampling": PerturbObservations(0.1)}, "no truth": {"supervised": False},
    }  # fmt: skip
    for name, option in options.items():
        with pytest.raises(ValueError, match=f"^{name}: expected data in memory"):
            WindowLoader.of(*given, cells=480, **option)
    together = {k: v for option in options.values() for k, v in option.items()}
    with pytest.raises(ValueError, match="^first_guess=, tracks=, resampling=, no truth: expected data in memory"):
        WindowLoader.of(*given, cells=480, **together)


def test_fit_streams_large_data_and_loads_small_data(ds, monkeypatch):
    options = {
        "truth": "ssh", "windows": {"time": 5, "lat": 6, "lon": 6}, "network": tiny, "progress": False,
        "training": {"epochs": 2},
    }  # fmt: skip
    assert fits_in_memory(ds.chunk(time=1), PAIRS)
    assert not fits_in_memory(ds.chunk(time=1), PAIRS, cells=100)
    assert fits_in_memory(ds, PAIRS, cells=100)
    monkeypatch.setattr(loader, "fits_in_memory", lambda ds, pairs: not ds.ssh.chunks)
    model = fit(ds.chunk(time=7), "ssh_obs", **options)
    assert np.isfinite(model.history.validation_loss).all()
    assert np.isfinite(model.training_domain.prior_residual)
    maps = model.reconstruct(ds, progress=False).ssh
    assert np.array_equal(maps.notnull()[0], ds.ssh.notnull()[0])
    with pytest.raises(
        ValueError, match=r"no truth: expected data in memory, got a dask-backed record .*Load fewer days"
    ):
        fit(ds.chunk(time=7), "ssh_obs", **{**options, "truth": None, "validation": 0})
    empty = ds.assign(ssh_obs=ds.ssh_obs.where(ds.time > ds.time[-9])).chunk(time=7)
    with pytest.raises(ValueError, match="no training window has an observation"):
        fit(empty, "ssh_obs", **{**options, "validation": 0.25})
