"""Resampling: conserved means, exact linear fields, and sizes that the factor does not divide."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xdvn.core.layers import resampling
from xdvn.core.layers.resampling import depth_to_space, pool, space_to_depth, upsample

sizes = st.lists(st.integers(1, 9), min_size=1, max_size=3)


def draw(shape):
    return jnp.asarray(np.random.default_rng(1).normal(size=shape), jnp.float32)


@settings(deadline=None, max_examples=8)
@given(sizes, st.integers(1, 3))
def test_depth_to_space_inverts_space_to_depth(space, factor):
    x = draw((*space, 2))
    assert np.array_equal(depth_to_space(space_to_depth(x, factor), factor, tuple(space)), x)


def test_space_to_depth_moves_a_block_into_the_channels():
    x = jnp.arange(16.0).reshape(4, 4, 1)
    assert sorted(space_to_depth(x, 2)[0, 1].tolist()) == [2, 3, 6, 7]


def test_pool_averages_blocks_and_repeats_the_edge():
    x = jnp.arange(10.0).reshape(5, 2)
    assert np.allclose(pool(x, 2), [[1, 2], [5, 6], [8, 9]])
    even = draw((6, 8, 3))
    assert np.allclose(pool(even, 2).mean((0, 1)), even.mean((0, 1)), atol=1e-6)


@pytest.mark.parametrize("shape", [(7,), (8, 5), (4, 6, 3), (1, 4)])
def test_upsample_is_exact_for_linear_fields_and_keeps_corners(shape):
    coarse = tuple(-(-n // 2) for n in shape)

    def linear(sizes):
        mesh = np.meshgrid(*[np.linspace(0, 1, n) if n > 1 else np.zeros(1) for n in sizes], indexing="ij")
        return jnp.asarray(sum((i + 1) * m for i, m in enumerate(mesh))[..., None], jnp.float32)

    assert np.allclose(upsample(linear(coarse), shape), linear(shape), atol=1e-6)


@pytest.mark.parametrize("dense", [0, 100])
@pytest.mark.parametrize(("coarse", "fine"), [(5, 9), (4, 8), (3, 7), (4, 12), (7, 8), (1, 3), (6, 4)])
def test_upsample_is_numpys_interpolation(coarse, fine, dense, monkeypatch):
    """For any factor and both implementations, in double precision, along either axis."""
    monkeypatch.setattr(resampling, "_DENSE", dense)
    with jax.enable_x64(True):
        x = np.random.default_rng(1).normal(size=(coarse, 3, 2))
        at = np.linspace(0, coarse - 1, fine)
        columns = [np.interp(at, np.arange(coarse), column) for column in x.reshape(coarse, -1).T]
        expected = np.stack(columns, -1).reshape(fine, 3, 2)
        np.testing.assert_allclose(upsample(jnp.asarray(x), (fine, 3)), expected, atol=1e-14)
        turned = upsample(jnp.asarray(x.swapaxes(0, 1)), (3, fine))
        np.testing.assert_allclose(turned, expected.swapaxes(0, 1), atol=1e-14)


def test_the_cost_of_upsampling_per_cell_does_not_grow_with_the_grid():
    """With a dense matrix, it would."""

    def work(n):
        compiled = jax.jit(lambda x: upsample(x, (2 * n, 2 * n))).lower(jnp.zeros((n, n, 1))).compile()
        found = compiled.cost_analysis()
        return (found[0] if isinstance(found, list) else found)["flops"] / n**2  # a list in older JAX

    assert work(160) < 1.1 * work(40)


def test_all_are_linear_maps_with_consistent_transposes():
    x = draw((5, 7, 2))
    for f in (lambda x: pool(x, 2), lambda x: upsample(x, (9, 8)), lambda x: space_to_depth(x, 2)):
        y, pullback = jax.vjp(f, x)
        g = draw(y.shape)
        assert np.isclose((y * g).sum(), (x * pullback(g)[0]).sum(), rtol=1e-4)
