"""The convolution against that of lax, through second derivatives, and the compiled form on each platform."""

import re

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export

from xdvn.core import training
from xdvn.core.cost import VariationalCost
from xdvn.core.layers._conv import cpu as cpu_conv
from xdvn.core.layers._conv import xla as xla_conv
from xdvn.core.layers.convolution import Convolution, Padding, convolve
from xdvn.core.losses import Sample, SupervisedLoss
from xdvn.core.modulators import IdentityModulator
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.observations import Observations
from xdvn.core.priors import ConvPrior
from xdvn.core.solvers import GradientSolver

Z, C = Padding.ZERO, Padding.CIRCULAR

SHAPES = [
    ((17,), 3, 5, 3),
    ((9, 11), 3, 20, 3),
    ((9, 11), 20, 3, 3),
    ((9, 11), 20, 24, 5),
    ((9, 11), 15, 24, 3),
    ((17,), 5, 3, 3),
    ((5, 6, 7), 2, 4, 3),
    ((5, 6, 7), 4, 2, 3),
]

# All paddings in one and two dimensions, all implementations except tiles, all three forms of the kernel derivative,
# and one axis shorter than half of the kernel, around which it wraps more than once.
CASES = [
    *[(*shape, (Z,) * len(shape[0])) for shape in SHAPES],
    ((17,), 3, 5, 3, (C,)),
    ((2,), 3, 5, 7, (C,)),
    ((9, 11), 3, 20, 3, (C, C)),
    ((9, 11), 20, 3, 3, (Z, C)),
    ((9, 11), 20, 24, 5, (C, Z)),
    ((5, 6, 7), 2, 4, 3, (C, Z, C)),
]


SINGLE = [
    ((9, 11), 20, 3, 3, (Z, Z)),
    ((9, 11), 20, 3, 3, (Z, C)),
    ((9, 11), 15, 24, 3, (Z, Z)),
    ((17,), 3, 5, 3, (C,)),
]


