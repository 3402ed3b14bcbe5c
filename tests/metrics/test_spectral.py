"""Resolved scales against the code of the challenge (xrft and matplotlib), added waves and known spectra."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
import xrft

from xdvn.metrics import spectral_score
from xdvn.metrics.spectral import _shortest_on_line


def red_field(seed, shape=(24, 5, 30), slope=2.0, low=3.0):
    """Return noise whose power falls as (k^2 + w^2 + low^2)^-slope, k and w in cycles per domain."""
    n_t, _, n_x = shape
    w, k = np.fft.fftfreq(n_t, 1 / n_t)[:, None, None], np.fft.fftfreq(n_x, 1 / n_x)
    white = np.fft.fft2(np.random.default_rng(seed).normal(size=shape), axes=(0, 2))
    return np.fft.ifft2(white * (k**2 + w**2 + low**2) ** (-slope / 2), axes=(0, 2)).real


def challenge(error, truth, dt, dx):
    """Return the score and scales of the 2020a notebook: xrft, mean over latitudes, contour of 0.5 by matplotlib."""
    coords = {
        "time": dt * np.arange(error.shape[0]),
        "lat": range(error.shape[1]),
        "lon": dx * np.arange(error.shape[2]),
    }
    psd = [
        xrft.power_spectrum(
            xr.DataArray(field, dims=("time", "lat", "lon"), coords=coords),
            dim=["time", "lon"],
            detrend="constant",
            window="hann",
        ).mean("lat")
        for field in (error, truth)
    ]
    psd = [p.where((p.freq_lon > 0) & (p.freq_time > 0), drop=True) for p in psd]
    score = (1 - psd[0] / psd[1]).transpose("freq_time", "freq_lon")
    figure, ax = plt.subplots()
    line = ax.contour(1 / score.freq_lon.values, 1 / score.freq_time.values, score.values, [0.5]).get_paths()[0]
    plt.close(figure)
    x, t = line.vertices.min(axis=0) if len(line.vertices) else (np.nan, np.nan)
    return score.values, float(x), float(t)


@pytest.mark.parametrize(("shape", "seed"), [((24, 5, 30), 0), ((21, 4, 31), 1), ((42, 7, 51), 2), ((30, 3, 24), 3)])
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_agrees_with_xrft_and_matplotlib(shape, seed):
    truth = red_field(seed, shape)
    error = red_field(seed + 10, shape, slope=0.5, low=1.0) * 0.05
    ours = spectral_score(error, truth, dt=1.0, dx=0.2)
    score, lambda_x, lambda_t = challenge(error, truth, 1.0, 0.2)
    np.testing.assert_allclose(ours.score, score, atol=1e-9 * np.abs(score).max())
    assert np.isfinite(lambda_x)
    np.testing.assert_allclose([ours.lambda_x, ours.lambda_t], [lambda_x, lambda_t], rtol=1e-12)


def test_scale_is_interpolated_in_wavelength():
    """A score of 0.9 at wavelength 4 and 0.4 at 3 is 0.5 at 3.2, or at 3.158 if linear in wavenumber."""
    lengths, periods = np.array([6.0, 4.0, 3.0, 2.0]), np.array([10.0, 5.0, 2.5])
    score = np.tile([1.0, 0.9, 0.4, 0.1], (3, 1))
    lambda_x, lambda_t = _shortest_on_line(lengths, periods, score)
    assert lambda_x == pytest.approx(3.2, abs=1e-12)
    assert lambda_t == 2.5


def test_minimum_over_all_parts_of_the_line():
    """With two separate areas of low scores, each scale is the smallest over both."""
    n_t, n_x = 40, 40
    truth = np.random.default_rng(1).normal(size=(n_t, 200, n_x))
    spectrum = np.fft.fft2(truth, axes=(0, 2))
    w, k = np.abs(np.fft.fftfreq(n_t, 1 / n_t)), np.abs(np.fft.fftfreq(n_x, 1 / n_x))
    bad = np.zeros((n_t, n_x), bool)
    bad |= (np.abs(w[:, None] - 4) <= 1) & (np.abs(k - 14) <= 1)
    bad |= (np.abs(w[:, None] - 14) <= 1) & (np.abs(k - 4) <= 1)
    error = np.fft.ifft2(np.where(bad[:, None], spectrum, 0.3 * spectrum), axes=(0, 2)).real
    result = spectral_score(error, truth, dt=1.0, dx=1.0)
    assert 40 / 16 < result.lambda_x < 40 / 14
    assert 40 / 16 < result.lambda_t < 40 / 14


@pytest.mark.parametrize(("sign", "affected"), [(+1, True), (-1, False)])
def test_waves_towards_positive_x_count_with_both_directions(sign, affected):
    """The challenge uses one quadrant, that of waves towards negative x."""
    t, x = np.arange(40.0)[:, None, None], np.arange(40.0)
    truth = red_field(4, (40, 6, 40), low=2.0)
    wave = 0.3 * truth.std() * np.cos(2 * np.pi * (6 * x + sign * 6 * t) / 40) * np.ones((1, 6, 1))
    one_way = spectral_score(wave, truth, 1.0, 1.0)
    both = spectral_score(wave, truth, 1.0, 1.0, both_directions=True)
    assert (one_way.score[5, 5] < 0) == affected
    assert np.isfinite(one_way.lambda_x) == affected
    assert both.score[5, 5] < 0
    assert np.isfinite(both.lambda_x)


def test_both_directions_add_the_mirror_image():
    """Mirroring x exchanges the two quadrants; the score of both lies between theirs and does not change."""
    truth, error = red_field(5), red_field(6, slope=0.5)

    def mirror(field):
        return np.roll(field[:, :, ::-1], 1, axis=2)  # a periodic taper starts with its zero

    both = spectral_score(error, truth, 1.0, 1.0, both_directions=True)
    one = spectral_score(error, truth, 1.0, 1.0)
    other = spectral_score(mirror(error), mirror(truth), 1.0, 1.0)
    assert ((both.score - one.score) * (both.score - other.score) <= 0).all()
    again = spectral_score(mirror(error), mirror(truth), 1.0, 1.0, both_directions=True)
    np.testing.assert_allclose(both.score, again.score, rtol=1e-9)


def test_white_error_on_a_power_law_crosses_at_the_expected_scale():
    """With E = c and T = (k / K)^-4 at all frequencies, the score is 0.5 at k = K (2 c)^(-1/4)."""
    n = 64
    rng = np.random.default_rng(7)
    k = np.abs(np.fft.fftfreq(n, 1 / n))
    amplitude = np.maximum(k / 16, 1 / 16) ** -2
    truth = np.fft.ifft(np.fft.fft(rng.normal(size=(64, 400, n)), axis=2) * amplitude, axis=2).real
    error = np.sqrt(0.5) * rng.normal(size=(64, 400, n))
    result = spectral_score(error, truth, dt=1.0, dx=1.0)
    profile = np.median(result.score, axis=0)
    i = int(np.flatnonzero(profile > 0.5)[-1])
    assert np.interp(0.5, profile[[i + 1, i]], result.wavelengths[[i + 1, i]]) == pytest.approx(n / 16, rel=0.03)


def test_too_small_a_field_has_no_scale():
    field = red_field(8, (3, 2, 30))
    result = spectral_score(field, field, 1.0, 1.0)
    assert np.isnan(result.lambda_x)
    assert np.isnan(result.lambda_t)
