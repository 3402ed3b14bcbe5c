"""Edges of grid cells from their centres, with gaps between the pieces of a non-contiguous grid.

Along an axis, edges are halfway between centres. A step more than 1.5 times as long as those on both sides is a gap:
the cells next to it have their usual width, and nothing is drawn between them. Corners of curvilinear grids are
computed on the unit sphere, where neither the date line nor the poles are special.
"""

from __future__ import annotations

import numpy as np

__all__ = ["axis_edges", "circle_start", "follows_gap", "grid_corners", "neighbouring_order", "winding", "with_gaps"]

_LONG = 1.5  # a step longer than this many neighbouring steps is a gap
_FAR = 10.0  # on an irregular axis, a step longer than this many median steps is a gap
_MOST_LINES = 3000  # rows or columns whose order is checked
_NEAR = 3  # neighbouring steps on each side


def follows_gap(steps: np.ndarray) -> np.ndarray:
    """Return which steps between cell centres are gaps in the data.

    Parameters
    ----------
    steps : numpy.ndarray
        Positive distances (N,) between successive centres.

    Examples
    --------
    >>> follows_gap(np.array([4.0, 4, 248, 4, 4])).tolist()
    [False, False, True, False, False]
    >>> bool(follows_gap(1.3 ** np.arange(9)).any())  # a stretched grid
    False
    """
    steps = np.asarray(steps, float)
    gaps = np.zeros(steps.size, bool)
    if steps.size < 2 or steps.max() <= _LONG * steps.min():
        return gaps
    for i, step in enumerate(steps):
        before, after = steps[max(0, i - _NEAR) : i][::-1], steps[i + 1 : i + 1 + _NEAR]
        usual = [_usual(near) for near in (before, after) if near.size]
        if i == steps.size - 1:
            usual += list(before[:1])  # at an end, two long steps are a coarser part of the grid
        elif i == 0:
            usual += list(after[:1])
        gaps[i] = bool(usual) and step > _LONG * max(usual)
    holes = _holes(steps)
    if gaps.any() and _is_irregular(steps, gaps):
        # The axis has no usual spacing, as of stations or profiles: cells are contiguous except in long gaps.
        gaps = steps > _FAR * np.median(steps)
    return gaps | holes


def _is_irregular(steps: np.ndarray, gaps: np.ndarray) -> bool:
    """Return whether successive steps, gaps excluded, typically differ by more than a factor of 1.5."""
    both = ~gaps[1:] & ~gaps[:-1] & (steps[1:] > 0) & (steps[:-1] > 0)
    if not both.any():
        return False
    change = np.abs(np.log(steps[1:][both] / steps[:-1][both]))
    return bool(np.median(change) > np.log(_LONG))


