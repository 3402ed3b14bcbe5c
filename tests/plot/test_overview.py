import numpy as np
import pytest
from matplotlib.collections import QuadMesh

from xdvn import plot


@pytest.fixture
def ds(ssh):
    observations = ssh.where(ssh.lon == -63).rename("ssh_obs")
    offset = ssh.rename("ssh_obs_offset_lat").assign_attrs(units="1")
    seen = observations.notnull().astype("int8").rename("ssh_observed")
    return ssh.to_dataset().assign(ssh_obs=observations, ssh_obs_offset_lat=offset, ssh_observed=seen, depth=ssh[0] * 9)


def titles(figure):
    return [ax.get_title() for ax in figure.axes if ax.get_title()]


def test_fields_of_one_kind_share_one_scale(ds):
    figure = plot.fields(ds)
    assert titles(figure) == ["ssh", "ssh_obs"]
    assert len({ax.collections[0].get_clim() for ax in figure.axes}) == 1


def test_other_kinds_get_a_bar_each(ds, ssh):
    sst = (ssh + 20).rename("sst").assign_attrs(standard_name="sea_surface_temperature", long_name="SST", units="degC")
    figure = plot.fields(ds.assign(sst=sst), "ssh", "ssh_obs", "sst", time="2012-10-23")
    assert titles(figure) == ["ssh 2012-10-23", "ssh_obs 2012-10-23", "sst 2012-10-23"]
    labels = [bar.get_ylabel() for ax in figure.axes for bar in ax.child_axes]
    assert labels == ["Sea surface height [m]", "Sea surface height [m]", "SST [degC]"]
    truth, seen, other = (
        mesh.get_clim() for ax in figure.axes for mesh in ax.collections if isinstance(mesh, QuadMesh)
    )
    assert truth == seen != other


def test_the_accessor_draws(ds):
    import xdvn  # noqa: F401

    assert titles(ds.dvn.plot("ssh")) == ["ssh"]


def test_a_map_is_set_against_its_truth(ds, ssh):
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
    assert titles(plot.fields(maps, observations=ds.ssh_obs)) == ["observations", "ssh", *titles(figure)[-1:]][:2] + [
        f"RMS {0.05 * float(np.sqrt((ssh[2] ** 2).mean())):.2g} m"
    ]
    with pytest.raises(ValueError, match="no variable has the units and standard_name of 'sst'"):
        plot.fields(maps, truth=ssh.rename("sst").assign_attrs(units="degC"))


def test_many_variables_are_wrapped_into_rows(ds, ssh):
    many = ds.assign({f"v{i}": ssh.assign_attrs(units=f"{i} m") for i in range(4)})
    figure = plot.fields(many)
    figure.draw_without_rendering()
    rows = {round(ax.get_position().y1, 2) for ax in figure.axes}
    assert (len(figure.axes), len(rows)) == (6, 2)
    assert not [t for t in titles(plot.fields(ds.assign(ssh_distance_in_space=ssh))) if "distance" in t]


def test_what_cannot_be_drawn_is_refused(ds):
    with pytest.raises(KeyError, match="did you mean 'ssh_obs'"):
        plot.fields(ds, "shh_obs")
    with pytest.raises(ValueError, match=r"nothing to draw: .* the Dataset has depth\. Name what to draw"):
        plot.fields(ds[["depth"]])
    assert np.isfinite(ds.ssh).all()
