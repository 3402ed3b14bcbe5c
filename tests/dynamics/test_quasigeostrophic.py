"""The two-layer model against closed forms: waves, instability, invariants and convergence."""

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from xdvn.dynamics import QGState, TwoLayerQG

DAY = 86400.0
QUIET = {"n": 32, "length": 640e3, "shear": 0.0, "drag": 0.0, "filter_strength": 0.0}


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def plane(model: TwoLayerQG) -> tuple[np.ndarray, np.ndarray]:
    x = np.arange(model.n) * model.length / model.n
    return x[None, :], x[:, None]


def state_of(model: TwoLayerQG, psi: np.ndarray) -> QGState:
    return model.state(jnp.fft.irfft2(model.potential_vorticity(jnp.fft.rfft2(jnp.asarray(psi))), s=psi.shape[1:]))


def run(model: TwoLayerQG, state: QGState, days: int) -> QGState:
    """Run the model day by day, so that all tests of one model share one compilation."""
    for _ in range(days):
        state = model.advance(state, n_steps=round(DAY / model.dt))
    return state


def smooth(model: TwoLayerQG, seed: int, modes: int = 4) -> np.ndarray:
    """Return two independent streamfunctions with wavenumbers up to ``modes``, for speeds of about 0.3 m/s."""
    random = np.random.default_rng(seed)
    x, y = (2 * np.pi * axis / model.length for axis in plane(model))
    psi = np.zeros((2, model.n, model.n))
    for i in range(modes + 1):
        for j in range(-modes, modes + 1):
            phases = random.uniform(0, 2 * np.pi, (2, 1, 1))
            psi += random.normal(size=(2, 1, 1)) * np.cos(i * x + j * y + phases) / (1 + i**2 + j**2)
    return 3e4 * (psi - psi.mean(axis=(1, 2), keepdims=True))


def energy(model: TwoLayerQG, state: QGState) -> float:
    """Return the depth-weighted kinetic plus available potential energy, minus half of psi q."""
    psi, q = model.streamfunction(state), jnp.fft.irfft2(state.q_hat, s=(model.n, model.n))
    share = np.array([model.thickness_ratio, 1.0]) / (1 + model.thickness_ratio)
    return float(-0.5 * np.sum(share * np.mean(psi * q, axis=(1, 2))))


def enstrophy(model: TwoLayerQG, state: QGState) -> float:
    q = jnp.fft.irfft2(state.q_hat, s=(model.n, model.n))
    share = np.array([model.thickness_ratio, 1.0]) / (1 + model.thickness_ratio)
    return float(0.5 * np.sum(share * np.mean(q**2, axis=(1, 2))))


def test_inversion_of_potential_vorticity():
    model = TwoLayerQG(n=32, length=640e3)
    psi = smooth(model, seed=0)
    np.testing.assert_allclose(model.streamfunction(state_of(model, psi)), psi, atol=1e-9 * np.abs(psi).max())


def test_potential_vorticity_of_one_wave():
    model = TwoLayerQG(n=16, length=320e3)
    k = 2 * np.pi * 3 / model.length
    wave = np.cos(k * plane(model)[0]) * np.ones((16, 1))
    q_hat = model.potential_vorticity(jnp.fft.rfft2(jnp.asarray(np.stack([wave, 0 * wave]))))
    f1 = 1 / (30e3**2 * 1.25)
    expected = np.stack([-(k**2 + f1) * wave, 0.25 * f1 * wave])
    np.testing.assert_allclose(jnp.fft.irfft2(q_hat, s=(16, 16)), expected, atol=1e-20)


def test_tendency_is_the_equation_written_out():
    """Term by term in numpy, in advective form, on fields whose products the grid resolves."""
    model = TwoLayerQG(n=32, length=640e3)
    psi = smooth(model, seed=1)
    k = 2 * np.pi / model.length * 32 * np.fft.fftfreq(32)
    spectral = lambda f, factor: np.fft.ifft2(factor * np.fft.fft2(f)).real  # noqa: E731
    dx, dy = (lambda f: spectral(f, 1j * k[None, :])), (lambda f: spectral(f, 1j * k[:, None]))
    laplacian = spectral(psi, -(k[None, :] ** 2 + k[:, None] ** 2))
    f1 = 1 / (30e3**2 * 1.25)
    f2 = 0.25 * f1
    q = laplacian + np.stack([f1 * (psi[1] - psi[0]), f2 * (psi[0] - psi[1])])
    jacobian = dx(psi) * dy(q) - dy(psi) * dx(q)
    expected = -jacobian - np.stack(
        [
            0.12 * dx(q)[0] + (1.8e-11 + f1 * 0.12) * dx(psi)[0],
            (1.8e-11 - f2 * 0.12) * dx(psi)[1] + laplacian[1] / (30 * DAY),
        ]
    )
    got = jnp.fft.irfft2(model.tendency(jnp.fft.rfft2(jnp.asarray(q))), s=(32, 32))
    np.testing.assert_allclose(got, expected, atol=1e-10 * np.abs(expected).max())


