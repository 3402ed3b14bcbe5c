import io
import socket

import cartopy.crs as ccrs
import cartopy.feature
import matplotlib.pyplot as plt
import numpy as np
import pytest
import shapely
import xarray as xr
from cartopy.mpl.feature_artist import FeatureArtist
from cartopy.mpl.geoaxes import GeoAxes
from matplotlib.collections import QuadMesh

from xdvn import plot
from xdvn.plot.land import land_within
from xdvn.plot.projection import projection_for
from xdvn.plot.selection import pick


def mesh_of(ax):
    (mesh,) = [artist for artist in ax.get_children() if isinstance(artist, QuadMesh)]
    return mesh


def land_of(ax):
    return [artist for artist in ax.get_children() if isinstance(artist, FeatureArtist)]


def bar_of(ax):
    (bar,) = ax.child_axes
    return bar


def waves(lat, lon):
    values = np.sin(np.deg2rad(lat))[:, None] + np.cos(np.deg2rad(lon))
    return xr.DataArray(values, {"lat": lat, "lon": lon}, ("lat", "lon"), name="v", attrs={"units": "m"})


def test_values_units_and_date_are_drawn(ssh):
    ax = plot.field(ssh, time="2012-10-23")
    np.testing.assert_array_equal(mesh_of(ax).get_array(), ssh.values[1])
    assert ax.get_title() == "2012-10-23"
    assert bar_of(ax).get_ylabel() == "Sea surface height [m]"


def test_anomalies_are_symmetric_about_zero(ssh):
    ax = plot.field(ssh.assign_attrs(standard_name="sea_surface_height_anomaly"))
    low, high = mesh_of(ax).get_clim()
    assert low == -high < 0
    assert mesh_of(ax).get_cmap().name == "RdBu_r"
    assert mesh_of(plot.field(ssh, limits=(-1, 2), cmap="plasma")).get_clim() == (-1, 2)


def test_the_input_is_unchanged(ssh):
    before = ssh.copy(deep=True)
    plot.field(ssh)
    xr.testing.assert_identical(ssh, before)


def test_gaps_are_masked(ssh):
    gappy = ssh.where(ssh.lon < -63)
    np.testing.assert_array_equal(mesh_of(plot.field(gappy)).get_array().mask, np.isnan(gappy.values[2]))


@pytest.mark.parametrize(
    ("lat", "lon", "projection"),
    [
        (np.arange(30.0, 46), np.arange(-6.0, 37), ccrs.PlateCarree),
        (np.arange(-25.0, -10), np.arange(170.0, 190), ccrs.PlateCarree),
        (np.arange(60.0, 80), np.arange(-20.0, 30), ccrs.LambertConformal),
        (np.arange(-80.0, -60), np.arange(-70.0, -20), ccrs.LambertConformal),
        (np.arange(60.0, 89), np.arange(0.0, 360, 4), ccrs.NorthPolarStereo),
        (np.arange(-88.0, -60), np.arange(-180.0, 180, 4), ccrs.SouthPolarStereo),
        (np.arange(0.0, 66, 2), np.arange(-80.0, 10, 2), ccrs.Mercator),
        (np.arange(-50.0, 61, 2), np.arange(120.0, 290, 2), ccrs.Mercator),
        (np.arange(-89.0, 90, 4), np.arange(0.0, 360, 4), ccrs.Robinson),
    ],
    ids=["Mediterranean", "Fiji", "Nordic Seas", "Weddell Sea", "Arctic", "Antarctic", "Atlantic", "Pacific", "globe"],
)
def test_land_is_drawn_without_a_network(lat, lon, projection):
    ax = plot.field(waves(lat, lon))
    ax.figure.savefig(io.BytesIO(), dpi=40)
    assert isinstance(ax.projection, projection)
    assert len(land_of(ax)) == 2


def test_the_network_is_closed_here():
    with pytest.raises(OSError, match="no network in this test"):
        socket.create_connection(("localhost", 9))


