"""The spectral score and its line of 0.5, which ends at the resolved scales."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import QuadMesh
from matplotlib.contour import ContourSet

from xdvn import plot
from xdvn.metrics import TrackSegments, along_track_scores, gridded_scores


def fields(seed=0):
    """Return a map, whose error increases with wavenumber and frequency, and its truth."""
    coords = {
        "time": np.datetime64("2020-01-01", "ns") + np.arange(30) * np.timedelta64(1, "D"),
        "lat": ("lat", 35 + 0.5 * np.arange(6), {"units": "degrees_north"}),
        "lon": ("lon", 0.5 * np.arange(28), {"units": "degrees_east"}),
    }
    noise = np.random.default_rng(seed).normal(size=(30, 6, 28))
    truth = xr.DataArray(noise, coords, ("time", "lat", "lon"), name="ssh", attrs={"units": "m"})
    smooth = truth.rolling(time=3, center=True, min_periods=1).mean().rolling(lon=3, center=True, min_periods=1).mean()
    return smooth.assign_attrs(units="m"), truth


@pytest.fixture(scope="module")
def scores():
    return gridded_scores(*fields())


def line_of(ax):
    (line,) = [artist for artist in ax.get_children() if isinstance(artist, ContourSet)]
    return np.concatenate([path.vertices for path in line.get_paths()])


def test_the_line_ends_at_the_resolved_scales(scores):
    ax = plot.spectral_score(scores)
    shortest = line_of(ax).min(axis=0)
    np.testing.assert_allclose(shortest, [scores.lambda_x, scores.lambda_t], rtol=1e-6)
    (label,) = [t.get_text() for t in ax.get_legend().get_texts()]
    assert f"{float(scores.lambda_x):.3g}°" in label
    assert f"{float(scores.lambda_t):.3g} d" in label
    (mesh,) = [artist for artist in ax.get_children() if isinstance(artist, QuadMesh)]
    np.testing.assert_array_equal(mesh.get_array(), scores.spectral_score)
    assert (mesh.norm.vmin, mesh.norm.vmax) == (0, 1)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Wavelength [degrees]", "Period [days]")
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    # Large and slow scales are at the lower left.
    assert ax.get_xlim()[0] > ax.get_xlim()[1]
    ax.figure.savefig(io.BytesIO(), dpi=40)
    assert len([t for t in ax.get_xticklabels() if t.get_text()]) >= 3


def test_several_methods_are_lines(scores):
    smooth, truth = fields()
    worse = gridded_scores(smooth.rolling(lon=5, center=True, min_periods=1).mean().assign_attrs(units="m"), truth)
    own = plt.figure().add_subplot()
    assert plot.spectral_score({"fine": scores, "coarse": worse}, own) is own
    assert not [artist for artist in own.get_children() if isinstance(artist, QuadMesh)]
    assert [t.get_text().split(":")[0] for t in own.get_legend().get_texts()] == ["fine", "coarse"]


def test_curves_by_wavelength(scores):
    ax = plot.spectral_score(scores, isotropic=True)
    curve = ax.get_lines()[0].get_xydata()
    np.testing.assert_allclose(curve[:, 1], scores.spectral_score_isotropic.dropna("wavelength_isotropic"))
    assert ax.get_xlabel() == "Wavelength [km]"


def test_along_track_scores():
    smooth, truth = fields()
    n = 900
    at = {
        "time": np.datetime64("2020-01-05", "ns") + (np.arange(n) * 943.4e6).astype("timedelta64[ns]"),
        "latitude": np.linspace(35.3, 37.2, n),
        "longitude": np.linspace(1, 12, n),
    }
    track = xr.DataArray(np.random.default_rng(1).normal(size=n), {k: ("p", v) for k, v in at.items()}, ("p",), "ssh")
    segments = TrackSegments(length=500, parity=False)
    scores = along_track_scores(smooth, track.assign_attrs(units="m"), segments=segments)
    ax = plot.spectral_score(scores)
    curve = ax.get_lines()[0].get_xydata()
    expected = scores.spectral_score.where(np.isfinite(scores.wavelength), drop=True).dropna("wavelength")
    np.testing.assert_allclose(curve[:, 1], expected)


def test_scores_without_scales_are_refused(scores):
    with pytest.raises(KeyError, match="the scores have no 'spectral_score', only mu. Pass the complete result"):
        plot.spectral_score(scores[["mu"]])
    with pytest.raises(ValueError, match=r"spectral_score has the shape \(14, 1\): expected two scales or more. Score"):
        plot.spectral_score(scores.isel(wavelength=slice(1)))
