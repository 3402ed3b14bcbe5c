"""Weights of the modulated and the plain gradient in a step."""

import jax.numpy as jnp
import numpy as np

from xdvn.core.solvers import AnnealedSchedule, ConstantSchedule, ReferenceSchedule


def test_constant_schedule():
    assert ConstantSchedule()(jnp.asarray(3), 5) == (1.0, 0.0)
    assert ConstantSchedule().constant


def test_annealed_schedule_weights_the_normalised_gradient():
    learned, plain = AnnealedSchedule(0.5)(jnp.asarray(3), 5, scale=7.0)
    assert np.isclose(learned, 1 / 4)
    assert np.isclose(plain, 0.5 * 4 / 5)
    assert not AnnealedSchedule().constant


def test_reference_schedule_weights_the_undivided_gradient():
    learned, plain = ReferenceSchedule(0.5)(jnp.asarray(3), 5, scale=7.0)
    assert np.isclose(learned, 1 / 4)
    assert np.isclose(plain, 7 * 0.5 * 4 / 5)
    assert not ReferenceSchedule().constant