def test_a_swath_across_the_date_line_is_in_one_piece():
    """Two-dimensional coordinates, a time per line, a nadir gap, both sides of 180 degrees."""
    line, pixel = np.meshgrid(np.arange(40), np.arange(9), indexing="ij")
    lon = (179.0 + 0.08 * line + 0.15 * pixel + 180) % 360 - 180
    lat = -20 + 0.3 * line - 0.05 * pixel
    swath = xr.DataArray(
        np.where(pixel == 4, np.nan, lat),
        dims=("num_lines", "num_pixels"),
        name="ssha",
        attrs={"units": "m", "long_name": "sea surface height anomaly"},
        coords={
            "latitude": (("num_lines", "num_pixels"), lat, {"units": "degrees_north"}),
            "longitude": (("num_lines", "num_pixels"), lon, {"units": "degrees_east"}),
            "time": ("num_lines", np.datetime64("2023-07-01T03:20", "ns") + np.arange(40) * np.timedelta64(1, "s")),
        },
    )
    ax = plot.field(swath)
    ax.figure.savefig(io.BytesIO(), dpi=40)
    assert ax.get_title() == "2023-07-01 03:20"
    assert ax.projection.proj4_params["pm"] % 360 == pytest.approx(181.16)
    np.testing.assert_array_equal(mesh_of(ax).get_array().mask, pixel == 4)
    low, high = mesh_of(ax).get_clim()
    assert low == -high
    # All cells are near the middle of the map.
    corners = mesh_of(ax).get_coordinates()
    assert np.ptp(corners[..., 0]) < 6


def test_the_whole_globe_is_drawn():
    ax = plot.field(waves(np.arange(-89.0, 90, 6), np.arange(0.0, 360, 6)), land=False)
    ax.figure.canvas.draw()
    whole = ax.projection
    assert ax.get_xlim() == pytest.approx(whole.x_limits)
    assert ax.get_ylim() == pytest.approx(whole.y_limits)
    (grid,) = [artist for artist in ax.get_children() if type(artist).__name__ == "Gridliner"]
    below = {artist.get_text() for artist in grid.bottom_label_artists if artist.get_visible()}
    assert {"120°E", "120°W"} <= below


def test_nothing_is_cut_off_or_hidden(ssh):
    figure = plot.field(ssh.assign_coords(lon=ssh.lon - 120)).figure
    figure.savefig(io.BytesIO(), dpi=40)
    drawn, page = figure.get_tightbbox(), figure.bbox_inches
    assert page.x0 <= drawn.x0 <= drawn.x1 <= page.x1
    assert page.y0 <= drawn.y0 <= drawn.y1 <= page.y1


@pytest.mark.parametrize("first", [172.0, -188.0])
def test_labels_are_true_longitudes(ssh, first):
    ax = plot.field(waves(np.arange(0.0, 10), np.arange(first, first + 17)))
    ax.figure.draw_without_rendering()
    (grid,) = [artist for artist in ax.get_children() if type(artist).__name__ == "Gridliner"]
    below = {
        artist.get_text(): artist.get_position()[0] for artist in grid.bottom_label_artists if artist.get_visible()
    }
    assert {"175°E", "180°", "175°W"} <= set(below)
    # The label of 180 degrees is at the middle of the map.
    assert below["180°"] == pytest.approx(0, abs=1e-6)
    assert not [artist for artist in grid.top_label_artists + grid.right_label_artists if artist.get_visible()]


def test_eddies_are_circular(ssh):
    # One degree of latitude is as long as 1 / cos(lat) degrees of longitude.
    assert plot.field(ssh).get_aspect() == pytest.approx(1 / np.cos(np.deg2rad(ssh.lat.mean())))