def _usual(near: np.ndarray) -> float:
    """Return the step to expect next to steps on one side, the nearest first: their median, or their growth."""
    median = float(np.sort(near)[(near.size - 1) // 2])
    if near.size < _NEAR or near[2] <= 0 or near[1] <= 0:
        return median
    growth = min(near[0] / near[1], near[1] / near[2])
    return max(median, float(near[0] * growth)) if growth > 1 else median


def _holes(steps: np.ndarray) -> np.ndarray:
    """Return which steps are gaps of an even grid with missing cells: multiples of its spacing, not three in a row."""
    positive = steps[steps > 0]
    if positive.size < 4:
        return np.zeros(steps.size, bool)
    ratio = steps / positive.min()
    whole = np.rint(ratio)
    if not np.allclose(ratio, whole, atol=0.02 * whole.max()) or (whole == 1).mean() < 0.4:
        return np.zeros(steps.size, bool)
    same = np.r_[False, whole[1:] == whole[:-1], False]
    run = (
        (same[:-1] & same[1:])
        | np.r_[same[2:] & same[1:-1], False][: steps.size]
        | np.r_[False, (same[1:-1] & same[:-2])][: steps.size]
    )
    return (whole > 1) & ~run


def axis_edges(centres: np.ndarray, width: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return the edges of the cells of one axis, and the index of the centre of each cell, -1 for gaps.

    Parameters
    ----------
    centres : numpy.ndarray
        Increasing or decreasing centres (N,).
    width : float
        Width of a single cell. Default: 1.

    Examples
    --------
    >>> edges, source = axis_edges(np.array([0.0, 1, 2, 10, 11]))
    >>> edges.tolist(), source.tolist()
    ([-0.5, 0.5, 1.5, 2.5, 9.5, 10.5, 11.5], [0, 1, 2, -1, 3, 4])
    """
    centres = np.asarray(centres, float)
    if centres.size < 2:
        return np.array([centres[0] - width / 2, centres[0] + width / 2]), np.array([0])
    gaps = follows_gap(np.abs(np.diff(centres)))
    pieces = np.split(np.arange(centres.size), np.flatnonzero(gaps) + 1)
    usual = float(np.median(np.diff(centres)[~gaps])) if not gaps.all() else width
    edges: list[np.ndarray] = []
    source: list[np.ndarray] = []
    for piece in pieces:
        edges.append(_piece_edges(centres[piece], usual))
        source.append(np.r_[-1, piece] if source else piece)
    return np.concatenate(edges), np.concatenate(source)


def _piece_edges(centres: np.ndarray, width: float) -> np.ndarray:
    if centres.size == 1:
        return np.array([centres[0] - width / 2, centres[0] + width / 2])
    middle = (centres[1:] + centres[:-1]) / 2
    return np.r_[2 * centres[0] - middle[0], middle, 2 * centres[-1] - middle[-1]]


def with_gaps(values: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return values (Y, X) on the cells of two axes, NaN in gaps, where the indices are -1."""
    drawn = values[np.ix_(rows, columns)].astype(float)
    drawn[rows < 0] = np.nan
    drawn[:, columns < 0] = np.nan
    return drawn


def circle_start(lon: np.ndarray) -> tuple[float, float]:
    """Return the westernmost longitude [degrees east] of points, next to the widest gap, and the width of that gap.

    Examples
    --------
    >>> circle_start(np.array([0.0, 4, 8, 352, 356]))
    (352.0, 344.0)
    """
    ring = np.unique(np.round(np.asarray(lon, float).ravel() % 360, 9) % 360)
    gap = np.diff(np.append(ring, ring[0] + 360))
    widest = int(np.argmax(gap))
    return float(ring[(widest + 1) % ring.size]), float(gap[widest])


def neighbouring_order(lon: np.ndarray, lat: np.ndarray, axis: int) -> np.ndarray:
    """Return the order of the rows (axis 0) or columns (axis 1) of a curvilinear grid in which neighbours are adjacent.

    The order is that of the grid, unless a chain of nearest neighbours is much shorter, as on a shuffled grid.

    Parameters
    ----------
    lon, lat : numpy.ndarray
        Cell centres (Y, X) [degrees].
    axis : int
        0 for rows, 1 for columns.

    Examples
    --------
    >>> lon, lat = np.meshgrid([10.0, 14, 11, 13, 12], [-1.0, 1])
    >>> neighbouring_order(lon, lat, 1).tolist()
    [0, 2, 4, 3, 1]
    """
    n = lon.shape[axis]
    order = np.arange(n)
    if not 3 < n <= _MOST_LINES:
        return order
    a, b = np.deg2rad(np.moveaxis(lon, axis, 0)), np.deg2rad(np.moveaxis(lat, axis, 0))
    along = [0, a.shape[1] // 2, -1]
    a, b = a[:, along], b[:, along]
    lines = np.concatenate([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)], axis=1)
    steps = np.linalg.norm(np.diff(lines, axis=0), axis=1)
    if steps.max() <= 2 * _LONG * np.median(steps) and steps.max() <= 0.5 * np.ptp(lines, axis=0).max():
        return order
    distance = np.linalg.norm(lines[:, None] - lines[None], axis=-1)
    free = np.ones(n, bool)
    chain = [
        int(np.argmax(distance[int(np.argmax(distance[0]))]))
    ]  # the line farthest from that farthest from the first
    free[chain[0]] = False
    while free.any():
        chain.append(int(np.argmin(np.where(free, distance[chain[-1]], np.inf))))
        free[chain[-1]] = False
    given, found = (float(distance[path[:-1], path[1:]].sum()) for path in (order, np.array(chain)))
    if given <= 1.5 * found:
        return order
    chained = np.array(chain)
    return chained if np.mean(np.diff(chained) > 0) > 0.5 or chained[0] < chained[-1] else chained[::-1]


def grid_corners(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the corners of a curvilinear grid, and the index of the row and of the column of each cell, -1 for gaps.

    A corner is the mean of the four centres around it on the unit sphere; outer corners are extrapolated.

    Parameters
    ----------
    lon, lat : numpy.ndarray
        Cell centres (Y, X) [degrees].

    Returns
    -------
    tuple of numpy.ndarray
        Longitudes (-180 to 180) and latitudes of the corners (rows + 1, columns + 1) [degrees]; rows; columns.

    Examples
    --------
    >>> lon, lat = np.meshgrid([10.0, 12], [-1.0, 1])
    >>> x, y, rows, columns = grid_corners(lon, lat)
    >>> x[1].round(2).tolist(), y[:, 1].round(2).tolist(), rows.tolist()
    ([9.0, 11.0, 13.0], [-2.0, 0.0, 2.0], [0, 1])
    """
    a, b = np.deg2rad(lon), np.deg2rad(lat)
    points = np.stack([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)], axis=-1)
    if 1 in points.shape[:2] and points.shape[0] != points.shape[1]:
        points, single = _widened(points)
    else:
        single = -1
    pieces = []
    for axis in (0, 1):
        n = points.shape[axis]
        gaps = np.zeros(max(n - 1, 0), bool)
        if n > 3:
            lengths = np.linalg.norm(np.diff(points, axis=axis), axis=-1)
            gaps = follows_gap(np.median(lengths, axis=1 - axis))
        pieces.append(np.split(np.arange(n), np.flatnonzero(gaps) + 1))
    corners = points
    source = []
    for axis, parts in enumerate(pieces):
        corners = np.concatenate([_between(corners, part, axis) for part in parts], axis)
        index = np.concatenate([np.r_[-1, part] if k else part for k, part in enumerate(parts)])
        source.append(np.zeros(1, int) if axis == single else index)
    if single >= 0:
        # The three parallel lines of a widened grid have four lines of edges; the inner two bound the data.
        corners = np.take(corners, [1, 2], single)
    length = np.linalg.norm(corners, axis=-1)
    x = np.rad2deg(np.arctan2(corners[..., 1], corners[..., 0]))
    y = np.rad2deg(np.arcsin(np.clip(corners[..., 2] / length, -1, 1)))
    return x, y, source[0], source[1]


def _widened(points: np.ndarray) -> tuple[np.ndarray, int]:
    """Return a line of points (1, N, 3) or (N, 1, 3) with parallel lines one step away, and its axis of size one."""
    single = 0 if points.shape[0] == 1 else 1
    line = points.reshape(-1, 3)
    along = np.gradient(line, axis=0)
    across = np.cross(line, along)
    step = np.median(np.linalg.norm(along, axis=-1))
    across *= step / np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-12)
    sign = 1 if single == 0 else -1
    lines = np.stack([line - sign * across, line, line + sign * across], axis=single)
    return lines, single


def _between(points: np.ndarray, piece: np.ndarray, axis: int) -> np.ndarray:
    """Return the means of neighbours in one piece of an axis, and its extrapolated ends."""
    lines = np.moveaxis(points, axis, 0)
    moved = lines[piece]
    if piece.size == 1:
        # A line between two gaps has the width of the usual step, in the direction of its neighbours.
        steps = np.diff(lines, axis=0)
        step = steps[min(piece[0], len(steps) - 1)]
        usual = np.median(np.linalg.norm(steps, axis=-1))
        half = step / np.maximum(np.linalg.norm(step, axis=-1, keepdims=True), 1e-12) * usual / 2
        return np.moveaxis(np.stack([moved[0] - half, moved[0] + half]), 0, axis)
    middle = (moved[1:] + moved[:-1]) / 2
    ends = 1.5 * moved[[0, -1]] - 0.5 * moved[[1, -2]]
    return np.moveaxis(np.concatenate([ends[:1], middle, ends[1:]]), 0, axis)


def winding(lon: np.ndarray) -> int:
    """Return how many times the boundary of a grid surrounds the pole, from the longitudes (Y, X) of its corners.

    Examples
    --------
    >>> x, y = np.meshgrid(np.arange(-5.0, 6), np.arange(-5.0, 6))
    >>> abs(winding(np.rad2deg(np.arctan2(y, x)))), winding(x)
    (1, 0)
    """
    ring = np.concatenate([lon[0], lon[1:, -1], lon[-1, -2::-1], lon[-2:0:-1, 0]])
    turns = (np.diff(np.append(ring, ring[0])) + 180) % 360 - 180
    return int(np.rint(turns.sum() / 360))
