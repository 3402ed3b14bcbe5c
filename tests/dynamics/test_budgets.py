"""Conserved quantities and energy budget of the two-layer model, over weeks of turbulence in double precision.

With depth fractions s_i, ``E = -1/2 sum s_i <psi_i q_i>``. The source is ``s_1 F_1 U <psi_1 dpsi_2/dx>``, from the
imposed shear; the sinks are drag, ``s_2 r <|grad psi_2|^2>``, and the filter. Beta does no work. Vallis (2017),
doi:10.1017/9781107588417, chapter 9.
"""

from collections.abc import Iterator

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.dynamics import QGState, TwoLayerQG

DAY = 86400.0


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def mean_product(model: TwoLayerQG, a_hat: jax.Array, b_hat: jax.Array) -> jax.Array:
    """Return the area mean of the product of two fields in each layer."""
    shape = (model.n, model.n)
    return (jnp.fft.irfft2(a_hat, s=shape) * jnp.fft.irfft2(b_hat, s=shape)).mean(axis=(1, 2))


def shares(model: TwoLayerQG) -> np.ndarray:
    return np.array([model.thickness_ratio, 1.0]) / (1 + model.thickness_ratio)


def energy(model: TwoLayerQG, q_hat: jax.Array) -> jax.Array:
    return -0.5 * (shares(model) * mean_product(model, model.invert(q_hat), q_hat)).sum()


def enstrophy(model: TwoLayerQG, q_hat: jax.Array) -> jax.Array:
    return 0.5 * (shares(model) * mean_product(model, q_hat, q_hat)).sum()


def eddies(model: TwoLayerQG, seed: int, scale: float) -> QGState:
    """Return smooth eddies of about 0.3 m/s, in double precision."""
    q_hat = model.random_state(seed, ssh_std=0.1, scale=scale).q_hat.astype(jnp.complex128)
    return model.state(jnp.fft.irfft2(q_hat, s=(model.n, model.n)))


def test_free_dealiased_turbulence_conserves_energy_and_potential_enstrophy():
    """Without current, drag and filter, both drift by less than 1e-3 in 30 days.

    Each step removes wavenumbers beyond two thirds of the largest (Orszag's rule) to avoid aliasing.
    """
    model = TwoLayerQG(n=48, length=960e3, shear=0.0, drag=0.0, filter_strength=0.0, dt=1800.0)
    kx, ky = (np.abs(k) * model.length / (2 * np.pi) for k in model.wavenumbers())
    resolved = jnp.asarray((kx < model.n / 3) & (ky < model.n / 3))

    def dealiased(state: QGState, _: None) -> tuple[QGState, None]:
        stepped = model.step(state)
        return QGState(stepped.q_hat * resolved, stepped.older * resolved, stepped.age), None

    start = eddies(model, seed=0, scale=400e3)
    start = QGState(start.q_hat * resolved, start.older, start.age)
    month = eqx.filter_jit(lambda s: jax.lax.scan(dealiased, s, None, length=round(30 * DAY / model.dt))[0])
    end = month(start)
    before, after = (model.streamfunction(s)[0] for s in (start, end))
    assert abs(np.corrcoef(np.ravel(before), np.ravel(after))[0, 1]) < 0.8  # the eddies have changed
    for measure in (energy, enstrophy):
        drift = float(measure(model, end.q_hat) / measure(model, start.q_hat)) - 1
        assert abs(drift) <= 1e-3, f"{measure.__name__} drifts by {drift:.1e}"


def test_the_energy_budget_closes_with_current_drag_and_filter():
    """Over 30 days of developed turbulence, source minus sinks equals the change, to 2 % of the source."""
    model = TwoLayerQG(n=48, length=480e3, dt=1800.0)
    unfiltered = TwoLayerQG(n=48, length=480e3, dt=1800.0, filter_strength=0.0)
    kx, ky = model.wavenumbers()
    f1, _ = model.stretching
    s1, s2 = shares(model)

    def rates(q_hat: jax.Array) -> jax.Array:
        psi_hat = model.invert(q_hat)
        flux = mean_product(model, psi_hat[:1], 1j * kx * psi_hat[1:])[0]
        gradient = mean_product(model, 1j * kx * psi_hat, 1j * kx * psi_hat)[1]
        gradient += mean_product(model, 1j * ky * psi_hat, 1j * ky * psi_hat)[1]
        return jnp.stack([s1 * f1 * model.shear * flux, s2 * model.drag * gradient])

    def step(state: QGState, _: None) -> tuple[QGState, jax.Array]:
        after = model.step(state)
        lost = energy(model, unfiltered.step(state).q_hat) - energy(model, after.q_hat)
        # The trapezoidal rule in time, between the filtered states.
        gain, drag = model.dt * (rates(state.q_hat) + rates(after.q_hat)) / 2
        return after, jnp.stack([gain, drag, lost])

    grown = model.advance(eddies(model, seed=1, scale=250e3), n_steps=round(60 * DAY / model.dt))
    end, terms = eqx.filter_jit(lambda s: jax.lax.scan(step, s, None, length=round(30 * DAY / model.dt)))(grown)
    gain, drag, lost = (float(total) for total in terms.sum(axis=0))
    change = float(energy(model, end.q_hat) - energy(model, grown.q_hat))
    assert gain > 0
    assert drag > 0.1 * gain  # each term matters
    assert lost > 0
    assert gain - drag - lost == pytest.approx(change, abs=0.02 * gain)
