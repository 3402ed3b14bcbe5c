"""Two-layer quasi-geostrophic turbulence in a doubly periodic box, forced by a sheared current.

Potential vorticity ``q_i = lap psi_i + F_i (psi_j - psi_i)`` of the upper (1) and lower (2) layer obeys
``dq_i/dt = -J(psi_i, q_i) - U_i dq_i/dx - Q_i dpsi_i/dx - [i = 2] r lap psi_2``, with ``Q_1 = beta + F_1 (U_1 - U_2)``,
``Q_2 = beta - F_2 (U_1 - U_2)``, ``F_1 = 1 / (rd^2 (1 + delta))`` and ``F_2 = delta F_1``. The model is
pseudo-spectral in space and third-order Adams-Bashforth in time; a filter damps the smallest scales. Phillips (1954),
doi:10.3402/tellusa.v6i3.8734; Flierl (1978), doi:10.1016/0377-0265(78)90002-7.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int

__all__ = ["QGState", "TwoLayerQG"]

_ADAMS_BASHFORTH = np.array([[1.0, 0.0, 0.0], [1.5, -0.5, 0.0], [23 / 12, -16 / 12, 5 / 12]])  # Euler, 2nd, 3rd order


class QGState(eqx.Module):
    """State of the model: potential vorticity and its two previous tendencies.

    Parameters
    ----------
    q_hat : Complex[Array, "2 y k"]
        Half-complex Fourier coefficients (``rfft2``) of the potential vorticity of both layers [1/s].
    older : Complex[Array, "2 2 y k"]
        Tendencies of the last two steps [1/s2], latest first; zero at the start.
    age : Int[Array, ""]
        Number of steps so far; the first two are of lower order because past tendencies are missing.
    """

    q_hat: Complex[Array, "2 y k"]
    older: Complex[Array, "2 2 y k"]
    age: Int[Array, ""]


class TwoLayerQG(eqx.Module):
    """Two-layer quasi-geostrophic model on a doubly periodic beta plane of ``n`` x ``n`` cells.

    The defaults resemble the Gulf Stream: an SSH standard deviation of 0.15 to 0.20 m, 1/e scales of about 115 km and
    15 to 19 days, and an rms speed of 0.34 m/s. A time step of 3600 s is unstable. The precision of the state, single
    or double, is that of the computation.

    Parameters
    ----------
    n : int
        Grid points along each side, even.
    length : float
        Side of the box [m].
    deformation_radius : float
        First baroclinic Rossby radius rd [m].
    shear : float
        Imposed eastward velocity U_1 of the upper layer [m/s]; U_2 is 0.
    beta : float
        Meridional gradient of the Coriolis parameter [1/(m s)].
    coriolis : float
        Coriolis parameter f0 [1/s].
    thickness_ratio : float
        delta = H_1 / H_2.
    drag : float
        Linear bottom drag r [1/s].
    dt : float
        Time step [s].
    filter_strength : float
        Factor in ``exp(-strength (k dx - 0.65 pi)^4)``, applied at each step above 0.65 of the Nyquist wavenumber;
        0 switches the filter off.
    gravity : float
        Acceleration of gravity g [m/s2].

    Raises
    ------
    ValueError
        If ``n`` is odd or below 8, or if another parameter that must be positive is not.

    Examples
    --------
    >>> model = TwoLayerQG(n=16, length=320e3)
    >>> state = model.random_state(seed=0, ssh_std=0.1)
    >>> model.ssh(model.step(state)).shape
    (16, 16)
    """

    n: int = eqx.field(static=True, default=128)
    length: float = eqx.field(static=True, default=1280e3)
    deformation_radius: float = eqx.field(static=True, default=30e3)
    shear: float = eqx.field(static=True, default=0.12)
    beta: float = eqx.field(static=True, default=1.8e-11)
    coriolis: float = eqx.field(static=True, default=8.9e-5)
    thickness_ratio: float = eqx.field(static=True, default=0.25)
    drag: float = eqx.field(static=True, default=1 / (30 * 86400))
    dt: float = eqx.field(static=True, default=2400.0)
    filter_strength: float = eqx.field(static=True, default=23.6)
    gravity: float = eqx.field(static=True, default=9.81)

    def __check_init__(self) -> None:
        if self.n < 8 or self.n % 2:
            raise ValueError(f"n={self.n}: expected an even number of grid points, 8 or more. Use, for example, 128.")
        for name in ("length", "deformation_radius", "coriolis", "thickness_ratio", "dt", "gravity"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}={getattr(self, name)}: expected a positive number. Give it in SI units.")

    @property
    def stretching(self) -> tuple[float, float]:
        """Coupling coefficients ``(F_1, F_2)`` [1/m2]."""
        upper = 1 / (self.deformation_radius**2 * (1 + self.thickness_ratio))
        return upper, self.thickness_ratio * upper

    def wavenumbers(self) -> tuple[np.ndarray, np.ndarray]:
        """Return zonal and meridional wavenumbers, of shapes ``(1, n/2+1)`` and ``(n, 1)`` [rad/m]."""
        unit = 2 * np.pi / self.length
        return unit * np.arange(self.n // 2 + 1)[None, :], unit * self.n * np.fft.fftfreq(self.n)[:, None]

    def invert(self, q_hat: Complex[Array, "2 y k"]) -> Complex[Array, "2 y k"]:
        """Return the coefficients of the streamfunction [m2/s], of zero mean, from those of potential vorticity."""
        kx, ky = self.wavenumbers()
        f1, f2 = self.stretching
        k2 = kx**2 + ky**2
        inverse_determinant = -1 / np.where(k2 == 0, np.inf, k2 * (k2 + f1 + f2))
        scaled = (a * inverse_determinant for a in (k2 + f2, f1, f2, k2 + f1))
        c11, c12, c21, c22 = _like(q_hat, *scaled)
        return jnp.stack([c11 * q_hat[0] + c12 * q_hat[1], c21 * q_hat[0] + c22 * q_hat[1]])

    def potential_vorticity(self, psi_hat: Complex[Array, "2 y k"]) -> Complex[Array, "2 y k"]:
        """Return the coefficients of potential vorticity [1/s] from those of the streamfunction."""
        kx, ky = self.wavenumbers()
        f1, f2 = self.stretching
        (k2,) = _like(psi_hat, kx**2 + ky**2)
        difference = psi_hat[1] - psi_hat[0]
        return jnp.stack([-k2 * psi_hat[0] + f1 * difference, -k2 * psi_hat[1] - f2 * difference])

    def tendency(self, q_hat: Complex[Array, "2 y k"]) -> Complex[Array, "2 y k"]:
        """Return ``dq/dt`` [1/s2] in Fourier space, without the filter.

        Advection is ``J(psi, lap psi) = (dxx - dyy) uv + dxy (v^2 - u^2)`` plus ``F J(psi_1, psi_2)``. This form needs
        nine transforms instead of ten, and the exchange between the layers cancels exactly.
        """
        kx, ky = self.wavenumbers()
        f1, f2 = self.stretching
        ddx, ddy = _like(q_hat, 1j * kx, 1j * ky)
        diagonal, cross, k2 = _like(q_hat, ky**2 - kx**2, -kx * ky, kx**2 + ky**2)
        psi_hat = self.invert(q_hat)
        u, v = jnp.fft.irfft2(jnp.stack([-ddy * psi_hat, ddx * psi_hat]), s=(self.n, self.n))
        products = jnp.concatenate([u * v, v**2 - u**2, (u[0] * v[1] - v[0] * u[1])[None]])
        products_hat = jnp.fft.rfft2(products)
        advection = diagonal * products_hat[:2] + cross * products_hat[2:4]
        exchange = products_hat[4]
        gradient1, gradient2 = self.beta + f1 * self.shear, self.beta - f2 * self.shear
        upper = -advection[0] - f1 * exchange - ddx * (self.shear * q_hat[0] + gradient1 * psi_hat[0])
        lower = -advection[1] + f2 * exchange - ddx * gradient2 * psi_hat[1] + self.drag * k2 * psi_hat[1]
        return jnp.stack([upper, lower])

    @eqx.filter_jit
    def step(self, state: QGState) -> QGState:
        """Advance by one time step ``dt``."""
        kx, ky = self.wavenumbers()
        excess = np.maximum(np.hypot(kx, ky) * self.length / self.n - 0.65 * np.pi, 0)
        (smooth,) = _like(state.q_hat, np.exp(-self.filter_strength * excess**4))
        now = self.tendency(state.q_hat)
        (table,) = _like(state.q_hat, self.dt * _ADAMS_BASHFORTH)
        weights = jnp.asarray(table)[jnp.minimum(state.age, 2)]  # fewer past tendencies in the first two steps
        change = weights[0] * now + weights[1] * state.older[0] + weights[2] * state.older[1]
        return QGState((state.q_hat + change) * smooth, jnp.stack([now, state.older[0]]), state.age + 1)

    @eqx.filter_jit
    def advance(self, state: QGState, n_steps: int) -> QGState:
        """Advance by ``n_steps`` steps in one compiled loop."""
        return jax.lax.scan(lambda s, _: (self.step(s), None), state, None, length=n_steps)[0]

    def state(self, q: Float[Array, "2 y x"]) -> QGState:
        """Return the state of potential vorticity on the grid [1/s], upper layer first, without past tendencies."""
        return _without_history(jnp.fft.rfft2(q))

    def random_state(self, seed: int, ssh_std: float = 0.1, scale: float = 250e3) -> QGState:
        """Return a state of random, smooth, independent streamfunctions in both layers, in single precision.

        Parameters
        ----------
        seed : int
            Random seed.
        ssh_std : float
            Standard deviation of the sea surface height [m]. Default: 0.1.
        scale : float
            Wavelength of the spectral peak [m]. Default: 250 km.
        """
        kx, ky = self.wavenumbers()
        ring = np.exp(-8 * (np.hypot(kx, ky) * scale / (2 * np.pi) - 1) ** 2) * (kx**2 + ky**2 > 0)
        psi_hat = ring * np.fft.rfft2(np.random.default_rng(seed).standard_normal((2, self.n, self.n)))
        std = np.fft.irfft2(psi_hat, s=(self.n, self.n)).std(axis=(1, 2), keepdims=True)
        psi_hat *= ssh_std * self.gravity / self.coriolis / std
        return _without_history(self.potential_vorticity(jnp.asarray(psi_hat, jnp.complex64)))

    @eqx.filter_jit
    def streamfunction(self, state: QGState) -> Float[Array, "2 y x"]:
        """Return the streamfunction of both layers on the grid [m2/s], without that of the imposed shear."""
        return jnp.fft.irfft2(self.invert(state.q_hat), s=(self.n, self.n))

    def ssh(self, state: QGState) -> Float[Array, "y x"]:
        """Return the sea surface height ``f0 psi_1 / g`` of the eddies [m], without that of the imposed shear."""
        return self.coriolis / self.gravity * self.streamfunction(state)[0]


def _without_history(q_hat: Complex[Array, "2 y k"]) -> QGState:
    return QGState(q_hat, jnp.zeros((2, *q_hat.shape), q_hat.dtype), jnp.zeros((), jnp.int32))


def _like(reference: Array, *arrays: np.ndarray) -> list[np.ndarray]:
    """Cast coefficients from double precision to the precision of the state."""
    real, cplx = jnp.finfo(reference.dtype).dtype, reference.dtype
    return [a.astype(cplx if np.iscomplexobj(a) else real) for a in arrays]
