"""Isotropic scales against xrft and known spectra, and their invariance to direction."""

import numpy as np
import pytest
import xarray as xr
import xrft

from xdvn.metrics import gridded_scores
from xdvn.metrics.isotropic import IsotropicSpectra, shortest_crossing


def power_law(seed, shape, slope, dy=1.0, dx=1.0):
    """Return fields (day, y, x) whose power density falls as k^-slope, with k the wavenumber magnitude."""
    k = np.hypot(np.fft.fftfreq(shape[1], dy)[:, None], np.fft.fftfreq(shape[2], dx))
    k[0, 0] = np.inf
    white = np.fft.fft2(np.random.default_rng(seed).normal(size=shape))
    return np.fft.ifft2(white * k ** (-slope / 2)).real


@pytest.mark.parametrize(("shape", "dy", "dx"), [((3, 24, 30), 10.0, 10.0), ((2, 21, 17), 12.0, 9.0)])
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_agrees_with_xrft(shape, dy, dx):
    """The spectra equal those of xrft, detrended, tapered and averaged over the same rings."""
    rng = np.random.default_rng(0)
    slope = 0.3 * np.arange(shape[1])[:, None] - 0.1 * np.arange(shape[2])
    truth, error = power_law(1, shape, 2.0) + slope, rng.normal(size=shape) + 0.5 * slope
    ours = IsotropicSpectra.of(error, truth, dy, dx)
    width = max(1 / (shape[1] * dy), 1 / (shape[2] * dx))
    psd = []
    for values in (error, truth):
        coords = {"t": range(shape[0]), "y": dy * np.arange(shape[1]), "x": dx * np.arange(shape[2])}
        da = xr.DataArray(values, coords, ("t", "y", "x"))
        ps = xrft.power_spectrum(da, dim=["y", "x"], detrend="linear", window="hann").mean("t")
        k = np.hypot(ps.freq_y, ps.freq_x)
        psd.append(
            [float(ps.where(np.rint(k / width) == m).mean()) for m in range(1, int(0.5 / max(dx, dy) / width) + 1)]
        )
    score, _ = ours.score()
    np.testing.assert_allclose(score, 1 - np.array(psd[0]) / psd[1], rtol=1e-6)


def test_white_error_on_a_power_law_crosses_at_the_expected_scale():
    """With T = (k/K)^-4 and E = 1/2, the score is 0.5 at k = K."""
    shape, dx, cut = (40, 96, 96), 10.0, 1 / 60.0
    truth = power_law(2, shape, 4.0, dx, dx) * cut**2
    error = np.sqrt(0.5) * np.random.default_rng(3).normal(size=shape)
    _, scale = IsotropicSpectra.of(error, truth, dx, dx).score()
    assert scale == pytest.approx(60.0, rel=0.03)


@pytest.mark.parametrize("angle", [0.0, 35.0, 90.0, 160.0])
def test_power_does_not_depend_on_the_direction_of_a_wave(angle):
    """An error of one wavelength affects the score of that wavelength only."""
    n, dx, length = 64, 5.0, 40.0
    y, x = dx * np.mgrid[0:n, 0:n]
    phase = 2 * np.pi * (x * np.cos(np.deg2rad(angle)) + y * np.sin(np.deg2rad(angle))) / length
    truth = np.random.default_rng(0).normal(size=(30, n, n))
    spectra = IsotropicSpectra.of(np.broadcast_to(2.0 * np.cos(phase), truth.shape), truth, dx, dx)
    score, _ = spectra.score()
    assert spectra.wavelengths[np.argmin(score)] == pytest.approx(length, rel=0.08)
    assert score.min() < 0 < 0.9 < np.median(score)


def test_kilometres_of_a_map_in_degrees():
    """The same field in degrees at 60 N (cells half as wide) and in km has the same scale."""
    shape = (10, 40, 40)
    step = 0.1 * 111.19493
    truth = power_law(4, shape, 4.0, step, step / 2) / 60.0**2
    error = np.sqrt(0.5) * np.random.default_rng(5).normal(size=shape)
    lat = ("lat", 60 + 0.1 * (np.arange(40) - 19.5), {"units": "degrees_north"})
    lon = ("lon", 0.1 * np.arange(40), {"units": "degrees_east"})
    degrees = xr.DataArray(truth, {"time": np.arange(10.0), "lat": lat, "lon": lon}, ("time", "lat", "lon"))
    km = degrees.assign_coords(
        lat=("lat", step * np.arange(40), {"units": "km"}), lon=("lon", step / 2 * np.arange(40), {"units": "km"})
    )
    a, b = (gridded_scores(da + error, da, dims={"Y": "lat", "X": "lon"}) for da in (degrees, km))
    assert float(a.lambda_r) == pytest.approx(float(b.lambda_r), rel=1e-6)
    assert float(a.lambda_r) == pytest.approx(60, rel=0.1)
    assert a.lambda_r.attrs["units"] == "km"


def test_shortest_crossing():
    lengths = np.array([8.0, 6.0, 4.0, 3.0, 2.0])
    assert shortest_crossing(lengths, np.array([0.4, 1.0, 0.9, 0.4, 0.1])) == pytest.approx(3.2)
    assert np.isnan(shortest_crossing(lengths, np.full(5, 0.9)))
    assert np.isnan(shortest_crossing(lengths, np.full(5, np.nan)))
