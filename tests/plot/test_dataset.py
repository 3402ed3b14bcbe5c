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


def panels(figure):
    return [ax for ax in figure.axes if ax.get_title() or ax.collections or ax.lines]


def mesh_of(ax):
    (mesh,) = [artist for artist in ax.get_children() if isinstance(artist, QuadMesh)]
    return mesh


@pytest.mark.parametrize("drop", [True, False])
def test_single_instants_are_maps(ds, drop):
    figure = plot.overview(ds.isel(time=3, drop=drop))
    assert [title for title in titles(figure) if title in ds] == ["ssh", "ssh_obs", "depth"]
    np.testing.assert_array_equal(mesh_of(figure.axes[0]).get_array(), ds.ssh[3])


@pytest.mark.parametrize("single", [{"lat": [4]}, {"lat": 4}], ids=["a row", "a section"])
def test_one_row_is_a_hovmoller_diagram_or_a_line(ds, single):
    row = ds[["ssh"]].isel(single)
    (ax,) = panels(plot.overview(row))
    np.testing.assert_array_equal(mesh_of(ax).get_array(), ds.ssh.isel(lat=4))
    assert ax.get_title() == "ssh lat 36"
    (ax,) = panels(plot.overview(row, time="2012-10-23"))
    np.testing.assert_array_equal(ax.get_lines()[0].get_ydata(), ds.ssh.isel(lat=4, time=1))
    (ax,) = panels(plot.overview(row.isel(time=1)))
    np.testing.assert_array_equal(ax.get_lines()[0].get_ydata(), ds.ssh.isel(lat=4, time=1))


@pytest.mark.parametrize("single", [{"lat": [4], "lon": [3]}, {"lat": 4, "lon": 3}])
def test_one_cell_is_a_time_series(ds, single):
    (ax,) = panels(plot.overview(ds[["ssh"]].isel(single)))
    np.testing.assert_array_equal(ax.get_lines()[0].get_ydata(), ds.ssh.isel(lat=4, lon=3))


def test_one_cell_at_one_instant_is_a_map(ds):
    figure = plot.overview(ds[["ssh"]].isel(lat=[4], lon=[3], time=[2]))
    assert mesh_of(figure.axes[0]).get_array().tolist() == [[float(ds.ssh[2, 4, 3])]]


def test_rows_of_one_quantity_share_one_scale(ds):
    first, second = (mesh_of(ax) for ax in panels(plot.overview(ds[["ssh", "ssh_obs"]].isel(lat=4))))
    assert first.get_clim() == second.get_clim()


@pytest.mark.parametrize("times", ["coordinate", "index", "none"])
@pytest.mark.parametrize("positions", ["coordinates", "variables"])
def test_a_track_is_drawn_as_points(times, positions):
    n = 40
    lat, lon = np.linspace(-20, 20, n), (np.linspace(160, 200, n) + 180) % 360 - 180
    dim = "time" if times == "index" else "point"
    track = xr.Dataset({"sla": (dim, np.linspace(-1, 1, n), {"units": "m"}), "lat": (dim, lat), "lon": (dim, lon)})
    if times != "none":
        track["time"] = (dim, np.datetime64("2020-01-01", "ns") + np.arange(n) * np.timedelta64(1, "h"))
    track = track.set_coords(["lat", "lon"] if positions == "coordinates" else [])
    track = track.set_coords("time") if "time" in track else track
    (ax,) = panels(plot.overview(track))
    (dots,) = [artist for artist in ax.collections if artist.get_offsets().shape == (n, 2)]
    np.testing.assert_array_equal(dots.get_array(), track.sla)
    np.testing.assert_allclose(dots.get_offsets()[:, 0], np.linspace(-20, 20, n))
    np.testing.assert_allclose(dots.get_offsets()[:, 1], lat)
    if times != "none":
        (ax,) = panels(plot.overview(track, "sla", time=slice("2020-01-01", "2020-01-01")))
        (dots,) = [artist for artist in ax.collections if artist.get_offsets().shape == (24, 2)]
        np.testing.assert_array_equal(dots.get_array(), track.sla[:24])


def test_a_swath_is_a_map():
    line, pixel = np.meshgrid(np.arange(30), np.arange(7), indexing="ij")
    swath = xr.Dataset(
        {"ssha": (("num_lines", "num_pixels"), line + pixel / 10, {"units": "m"})},
        {
            "latitude": (("num_lines", "num_pixels"), 0.3 * line - 0.05 * pixel),
            "longitude": (("num_lines", "num_pixels"), 20 + 0.08 * line + 0.15 * pixel),
            "time": ("num_lines", np.datetime64("2023-07-01T03:20", "ns") + np.arange(30) * np.timedelta64(1, "s")),
        },
    )
    figure = plot.overview(swath)
    np.testing.assert_array_equal(mesh_of(figure.axes[0]).get_array(), swath.ssha)


def test_several_instants_are_maps_on_one_scale(ds):
    figure = plot.overview(ds, "ssh", time=["2012-10-23", -1])
    assert titles(figure) == ["ssh 2012-10-23", "ssh 2012-10-26"]
    first, last = (mesh_of(ax) for ax in figure.axes)
    np.testing.assert_array_equal(first.get_array(), ds.ssh[1])
    np.testing.assert_array_equal(last.get_array(), ds.ssh[4])
    assert first.get_clim() == last.get_clim()
    period = plot.overview(ds, "ssh", "ssh_obs", time=slice("2012-10-23", "2012-10-25"))
    days = ["2012-10-23", "2012-10-24", "2012-10-25"]
    assert titles(period) == [f"{name} {day}" for name in ("ssh", "ssh_obs") for day in days]
    long = xr.concat([ds[["ssh"]].assign_coords(time=ds.time + np.timedelta64(5 * k, "D")) for k in range(3)], "time")
    with pytest.raises(ValueError, match=r"time= selects 15 instants of 'ssh': expected at most 12. Use a step, as in"):
        plot.overview(long, time=slice(None))


def test_a_logarithm_and_its_concentration_have_their_scales(ssh):
    attrs = {"units": "mg m-3", "standard_name": "mass_concentration_of_chlorophyll_a_in_sea_water"}
    chlorophyll = (10 ** (2 * ssh - 1)).assign_attrs(attrs)
    data = xr.Dataset({"chl": chlorophyll, "logchl": np.log10(chlorophyll).assign_attrs(attrs)})
    concentration, logarithm = (mesh_of(ax) for ax in panels(plot.overview(data)))
    assert concentration.norm(10 ** ((np.log10(concentration.norm.vmin) + np.log10(concentration.norm.vmax)) / 2)) == (
        pytest.approx(0.5)
    )
    assert logarithm.norm(sum(logarithm.get_clim()) / 2) == pytest.approx(0.5)
    assert not np.ma.getmaskarray(logarithm.norm(logarithm.get_array())).any()
    assert logarithm.get_clim() == pytest.approx(
        (np.log10(concentration.norm.vmin), np.log10(concentration.norm.vmax)), abs=0.02
    )


def test_a_single_level_is_drawn(ds):
    figure = plot.overview(ds[["ssh"]].expand_dims(depth=[0.0]))
    np.testing.assert_array_equal(mesh_of(figure.axes[0]).get_array(), ds.ssh[2])
