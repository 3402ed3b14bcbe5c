"""Windows: total cover by construction, merge undoes take, weights never vanish."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xdvn.grid.patches import Patcher, Target, by_dimension, ramp, window_sizes, window_strides


@st.composite
def patchers(draw):
    ndim = draw(st.integers(1, 3))
    shape = draw(st.tuples(*[st.integers(1, 12)] * ndim))
    patch = tuple(draw(st.integers(1, n)) for n in shape)
    stride = tuple(draw(st.integers(1, p)) for p in patch)
    return shape, patch, stride


@settings(deadline=None, max_examples=150)
@given(patchers(), st.integers(1, 3), st.lists(st.booleans(), min_size=3, max_size=3))
def test_merge_of_take_is_the_field_itself(sizes, n_variables, periodic):
    patcher = Patcher(*sizes, periodic=tuple(periodic[: len(sizes[0])]))
    field = np.random.default_rng(0).normal(size=(n_variables, *patcher.shape))
    windows = ((s, patcher.take(field, s)) for s in patcher.starts)
    assert np.allclose(patcher.merge(windows, leading=(n_variables,)), field, rtol=1e-12, atol=1e-12)


@settings(deadline=None, max_examples=150)
@given(patchers())
def test_every_cell_is_covered_and_no_window_sticks_out(sizes):
    patcher = Patcher(*sizes)
    count = np.zeros(patcher.shape, int)
    for start in patcher.starts:
        window = patcher.take(count, start)
        assert window.shape == patcher.patch
        window += 1
    assert count.min() >= 1
    assert len(set(patcher.starts)) == len(patcher.starts)


def test_merge_is_a_weighted_mean_that_trusts_centres():
    patcher = Patcher((4,), (3,), (1,))
    merged = patcher.merge([((0,), np.zeros(3)), ((1,), np.ones(3))])
    assert np.allclose(merged, [0, (0 * 1 + 1 * 0.5) / 1.5, 1 / 1.5, 1])


def test_ramp_is_positive_symmetric_and_one_in_the_middle():
    for size in range(1, 9):
        weights = ramp(size)
        assert weights.min() > 0
        assert weights.max() == 1
        assert np.array_equal(weights, weights[::-1])


def test_bad_sizes_are_refused():
    with pytest.raises(ValueError, match="a window of 5 does not fit a field of 4; choose a patch of 1 to 4"):
        Patcher((4,), (5,), (1,))
    with pytest.raises(ValueError, match="a stride of 4 leaves gaps between windows of 3"):
        Patcher((9,), (3,), (4,))
    with pytest.raises(ValueError, match="do not match"):
        Patcher((9, 9), (3,), (3,))
    with pytest.raises(ValueError, match="cells were covered by no window"):
        Patcher((4,), (2,), (2,)).merge([((0,), np.ones(2))])


def test_sizes_by_name():
    dims, shape = ("time", "lat", "lon"), (30, 100, 20)
    assert window_sizes(None, dims, shape) == (15, 64, 20)
    assert window_sizes({"lat": 32}, dims, shape) == (15, 32, 20)
    assert window_strides(None, dims, (15, 32, 20)) == (5, 16, 10)
    assert window_strides({"time": 0, "lon": 19}, dims, (15, 32, 20)) == (15, 16, 1)
    with pytest.raises(ValueError, match=r"patch={'lat': 101} is larger than the field.*100 steps along 'lat'"):
        window_sizes({"lat": 101}, dims, shape)
    with pytest.raises(ValueError, match="is not a window; choose 1 to 100"):
        window_sizes({"lat": 0}, dims, shape)
    with pytest.raises(ValueError, match=r"overlap={'lat': 32} must be 0 to 31"):
        window_strides({"lat": 32}, dims, (15, 32, 20))
    with pytest.raises(ValueError, match=r"patch= names \['latitude'\], but the axes are \['time', 'lat', 'lon'\]"):
        by_dimension({"latitude": 3}, dims, shape, "patch")


def test_with_the_last_time_as_target_each_time_comes_from_the_window_that_ends_with_it():
    patcher = Patcher((9, 4), (3, 4), (1, 4), Target.LAST)
    windows = [(at, np.full((3, 4), float(at[0]))) for at in patcher.starts]
    merged = patcher.merge(windows)[:, 0]
    np.testing.assert_allclose(merged, [0, 0, 0, 1, 2, 3, 4, 5, 6], atol=1e-5)
    assert (Target.LAST.ramp(300) > 0).all()
    assert window_strides(None, ("time", "x"), (9, 4), Target.LAST) == (1, 2)
