"""Windows as batches: every training window once an epoch, none from days held out, channels in their order."""

import numpy as np
import pytest

from xdvn.batching import TrainingWindows, channels_first, channels_last, windows_of
from xdvn.grid.holdout import Holdout
from xdvn.grid.patches import Patcher
from xdvn.grid.spec import Packed

SHAPE, PATCH = (20, 6, 7), (4, 6, 5)


@pytest.fixture
def packed():
    """Two variables whose value tells variable, day and column."""
    variable, day, row, column = np.indices((2, *SHAPE), dtype=np.float32)
    values = 1000 * variable + 10 * day + column + 0 * row
    return Packed(values, values >= 0, np.ones((2, *SHAPE[1:]), bool), None)


def windows(packed, split=None, **options):
    split = Holdout(slice(0, 12), slice(14, 20)) if split is None else split
    return TrainingWindows(packed, packed.values, None, split, PATCH, 4, **options)


def days_of(sample):
    """First day of each window that counts."""
    first = np.asarray(sample.truth)[:, 0, 0, 0]
    return (first[np.asarray(sample.weight) > 0] // 10).astype(int).tolist()


def test_channels_are_variable_by_time_and_come_back():
    window = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    state = channels_last(window)
    assert np.array_equal(state[1, 2, 3 * 1 + 2], window[1, 2, 1, 2])
    assert np.array_equal(channels_first(state, 2), window)


def test_an_epoch_shows_every_training_window_once_and_no_other(packed):
    cut = windows(packed)
    seen = sorted(day for batch in cut.training(np.random.default_rng(0)) for day in days_of(batch))
    assert seen == sorted([*range(9), *range(9)])  # 9 first days, two windows along X
    assert cut.batches_per_epoch == 5
    held = [day for batch in cut.validation() for day in days_of(batch)]
    assert set(held) <= set(range(14, 17))
    assert held


def test_batches_have_one_size_and_the_seed_orders_them(packed):
    first, again, other = (list(windows(packed).training(np.random.default_rng(s))) for s in (0, 0, 1))
    assert {b.truth.shape for b in first} == {(4, *PATCH[1:], 2 * PATCH[0])}
    assert [days_of(b) for b in first] == [days_of(b) for b in again] != [days_of(b) for b in other]
    assert sum(float(b.weight.sum()) for b in first) == 18


def test_windows_are_cut_where_they_start(packed):
    obs, guess = windows_of(packed, None, Patcher(SHAPE, PATCH, (1, 1, 1)), [(3, 0, 2), (5, 0, 0)])
    assert guess is None
    assert float(obs.values[0, 0, 1, 0]) == 33  # day 3, second of the columns from 2
    assert float(obs.values[1, 2, 4, PATCH[0] + 3]) == 1084  # second variable, day 5 + 3, column 4


def test_nothing_observed_is_refused(packed):
    blind = Packed(packed.values, np.zeros_like(packed.mask), packed.sea, None)
    with pytest.raises(ValueError, match="no training window holds an observation; check the mask and the period"):
        windows(blind)
