"""Segments and their spectra: scipy's welch on the concatenation as oracle, slips shown one by one, known spectra."""

import numpy as np
import pytest
from scipy.interpolate import interp1d
from scipy.signal import welch

from xdvn.metrics import TrackSegments


def record(lengths, gap=100.0):
    """Times [s] of tracks of so many points, 1 s apart, with gaps between."""
    starts = np.cumsum([0, *[n + gap for n in lengths[:-1]]])
    return np.concatenate([s + np.arange(n) for s, n in zip(starts, lengths, strict=True)])


@pytest.mark.parametrize("parity", [True, False])
def test_spectra_are_welchs(parity):
    rng = np.random.default_rng(0)
    seconds = record([400, 50, 230, 180])
    values = rng.normal(size=seconds.size).cumsum()
    cut = TrackSegments(parity=parity)
    starts = cut.starts(seconds)
    k, power = cut.spectra(values, starts)
    joined = np.concatenate([values[s : s + 156] for s in starts])
    their_k, theirs = welch(joined, fs=1 / (6.77 * 0.9434), nperseg=156, noverlap=0, scaling="density")
    np.testing.assert_allclose(k, their_k, rtol=1e-12)
    np.testing.assert_allclose(power.mean(0), theirs, rtol=1e-9)


def test_what_was_meant():
    """Every window of 156 points that fits into a track, each 39 points: none crosses a gap."""
    cut = TrackSegments(parity=False)
    assert cut.starts(record([156])).tolist() == [0]
    assert cut.starts(record([155])).tolist() == []
    assert cut.starts(record([195, 10, 156])).tolist() == [0, 39, 205]
    seconds = record([400, 170, 300])
    for start in cut.starts(seconds):
        assert np.diff(seconds[start : start + 156]).max() == 1


def test_slips_of_the_challenge():
    cut = TrackSegments()
    # The first track has points 0..399, of which the challenge uses 0..398; the second starts one early, at 399; the
    # last is not used at all.
    assert cut.starts(record([400, 300, 500])).tolist() == [
        *range(0, 399 - 156, 39),
        *range(399, 699 - 156, 39),
    ]
    seconds = record([400, 300, 500])
    assert np.diff(seconds[399 : 399 + 156]).max() > 100
    assert cut.starts(record([1000])).size == 0


def test_gap_ends_a_track():
    seconds = record([100, 100], gap=3.0)  # 4 s from the last point to the first
    assert TrackSegments(parity=False).starts(seconds).tolist() == [0, 39]
    assert TrackSegments(parity=False, gap=3.9).starts(seconds).size == 0


def test_scale_of_a_known_spectrum():
    """A red track with white error of equal power at 150 km: lambda is 150 km."""
    rng = np.random.default_rng(1)
    cut = TrackSegments(parity=False)
    n = 156 * 400
    k = np.fft.rfftfreq(n, cut.spacing)
    k[0] = k[1]
    red = np.fft.irfft(np.fft.rfft(rng.normal(size=n)) * (k * 150.0) ** -1.5, n)
    error = np.sqrt(0.5) * rng.normal(size=n)
    starts = cut.starts(record([n]))
    (k, of_error), (_, of_track) = cut.spectra(error, starts), cut.spectra(red, starts)
    score = 1 - of_error.mean(0) / of_track.mean(0)
    with np.errstate(divide="ignore"):
        wavelength = 1 / k
    # E/T = (150 k)^3 / 2 = 1/2 at 1/k = 150
    assert cut.scale(wavelength, score) == pytest.approx(150, rel=0.05)
    assert TrackSegments().scale(wavelength, score) == pytest.approx(150, rel=0.05)


def test_scale_of_the_challenge_is_interp1ds():
    """Sorted by score, whatever the wavelength: on a crooked curve that is not where the curve crosses."""
    lengths = np.array([np.inf, 1000.0, 500.0, 333.0, 250.0, 200.0])
    crooked = np.array([0.97, 0.9, 0.45, 0.7, 0.52, 0.1])
    assert TrackSegments().scale(lengths, crooked) == pytest.approx(float(interp1d(crooked, lengths)(0.5)))
    assert TrackSegments(parity=False).scale(lengths, crooked) == pytest.approx(200 + 50 * 0.4 / 0.42)
    assert np.isnan(TrackSegments().scale(lengths, np.full(6, 0.9)))
    assert np.isnan(TrackSegments().scale(lengths, np.full(6, np.nan)))


def test_refusals_teach():
    with pytest.raises(ValueError, match=r"sortby\('time'\)"):
        TrackSegments().starts(np.array([0.0, 2.0, 1.0]))
    for bad in ({"length": 20.0}, {"step": 0.0}, {"step": 1.5}, {"gap": 0.0}, {"spacing": 0.0}):
        with pytest.raises(ValueError, match="expected at least 8 points"):
            TrackSegments(**bad)
