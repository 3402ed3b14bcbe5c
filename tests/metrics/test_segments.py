"""Segments and their spectra against scipy's welch and known spectra, and the errors of the challenge code."""

import numpy as np
import pytest
from scipy.interpolate import interp1d
from scipy.signal import welch

from xdvn.metrics import TrackSegments


def track_times(lengths, gap=100.0):
    """Return the times [s] of tracks with ``lengths`` points, 1 s apart, with gaps between."""
    starts = np.cumsum([0, *[n + gap for n in lengths[:-1]]])
    return np.concatenate([s + np.arange(n) for s, n in zip(starts, lengths, strict=True)])


@pytest.mark.parametrize("parity", [True, False])
def test_spectra_equal_those_of_welch(parity):
    rng = np.random.default_rng(0)
    seconds = track_times([400, 50, 230, 180])
    values = rng.normal(size=seconds.size).cumsum()
    cut = TrackSegments(parity=parity)
    starts = cut.starts(seconds)
    k, power = cut.spectra(values, starts)
    joined = np.concatenate([values[s : s + 156] for s in starts])
    expected_k, expected = welch(joined, fs=1 / (6.77 * 0.9434), nperseg=156, noverlap=0, scaling="density")
    np.testing.assert_allclose(k, expected_k, rtol=1e-12)
    np.testing.assert_allclose(power.mean(0), expected, rtol=1e-9)


def test_segments_without_parity():
    """Segments of 156 points start every 39 points and do not cross a gap."""
    cut = TrackSegments(parity=False)
    assert cut.starts(track_times([156])).tolist() == [0]
    assert cut.starts(track_times([155])).tolist() == []
    assert cut.starts(track_times([195, 10, 156])).tolist() == [0, 39, 205]
    seconds = track_times([400, 170, 300])
    for start in cut.starts(seconds):
        assert np.diff(seconds[start : start + 156]).max() == 1


def test_errors_of_the_challenge_code():
    cut = TrackSegments()
    # Of the points 0..399 of the first track, the challenge uses 0..398. The second track starts one point early, at
    # 399, and the last one is not used.
    assert cut.starts(track_times([400, 300, 500])).tolist() == [
        *range(0, 399 - 156, 39),
        *range(399, 699 - 156, 39),
    ]
    seconds = track_times([400, 300, 500])
    assert np.diff(seconds[399 : 399 + 156]).max() > 100
    assert cut.starts(track_times([1000])).size == 0


def test_gap_ends_a_track():
    seconds = track_times([100, 100], gap=3.0)  # 4 s from the last point to the first
    assert TrackSegments(parity=False).starts(seconds).tolist() == [0, 39]
    assert TrackSegments(parity=False, gap=3.9).starts(seconds).size == 0


def test_scale_of_a_known_spectrum():
    """A red track with a white error of half its power at 150 km has lambda = 150 km."""
    rng = np.random.default_rng(1)
    cut = TrackSegments(parity=False)
    n = 156 * 400
    k = np.fft.rfftfreq(n, cut.spacing)
    k[0] = k[1]
    red = np.fft.irfft(np.fft.rfft(rng.normal(size=n)) * (k * 150.0) ** -1.5, n)
    error = np.sqrt(0.5) * rng.normal(size=n)
    starts = cut.starts(track_times([n]))
    (k, of_error), (_, of_track) = cut.spectra(error, starts), cut.spectra(red, starts)
    score = 1 - of_error.mean(0) / of_track.mean(0)
    with np.errstate(divide="ignore"):
        wavelength = 1 / k
    # E/T = (150 k)^3 / 2 = 1/2 at 1/k = 150
    assert cut.scale(wavelength, score) == pytest.approx(150, rel=0.05)
    assert TrackSegments().scale(wavelength, score) == pytest.approx(150, rel=0.05)


def test_scale_of_the_challenge_equals_that_of_interp1d():
    """Sorting by score does not give the crossing of a score that is not monotonic."""
    lengths = np.array([np.inf, 1000.0, 500.0, 333.0, 250.0, 200.0])
    score = np.array([0.97, 0.9, 0.45, 0.7, 0.52, 0.1])
    assert TrackSegments().scale(lengths, score) == pytest.approx(float(interp1d(score, lengths)(0.5)))
    assert TrackSegments(parity=False).scale(lengths, score) == pytest.approx(200 + 50 * 0.4 / 0.42)
    assert np.isnan(TrackSegments().scale(lengths, np.full(6, 0.9)))
    assert np.isnan(TrackSegments().scale(lengths, np.full(6, np.nan)))


def test_errors_name_a_cure():
    with pytest.raises(ValueError, match=r"times of the track decrease: expected .*Use track\.sortby\('time'\)"):
        TrackSegments().starts(np.array([0.0, 2.0, 1.0]))
    for bad in ({"length": 20.0}, {"step": 0.0}, {"step": 1.5}, {"gap": 0.0}, {"spacing": 0.0}):
        with pytest.raises(ValueError, match="length=.*, gap=.*: expected at least 8 points"):
            TrackSegments(**bad)
