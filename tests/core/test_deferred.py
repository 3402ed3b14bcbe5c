"""Fields that are computed when they are read, by whoever reads, and not at all if nobody does."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp

from xdvn.core.deferred import Deferred, DeferredField
from xdvn.core.fourdvarnet import FourDVarNet
from xdvn.core.observations import Observations
from xdvn.core.solvers import GradientSolver


@dataclass
class Answer:
    number: DeferredField[jax.Array] = DeferredField()
    other: int = 0


def test_a_field_is_computed_when_it_is_read():
    asked = []
    answer = Answer(Deferred(lambda: asked.append(1) or 7))
    assert not asked
    assert answer.number == 7
    assert replace(answer, other=2).number == 7
    assert replace(answer, number=8).number == 8
    assert len(asked) == 2


def test_a_field_read_inside_of_a_traced_function_can_be_read_outside_afterwards():
    x = jnp.ones(3)
    answer = Answer(Deferred(lambda: x.sum()))
    assert jax.jit(lambda: 2 * answer.number)() == 6
    assert answer.number == 3
    assert jax.jit(lambda: answer.number)() == 3


def test_the_residual_of_a_solve_is_traced_only_where_it_is_read(monkeypatch):
    asked, residual = [], GradientSolver.residual
    monkeypatch.setattr(GradientSolver, "residual", lambda *args: asked.append(1) or residual(*args))
    net = FourDVarNet.default(3, 1, key=jax.random.key(0))
    obs = Observations(jnp.ones((2, 8, 3)), jnp.ones((2, 8, 3), bool))
    x = jax.jit(jax.vmap(lambda one: net(one).x))(obs)
    assert not asked
    whole = jax.jit(jax.vmap(net))(obs)
    assert len(asked) == 1
    assert (whole.x == x).all()
    assert whole.residual.shape == (2,)


def test_a_solution_tells_shapes_not_numbers():
    net = FourDVarNet.default(3, 1, key=jax.random.key(0))
    told = repr(net(Observations(jnp.ones((8, 3)), jnp.ones((8, 3), bool))))
    assert told.startswith("Solution(x=f32[8,3], terms=CostTerms(")
    assert told.endswith("residual=f32[], variance=None)")