def test_land_can_be_replaced(ssh):
    island = shapely.box(-64, 35, -63, 36)
    ax = plot.field(ssh, land=island)
    (west, south, east, north) = next(iter(land_of(ax)[0]._feature.geometries())).bounds
    centre = float(ssh.lon.mean())
    assert (west + centre, south, east + centre, north) == pytest.approx((-64, 35, -63, 36))
    own = cartopy.feature.ShapelyFeature([island], ccrs.PlateCarree())
    assert land_of(plot.field(ssh, land=own))[0]._feature is own
    assert not land_of(plot.field(ssh, land=False))


def test_given_axes_are_used(ssh):
    figure = plt.figure()
    own = figure.add_subplot(projection=ccrs.PlateCarree())
    assert plot.field(ssh, own, colour_bar=False) is own
    assert not own.child_axes
    west, east, south, north = own.get_extent(ccrs.PlateCarree())
    assert (west, east, south, north) == pytest.approx((-66.25, -60.25, 33.75, 38.75))
    plain = plot.field(ssh, plt.figure().add_subplot())
    assert not isinstance(plain, GeoAxes)
    assert plain.get_xlim() == pytest.approx((-66.25, -60.25))


def test_a_plane_is_drawn_on_plain_axes(ssh):
    plane = xr.DataArray(
        ssh.values[0], {"y": np.arange(10.0), "x": ("x", np.arange(12.0), {"units": "km"})}, ("y", "x")
    )
    ax = plot.field(plane)
    assert not isinstance(ax, GeoAxes)
    assert ax.get_xlabel() == "x [km]"


# Cut, shuffled and polar grids: the cells of the picture are the cells of the data, and no others.


def grid(lat, lon):
    """Return a smooth field of the place, equal in all conventions of longitude."""
    values = np.cos(np.deg2rad(lat))[:, None] * np.sin(np.deg2rad(2 * lon)) + 0.3 * np.cos(np.deg2rad(6 * lat))[:, None]
    coords = {"lat": ("lat", lat, {"units": "degrees_north"}), "lon": ("lon", lon, {"units": "degrees_east"})}
    return xr.DataArray(values, coords, ("lat", "lon"), name="ssh", attrs={"units": "m"})


def painted(ax):
    """Return the values that a map of two axes paints, by longitude and latitude of the cell, and its area."""
    mesh = mesh_of(ax)
    corners, values = mesh.get_coordinates(), mesh.get_array()
    centre = ax.projection.proj4_params.get("pm", ax.projection.proj4_params.get("lon_0", 0))
    x, y = corners[0, :, 0], corners[:, 0, 1]
    at = np.round(((x[1:] + x[:-1]) / 2 + centre) % 360, 6) % 360, np.round((y[1:] + y[:-1]) / 2, 6)
    area = np.abs(np.diff(y))[:, None] * np.abs(np.diff(x))
    cells = {}
    for j, i in np.argwhere(~np.ma.getmaskarray(values)):
        cells[at[0][i], at[1][j]] = (float(values[j, i]), float(area[j, i]))
    return cells


def cells_of(da):
    lon = np.round(da.lon.values % 360, 6) % 360
    return {(a, b): float(da.values[j, i]) for i, a in enumerate(lon) for j, b in enumerate(np.round(da.lat.values, 6))}


def image(da, **options):
    ax = plot.field(da, title="", **options)
    ax.figure.set_dpi(60)
    ax.figure.canvas.draw()
    return np.asarray(ax.figure.canvas.buffer_rgba())[..., :3].astype(int)


GLOBE = grid(np.arange(-40.0, 41, 4), np.arange(0.0, 360, 4))
ATLANTIC = GLOBE.where((GLOBE.lon > 300) | (GLOBE.lon < 60), drop=True)
PACIFIC = GLOBE.sel(lon=slice(150, 220))
SHUFFLED = np.random.default_rng(0).permutation(29)


