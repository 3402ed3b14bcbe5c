"""The training domain: its statistics, its parts, and the warnings about input outside it."""

import dataclasses

import numpy as np
import pytest
from seas import sea

from xdvn.grid.axes import find_axes
from xdvn.grid.domain_check import TrainingDomain
from xdvn.grid.spec import GridSpec


def measured(ds, n=5):
    axes = find_axes(ds.ssh)
    spec = GridSpec.from_dataset(ds, [("ssh_obs", "ssh")], axes, slice(None), (5, 6, 6))
    encoded, target = spec.encode(ds), spec.normalised(ds, ["ssh"])
    return TrainingDomain.measure(ds, ["ssh_obs"], encoded, target, axes, n), encoded, target, axes


def test_extremes_coverage_season_and_region():
    ds = sea(land=True)
    domain, encoded, target, _ = measured(ds)
    assert domain.low == (pytest.approx(float(np.nanmin(target))),)
    assert domain.high == (pytest.approx(float(np.nanmax(target))),)
    daily = encoded.mask[0].sum((1, 2)) / encoded.sea[0].sum()
    means = [daily[i : i + 5].mean() for i in range(8)]
    assert domain.min_coverage == (pytest.approx(min(means)),)
    assert domain.max_coverage == (pytest.approx(max(means)),)
    assert np.flatnonzero(domain.season).tolist() == list(range(274, 286))  # October 1 of a leap year
    assert domain.region == ((33.0, 37.5), (-65.0, -59.5))


def test_the_domain_of_parts_is_that_of_the_whole():
    ds = sea((20, 8, 8))
    whole, *_ = measured(ds, 20)
    axes = find_axes(ds.ssh)
    spec = GridSpec.from_dataset(ds, [("ssh_obs", "ssh")], axes, slice(None), (5, 6, 6))
    parts = []
    for days in (slice(0, 9), slice(9, 20)):
        part = ds.isel(time=days)
        parts.append(
            TrainingDomain.measure(part, ["ssh_obs"], spec.encode(part), spec.normalised(part, ["ssh"]), axes, 5)
        )
    joined = TrainingDomain.together(parts)
    for name in ("low", "high", "season", "region"):
        np.testing.assert_allclose(getattr(joined, name), getattr(whole, name), rtol=1e-6)
    assert joined.min_coverage[0] <= whole.min_coverage[0] <= whole.max_coverage[0] <= joined.max_coverage[0]


def test_training_data_give_no_message_and_terms_of_the_cost_are_compared():
    ds = sea()
    domain, encoded, _, axes = measured(ds)
    # Without terms of J from training, there is no comparison.
    assert list(domain.out_of_domain_messages(ds, encoded, axes, [9.0], [9.0])) == []
    measured_fits = dataclasses.replace(domain, misfit=1.0, prior_residual=2.0)
    assert list(measured_fits.out_of_domain_messages(ds, encoded, axes, [0.5, 4.9, 99.0], [9.9])) == []
    (one,) = measured_fits.out_of_domain_messages(ds, encoded, axes, [5.1], [9.9])
    assert one.startswith("the misfit to the observations at the solution is 5.1 in the median window")


def test_the_season_is_periodic():
    ds = sea()
    domain, encoded, _, axes = measured(ds.assign_coords(time=ds.time + np.timedelta64(80, "D")))  # December 20 to 31
    january = ds.assign_coords(time=ds.time + np.timedelta64(110, "D"))
    june = ds.assign_coords(time=ds.time + np.timedelta64(260, "D"))
    assert list(domain.out_of_domain_messages(january, encoded, axes)) == []
    assert [d for d in domain.out_of_domain_messages(june, encoded, axes) if "Train the model on this season" in d]
