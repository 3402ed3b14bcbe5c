"""DynamicalPrior on Lorenz-63 is weak-constraint 4DVar: its cost, its gradient and its descent, against numpy.

    J = 1/2 sum_obs (x - y)^2 / r + 1/(2 q) sum_t |x_{t+1} - M(x_t)|^2

The other implementation is written here without xdvn and without automatic differentiation: the equations, the
Runge-Kutta step, and the adjoint of each, by hand. Tremolet 2006, doi:10.1256/qj.05.224.
"""

import jax
import jax.numpy as jnp
import numpy as np

from xdvn.core.cost import Reduction, VariationalCost
from xdvn.core.modulators import IdentityModulator
from xdvn.core.networks.fourdvarnet import FourDVarNet
from xdvn.core.observations import Observations
from xdvn.core.priors import DynamicalPrior
from xdvn.core.solvers import GradientSolver
from xdvn.dynamics import Lorenz63, RungeKutta4

SIGMA, RHO, BETA, DT, STEPS, TIMES, Q = 10.0, 28.0, 8 / 3, 0.01, 4, 12, 0.5


def tendency(x):
    return np.array([SIGMA * (x[1] - x[0]), x[0] * (RHO - x[2]) - x[1], x[0] * x[1] - BETA * x[2]])


def tendency_adjoint(x, g):
    """Transposed Jacobian at x times g."""
    a = -SIGMA * g[0] + (RHO - x[2]) * g[1] + x[1] * g[2]
    b = SIGMA * g[0] - g[1] + x[0] * g[2]
    return np.array([a, b, -x[0] * g[1] - BETA * g[2]])


def stages(x):
    a = x
    b = x + DT / 2 * tendency(a)
    c = x + DT / 2 * tendency(b)
    return a, b, c, x + DT * tendency(c)


def model(x):
    for _ in range(STEPS):
        a, b, c, d = map(tendency, stages(x))
        x = x + DT / 6 * (a + 2 * b + 2 * c + d)
    return x


def model_adjoint(x, g):
    """Transposed Jacobian of the model at x times g: the steps once more, then each of them backward."""
    states = [x]
    for _ in range(STEPS - 1):
        a, b, c, d = map(tendency, stages(states[-1]))
        states.append(states[-1] + DT / 6 * (a + 2 * b + 2 * c + d))
    for state in reversed(states):
        a, b, c, d = stages(state)
        g_d = tendency_adjoint(d, DT / 6 * g)
        g_c = tendency_adjoint(c, DT / 3 * g + DT * g_d)
        g_b = tendency_adjoint(b, DT / 3 * g + DT / 2 * g_c)
        g_a = tendency_adjoint(a, DT / 6 * g + DT / 2 * g_b)
        g = g + g_a + g_b + g_c + g_d
    return g


def cost_and_gradient(x, y, seen, r):
    """x of shape (time, 3)."""
    misfit = np.where(seen, x - y, 0)
    error = x[1:] - np.array([model(state) for state in x[:-1]])
    gradient = misfit / r
    gradient[1:] += error / Q
    gradient[:-1] -= np.array([model_adjoint(state, e / Q) for state, e in zip(x[:-1], error, strict=True)])
    return (misfit**2 / r).sum() / 2 + (error**2).sum() / (2 * Q), gradient


def problem():
    """A trajectory on the attractor, x and z of which are seen at some times, and a poor first guess."""
    rng = np.random.default_rng(0)
    truth = np.empty((TIMES, 3))
    truth[0] = (-5.0, -6.0, 22.0)
    for t in range(1, TIMES):
        truth[t] = model(truth[t - 1])
    seen = (rng.random((TIMES, 3)) < 0.6) & np.array([True, False, True])
    r = rng.uniform(0.5, 2.0, (TIMES, 3))
    y = truth + np.sqrt(r) * rng.normal(size=truth.shape)
    return truth, truth + 3 * rng.normal(size=truth.shape), y, seen, r


def ours(y, seen, r):
    """Return the same problem in xdvn: one cell, channels x(t), y(t), z(t)."""
    to_state = lambda a: jnp.asarray(a.T.reshape(1, -1))  # noqa: E731
    obs = Observations(to_state(np.where(seen, y, np.nan)), to_state(seen), to_state(r))
    prior = DynamicalPrior(RungeKutta4(Lorenz63(), DT, STEPS), n_variables=3)
    cost = VariationalCost(prior, obs_weight=0.5, prior_weight=0.5 / Q, reduction=Reduction.SUM)
    return cost, obs, to_state


def test_the_adjoint_written_by_hand_is_one():
    """<M' d, g> = <d, M'^T g> with M' d by finite differences: the oracle itself is right."""
    rng = np.random.default_rng(1)
    x, d, g = np.array([-5.0, -6.0, 22.0]), rng.normal(size=3), rng.normal(size=3)
    tangent = (model(x + 1e-5 * d) - model(x - 1e-5 * d)) / 2e-5
    assert np.isclose(tangent @ g, d @ model_adjoint(x, g), rtol=1e-8)


def test_cost_and_gradient():
    truth, start, y, seen, r = problem()
    with jax.enable_x64(True):
        cost, obs, to_state = ours(y, seen, r)
        for x in (truth, start):
            expected, expected_gradient = cost_and_gradient(x, y, seen, r)
            assert np.isclose(cost(to_state(x), obs), expected, rtol=1e-12)
            gradient = np.asarray(cost.gradient(to_state(x), obs)).reshape(3, TIMES).T
            assert np.linalg.norm(gradient - expected_gradient) <= 1e-12 * np.linalg.norm(expected_gradient)


def test_descent_goes_the_same_way_and_down():
    truth, start, y, seen, r = problem()
    n_steps, step_size = 400, 0.1
    x, costs = start.copy(), []
    for _ in range(n_steps):
        value, gradient = cost_and_gradient(x, y, seen, r)
        costs.append(value)
        x = x - step_size * gradient
    with jax.enable_x64(True):
        cost, obs, to_state = ours(y, seen, r)
        solver = GradientSolver(n_steps=n_steps, modulator=IdentityModulator(), step_size=step_size)
        solution = FourDVarNet(cost, solver)(obs, to_state(start))
        assert np.abs(np.asarray(solution.x).reshape(3, TIMES).T - x).max() <= 1e-9
        after = float(cost(solution.x, obs))
    assert (np.diff(costs) < 0).all()
    assert after < costs[-1] < 0.02 * costs[0]
    # Dynamics alone tell y, which is never seen.
    assert np.std((x - truth)[:, 1]) < 0.4 * np.std((start - truth)[:, 1])
