"""Windows as batches: cut where they start, channels in their order."""

from dataclasses import replace

import numpy as np
import pytest

from xdvn.grid.arrays import EncodedFields, FirstGuess
from xdvn.grid.patches import Patcher
from xdvn.inference.batches import channels_first, channels_last, make_batch

SHAPE, PATCH = (20, 6, 7), (4, 6, 5)


@pytest.fixture
def encoded():
    """Two variables whose value tells variable, day and column."""
    variable, day, row, column = np.indices((2, *SHAPE), dtype=np.float32)
    values = 1000 * variable + 10 * day + column + 0 * row
    return EncodedFields(values, values >= 0, np.ones((2, *SHAPE[1:]), bool), None)


def test_channels_are_variable_by_time_and_come_back():
    window = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    state = channels_last(window)
    assert np.array_equal(state[1, 2, 3 * 1 + 2], window[1, 2, 1, 2])
    assert np.array_equal(channels_first(state, 2), window)


def test_windows_are_cut_where_they_start(encoded):
    obs, guess = make_batch(encoded, Patcher(SHAPE, PATCH, (1, 1, 1)), [(3, 0, 2), (5, 0, 0)])
    assert guess is None
    assert float(obs.values[0, 0, 1, 0]) == 33  # day 3, second of the columns from 2
    assert float(obs.values[1, 2, 4, PATCH[0] + 3]) == 1084  # second variable, day 5 + 3, column 4


def test_a_first_guess_is_cut_like_the_observations(encoded):
    """From the map of all days, or from the map that ends with the window, where there is one."""
    whole, last = encoded.values + 0.5, {5: np.full((2, PATCH[0], *SHAPE[1:]), -7.0, np.float32)}
    given = replace(encoded, first_guess=FirstGuess(whole, last))
    obs, guess = make_batch(given, Patcher(SHAPE, PATCH, (1, 1, 1)), [(3, 0, 2), (5, 0, 0)])
    np.testing.assert_array_equal(guess[0], obs.values[0] + 0.5)
    np.testing.assert_array_equal(guess[1], np.full(obs.values.shape[1:], -7.0))


def test_land_is_masked_where_the_whole_field_has_some(encoded):
    """A block without land has the ocean mask that the others have: one program for all."""
    patcher, starts = Patcher(SHAPE, PATCH, (1, 1, 1)), [(0, 0, 0)]
    assert make_batch(encoded, patcher, starts)[0].ocean_mask is None
    assert make_batch(encoded, patcher, starts, sea_everywhere=False)[0].ocean_mask.all()
    sea = encoded.sea.copy()
    sea[1, :, 2] = False
    ocean_mask = np.asarray(make_batch(replace(encoded, sea=sea), patcher, starts)[0].ocean_mask)
    expected = np.ones((1, *PATCH[1:], 2 * PATCH[0]), bool)
    expected[:, :, 2, PATCH[0] :] = False
    np.testing.assert_array_equal(ocean_mask, expected)
