from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from xdvn import plot


def trace(*shape):
    falling = np.exp(-np.arange(shape[-1])) * np.ones(shape)
    return SimpleNamespace(
        cost=3 * falling, terms=SimpleNamespace(observations=2 * falling, prior=falling), gradient_norm=7 * falling**2
    )


def test_every_step_is_drawn():
    own = plt.figure().add_subplot()
    assert plot.convergence(trace(6), own) is own
    cost, observations, prior = own.get_lines()
    np.testing.assert_array_equal(cost.get_xdata(), np.arange(6))
    np.testing.assert_allclose(cost.get_ydata(), observations.get_ydata() + prior.get_ydata())
    (right,) = [ax for ax in own.figure.axes if ax is not own]
    np.testing.assert_allclose(right.get_lines()[0].get_ydata(), 7 * np.exp(-2.0 * np.arange(6)))
    assert own.get_yscale() == right.get_yscale() == "log"
    assert len(own.get_legend().get_texts()) == 4
    assert all(float(tick).is_integer() for tick in own.get_xticks())


def test_many_samples_are_averaged_and_shaded():
    many = trace(5, 6)
    many.cost = many.cost * np.arange(1, 6)[:, None]
    ax = plot.convergence(many)
    np.testing.assert_allclose(ax.get_lines()[0].get_ydata(), 3 * np.exp(-1.0 * np.arange(6)) * 3)
    (shade,) = ax.collections
    np.testing.assert_allclose(shade.get_paths()[0].get_extents().ymax, 3 * np.percentile(np.arange(1, 6), 90))


def test_a_term_of_zero_is_masked_on_a_logarithmic_axis():
    partly = trace(3)
    partly.terms.prior = np.zeros(3)
    assert plot.convergence(partly).get_yscale() == "log"
    zero = trace(3)
    zero.cost = zero.terms.observations = zero.terms.prior = zero.gradient_norm = np.zeros(3)
    assert plot.convergence(zero).get_yscale() == "linear"


def test_other_shapes_are_refused():
    odd = trace(6)
    odd.gradient_norm = np.ones(5)
    with pytest.raises(
        ValueError, match=r"shapes \[\(6,\), \(6,\), \(6,\), \(5,\)\]: expected \(step,\) .*network.trace"
    ):
        plot.convergence(odd)
