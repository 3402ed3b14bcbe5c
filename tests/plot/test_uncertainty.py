"""Error and predicted standard deviation by band of distance."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from xdvn import plot


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture
def scene():
    rng = np.random.default_rng(0)
    coords = {"time": np.arange(3.0), "lat": np.arange(40.0, 60.0), "lon": np.arange(20.0)}
    far = xr.DataArray(rng.uniform(0, 100, (3, 20, 20)), coords, ("time", "lat", "lon"), "distance_in_space")
    truth = (0 * far).rename("ssh").assign_attrs(units="m")
    std = 0.01 + 0.001 * far
    maps = xr.Dataset({"ssh": (std * rng.normal(size=far.shape)).assign_attrs(units="m"), "ssh_std": std})
    return maps, truth, far.assign_attrs(units="km", long_name="distance")


def test_a_calibrated_prediction_equals_the_error(scene):
    maps, truth, far = scene
    ax = plot.error_by_distance({"xdvn": maps}, truth, far)
    error, predicted, _ = ax.get_lines()
    np.testing.assert_allclose(predicted.get_ydata(), error.get_ydata(), rtol=0.15)
    assert (np.diff(predicted.get_ydata()) > 0).all()
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["xdvn", "predicted"]


def test_maps_without_uncertainty_have_one_curve_and_only_times_of_the_truth_count(scene):
    maps, truth, far = scene
    ax = plot.error_by_distance({"OI": maps[["ssh"]]}, truth.isel(time=[1]), far, edges=[0, 50, 100])
    inside = far.isel(time=1) < 50
    expected = float(np.sqrt((maps.ssh.isel(time=1).where(inside) ** 2).mean()))
    (line,) = ax.get_lines()
    assert np.isclose(line.get_ydata()[0], expected)
    with pytest.raises(KeyError, match="'OI' has no map 'ssh', the name of the truth. Rename"):
        plot.error_by_distance({"OI": maps.rename(ssh="sla")}, truth, far)
