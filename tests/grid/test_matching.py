"""Cells of one grid in two files: digits, order, 360 degrees and calendars do not matter; another grid is refused."""

import numpy as np
import pytest
import xarray as xr

from xdvn.grid.matching import match_centres, match_grids, on_grid_of

LON = -65 + 0.7 * np.arange(16)
DAYS = np.datetime64("2012-02-25T12", "ns") + np.arange(10) * np.timedelta64(1, "D")


def line(values, dim="lon"):
    """Return a field that numbers the cells."""
    return xr.DataArray(np.arange(len(values)), {dim: values}, (dim,), name="number")


def pairs(field, like, dim="lon", **options):
    """Return the numbers of the shared cells in both fields, after the coordinates were found equal."""
    a, b = match_grids(field, like, (dim,), **options)
    assert a.indexes[dim].equals(b.indexes[dim])
    return a.values.tolist(), b.values.tolist()


@pytest.mark.parametrize(
    "other", [LON.astype("f4"), LON + 360, (LON + 360).astype("f4"), LON - 720, LON + 0.06 * np.sin(np.arange(16))]
)
def test_digits_and_turns_do_not_matter(other):
    everything = list(range(16))
    assert pairs(line(LON), line(other)) == (everything, everything)
    assert pairs(line(other), line(LON)) == (everything, everything)
    assert pairs(line(LON), line(other[::-1])) == (everything[::-1], everything)


def test_the_longest_digits_are_kept():
    short = line((LON + 360).astype("f4"))
    np.testing.assert_allclose(match_grids(line(LON), short, ("lon",))[1].lon, LON + 360, rtol=0, atol=1e-12)
    assert match_grids(short, line(LON), ("lon",))[1].lon.equals(line(LON).lon)
    assert on_grid_of(line(LON), short, ("lon",), ("a", "b")).lon.identical(short.lon)


def test_global_grids_are_matched_across_their_cut():
    greenwich, dateline = np.arange(0, 360, 0.5), np.arange(-180, 180, 0.5)
    own, like = pairs(line(greenwich), line(dateline))
    assert own == [*range(360, 720), *range(360)]
    assert like == list(range(720))
    with_both_ends = np.arange(0, 361.0)  # a repeated column is no other grid
    assert pairs(line(with_both_ends), line(np.arange(-180.0, 180)))[1] == list(range(360))


def test_parts_are_shared_cells_and_never_a_whole():
    part = line(LON[3:8].astype("f4"))
    assert pairs(part, line(LON), whole=False) == ([0, 1, 2, 3, 4], [3, 4, 5, 6, 7])
    assert pairs(line(LON), part) == ([3, 4, 5, 6, 7], [0, 1, 2, 3, 4])
    with pytest.raises(ValueError, match=r"differ along 'lon': got 5 .*, expected 16 .*truth\.sel\(lon=maps\['lon'\]"):
        match_grids(part, line(LON), ("lon",))
    coarse, fine = np.arange(51) * 0.2, np.arange(101) * 0.1
    assert pairs(line(coarse, "y"), line(fine, "y"), "y", whole=False)[1] == list(range(0, 101, 2))
    days = np.array([1, 2, 3, 7, 8.0]), np.array([2, 3, 4, 8.0])
    assert pairs(*(line(d, "day") for d in days), "day", whole=False) == ([1, 2, 4], [0, 1, 3])


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    ("a", "b"),
    [
        (LON, LON + 0.35),  # half a cell
        (LON, LON + 0.2),
        (np.arange(41) * 0.25, np.arange(101) * 0.1),  # every other cell of the first is also one of the second
        (np.arange(20) * 1.0, np.arange(20) * 1.03),  # the first four cells agree
        (LON, LON + 60),
        (LON, np.array([])),
    ],
)
def test_other_grids_are_refused(a, b, whole):
    for one, other in ((a, b), (b, a)):
        with pytest.raises(ValueError, match=r"maps and truth (differ|share no coordinates) along 'lon': got "):
            match_grids(line(one), line(other), ("lon",), whole=whole)


