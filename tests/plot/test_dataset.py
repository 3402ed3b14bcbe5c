import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import QuadMesh

from xdvn import plot


@pytest.fixture
def ds(ssh):
    observations = ssh.where(ssh.lon == -63).rename("ssh_obs")
    offset = ssh.rename("ssh_obs_offset_lat").assign_attrs(units="1")
    observed = observations.notnull().astype("int8").rename("ssh_observed")
    return ssh.to_dataset().assign(
        ssh_obs=observations, ssh_obs_offset_lat=offset, ssh_observed=observed, depth=ssh[0] * 9
    )


def titles(figure):
    return [ax.get_title() for ax in figure.axes if ax.get_title()]


def test_variables_of_one_quantity_share_one_scale(ds):
    figure = plot.overview(ds)
    assert titles(figure) == ["ssh", "ssh_obs"]
    assert len({ax.collections[0].get_clim() for ax in figure.axes}) == 1


def test_other_quantities_have_their_colour_bars(ds, ssh):
    sst = (ssh + 20).rename("sst").assign_attrs(standard_name="sea_surface_temperature", long_name="SST", units="degC")
    figure = plot.overview(ds.assign(sst=sst), "ssh", "ssh_obs", "sst", time="2012-10-23")
    assert titles(figure) == ["ssh 2012-10-23", "ssh_obs 2012-10-23", "sst 2012-10-23"]
    labels = [bar.get_ylabel() for ax in figure.axes for bar in ax.child_axes]
    assert labels == ["Sea surface height [m]", "Sea surface height [m]", "SST [degC]"]
    truth, observed, other = (
        mesh.get_clim() for ax in figure.axes for mesh in ax.collections if isinstance(mesh, QuadMesh)
    )
    assert truth == observed != other


def test_the_accessor_draws(ds):
    import xdvn  # noqa: F401

    assert titles(ds.dvn.plot("ssh")) == ["ssh"]


def test_a_map_is_compared_with_its_truth(ds, ssh):
    import xdvn  # noqa: F401

    maps = (
        (0.9 * ssh)
        .assign_attrs(ssh.attrs)
        .to_dataset()
        .assign(ssh_std=0.05 * abs(ssh), u=ssh.assign_attrs(units="m s-1"))
    )
    maps = maps.assign(ssh_distance_in_space=ssh.assign_attrs(units="km"))
    figure = maps.dvn.plot(truth=ds.ssh, observations=ds.ssh_obs, time="2012-10-23")
    names = titles(figure)
    assert names[:3] == ["truth", "observations", "ssh"]
    error = float(np.sqrt(((0.1 * ssh[1]) ** 2).mean()))
    assert f"RMSE {error:.2g} m" in names
    assert f"RMS {0.05 * float(np.sqrt((ssh[1] ** 2).mean())):.2g} m" in names
    assert titles(plot.overview(maps, observations=ds.ssh_obs)) == ["observations", "ssh", *titles(figure)[-1:]][:2] + [
        f"RMS {0.05 * float(np.sqrt((ssh[2] ** 2).mean())):.2g} m"
    ]
    with pytest.raises(
        ValueError, match=r"expected a variable with the units and standard_name of 'sst', \('degC', .*Name the"
    ):
        plot.overview(maps, truth=ssh.rename("sst").assign_attrs(units="degC"))


def test_many_variables_are_wrapped_into_rows(ds, ssh):
    many = ds.assign({f"v{i}": ssh.assign_attrs(units=f"{i} m") for i in range(4)})
    figure = plot.overview(many)
    figure.draw_without_rendering()
    rows = {round(ax.get_position().y1, 2) for ax in figure.axes}
    assert (len(figure.axes), len(rows)) == (6, 2)
    assert not [t for t in titles(plot.overview(ds.assign(ssh_distance_in_space=ssh))) if "distance" in t]


def test_unknown_names_and_empty_plots_are_refused(ds):
    with pytest.raises(KeyError, match="did you mean 'ssh_obs'"):
        plot.overview(ds, "shh_obs")
    with pytest.raises(ValueError, match=r"nothing to draw: expected .*, got mission\. Name a variable"):
        plot.overview(xr.Dataset({"mission": ("time", ["s3a", "j3"])}))
    with pytest.raises(ValueError, match=r"nothing to draw: 'ssh' has another dimension 'z'. Select one level, as in"):
        plot.overview(ds[["ssh"]].expand_dims(z=[0.0, 10.0]))
    with pytest.raises(ValueError, match=r"nothing to draw: 'ssh' has the shape \(0, 10, 12\). Check the selection"):
        plot.overview(ds[["ssh"]].isel(time=slice(0)))
    assert np.isfinite(ds.ssh).all()
