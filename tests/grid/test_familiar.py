"""What was seen is measured right, parts join to the whole, and only what is unlike it is doubted."""

import dataclasses

import numpy as np
import pytest
from seas import sea

from xdvn.grid.axes import find_axes
from xdvn.grid.familiar import Familiar
from xdvn.grid.survey import survey


def measured(ds, n=5):
    axes = find_axes(ds.ssh)
    spec = survey(ds, [("ssh_obs", "ssh")], axes, slice(None), (5, 6, 6))
    packed, target = spec.pack(ds), spec.normalised(ds, ["ssh"])
    return Familiar.measure(ds, ["ssh_obs"], packed, target, axes, n), packed, target, axes


def test_extremes_coverage_season_and_region():
    ds = sea(land=True)
    seen, packed, target, _ = measured(ds)
    assert seen.low == (pytest.approx(float(np.nanmin(target))),)
    assert seen.high == (pytest.approx(float(np.nanmax(target))),)
    daily = packed.mask[0].sum((1, 2)) / packed.sea[0].sum()
    means = [daily[i : i + 5].mean() for i in range(8)]
    assert seen.sparsest == (pytest.approx(min(means)),)
    assert seen.densest == (pytest.approx(max(means)),)
    assert np.flatnonzero(seen.season).tolist() == list(range(274, 286))  # October 1 of a leap year
    assert seen.region == ((33.0, 37.5), (-65.0, -59.5))


def test_parts_together_are_the_whole():
    ds = sea((20, 8, 8))
    whole, *_ = measured(ds, 20)
    axes = find_axes(ds.ssh)
    spec = survey(ds, [("ssh_obs", "ssh")], axes, slice(None), (5, 6, 6))
    parts = []
    for days in (slice(0, 9), slice(9, 20)):
        part = ds.isel(time=days)
        parts.append(Familiar.measure(part, ["ssh_obs"], spec.pack(part), spec.normalised(part, ["ssh"]), axes, 5))
    joined = Familiar.together(parts)
    for name in ("low", "high", "season", "region"):
        np.testing.assert_allclose(getattr(joined, name), getattr(whole, name), rtol=1e-6)
    assert joined.sparsest[0] <= whole.sparsest[0] <= whole.densest[0] <= joined.densest[0]


def test_what_it_was_made_of_is_not_doubted_and_fits_are_compared():
    ds = sea()
    seen, packed, _, axes = measured(ds)
    assert list(seen.doubts(ds, packed, axes, [9.0], [9.0])) == []  # not measured at training: nothing to compare
    known = dataclasses.replace(seen, misfit=1.0, departure=2.0)
    assert list(known.doubts(ds, packed, axes, [0.5, 4.9, 99.0], [9.9])) == []
    (one,) = known.doubts(ds, packed, axes, [5.1], [9.9])
    assert one.startswith("the misfit to the observations at the solution is 5.1 in the median window")


def test_the_year_is_a_circle():
    ds = sea()
    seen, packed, _, axes = measured(ds.assign_coords(time=ds.time + np.timedelta64(80, "D")))  # December 20 to 31
    january = ds.assign_coords(time=ds.time + np.timedelta64(110, "D"))
    june = ds.assign_coords(time=ds.time + np.timedelta64(260, "D"))
    assert list(seen.doubts(january, packed, axes)) == []
    assert [d for d in seen.doubts(june, packed, axes) if "has not seen this season" in d]