def reference(x, kernel, padding):
    """Pad as numpy does, then apply the convolution of lax without padding."""
    for axis, (taps, kind) in enumerate(zip(kernel.shape[:-2], padding, strict=True)):
        width = [(taps // 2,) * 2 if a == axis else (0, 0) for a in range(x.ndim)]
        x = jnp.pad(x, width, mode="wrap" if kind is C else "constant")
    space = "DHW"[-(x.ndim - 1) :]
    numbers = (f"N{space}C", f"{space}IO", f"N{space}C")
    return jax.lax.conv_general_dilated(x[None], kernel, (1,) * len(space), "VALID", dimension_numbers=numbers)[0]


def case(space, c_in, c_out, taps, dtype):
    rng = np.random.default_rng(0)
    draw = lambda *shape: jnp.asarray(rng.normal(size=shape), dtype)  # noqa: E731
    kernel = (*(taps,) * len(space), c_in, c_out)
    return draw(*space, c_in), draw(*kernel), draw(*space, c_out), draw(*space, c_in), draw(*kernel)


@pytest.mark.parametrize(
    ("space", "c_in", "c_out", "taps", "padding", "dtype", "tolerance"),
    [*[(*c, jnp.float64, 1e-12) for c in CASES], *[(*c, jnp.float32, 1e-5) for c in SINGLE]],
)
@pytest.mark.usefixtures("quick_compile")
def test_value_and_two_derivatives_equal_lax(space, c_in, c_out, taps, padding, dtype, tolerance):
    with jax.enable_x64(dtype == jnp.float64):
        x, kernel, g, x_dot, kernel_dot = case(space, c_in, c_out, taps, dtype)

        def value(f):
            return lambda x, w: (f(x, w),)

        def first(f):
            return jax.grad(lambda x, w: (f(x, w) * jnp.tanh(g + f(x, w))).sum(), argnums=(0, 1))

        def second(f):
            inner = first(f)
            return jax.grad(
                lambda x, w: (inner(x, w)[0] * x_dot).sum() + (inner(x, w)[1] * kernel_dot).sum(), argnums=(0, 1)
            )

        for make in (value, first, second):
            ours = jax.jit(make(lambda x, w: convolve(x, w, padding)))(x, kernel)
            theirs = jax.jit(make(lambda x, w: reference(x, w, padding)))(x, kernel)
            for a, b in zip(ours, theirs, strict=True):
                assert a.dtype == dtype
                assert np.abs(a - b).max() <= tolerance * np.abs(b).max()


@pytest.mark.usefixtures("quick_compile")
@pytest.mark.parametrize("padding", [(Z, Z), (C, Z)])
def test_forward_mode_equals_reverse_mode(padding):
    """J v against reverse mode; forward over reverse against reverse over forward."""
    with jax.enable_x64(True):
        x, kernel, g, x_dot, kernel_dot = case((9, 11), 20, 4, 3, jnp.float64)

        def f(x, w):
            return (convolve(x, w, padding) * jnp.tanh(g + convolve(x, w, padding))).sum()

        at, along = (x, kernel), (x_dot, kernel_dot)
        gradient = jax.grad(f, argnums=(0, 1))
        product = sum((a * b).sum() for a, b in zip(jax.jit(gradient)(*at), along, strict=True))
        assert np.isclose(jax.jit(lambda: jax.jvp(f, at, along)[1])(), product, rtol=1e-12)
        forward = jax.jit(lambda: jax.jvp(gradient, at, along)[1])()
        reverse = jax.jit(jax.grad(lambda *p: jax.jvp(f, p, along)[1], argnums=(0, 1)))(*at)
        for a, b in zip(forward, reverse, strict=True):
            assert np.abs(a - b).max() <= 1e-12 * np.abs(b).max()


@pytest.mark.usefixtures("quick_compile")
@pytest.mark.parametrize("batched", ["x", "kernel", "both"])
def test_batches_of_either_argument_equal_a_loop(batched):
    """Batches of samples, networks, or both, in value and in both gradients."""
    x, kernel, g, *_ = case((9, 11), 20, 4, 3, jnp.float32)
    xs, kernels = (jnp.stack([a, 2 * a, -a]) for a in (x, kernel))
    axes = (None if batched == "kernel" else 0, None if batched == "x" else 0)
    arguments = (x if axes[0] is None else xs, kernel if axes[1] is None else kernels)

    def value(x, w):
        return (jnp.tanh(convolve(x, w) / 50) * g).sum()

    derivative = jax.value_and_grad(value, argnums=(0, 1))
    batch, derivative = jax.jit(jax.vmap(derivative, axes))(*arguments), jax.jit(derivative)
    for i in range(3):
        sample = [a if axis is None else a[i] for a, axis in zip(arguments, axes, strict=True)]
        single = derivative(*sample)
        for a, b in zip(jax.tree.leaves(batch), jax.tree.leaves(single), strict=True):
            assert np.allclose(a[i], b, rtol=1e-4, atol=1e-4)


def test_other_platforms_use_their_own_convolutions():
    """The program for a GPU consists of convolutions and gives the same values."""
    x, kernel, g, *_ = case((9, 11), 20, 24, 3, jnp.float32)
    parts = {"padding": (C, Z), "taps": (3, 3)}
    batch = x[None], g[None]
    theirs = xla_conv.kernel_derivative_xla(*batch, **parts)
    assert np.abs(theirs - cpu_conv._kernel_derivative_by_matmul(*batch, **parts)).max() <= 1e-5 * np.abs(theirs).max()
    gradient = jax.jit(jax.grad(lambda w: (convolve(x, w, (C, Z)) ** 2).sum()))
    text = export.export(gradient, platforms=["cuda"])(kernel).mlir_module()
    assert "stablehlo.convolution" in text
    assert "dot_general" not in text
    assert "bf16" not in text


@pytest.mark.parametrize("channels", [(15, 5), (63, 192), (48, 15), (8, 16)])
def test_other_platforms_fill_channels_to_multiples_of_8(channels):
    """In every convolution, with the same values."""
    x, kernel, g, *_ = case((9, 11), *channels, 3, jnp.float32)
    parts = {"padding": (C, Z), "taps": (3, 3)}
    ours = xla_conv.conv_xla(x[None], kernel, **parts)
    theirs = xla_conv.plain_conv(x[None], kernel, **parts)
    assert np.abs(ours - theirs).max() <= 1e-5 * np.abs(theirs).max()
    derivative = xla_conv.kernel_derivative_xla(x[None], g[None], **parts)
    blank = jax.ShapeDtypeStruct(kernel.shape, kernel.dtype)
    exact = jax.linear_transpose(lambda w: xla_conv.plain_conv(x[None], w, **parts), blank)(g[None])[0]
    assert np.abs(derivative - exact).max() <= 1e-5 * np.abs(exact).max()
    both = jax.jit(jax.grad(lambda x, w: (convolve(x, w, (C, Z)) ** 2).sum(), argnums=(0, 1)))
    text = export.export(both, platforms=["cuda"])(x, kernel).mlir_module()
    lines = [line.rsplit(":", 1)[1] for line in text.splitlines() if "stablehlo.convolution" in line]
    shapes = [
        [int(n) for n in shape.split("x")] for line in lines for shape in re.findall(r"tensor<([\dx]+)xf32>", line)
    ]
    assert len(shapes) == 9
    # Only the numbers of taps, samples and grid cells may differ.
    exempt = {3, 1, 9, 11, 9 + 2, 11 + 2}
    assert all(n % 8 == 0 or n in exempt for shape in shapes for n in shape)


def test_bfloat16_on_request_on_other_platforms():
    """On a GPU, factors and results of every convolution are rounded, except in double precision."""
    x, kernel, *_ = case((9, 11), 20, 24, 3, jnp.float32)
    gradient = jax.jit(jax.grad(lambda w: (convolve(x, w, (C, Z)) ** 2).sum()))
    with jax.default_matmul_precision("bfloat16"):
        text = export.export(gradient, platforms=["cuda"])(kernel).mlir_module()
    lines = [line for line in text.splitlines() if "stablehlo.convolution" in line]
    assert len(lines) == 2
    assert all("f32" not in line.rsplit(":", 1)[1] for line in lines)
    parts = {"padding": (C, Z), "taps": (3, 3)}
    exact = xla_conv.plain_conv(x[None], kernel, **parts)
    with jax.default_matmul_precision("bfloat16"):
        rounded = xla_conv.conv_xla(x[None], kernel, **parts)
    assert rounded.dtype == jnp.float32
    assert 1e-5 < np.abs(rounded - exact).max() / np.abs(exact).max() < 1e-2
    with jax.enable_x64(True), jax.default_matmul_precision("bfloat16"):
        double = [a.astype(jnp.float64) for a in (x[None], kernel)]
        unrounded = xla_conv.conv_xla(*double, **parts)
        assert (unrounded == xla_conv.plain_conv(*double, **parts)).all()


@pytest.mark.parametrize("padding", [(Z, Z), (C, Z)])
def test_batches_equal_lax(padding):
    x, kernel, g, *_ = case((9, 11), 20, 24, 3, jnp.float32)
    batch = jnp.stack([x, 2 * x, -x])

    def gradient(f):
        return jax.grad(lambda w: (jax.vmap(lambda x: f(x, w, padding))(batch) ** 2).sum())(kernel)

    ours, theirs = gradient(convolve), gradient(reference)
    assert np.abs(ours - theirs).max() <= 1e-5 * np.abs(theirs).max()


def test_zero_padding_is_the_default():
    x, kernel, *_ = case((9, 11), 2, 3, 3, jnp.float32)
    assert np.array_equal(convolve(x, kernel), convolve(x, kernel, (Z, Z)))


def test_circular_convolution_commutes_with_rolls():
    x, kernel, *_ = case((9, 11), 2, 3, 3, jnp.float32)
    turned = convolve(jnp.roll(x, 4, 1), kernel, (Z, C))
    assert np.allclose(turned, jnp.roll(convolve(x, kernel, (Z, C)), 4, 1), atol=1e-5)
    assert not np.allclose(convolve(jnp.roll(x, 4, 0), kernel, (Z, C)), jnp.roll(turned, 4, 0), atol=1e-2)


def test_one_padding_for_each_dimension():
    with pytest.raises(ValueError, match=r"padding=.*: expected 2 values\. Give one Padding for each space dimension"):
        convolve(jnp.ones((4, 4, 1)), jnp.ones((3, 3, 1, 1)), (C,))
    with pytest.raises(ValueError, match=r"padding=.*: expected 2 values"):
        Convolution(1, 1, 2, padding=(C,), key=jax.random.key(0))(jnp.ones((4, 4, 1)))
    assert Convolution(1, 1, 2, padding=C, key=jax.random.key(0)).padding == (C, C)


def test_even_kernels_are_refused():
    with pytest.raises(ValueError, match=r"kernel of \(2,\) taps: expected odd sizes\. Use, for example, 3"):
        convolve(jnp.ones((4, 1)), jnp.ones((2, 1, 1)))


def test_layer_adds_its_bias_and_starts_within_bounds():
    layer = Convolution(4, 6, 2, key=jax.random.key(0))
    assert np.array_equal(layer(jnp.zeros((5, 5, 4))), np.broadcast_to(layer.bias, (5, 5, 6)))
    assert np.abs(layer.kernel).max() <= 1 / np.sqrt(4 * 9)
    half = Convolution(4, 6, 2, scale=0.5, key=jax.random.key(0))
    assert np.allclose(half.kernel, 0.5 * layer.kernel)


def compiled_layer(c_in, c_out):
    x, kernel = jnp.zeros((9, 11, c_in)), jnp.zeros((3, 3, c_in, c_out))
    return jax.jit(convolve).lower(x, kernel).compile().as_text()


def test_narrow_layers_are_one_product_and_almost_full_layers_are_filled():
    assert " convolution(" not in compiled_layer(48, 15)
    assert " convolution(" in compiled_layer(48, 17)
    assert "f32[3,3,16,48]" in compiled_layer(15, 48)
    assert "f32[3,3,16,48]" not in compiled_layer(12, 48)


def test_an_empty_batch_gives_an_empty_result():
    layer = Convolution(20, 3, 2, key=jax.random.key(0))
    assert jax.vmap(layer)(jnp.zeros((0, 5, 6, 20))).shape == (0, 5, 6, 3)


def test_compiled_training_step_uses_fast_convolutions_only(monkeypatch):
    """Inside the solver's loop, another layout or a reversed window is tens of times slower on a CPU."""
    network = FourDVarNet.default(4, 2, key=jax.random.key(0))
    ones = np.ones((2, 12, 12, 4), np.float32)
    obs = jax.vmap(Observations)(ones, ones > 0)
    sample = jax.vmap(Sample)(obs, ones, ones > 0, None, np.ones(2, np.float32))
    optimiser = training.default_optimiser(10)
    parameters = eqx.filter(network, eqx.is_inexact_array)
    state = training.TrainingState(network, network, optimiser.init(parameters), jnp.zeros((), jnp.int32))
    # ``lower`` bypasses the call of ``_update`` that sets this.
    monkeypatch.setattr(cpu_conv, "in_training_jit", lambda: True)
    lowered = training._update.jitted.lower(
        state, sample, SupervisedLoss(jnp.ones((12, 12, 4))), optimiser, 0.99, jax.random.key(0)
    )
    only_fast_convolutions(lowered.compile(), at_least=10)


def only_fast_convolutions(compiled, at_least):
    convolutions = re.findall(r" convolution\(.*", compiled.compiled.as_text())
    assert len(convolutions) >= at_least
    for line in convolutions:
        assert "dim_labels=b01f_01io->b01f" in line
        assert "rhs_reversal" not in line


def test_circular_padding_uses_fast_convolutions_only():
    """The gradient of a descent contains second derivatives inside the loop."""
    prior = ConvPrior(4, 2, hidden=6, padding=(C, Z), key=jax.random.key(0))
    solver = GradientSolver(n_steps=3, modulator=IdentityModulator())
    obs = Observations(jnp.ones((8, 8, 4)), jnp.ones((8, 8, 4), bool))
    gradient = eqx.filter_jit(eqx.filter_grad(lambda network: (network(obs).x ** 2).sum()))
    only_fast_convolutions(gradient.lower(FourDVarNet(VariationalCost(prior), solver)).compile(), at_least=5)


def test_computes_without_jit():
    x, kernel, *_ = case((9, 11), 3, 20, 3, jnp.float32)
    with jax.disable_jit():
        eager = convolve(x, kernel)
    assert np.abs(eager - convolve(x, kernel)).max() <= 1e-5 * np.abs(eager).max()
