"""How a program is compiled changes nothing but the compilation; what the compiler does not know is left out."""

import gc

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core import compilation as jit
from xdvn.core.compilation import Jit, in_training_jit, inference_jit, trace_inline, training_jit, unoptimised_jit

EACH = pytest.mark.parametrize("kind", [inference_jit, unoptimised_jit, training_jit])


def waves(x, weights):
    return jnp.sin(x @ weights) * jnp.exp(-(x**2)) + jnp.tanh(x).sum()


@EACH
def test_values_are_the_same(kind):
    x = jnp.linspace(-2, 2, 1024).reshape(32, 32)
    np.testing.assert_allclose(kind(waves)(x, weights=jnp.eye(32)), waves(x, jnp.eye(32)), rtol=1e-5, atol=1e-6)


def test_an_option_that_the_compiler_does_not_know_is_left_out():
    compiled = Jit(jnp.sin, {"xla_no_such_option": True, **jit._LEAN})
    assert not jit._understood("xla_no_such_option", True)
    assert float(compiled(jnp.zeros(()))) == 0.0


@pytest.mark.parametrize(("kind", "lean"), [(inference_jit, False), (unoptimised_jit, True), (training_jit, True)])
def test_what_is_compiled_knows_whether_code_is_cheap(kind, lean):
    seen = []

    @kind
    def look(x):
        seen.append(in_training_jit())
        if x.ndim:
            raise ArithmeticError
        return x

    look(jnp.ones(()))
    with pytest.raises(ArithmeticError):
        look(jnp.ones(1))
    assert seen == [lean, lean]
    assert not in_training_jit()


@EACH
def test_it_is_compiled_once(kind):
    traced = []

    @kind
    def counted(x):
        traced.append(1)
        return 2 * x

    assert [float(counted(jnp.asarray(n, float))) for n in (1, 2, 3)] == [2.0, 4.0, 6.0]
    assert len(traced) == 1
    assert counted.__name__ == "counted"


@EACH
def test_within_another_program_it_is_a_part_of_it(kind):
    # JAX refuses options of a program within another.
    inner = kind(lambda x: x**2)
    assert float(jax.jit(jax.grad(lambda x: 3 * inner(x)))(2.0)) == 12.0
    assert jax.eval_shape(inner, jnp.zeros(3)).shape == (3,)


@EACH
def test_the_collector_of_cycles_is_as_it_was(kind):
    seen = []

    @kind
    def failing(x):
        seen.append(gc.isenabled())
        raise ValueError("while traced")

    for before in (True, False):
        (gc.enable if before else gc.disable)()
        try:
            with pytest.raises(ValueError, match="while traced"):
                failing(jnp.zeros(()))
            assert gc.isenabled() is before
        finally:
            gc.enable()
    assert seen == [False, False]


@EACH
def test_the_collector_works_while_the_program_runs(kind):
    seen = []

    def look(x):
        seen.append(gc.isenabled())
        return x

    @kind
    def looking(x):
        return jax.pure_callback(look, jax.ShapeDtypeStruct((), jnp.float32), x)

    assert float(looking(jnp.ones(()))) == 1.0
    assert seen == [True]


def test_inlined_traces_no_functions_within_and_ends_with_its_block():
    def arithmetic(x):
        return jnp.where(x > 0, x, 0)

    def within(x):
        with trace_inline():
            return arithmetic(x)

    def names(function):
        return {each.primitive.name for each in jax.make_jaxpr(function)(jnp.ones(3)).eqns}

    functions = {"jit", "pjit"}  # newer, older
    assert names(within) == {"gt", "select_n", "broadcast_in_dim"}
    assert names(arithmetic) & functions
    with pytest.raises(ValueError, match="inside"), trace_inline():
        raise ValueError("inside")
    assert names(arithmetic) & functions