@pytest.mark.parametrize("kind", ["barotropic", "baroclinic"])
def test_rossby_waves_travel_at_their_phase_speed(kind):
    """A plane wave of one vertical mode is an exact solution: c = -beta / K^2 or -beta / (K^2 + F_1 + F_2)."""
    model = TwoLayerQG(**QUIET, dt=1800.0)
    x, y = plane(model)
    k, m = 2 * np.pi / model.length * np.array([2, 1])
    if kind == "barotropic":
        vertical, stretching = np.array([1.0, 1.0]), 0.0
    else:
        vertical, stretching = np.array([1.0, -model.thickness_ratio]), 1 / model.deformation_radius**2
    frequency = -model.beta * k / (k**2 + m**2 + stretching)
    at = lambda t: 1e4 * vertical[:, None, None] * np.cos(k * x + m * y - frequency * t)  # noqa: E731
    end = run(model, state_of(model, at(0.0)), days=20)
    np.testing.assert_allclose(model.streamfunction(end), at(20 * DAY), atol=1.0)


@pytest.mark.parametrize("wave", [2, 4, 6])
def test_baroclinic_instability_grows_as_phillips_found(wave):
    """Equal layers, no beta: sigma = k (U/2) sqrt((2F - k^2) / (2F + k^2)), with F = 1 / (2 rd^2)."""
    model = TwoLayerQG(n=32, length=1280e3, beta=0.0, thickness_ratio=1.0, drag=0.0, dt=1200.0)
    k = 2 * np.pi * wave / model.length
    f = 0.5 / model.deformation_radius**2
    sigma = k * model.shear / 2 * np.sqrt((2 * f - k**2) / (2 * f + k**2))
    # psi_2 / psi_1 of the growing mode, from (U - c) q_1 + F U psi_1 = 0
    phase_speed = model.shear / 2 + 1j * sigma / k
    ratio = ((k**2 + f) * (model.shear - phase_speed) - f * model.shear) / (f * (model.shear - phase_speed))
    x = plane(model)[0] + 0 * plane(model)[1]
    psi = 1e-2 * np.stack([np.cos(k * x), np.real(ratio * np.exp(1j * k * x))])
    amplitude = lambda s: np.abs(s.q_hat[:, 0, wave])  # noqa: E731
    start = state_of(model, psi)
    end = run(model, start, days=15)
    growth = np.log(amplitude(end) / amplitude(start)) / (15 * DAY)
    np.testing.assert_allclose(growth, sigma, rtol=2e-3)


def test_waves_shorter_than_the_cutoff_do_not_grow():
    model = TwoLayerQG(n=32, length=640e3, beta=0.0, thickness_ratio=1.0, drag=0.0, dt=1200.0)
    k = 2 * np.pi * 4 / model.length
    assert k > 1 / model.deformation_radius
    psi = np.stack([1e-2 * np.cos(k * plane(model)[0]) * np.ones((32, 1)), np.zeros((32, 32))])
    state, levels = state_of(model, psi), []
    for _ in range(40):  # 160 days, four beats of the two neutral modes
        state = model.advance(state, n_steps=288)
        levels.append(energy(model, state))
    assert max(levels[20:]) == pytest.approx(max(levels[:20]), rel=0.05)


def test_without_forcing_and_damping_energy_and_enstrophy_are_conserved():
    model = TwoLayerQG(**QUIET, dt=900.0)
    start = state_of(model, smooth(model, seed=2, modes=2))
    end = run(model, start, days=4)
    change = np.abs(model.streamfunction(end) - model.streamfunction(start)).max()
    assert change > 0.2 * np.abs(model.streamfunction(start)).max()  # it is not at rest
    assert energy(model, end) == pytest.approx(energy(model, start), rel=1e-5)
    assert enstrophy(model, end) == pytest.approx(enstrophy(model, start), rel=1e-5)


