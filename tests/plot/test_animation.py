import cartopy.crs as ccrs
import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import QuadMesh
from PIL import Image

from xdvn import plot


def test_frames_of_all_days_share_one_scale(ssh, tmp_path):
    ax = plt.figure(figsize=(3, 2.5)).add_subplot(projection=ccrs.PlateCarree())
    moving = plot.animation(ssh, ax=ax, title="SSH", land=False)
    (mesh,) = [artist for artist in ax.get_children() if isinstance(artist, QuadMesh)]
    limits = mesh.get_clim()
    for i in (0, 4):
        moving._func(i)
        np.testing.assert_array_equal(mesh.get_array(), ssh.values[i])
        assert ax.get_title() == f"SSH 2012-10-{22 + i}"
    assert mesh.get_clim() == limits
    assert limits[0] <= float(np.percentile(ssh, 1))
    moving.save(tmp_path / "days.gif", writer="pillow", dpi=25)
    with Image.open(tmp_path / "days.gif") as gif:
        assert gif.n_frames == 5


def test_iterations_of_a_solve(ssh, tmp_path):
    iterates = xr.concat([0.25 * k * ssh for k in range(5)], xr.Variable("step", range(5))).assign_attrs(ssh.attrs)
    moving = plot.animation(iterates, "step", time="2012-10-25", land=False)
    ax = moving._fig.axes[0]
    (mesh,) = [artist for artist in ax.get_children() if isinstance(artist, QuadMesh)]
    moving._func(2)
    np.testing.assert_allclose(mesh.get_array(), 0.5 * ssh.values[3])
    assert ax.get_title() == "2012-10-25, step 2"
    frames = [np.asarray(frame) for frame in _frames(moving, tmp_path)]
    assert not np.array_equal(frames[0], frames[-1])


def _frames(moving, folder):
    moving.save(folder / "iterates.gif", writer="pillow", dpi=25)
    with Image.open(folder / "iterates.gif") as gif:
        for i in range(gif.n_frames):
            gif.seek(i)
            yield gif.convert("RGB").copy()


def test_wrong_dimensions_and_rates_are_refused(ssh):
    with pytest.raises(
        ValueError, match=r"over='step': expected one of the dimensions \('time', 'lat', 'lon'\) of 'ssh'"
    ):
        plot.animation(ssh, "step")
    with pytest.raises(ValueError, match="frames_per_second=0: expected a positive number. Set it to 6"):
        plot.animation(ssh, frames_per_second=0.0)
