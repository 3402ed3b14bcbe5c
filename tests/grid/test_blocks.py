"""Blocks: every cell is in one core with all windows that overlap it, and maps do not depend on the cuts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xdvn.grid.blocks import Block, block_sizes, blocks
from xdvn.grid.patches import Patcher


@st.composite
def cuts(draw):
    ndim = draw(st.integers(1, 3))
    shape = draw(st.tuples(*[st.integers(1, 14)] * ndim))
    patch = tuple(draw(st.integers(1, n)) for n in shape)
    stride = tuple(draw(st.integers(1, p)) for p in patch)
    periodic = tuple(draw(st.booleans()) for _ in shape)
    sizes = tuple(draw(st.integers(1, n)) for n in shape)
    return (shape, patch, stride, periodic), sizes


def solved(window, start):
    """Imitate a network whose output depends on all values of the window."""
    return window * 0.5 + window.mean() + np.sin(np.arange(window.size)).reshape(window.shape)


@settings(deadline=None, max_examples=150)
@given(cuts())
def test_merged_blocks_are_the_field(case):
    patcher, sizes = Patcher(*case[0][:3], periodic=case[0][3]), case[1]
    field = np.random.default_rng(0).normal(size=patcher.shape)
    whole = patcher.merge((s, solved(patcher.take(field, s), s)) for s in patcher.starts)
    merged = np.full(patcher.shape, np.nan)
    counts, parts = blocks(patcher, sizes)
    assert np.prod(counts) == len(parts)
    for block in parts:
        local = field[np.ix_(*block.reads)]
        windows = ((s, solved(block.patcher.take(local, s), s)) for s in block.starts)
        assert np.isnan(merged[block.core]).all()
        merged[block.core] = block.patcher.merge(windows, core=block.inside)
    np.testing.assert_allclose(merged, whole, rtol=1e-12, atol=1e-12)


def test_windows_inside_a_block_are_solved_once():
    patcher = Patcher((90, 100), (15, 32), (10, 16))
    _, parts = blocks(patcher, (45, 100))
    solved_in_all = sum(len(block.starts) for block in parts)
    across = sum(1 for t in patcher.starts_by_axis[0] if t < 45 < t + 15) * len(patcher.starts_by_axis[1])
    assert solved_in_all == len(patcher.starts) + across


def test_one_block_is_the_field():
    patcher = Patcher((9, 8), (3, 4), (2, 2), periodic=(False, True))
    (block,) = blocks(patcher, (9, 8))[1]
    assert block.starts == Block.whole(patcher).starts == tuple(patcher.starts)
    assert block.shape == (9, 8)


@pytest.mark.parametrize("days", [30, 60, 90])
def test_the_size_of_a_block_does_not_depend_on_the_number_of_days(days):
    patcher = Patcher((days, 720, 1440), (15, 64, 64), (10, 48, 48), periodic=(False, False, True))
    _, parts = blocks(patcher, block_sizes(patcher))
    assert max(np.prod([r.size for r in block.reads]) for block in parts) <= 8e6
    solves = sum(len(block.starts) for block in parts)
    assert solves < 1.8 * len(patcher.starts)