@pytest.mark.parametrize(
    "da",
    [
        ATLANTIC,
        ATLANTIC.isel(lon=SHUFFLED, lat=slice(None, None, -1)),
        ATLANTIC.isel(lat=np.random.default_rng(1).permutation(21)),
        GLOBE.isel(lon=[*range(5, 15), *range(50, 60)]),
        GLOBE.isel(lon=[0, 1, 2, 10, 20, 21, 22, 70, 71, 72], lat=[0, 1, 2, 3, 9, 10, 17, 18, 19]),
        PACIFIC.isel(lon=slice(None, None, -1)),
        GLOBE.isel(lon=[i for i in range(90) if i not in (40, 41)]),
        GLOBE,
    ],
    ids=["Atlantic", "shuffled", "rows", "two pieces", "many pieces", "descending", "missing columns", "all"],
)
@pytest.mark.parametrize("west", [0, -180])
def test_the_painted_cells_are_those_of_the_data(da, west):
    da = da.assign_coords(lon=(da.lon - west) % 360 + west)
    found = painted(plot.field(da, land=False))
    assert {at: value for at, (value, _) in found.items()} == cells_of(da)
    # No cell is larger than four by four degrees, so that none covers the gap between two pieces.
    np.testing.assert_allclose([area for _, area in found.values()], 16)


@pytest.mark.parametrize("box", [ATLANTIC, PACIFIC], ids=["Greenwich", "date line"])
def test_the_picture_is_equal_in_all_conventions_and_orders(box):
    other = box.assign_coords(lon=(box.lon + 180) % 360 - 180)
    expected = image(other.sortby("lon") if box is ATLANTIC else box)
    assert (np.ptp(expected.reshape(-1, 3), axis=0) > 100).all()
    for da in (box, other, box.isel(lon=slice(None, None, -1)), other.isel(lon=np.arange(box.sizes["lon"])[::-1])):
        np.testing.assert_array_equal(image(da), expected)
    shuffled = np.random.default_rng(0).permutation(box.sizes["lon"])
    np.testing.assert_array_equal(image(box.isel(lon=shuffled)), expected)
    single = box.assign_coords(lon=(other.lon.astype("float32")))
    np.testing.assert_array_equal(image(single), expected)


def test_a_box_across_greenwich_is_in_one_piece():
    x = mesh_of(plot.field(ATLANTIC)).get_coordinates()[0, :, 0]
    np.testing.assert_array_equal(x, np.arange(-58.0, 59, 4))


@pytest.mark.parametrize("west", [0, -180])
def test_a_globe_has_no_seam(west):
    da = grid(np.arange(-88.0, 89, 4), np.arange(west, west + 360, 4.0))
    ax = plot.field(da, land=False)
    x = mesh_of(ax).get_coordinates()[0, :, 0]
    np.testing.assert_allclose(np.diff(x), 4)
    assert (x[0], x[-1]) == pytest.approx((-180, 180))
    # All cells are in one mesh, without a copy on the other side of the map.
    assert not np.ma.getmaskarray(mesh_of(ax).get_array()).any()
    expected = image(da)
    doubled = xr.concat([da, da.isel(lon=[0]).assign_coords(lon=da.lon[:1] + 360)], "lon")
    np.testing.assert_array_equal(image(doubled), expected)
    fine = np.linspace(west, west + 360, 4320, endpoint=False, dtype=np.float32)
    layer = pick(grid(np.arange(-88.0, 89, 4), fine))
    assert layer.mesh.columns.tolist() == list(range(4320))


def polar(size=2.5e6, n=41, x=0.0, y=0.0, rotation=-45.0, south=False):
    """Return a field on a plane grid around a pole, with its longitudes and latitudes."""
    a, b = np.meshgrid(np.linspace(-size, size, n) + x, np.linspace(-size, size, n)[::-1] + y)
    projection = (ccrs.SouthPolarStereo if south else ccrs.NorthPolarStereo)(central_longitude=rotation)
    place = ccrs.PlateCarree().transform_points(projection, a, b)
    coords = {
        "lat": (("y", "x"), place[..., 1], {"units": "degrees_north"}),
        "lon": (("y", "x"), place[..., 0], {"units": "degrees_east"}),
    }
    return xr.DataArray(np.sin(a / 8e5) * np.cos(b / 8e5) + a / size, coords, ("y", "x"), name="ice")


