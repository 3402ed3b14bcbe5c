"""Temperature as a tracer of the upper layer, and its independence of the other variables of a twin."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from xdvn.dynamics import TwoLayerQG
from xdvn.osse import TemperatureProxy, Twin
from xdvn.tracks import bin_points


def test_it_is_advected_by_the_upper_layer():
    """dT/dt + u . grad T = 0, with the imposed current in u and the mean cooling in T."""
    model = TwoLayerQG(n=32, length=640e3)
    proxy = TemperatureProxy(model, northward_cooling=1e-5, central_temperature=18.0)
    with jax.enable_x64(True):
        q = jnp.asarray(np.asarray(model.random_state(seed=1, scale=300e3).q_hat), jnp.complex128)
        q = q.at[:, 6:-5].set(0).at[:, :, 6:].set(0)  # so smooth that products do not alias
        change = proxy.anomaly(np.asarray(model.tendency(q))[0])
        psi = np.asarray(model.invert(q))[0]
    kx, ky = model.wavenumbers()

    def on_grid(spectrum):
        return np.fft.irfft2(spectrum, s=(32, 32))

    t_hat = np.fft.rfft2(proxy.anomaly(np.asarray(q)[0]))
    u, v = model.shear - on_grid(1j * ky * psi), on_grid(1j * kx * psi)
    advection = u * on_grid(1j * kx * t_hat) + v * (on_grid(1j * ky * t_hat) - proxy.northward_cooling)
    assert np.abs(advection).max() > 1e-8
    assert np.allclose(change, -advection, atol=1e-9 * np.abs(advection).max())


def test_smoothing_is_a_gaussian():
    model = TwoLayerQG(n=32, length=640e3)
    rough, smooth = (TemperatureProxy(model, 1e-5, 0.0, s) for s in (0.0, 30e3))
    wave = np.zeros((32, 17), complex)
    wave[0, 4] = 1.0  # wavelength 160 km
    expected = np.exp(-0.5 * (2 * np.pi / 160e3 * 30e3) ** 2)
    assert np.allclose(smooth.anomaly(wave), expected * rough.anomaly(wave))


def test_temperature_does_not_change_the_other_variables():
    twin = dataclasses.replace(Twin.small(days=4), spin_up=10)
    warm = dataclasses.replace(twin, sst=True)
    plain, ds = twin.make(), warm.make()
    assert "sst" not in twin.json
    assert warm.json != twin.json
    xr.testing.assert_identical(ds.drop_vars("sst").assign_attrs(twin=plain.attrs["twin"]), plain)
    assert (ds.sst.attrs["units"], ds.sst.attrs["standard_name"]) == ("degC", "sea_surface_temperature")
    # Highs are warm: q = lap psi + F (psi_2 - psi) is low there.
    north = (ds.lat.values - 34.5) * 111.32e3
    warmth = ds.sst.values - warm.temperature.mean(north)[:, None]
    assert np.corrcoef(warmth.ravel(), (ds.ssh - ds.ssh_front).values.ravel())[0, 1] > 0.7


def test_binned_tracks_are_the_gridded_observations():
    twin = dataclasses.replace(Twin.small(days=6), spin_up=10)
    ds, tracks = twin.make(), twin.tracks()
    assert list(tracks.coords) == ["time", "lat", "lon", "mission"]
    again = bin_points(tracks["ssh_obs"], ds["ssh"])
    np.testing.assert_array_equal(again.ssh_obs, ds.ssh_obs)
    np.testing.assert_array_equal(again.ssh_obs_offset_lat, ds.ssh_obs_offset_lat)
