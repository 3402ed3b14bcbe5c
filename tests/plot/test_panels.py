import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import QuadMesh

from xdvn import plot


def meshes(figure):
    """Return the mesh of each panel in reading order; colour bars are children of panels without a subplot."""
    panels = [ax for ax in figure.axes if ax.get_subplotspec() is not None and ax.axison]
    return [next(artist for artist in ax.get_children() if isinstance(artist, QuadMesh)) for ax in panels]


@pytest.fixture
def methods(ssh):
    return {"OI": ssh * 0.9, "4DVarNet": ssh + 0.02}


def test_upper_row_shares_one_scale_and_errors_another(ssh, methods):
    observations = ssh.where(ssh.lon == -63)
    truth, observed, first, second, *errors = meshes(plot.comparison(methods, ssh, observations=observations))
    assert truth.get_clim() == observed.get_clim() == first.get_clim() == second.get_clim()
    assert len({mesh.get_clim() for mesh in errors}) == 1
    low, high = errors[0].get_clim()
    assert low == -high
    assert {mesh.get_cmap().name for mesh in errors} == {"PuOr_r"}


def test_errors_are_method_minus_truth(ssh, methods):
    figure = plot.comparison(methods, ssh, time="2012-10-25")
    *upper, first, second = meshes(figure)
    np.testing.assert_array_equal(upper[0].get_array(), ssh.values[3])
    np.testing.assert_allclose(first.get_array(), methods["OI"].values[3] - ssh.values[3])
    np.testing.assert_allclose(second.get_array(), 0.02)
    titles = [ax.get_title() for ax in figure.axes]
    assert "RMSE 0.02 m" in titles
    assert figure.get_suptitle() == "2012-10-25"


def test_one_colour_bar_with_units_per_row(ssh, methods):
    figure = plot.comparison(methods, ssh)
    labels = [bar.get_ylabel() for ax in figure.axes for bar in ax.child_axes]
    assert labels == ["Sea surface height [m]", "Map − truth [m]"]


def test_without_truth_there_is_one_row(ssh, methods):
    figure = plot.comparison(methods)
    assert len(meshes(figure)) == 2
    assert [ax.get_title() for ax in figure.axes if ax.get_title()] == ["OI", "4DVarNet"]


def test_nothing_is_cut_off_and_nothing_changed(ssh, methods):
    before = {name: da.copy(deep=True) for name, da in methods.items()}
    figure = plot.comparison(methods, ssh)
    figure.savefig(io.BytesIO(), dpi=40)
    drawn, page = figure.get_tightbbox(), figure.bbox_inches
    assert page.x0 <= drawn.x0 <= drawn.x1 <= page.x1
    assert page.y0 <= drawn.y0 <= drawn.y1 <= page.y1
    for name, da in methods.items():
        xr.testing.assert_identical(da, before[name])


def test_titles_do_not_overlap(ssh, methods):
    figure = plot.comparison(methods, ssh)
    figure.draw_without_rendering()
    upper = [ax for ax in figure.axes if ax.get_title() in ("truth", *methods)]
    boxes = [ax.title.get_window_extent() for ax in upper]
    assert all(a.x1 < b.x0 for a, b in zip(boxes, boxes[1:], strict=False))


def test_given_limits_are_used(ssh, methods):
    truth, *_, error = meshes(plot.comparison(methods, ssh, limits=(0, 1), error_limits=(-0.1, 0.1), cmap="plasma"))
    assert truth.get_clim() == (0, 1)
    assert truth.get_cmap().name == "plasma"
    assert error.get_clim() == (-0.1, 0.1)


def test_incompatible_panels_are_refused(ssh, methods):
    with pytest.raises(ValueError, match="panels={}: expected at least one map. Pass"):
        plot.comparison({})
    with pytest.raises(ValueError, match="panels= contains 'truth', the name of the argument truth=. Rename the panel"):
        plot.comparison({"truth": ssh}, ssh)
    with pytest.raises(ValueError, match=r"'coarse' \(5, 12\) is not on the grid of the truth \(10, 12\).*interp_like"):
        plot.comparison({"coarse": ssh.isel(lat=slice(None, None, 2))}, ssh)
    with pytest.raises(ValueError, match="no common instant near .*'late': '2012-10-25'"):
        plot.comparison({"early": ssh.isel(time=slice(0, 2)), "late": ssh.isel(time=slice(3, 5))})