@pytest.mark.parametrize(
    ("options", "projection"),
    [
        ({}, ccrs.NorthPolarStereo),
        ({"south": True, "rotation": 0.0}, ccrs.SouthPolarStereo),
        ({"x": 1e6, "y": -8e5, "rotation": 20.0}, ccrs.NorthPolarStereo),
    ],
    ids=["Arctic", "Antarctic", "off the centre"],
)
@pytest.mark.parametrize("convention", [lambda lon: lon, lambda lon: lon % 360])
def test_a_grid_around_a_pole_fills_the_page(options, projection, convention):
    da = polar(**options)
    ax = plot.field(da.assign_coords(lon=convention(da.lon)), land=False)
    assert isinstance(ax.projection, projection)
    np.testing.assert_array_equal(mesh_of(ax).get_array(), da)
    # The corners are those of the plane grid, upright: the axes of the map are the axes of the grid.
    frame = ccrs.PlateCarree(pick(da.assign_coords(lon=convention(da.lon))).centre)
    lon_lat = mesh_of(ax).get_coordinates()
    place = ax.projection.transform_points(frame, lon_lat[..., 0], lon_lat[..., 1])
    step = 5e6 / 40
    np.testing.assert_allclose(np.diff(place[..., 0], axis=1), step, rtol=0.03)
    np.testing.assert_allclose(np.diff(place[..., 1], axis=0), -step, rtol=0.03)
    ax.set_title("")
    ax.figure.canvas.draw()
    picture = np.asarray(ax.figure.canvas.buffer_rgba())[..., :3]
    box = ax.get_window_extent()
    height = picture.shape[0]
    inside = picture[height - int(box.y1) + 3 : height - int(box.y0) - 3, int(box.x0) + 3 : int(box.x1) - 3]
    assert (inside == 255).all(-1).mean() < 0.01


@pytest.mark.parametrize(
    ("lat", "lon", "projection"),
    [
        (np.arange(50.0, 91, 2), np.arange(0.0, 360, 4), ccrs.NorthPolarStereo),
        (np.arange(-90.0, -29, 2), np.arange(-180.0, 180, 4), ccrs.SouthPolarStereo),
        (np.arange(-75.0, -40, 2), np.arange(-180.0, 180, 4), ccrs.SouthPolarStereo),
        (np.arange(60.0, 91, 2), np.arange(-40.0, 41, 2), ccrs.NorthPolarStereo),
        (np.arange(30.0, 91, 2), np.arange(-40.0, 41, 2), ccrs.NorthPolarStereo),
    ],
    ids=["Arctic", "Antarctic", "Southern Ocean", "sector", "long sector"],
)
def test_latitudes_up_to_a_pole_are_polar_maps(lat, lon, projection):
    ax = plot.field(grid(lat, lon))
    ax.figure.savefig(io.BytesIO(), dpi=40)
    assert isinstance(ax.projection, projection)
    assert {at: value for at, (value, _) in painted(ax).items()}.keys() >= {
        (a, b) for a, b in cells_of(grid(lat, lon)) if abs(b) < 90
    }
    y = mesh_of(ax).get_coordinates()[..., 1]
    assert np.abs(y).max() <= 90
    x0, x1 = ax.get_xlim()
    assert x1 - x0 > 1e6


@pytest.mark.parametrize("axis", ["x", "y"])
def test_a_shuffled_or_cut_polar_grid_paints_its_cells_only(axis):
    da = polar()
    shuffled = da.isel({axis: np.random.default_rng(0).permutation(41)})
    layer = pick(shuffled)
    assert sorted(layer.values.ravel()) == sorted(da.values.ravel())
    original = pick(da)
    assert {frozenset(pair) for pair in zip(layer.y.ravel(), layer.values.ravel(), strict=True)} == {
        frozenset(pair) for pair in zip(original.y.ravel(), original.values.ravel(), strict=True)
    }
    cut = pick(da.isel({axis: [*range(12), *range(30, 41)]})).mesh
    index = cut.columns if axis == "x" else cut.rows
    assert index.tolist() == [*range(12), -1, *range(12, 23)]


