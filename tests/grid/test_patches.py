"""Windows cover the field, merge inverts take, and weights are positive."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xdvn.grid.patches import Patcher, Target, Windows, by_dimension, ramp


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
def test_windows_cover_every_cell_and_lie_inside_the_field(sizes):
    patcher = Patcher(*sizes)
    count = np.zeros(patcher.shape, int)
    for start in patcher.starts:
        window = patcher.take(count, start)
        assert window.shape == patcher.patch
        window += 1
    assert count.min() >= 1
    assert len(set(patcher.starts)) == len(patcher.starts)


def test_merge_is_a_weighted_mean_with_largest_weights_at_centres():
    patcher = Patcher((4,), (3,), (1,))
    merged = patcher.merge([((0,), np.zeros(3)), ((1,), np.ones(3))])
    assert np.allclose(merged, [0, (0 * 1 + 1 * 0.5) / 1.5, 1 / 1.5, 1])


def test_ramp_is_positive_symmetric_and_one_at_the_centre():
    for size in range(1, 9):
        weights = ramp(size)
        assert weights.min() > 0
        assert weights.max() == 1
        assert np.array_equal(weights, weights[::-1])


def test_wrong_sizes_raise_an_error():
    with pytest.raises(ValueError, match="a window of 5 does not fit a field of 4: expected 1 to 4 steps"):
        Patcher((4,), (5,), (1,))
    with pytest.raises(ValueError, match="a stride of 4 leaves gaps between windows of 3: expected 1 to 3 steps"):
        Patcher((9,), (3,), (4,))
    with pytest.raises(ValueError, match=r"patch=\(3,\), stride=\(3,\), .*: expected one value per dimension"):
        Patcher((9, 9), (3,), (3,))
    with pytest.raises(ValueError, match="2 cells are in no window. Merge a window for every start"):
        Patcher((4,), (2,), (2,)).merge([((0,), np.ones(2))])


def test_sizes_by_name():
    dims, shape = ("time", "lat", "lon"), (30, 100, 20)
    assert Windows().sizes(dims, shape) == (15, 64, 20)
    assert Windows({"lat": 32}).sizes(dims, shape) == (15, 32, 20)
    assert Windows().strides(dims, (15, 32, 20)) == (5, 16, 10)
    assert Windows(overlap={"time": 0, "lon": 19}).strides(dims, (15, 32, 20)) == (15, 16, 1)
    larger = r"windows={'lat': 101} is larger than the field, which has 100 steps along 'lat'. Use at most 100"
    with pytest.raises(ValueError, match=larger):
        Windows({"lat": 101}).sizes(dims, shape)
    with pytest.raises(ValueError, match=r"windows={'lat': 0}: expected 1 to 100 steps"):
        Windows({"lat": 0}).sizes(dims, shape)
    with pytest.raises(ValueError, match=r"overlap={'lat': 32}: expected 0 to 31, because windows have 32 steps"):
        Windows(overlap={"lat": 32}).strides(dims, (15, 32, 20))
    unknown = r"block= has the dimensions \['latitude'\]: expected some of \['time', 'lat', 'lon'\]"
    with pytest.raises(ValueError, match=unknown):
        by_dimension({"latitude": 3}, dims, shape, "block")
    with pytest.raises(ValueError, match=unknown.replace("block", "windows")):
        Windows({"latitude": 3}).sizes(dims, shape)


def test_with_the_last_time_as_target_each_time_is_that_of_the_window_that_ends_with_it():
    patcher = Patcher((9, 4), (3, 4), (1, 4), Target.LAST)
    windows = [(at, np.full((3, 4), float(at[0]))) for at in patcher.starts]
    merged = patcher.merge(windows)[:, 0]
    np.testing.assert_allclose(merged, [0, 0, 0, 1, 2, 3, 4, 5, 6], atol=1e-5)
    assert (Target.LAST.ramp(300) > 0).all()
    for target in (Target.LAST, "last"):
        assert Windows(target=target).strides(("time", "x"), (9, 4)) == (1, 2)


def test_windows_that_are_no_mapping_and_unknown_targets_are_refused():
    with pytest.raises(TypeError, match=r"windows=9: expected Windows\(...\) or sizes, such as {'time': 15"):
        Windows.of(9)
    with pytest.raises(ValueError, match="target='tomorrow': expected 'centre' or 'last'"):
        Windows(target="tomorrow")
