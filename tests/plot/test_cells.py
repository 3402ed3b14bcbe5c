import numpy as np
import pytest

from xdvn.plot.cells import axis_edges, circle_start, follows_gap, grid_corners, neighbouring_order, winding, with_gaps


@pytest.mark.parametrize(
    ("centres", "gaps"),
    [
        (np.arange(9.0), []),
        ([0.0, 1, 2, 10, 11], [2]),
        ([0.0, 1, 2, 10, 20, 21, 22], [2, 3]),
        ([0.0, 1, 3, 4, 5], [1]),  # one cell is missing
        ([0.0, 1, 3, 5, 6, 7, 8, 9], [1, 2]),  # single cells are missing
        ([0.0, 1, 2, 3, 4, 6, 8, 10, 12], []),  # a nested grid with two spacings
        (np.cumsum(1.3 ** np.arange(12)), []),  # a stretched grid
        (np.cumsum(np.arange(1.0, 12)), []),
        ([0.0, 5, 10, 20, 30, 50, 75, 100, 150, 200], []),  # depths
        (np.float32(0.1) * np.arange(300, dtype=np.float32), []),
        (np.arange(40) + np.random.default_rng(0).uniform(-0.2, 0.2, 40), []),
        (np.sort(np.random.default_rng(1).uniform(size=30)), []),  # stations
        ([3.0], []),
        ([3.0, 90.0], []),
    ],
)
def test_gaps_are_steps_longer_than_those_on_both_sides(centres, gaps):
    steps = np.diff(np.asarray(centres, float))
    assert np.flatnonzero(follows_gap(steps)).tolist() == gaps
    assert np.flatnonzero(follows_gap(steps[::-1])).tolist() == [steps.size - 1 - i for i in reversed(gaps)]


def test_each_cell_contains_its_centre_and_no_cell_is_in_a_gap():
    centres = np.array([0.0, 4, 8, 100, 104, 108, 200, 204])
    edges, source = axis_edges(centres)
    assert source.tolist() == [0, 1, 2, -1, 3, 4, 5, -1, 6, 7]
    cells = source >= 0
    np.testing.assert_array_equal(((edges[1:] + edges[:-1]) / 2)[cells], centres)
    np.testing.assert_array_equal(np.diff(edges)[cells], 4)
    down, mirrored = axis_edges(centres[::-1])
    np.testing.assert_array_equal(down, edges[::-1])
    assert mirrored.tolist() == [7 - i if i >= 0 else -1 for i in reversed(source.tolist())]


def test_a_cell_between_two_gaps_has_the_usual_width():
    edges, source = axis_edges(np.array([0.0, 1, 2, 50, 90, 91, 92]))
    at = source.tolist().index(3)
    assert (edges[at], edges[at + 1]) == (49.5, 50.5)
    assert axis_edges(np.array([7.0]), width=3.0)[0].tolist() == [5.5, 8.5]


def test_values_are_missing_in_gaps():
    values = np.arange(6.0).reshape(2, 3)
    drawn = with_gaps(values, np.array([0, -1, 1]), np.array([0, 1, -1, 2]))
    np.testing.assert_array_equal(drawn[[0, 2]][:, [0, 1, 3]], values)
    assert np.isnan(drawn[1]).all()
    assert np.isnan(drawn[:, 2]).all()


def test_the_circle_starts_east_of_its_widest_gap():
    assert circle_start(np.array([-10.0, 0, 10])) == (350.0, 340.0)
    assert circle_start(np.array([170.0, 180, -170])) == (170.0, 340.0)
    assert circle_start(np.arange(0.0, 360, 4))[1] == 4


def stereographic(size=2e6, n=21, x=0.0, y=0.0):
    """Return longitudes and latitudes of a square grid around the north pole, in closed form (spherical Earth)."""
    a, b = np.meshgrid(np.linspace(-size, size, n) + x, np.linspace(-size, size, n) + y)
    lat = 90 - 2 * np.rad2deg(np.arctan2(np.hypot(a, b), 2 * 6.371e6))
    return np.rad2deg(np.arctan2(a, -b)), lat


def test_corners_of_a_grid_around_the_pole_are_those_of_its_plane():
    lon, lat = stereographic(n=21)
    half = 2e6 / 20  # half a cell beyond the centres
    expected_lon, expected_lat = stereographic(size=2e6 + half, n=22)
    x, y, rows, columns = grid_corners(lon, lat)
    np.testing.assert_allclose(y, expected_lat, atol=0.01)
    np.testing.assert_allclose(np.cos(np.deg2rad(y)) * ((x - expected_lon + 180) % 360 - 180), 0, atol=0.01)
    assert rows.tolist() == columns.tolist() == list(range(21))


def test_corners_leave_the_gap_between_two_pieces_of_a_curvilinear_grid():
    lon, lat = np.meshgrid(np.r_[0:10, 30:40] * 0.1, np.arange(8) * 0.1)
    x, _, rows, columns = grid_corners(lon, lat + 0.01 * lon)
    assert columns.tolist() == [*range(10), -1, *range(10, 20)]
    assert rows.tolist() == list(range(8))
    np.testing.assert_allclose(x[4, [10, 11]], [0.95, 2.95], atol=1e-3)


def test_a_single_line_is_as_wide_as_its_step():
    lon, lat = np.array([[0.0, 1, 2, 3]]), np.array([[0.0, 0, 0, 0]])
    x, y, rows, columns = grid_corners(lon, lat)
    assert (rows.tolist(), columns.tolist()) == ([0], [0, 1, 2, 3])
    np.testing.assert_allclose(np.abs(y), 0.5, atol=1e-3)
    np.testing.assert_allclose(x[0], [-0.5, 0.5, 1.5, 2.5, 3.5], atol=1e-3)
    x, y, rows, columns = grid_corners(lat.T, lon.T)
    assert (rows.tolist(), columns.tolist()) == ([0, 1, 2, 3], [0])
    np.testing.assert_allclose(np.abs(x), 0.5, atol=2e-3)


def test_a_boundary_around_the_pole_winds_once():
    assert abs(winding(stereographic()[0])) == 1
    assert winding(stereographic(x=3e6)[0]) == 0
    annulus = np.tile(np.arange(0.0, 360, 10), (4, 1))
    assert winding(annulus) == 0


@pytest.mark.parametrize("axis", [0, 1])
def test_shuffled_lines_of_a_curvilinear_grid_are_sorted(axis):
    lon, lat = stereographic(x=1e6)
    shuffled = np.random.default_rng(0).permutation(21)
    order = neighbouring_order(np.take(lon, shuffled, axis), np.take(lat, shuffled, axis), axis)
    assert shuffled[order].tolist() in (list(range(21)), list(range(21))[::-1])
    assert neighbouring_order(lon, lat, axis).tolist() == list(range(21))