@pytest.mark.parametrize("dims", [("lat",), ("lon",), ("lat", "lon")], ids=["row", "column", "cell"])
def test_a_single_row_or_column_is_painted_with_the_width_of_its_cells(dims):
    da = grid(np.arange(30.0, 46, 0.5), np.arange(-70.0, -50, 0.5)).isel(dict.fromkeys(dims, [5]))
    ax = plot.field(da, land=False)
    found = painted(ax)
    assert {at: value for at, (value, _) in found.items()} == cells_of(da)
    np.testing.assert_allclose([area for _, area in found.values()], 1.0 if len(dims) == 2 else 0.25)
    ax.figure.canvas.draw()
    picture = np.asarray(ax.figure.canvas.buffer_rgba())[..., :3].astype(int)
    box = ax.get_window_extent()
    height = picture.shape[0]
    inside = picture[height - int(box.y1) : height - int(box.y0), int(box.x0) : int(box.x1)]
    coloured = np.ptp(inside, axis=-1) > 40
    assert coloured.mean() > 0.1


def test_fields_without_finite_values_have_a_note():
    da = grid(np.arange(30.0, 46), np.arange(-70.0, -50))
    for empty in (da * np.nan, da * np.nan + np.inf):
        assert "no finite values" in [text.get_text() for text in plot.field(empty).texts]
    assert "no finite values" not in [text.get_text() for text in plot.field(da).texts]
    plain = plot.field(da * np.nan, plt.figure().add_subplot())
    assert "no finite values" in [text.get_text() for text in plain.texts]


def test_infinite_values_are_missing_and_do_not_change_the_colours():
    da = grid(np.arange(30.0, 46), np.arange(-70.0, -50))
    half = da.where(da.lon < -60)
    infinite = half.fillna(np.inf)
    np.testing.assert_array_equal(image(infinite), image(half))
    mesh = mesh_of(plot.field(infinite))
    np.testing.assert_array_equal(np.ma.getmaskarray(mesh.get_array()), np.isinf(infinite))


def test_one_value_has_one_colour_within_the_scale():
    mesh = mesh_of(plot.field(0 * GLOBE + 7))
    low, high = mesh.get_clim()
    assert low < 7 < high
    assert len(np.unique(mesh.to_rgba(mesh.get_array()).reshape(-1, 4), axis=0)) == 1


def test_stretched_axes_have_contiguous_cells():
    lat, lon = 30 + np.cumsum(1.05 ** np.arange(30)) / 3, np.cumsum(1.08 ** np.arange(30)) / 10
    mesh = mesh_of(plot.field(grid(lat, lon)))
    corners = mesh.get_coordinates()
    assert mesh.get_array().shape == (30, 30)
    np.testing.assert_allclose(corners[1:-1, 0, 1], (lat[1:] + lat[:-1]) / 2)
    np.testing.assert_allclose(np.diff(corners[0, 1:-1, 0]), np.diff((lon[1:] + lon[:-1]) / 2))


def test_longitudes_and_latitudes_that_are_exchanged_are_refused():
    swapped = grid(np.arange(30.0, 46), np.arange(100.0, 150)).rename(lat="lon", lon="lat")
    swapped.lon.attrs["units"], swapped.lat.attrs["units"] = "degrees_east", "degrees_north"
    with pytest.raises(ValueError, match=r"the latitudes of 'ssh' are 100 to 149: expected -90 to 90 degrees. Check"):
        plot.field(swapped)


def test_the_map_of_another_convention_is_on_the_grid_of_the_truth():
    lower = ATLANTIC.assign_coords(lon=((ATLANTIC.lon + 180) % 360 - 180).astype("float32")).sortby("lon")
    figure = plot.comparison({"map": lower + 0.25}, ATLANTIC)
    assert "RMSE 0.25 m" in [ax.get_title() for ax in figure.axes]