def test_the_filter_removes_enstrophy_and_drag_removes_energy():
    random = np.random.default_rng(0).normal(size=(2, 32, 32))
    for settings, measure in (({"filter_strength": 23.6}, enstrophy), ({"drag": 1e-6}, energy)):
        model = TwoLayerQG(**{**QUIET, **settings}, dt=900.0)
        rough = model.state(jnp.asarray(1e-6 * random)) if measure is enstrophy else state_of(model, smooth(model, 3))
        levels = [measure(model, rough)]
        for _ in range(5):
            rough = model.advance(rough, n_steps=20)
            levels.append(measure(model, rough))
        assert np.all(np.diff(levels) < 0)


def test_third_order_in_time_with_past_tendencies():
    """With the exact past tendencies of a Rossby wave, halving dt divides the error by eight."""
    errors = []
    for dt in (3600.0, 1800.0):
        model = TwoLayerQG(**QUIET, dt=dt)
        k = 2 * np.pi / model.length
        w = -model.beta * k / k**2
        x = np.stack([plane(model)[0] + 0 * plane(model)[1]] * 2)
        past = [jnp.fft.rfft2(jnp.asarray(-(k**2) * 1e4 * w * np.sin(k * x + i * w * dt))) for i in (1, 2)]
        start = QGState(state_of(model, 1e4 * np.cos(k * x)).q_hat, jnp.stack(past), jnp.asarray(2))
        exact = 1e4 * np.cos(k * x - w * 10 * DAY)
        errors.append(np.abs(model.streamfunction(run(model, start, days=10)) - exact).max())
    assert errors[0] / errors[1] == pytest.approx(8, rel=0.05)


def test_turbulence_converges_with_the_time_step():
    """The first, lower-order steps limit the order to two: halving dt divides the error by four or more."""
    final = {}
    for dt in (1800.0, 900.0, 225.0):
        model = TwoLayerQG(**QUIET, dt=dt)
        final[dt] = model.streamfunction(run(model, state_of(model, smooth(model, seed=4, modes=2)), days=1))
    errors = [float(jnp.abs(final[dt] - final[225.0]).max()) for dt in (1800.0, 900.0)]
    assert errors[0] > 3.5 * errors[1]
    assert errors[1] < 1e-4 * float(jnp.abs(final[225.0]).max())


def test_advance_is_repeated_step_and_can_be_interrupted():
    model = TwoLayerQG(n=16, length=320e3)
    start = model.random_state(seed=0)
    halves = model.advance(model.advance(start, n_steps=3), n_steps=3)
    single = start
    for _ in range(6):
        single = model.step(single)
    assert int(halves.age) == 6
    np.testing.assert_allclose(halves.q_hat, single.q_hat, atol=1e-6 * np.abs(single.q_hat).max())


def test_random_state_has_the_requested_height_and_single_precision():
    model = TwoLayerQG(n=48, length=480e3)
    one, other = (model.random_state(i, ssh_std=0.07) for i in (0, 1))
    assert one.q_hat.dtype == jnp.complex64
    assert model.step(one).q_hat.dtype == jnp.complex64
    assert float(jnp.std(model.ssh(one))) == pytest.approx(0.07, rel=1e-4)
    assert abs(np.corrcoef(np.ravel(model.ssh(one)), np.ravel(model.ssh(other)))[0, 1]) < 0.5
    psi = model.streamfunction(one)
    np.testing.assert_allclose(model.ssh(one), 8.9e-5 / 9.81 * psi[0], rtol=1e-6)


def test_step_is_differentiable():
    """The gradient of the height after two steps agrees with a finite difference."""
    model = TwoLayerQG(n=16, length=320e3)
    psi = smooth(model, seed=5)
    q = jnp.asarray(np.array(jnp.fft.irfft2(state_of(model, psi).q_hat, s=(16, 16))))
    direction = jnp.asarray(np.random.default_rng(0).normal(size=q.shape)) * 1e-6
    cost = jax.jit(jax.value_and_grad(lambda q: jnp.sum(model.ssh(model.step(model.step(model.state(q)))) ** 2)))
    slope = float(jnp.sum(cost(q)[1] * direction))
    finite = float(cost(q + 1e-4 * direction)[0] - cost(q - 1e-4 * direction)[0]) / 2e-4
    assert slope == pytest.approx(finite, rel=1e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n": 15}, r"n=15: expected an even number of grid points, 8 or more\. Use"),
        ({"n": 6}, r"n=6: .* Use, for example, 128"),
        ({"dt": 0.0}, r"dt=0\.0: expected a positive number\. Give it in SI units"),
        ({"deformation_radius": -1.0}, r"deformation_radius=-1\.0: expected a positive number"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        TwoLayerQG(**settings)
