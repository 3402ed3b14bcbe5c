"""Leaner compilation changes nothing but the compilation, and is left out where the compiler does not know it."""

import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.core import lean


def waves(x):
    return jnp.sin(x) * jnp.exp(-(x**2)) + jnp.tanh(x).sum()


@pytest.fixture
def asked_anew():
    """Let the compiler be asked again, before and after."""
    lean._understood.cache_clear()
    yield
    lean._understood.cache_clear()


def test_values_are_the_same():
    x = jnp.linspace(-2, 2, 1000)
    np.testing.assert_allclose(lean.lean_jit(waves)(x), waves(x), rtol=1e-5, atol=1e-6)


def test_an_option_that_the_compiler_does_not_know_is_left_out(asked_anew, monkeypatch):
    monkeypatch.setattr(lean, "_OPTIONS", {"xla_no_such_option": True})
    assert not lean._understood()
    assert float(lean.lean_jit(waves)(jnp.zeros(()))) == 0.0


def test_it_is_compiled_once():
    traced = []

    @lean.lean_jit
    def counted(x):
        traced.append(1)
        return 2 * x

    assert [float(counted(jnp.asarray(n, float))) for n in (1, 2, 3)] == [2.0, 4.0, 6.0]
    assert len(traced) == 1
    assert counted.__name__ == "counted"