def test_a_cut_grid_moves_with_its_gap():
    moving = xr.concat([GLOBE.isel(lon=[1, 2, 3, 50, 51, 52]) * k for k in (1.0, 2.0)], "time")
    moving = moving.assign_coords(time=[0, 1])
    animation = plot.animation(moving, land=False)
    ax = plt.gcf().axes[0]
    animation._draw_frame(1)
    found = {at: value for at, (value, _) in painted(ax).items()}
    assert found == cells_of(moving[1].transpose("lat", "lon"))
    animation._draw_was_started = True


def test_the_projection_is_that_of_the_convention():
    assert projection_for(pick(ATLANTIC)) == projection_for(
        pick(ATLANTIC.assign_coords(lon=(ATLANTIC.lon + 180) % 360 - 180))
    )


def test_a_curvilinear_globe_is_a_map_of_the_globe():
    """The grid has its poles at other places, and cells on both sides of the date line."""
    rotated = ccrs.RotatedPole(pole_longitude=30, pole_latitude=40)
    x, y = np.meshgrid(np.arange(-180.0, 180, 4), np.arange(-88.0, 89, 4))
    place = ccrs.PlateCarree().transform_points(rotated, x, y)
    coords = {"lat": (("y", "x"), place[..., 1]), "lon": (("y", "x"), place[..., 0])}
    da = xr.DataArray(np.ones_like(x), coords, ("y", "x"), name="v")
    ax = plot.field(da, land=False, cmap="viridis", limits=(0, 2))
    assert isinstance(ax.projection, ccrs.Robinson)
    assert ax.get_xlim() == pytest.approx(ax.projection.x_limits)
    ax.figure.canvas.draw()
    picture = np.asarray(ax.figure.canvas.buffer_rgba())[..., :3].astype(int)
    colour = (np.array(plt.get_cmap("viridis")(0.5)[:3]) * 255).astype(int)
    box = ax.get_window_extent()
    height = picture.shape[0]
    inside = picture[height - int(box.y1) : height - int(box.y0), int(box.x0) : int(box.x1)]
    painted_share = (np.abs(inside - colour).max(-1) < 50).mean()
    assert painted_share > 0.8  # the frame of the globe covers 0.87 of its box


def test_a_curvilinear_grid_across_the_equator_is_not_a_polar_map():
    lat, lon = np.meshgrid(np.linspace(-70, 89, 60), np.arange(0.0, 360, 5), indexing="ij")
    coords = {"lat": (("y", "x"), lat + 0.01 * np.sin(lon)), "lon": (("y", "x"), lon)}
    ax = plot.field(xr.DataArray(lat, coords, ("y", "x"), name="v"), land=False)
    assert isinstance(ax.projection, ccrs.Robinson)


def test_land_of_a_polar_map_reaches_its_frame():
    """The circle of latitude of the frame is curved on the map: land is drawn up to it, without a line along it."""
    ax = plot.field(waves(np.arange(-89.5, -80), np.arange(0.0, 360, 4)) * np.nan)
    ax.figure.canvas.draw()
    land, coast = (shapely.union_all(list(artist._feature.geometries())) for artist in land_of(ax))
    radius = ax.get_xlim()[1]
    angles = np.linspace(0, 2 * np.pi, 181)[:-1]
    x, y = 0.995 * radius * np.cos(angles), 0.995 * radius * np.sin(angles)
    place = ccrs.PlateCarree().transform_points(ax.projection, x, y)
    expected = shapely.contains_xy(land_within(-180, 180, -90, -75), place[:, 0], place[:, 1])
    assert (shapely.contains_xy(land, x, y) == expected).mean() > 0.97  # the outline is simplified
    assert 0.5 < expected.mean() < 1
    # No part of the coast follows the frame.
    assert shapely.length(shapely.difference(coast, shapely.Point(0, 0).buffer(0.999 * radius))) < 0.01 * radius
