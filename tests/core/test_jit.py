"""Compilation options change no values, and unsupported options are ignored."""

import gc

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core import compilation
from xdvn.core.compilation import Jit, in_training_jit, inference_jit, trace_inline, training_jit, unoptimised_jit

EACH = pytest.mark.parametrize("kind", [inference_jit, unoptimised_jit, training_jit])


def waves(x, weights):
    return jnp.sin(x @ weights) * jnp.exp(-(x**2)) + jnp.tanh(x).sum()


@EACH
def test_values_are_the_same(kind):
    x = jnp.linspace(-2, 2, 1024).reshape(32, 32)
    np.testing.assert_allclose(kind(waves)(x, weights=jnp.eye(32)), waves(x, jnp.eye(32)), rtol=1e-5, atol=1e-6)


def test_unsupported_options_are_ignored():
    compiled = Jit(jnp.sin, {"xla_no_such_option": True, **compilation._NO_EMITTERS})
    assert not compilation._is_supported("xla_no_such_option", True)
    assert float(compiled(jnp.zeros(()))) == 0.0


@pytest.mark.parametrize(("kind", "expected"), [(inference_jit, False), (unoptimised_jit, True), (training_jit, True)])
def test_in_training_jit_is_true_during_compilation_only(kind, expected):
    found = []

    @kind
    def record(x):
        found.append(in_training_jit())
        if x.ndim:
            raise ArithmeticError
        return x

    record(jnp.ones(()))
    with pytest.raises(ArithmeticError):
        record(jnp.ones(1))
    assert found == [expected, expected]
    assert not in_training_jit()


@EACH
def test_a_function_is_compiled_once(kind):
    traced = []

    @kind
    def counted(x):
        traced.append(1)
        return 2 * x

    assert [float(counted(jnp.asarray(n, float))) for n in (1, 2, 3)] == [2.0, 4.0, 6.0]
    assert len(traced) == 1
    assert counted.__name__ == "counted"


@EACH
def test_a_jitted_function_can_be_part_of_another(kind):
    # JAX raises for options of a program inside another.
    inner = kind(lambda x: x**2)
    assert float(jax.jit(jax.grad(lambda x: 3 * inner(x)))(2.0)) == 12.0
    assert jax.eval_shape(inner, jnp.zeros(3)).shape == (3,)


@EACH
def test_the_garbage_collector_is_restored_after_tracing(kind):
    found = []

    @kind
    def failing(x):
        found.append(gc.isenabled())
        raise ValueError("while traced")

    for enabled in (True, False):
        (gc.enable if enabled else gc.disable)()
        try:
            with pytest.raises(ValueError, match="while traced"):
                failing(jnp.zeros(()))
            assert gc.isenabled() is enabled
        finally:
            gc.enable()
    assert found == [False, False]


@EACH
def test_the_garbage_collector_is_enabled_while_the_program_runs(kind):
    found = []

    def record(x):
        found.append(gc.isenabled())
        return x

    @kind
    def call_back(x):
        return jax.pure_callback(record, jax.ShapeDtypeStruct((), jnp.float32), x)

    assert float(call_back(jnp.ones(()))) == 1.0
    assert found == [True]


def test_trace_inline_traces_no_inner_functions_and_ends_with_its_context():
    def arithmetic(x):
        return jnp.where(x > 0, x, 0)

    def inlined(x):
        with trace_inline():
            return arithmetic(x)

    def names(function):
        return {equation.primitive.name for equation in jax.make_jaxpr(function)(jnp.ones(3)).eqns}

    functions = {"jit", "pjit"}  # names in new and old versions of JAX
    assert names(inlined) == {"gt", "select_n", "broadcast_in_dim"}
    assert names(arithmetic) & functions
    with pytest.raises(ValueError, match="inside"), trace_inline():
        raise ValueError("inside")
    assert names(arithmetic) & functions