def test_standard_deviations_have_a_row(ssh, methods):
    std = {"OI": 0.1 + 0 * ssh}
    figure = plot.comparison(methods, ssh, std=std)
    *_, error, spread = meshes(figure)
    np.testing.assert_allclose(spread.get_array(), 0.1)
    assert spread.get_cmap().name == "magma"
    assert spread.get_clim()[0] == 0
    assert error.get_cmap().name == "PuOr_r"
    assert "RMS 0.1 m" in [ax.get_title() for ax in figure.axes]
    labels = [bar.get_ylabel() for ax in figure.axes for bar in ax.child_axes]
    assert labels == ["Sea surface height [m]", "Map − truth [m]", "Standard deviation [m]"]
    without = plot.comparison(methods, std=std)
    assert len(meshes(without)) == 3
    with pytest.raises(
        ValueError, match=r"std= contains \['oi'\]: expected names of the panels \['OI', '4DVarNet'\]. Rename"
    ):
        plot.comparison(methods, ssh, std={"oi": ssh})


def test_a_colour_bar_over_an_empty_panel_keeps_the_columns_evenly_spaced(ssh, methods):
    figure = plot.comparison(methods, ssh, observations=ssh.where(ssh.lon == -63), std={"OI": 0.1 + 0 * ssh})
    figure.draw_without_rendering()
    upper = [ax.get_position() for ax in figure.axes if ax.get_title() in ("truth", "observations", *methods)]
    gaps = [b.x0 - a.x1 for a, b in zip(upper, upper[1:], strict=False)]
    assert max(gaps) - min(gaps) < 0.01
    drawn, page = figure.get_tightbbox(), figure.bbox_inches
    assert page.x0 <= drawn.x0 <= drawn.x1 <= page.x1


def test_the_label_of_the_scale_applies_to_all_panels(ssh, methods):
    figure = plot.comparison(methods, ssh.assign_attrs(long_name="sea surface height, truth"))
    assert figure.axes[2].child_axes[0].get_ylabel() == "Sea surface height [m]"


def test_panels_replace_axes(ssh, methods):
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
    left.plot([0, 1])
    assert plot.comparison(methods, ssh, right, time="2012-10-25") is figure
    panels = [ax for ax in figure.axes if ax.get_title() or ax.child_axes]
    figure.draw_without_rendering()
    assert right not in figure.axes
    assert panels[0].get_title() == "2012-10-25\ntruth"
    middle = figure.bbox.width / 2
    assert all(ax.get_window_extent().x0 > 0.9 * middle for ax in panels)
    with pytest.raises(ValueError, match="ax=: expected axes in a grid of subplots. Create them with plt.subplots"):
        plot.comparison(methods, ssh, plt.figure().add_axes((0, 0, 1, 1)))


def test_a_single_panel_is_not_cut_off(ssh):
    figure = plot.comparison({"OI": ssh})
    figure.savefig(io.BytesIO(), dpi=40)
    drawn, page = figure.get_tightbbox(), figure.bbox_inches
    assert page.x0 <= drawn.x0 <= drawn.x1 <= page.x1
    assert page.y0 <= drawn.y0 <= drawn.y1 <= page.y1


def test_a_bar_of_a_narrow_map_is_next_to_it(ssh):
    ax = plot.field(ssh.isel(lon=slice(2)))
    ax.figure.draw_without_rendering()
    (bar,) = ax.child_axes
    frame = ax.get_window_extent()
    assert bar.get_window_extent().x0 - frame.x1 > 0.01 * frame.height
    assert bar.get_window_extent().width > 0.015 * frame.height


def test_one_instant_is_compared(ssh, methods):
    with pytest.raises(ValueError, match=r"time=\[0, 1\]: expected one instant. Use time='2012-10-24', or draw"):
        plot.comparison(methods, ssh, time=[0, 1])
    titles = {plot.comparison(methods, ssh, time=t).get_suptitle() for t in (3, "2012-10-25", -2)}
    assert titles == {"2012-10-25"}
