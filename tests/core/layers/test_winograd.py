"""Minimal filtering against the convolution of lax and its derivative, in one or several blocks, also for odd sizes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core.compilation import inference_jit, training_jit
from xdvn.core.layers._conv import cpu as cpu_conv
from xdvn.core.layers._conv import winograd
from xdvn.core.layers._conv.winograd import winograd_conv, winograd_kernel_derivative
from xdvn.core.layers.convolution import Padding, convolve

pytestmark = pytest.mark.usefixtures("quick_compile")

SIZES = [(2, 7, 9, 5, 3), (1, 12, 8, 17, 33), (3, 2, 1, 1, 2)]


def direct(x, kernel):
    return jax.lax.conv_general_dilated(x, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))


CASES = [(size, block, jnp.float64, 1e-13) for size in SIZES for block in (10_000, 16)]
CASES += [(SIZES[1], 16, jnp.float32, 2e-6)]


@pytest.mark.parametrize(("size", "block", "dtype", "tolerance"), CASES)
def test_equal_to_the_direct_sum(monkeypatch, size, block, dtype, tolerance):
    samples, rows, columns, c_in, c_out = size
    monkeypatch.setattr(winograd, "_BLOCK", block)
    with jax.enable_x64(dtype == jnp.float64):
        rng = np.random.default_rng(0)
        x = jnp.asarray(rng.normal(size=(samples, rows + 2, columns + 2, c_in)), dtype)
        kernel = jnp.asarray(rng.normal(size=(3, 3, c_in, c_out)), dtype)
        g = jnp.asarray(rng.normal(size=(samples, rows, columns, c_out)), dtype)
        expected, vjp = jax.vjp(lambda w: direct(x, w), kernel)
        for ours, theirs in [
            # New functions, because a compiled one would not read the block size again.
            (jax.jit(lambda x, w: winograd_conv(x, w))(x, kernel), expected),
            (jax.jit(lambda x, g: winograd_kernel_derivative(x, g))(x, g), vjp(g)[0]),
        ]:
            assert ours.shape == theirs.shape
            assert ours.dtype == dtype
            assert np.abs(ours - theirs).max() <= tolerance * np.abs(theirs).max()


def test_blocks_cover_the_field_with_few_rows_to_spare():
    for rows, columns in [(240, 240), (128, 128), (57, 57), (400, 31), (3, 5000)]:
        blocks = winograd._Blocks(2, rows, columns)
        covered = blocks.count * blocks.height
        assert rows <= covered
        assert covered <= max(1.05 * rows, rows + 3)
        assert blocks.height == 2 or blocks.height * blocks.width <= 1.2 * winograd._BLOCK


def test_wide_layers_use_tiles_with_correct_derivatives(monkeypatch):
    """Value, first and second derivatives with tiles, against those without."""
    padding = (Padding.CIRCULAR, Padding.ZERO)
    with jax.enable_x64(True):
        rng = np.random.default_rng(0)
        x, kernel, x_dot = (jnp.asarray(rng.normal(size=s)) for s in ((7, 6, 40), (3, 3, 40, 50), (7, 6, 40)))

        def value(x, w):
            return jnp.tanh(convolve(x, w, padding) / 30).sum()

        def second(x, w):
            return (jax.grad(value)(x, w) * x_dot).sum()

        def value_and_derivatives(x, w):
            return value(x, w), jax.grad(value, argnums=(0, 1))(x, w), jax.grad(second, argnums=(0, 1))(x, w)

        results = []
        for smallest in (1, 10**9):
            monkeypatch.setattr(cpu_conv, "_MIN_WINOGRAD", smallest)
            jax.clear_caches()
            results.append(jax.jit(value_and_derivatives)(x, kernel))
        for ours, theirs in zip(*map(jax.tree.leaves, results), strict=True):
            assert np.abs(ours - theirs).max() <= 1e-12 * np.abs(theirs).max()
            assert not np.array_equal(ours, theirs)  # two different implementations


def test_more_layers_use_tiles_in_training():
    used = []

    def record(x):
        used.append([cpu_conv._use_winograd((3, 3), *channels) for channels in ((32, 96), (32, 64))])
        return x

    training_jit(record)(jnp.zeros(()))
    inference_jit(record)(jnp.zeros(()))
    assert used == [[True, False], [False, False]]


def test_the_default_network_uses_tiles():
    assert cpu_conv._use_winograd((3, 3), 60 + 32, 128)
    assert not cpu_conv._use_winograd((3, 3), 24, 72)
    assert not cpu_conv._use_winograd((5, 5), 92, 128)