def test_noon_is_not_midnight():
    midnight = line(DAYS - np.timedelta64(12, "h"), "time")
    for whole in (True, False):
        with pytest.raises(
            ValueError, match=r"12 h apart: for daily means, use maps\.assign_coords\(time=maps\['time'\]"
        ):
            match_grids(line(DAYS, "time"), midnight, ("time",), whole=whole)
    days = range(10)
    assert pairs(line(DAYS, "time"), line(DAYS + np.timedelta64(2, "h"), "time"), "time")[0] == list(days)
    cured = [da.assign_coords(time=da.time.dt.floor("D")) for da in (line(DAYS, "time"), midnight)]
    assert pairs(*cured, "time")[0] == list(days)


@pytest.mark.parametrize("calendar", ["standard", "proleptic_gregorian", "noleap"])
def test_dates_of_two_types(calendar):
    cftime = pytest.importorskip("cftime")
    dates = xr.date_range("2012-02-25T12", periods=10, calendar=calendar, use_cftime=True)
    assert isinstance(dates[0], cftime.datetime)
    numpy_days, cf_days = line(DAYS, "time"), line(dates, "time")
    own, like = pairs(numpy_days, cf_days, "time", whole=False)
    expected = [n for n in range(10) if calendar != "noleap" or n != 4]  # 29 February
    assert own == expected
    assert like == list(range(len(expected)))
    assert pairs(cf_days, cf_days, "time")[0] == list(range(10))


def test_dates_that_do_not_exist_and_numbers():
    pytest.importorskip("cftime")
    dates = xr.date_range("2012-02-25T12", periods=10, calendar="360_day", use_cftime=True)
    with pytest.raises(ValueError, match=r"calendar '360_day'.*expected one calendar. Use maps\.convert_calendar"):
        match_grids(line(dates, "time"), line(DAYS, "time"), ("time",))
    with pytest.raises(
        ValueError, match=r"dtype int64 in maps and datetime.* in truth: expected dates in both.*decode"
    ):
        match_grids(line(np.arange(10), "time"), line(DAYS, "time"), ("time",))


def test_without_coordinates_cells_are_matched_by_position():
    bare = xr.DataArray([5, 6, 7], dims="x")
    assert on_grid_of(bare, line([1.0, 2.0, 3.0], "x"), ("x",), ("a", "b")).x.values.tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="'x' has no coordinate, 3 values in a and 2 in b: expected the same cells"):
        on_grid_of(bare, line([1.0, 2.0], "x"), ("x",), ("a", "b"))
    names = xr.DataArray([1, 2], {"box": ["north", "south"]}, ("box",))
    assert pairs(names, names[::-1], "box") == ([2, 1], [2, 1])
    with pytest.raises(ValueError, match="share no coordinates along 'box': got 2 from north to south, .*Rename"):
        match_grids(names, names.assign_coords(box=["a", "b"]), ("box",))


def test_one_cell_has_no_step():
    assert match_centres(np.array([10.0]), np.array([10.0005, 10.01])).tolist() == [0, -1]
    assert match_centres(np.array([10.0]), np.array([370.0]), period=360).tolist() == [0]
    one_day = line(DAYS[:1], "time")
    assert pairs(one_day, one_day.assign_coords(time=DAYS[:1] + np.timedelta64(2, "h")), "time") == ([0], [0])


def test_lazy_fields_stay_lazy():
    field = xr.DataArray(np.arange(12.0).reshape(3, 4), {"y": [0.0, 1, 2], "x": np.arange(4.0)}, ("y", "x")).chunk(x=2)
    like = field.compute().isel(y=slice(None, None, -1), x=[1, 2])
    matched, _ = match_grids(field, like, ("y", "x"))
    assert matched.chunks is not None
    xr.testing.assert_identical(matched.compute(), like)


def test_repeated_labels_keep_their_own_values():
    times = np.repeat(DAYS[:3], 2)
    shifted = line(times + np.timedelta64(1, "s"), "time")
    assert pairs(line(times, "time"), shifted, "time") == (list(range(6)), list(range(6)))
    names = xr.DataArray([1, 2, 3], {"box": ["a", "a", "b"]}, ("box",))
    assert match_grids(names, names, ("box",))[0].values.tolist() == [1, 2, 3]
