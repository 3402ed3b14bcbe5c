"""Bootstrap intervals contain the truth with their nominal probability, also for correlated days."""

import numpy as np
import pytest
import xarray as xr

from xdvn.metrics import BlockBootstrap
from xdvn.metrics.daily import DailySums, days_of


def red_noise(rng, n, correlation_time):
    """Return AR(1) noise of unit variance and mean zero, with an e-folding time in days."""
    memory = np.exp(-1 / correlation_time)
    x = np.empty(n)
    x[0] = rng.normal()
    for i, kick in enumerate(np.sqrt(1 - memory**2) * rng.normal(size=n - 1)):
        x[i + 1] = memory * x[i] + kick
    return x


def coverage(block_days, n, correlation_time, trials=100):
    rng = np.random.default_rng(1)
    bootstrap = BlockBootstrap(block_days=block_days, n=100, level=0.9)
    hits = 0
    for _ in range(trials):
        x = red_noise(rng, n, correlation_time)
        low, high = bootstrap.interval(lambda i, x=x: {"mean": x[i].mean()}, np.arange(n))["mean"]
        hits += bool(low <= 0 <= high)
    return hits / trials


def test_blocks_cover_the_truth_where_single_days_do_not():
    """With a correlation time of 3 days, blocks cover nearly the nominal 90 % (84 % in 400 trials); days do not."""
    assert 0.77 <= coverage(20, 300, 3.0) <= 0.97
    assert coverage(1, 300, 3.0) < 0.6


def test_intervals_of_few_blocks_are_expanded():
    """Six weeks in blocks of 10 days are covered by 91 % in 400 trials for a correlation time of 1 day."""
    assert 0.82 <= coverage(10, 42, 1.0) <= 0.99


def test_width_is_that_of_the_mean():
    """With independent days, the interval is 2 x 1.645 standard errors wide."""
    x = np.random.default_rng(2).normal(size=500)
    low, high = BlockBootstrap(block_days=1, n=2000).interval(lambda i: {"m": x[i].mean()}, np.arange(500))["m"]
    assert high - low == pytest.approx(2 * 1.645 * x.std() / np.sqrt(500), rel=0.06)


def test_draws_are_blocks_on_a_ring_and_repeatable():
    days = np.arange(30)
    draws = list(BlockBootstrap(n=50, seed=3).draws(days, 7))
    assert len(draws) == 50
    for drawn in draws:
        assert len(drawn) == 30
        steps = np.diff(drawn.astype(int)) % 30
        assert (steps == 1).sum() >= 25  # four of the steps are between the five blocks
    again = list(BlockBootstrap(n=50, seed=3).draws(days, 7))
    other = list(BlockBootstrap(n=50, seed=4).draws(days, 7))
    assert all(np.array_equal(a, b) for a, b in zip(draws, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(draws, other, strict=True))
    counts = np.bincount(np.concatenate(list(BlockBootstrap(n=4000).draws(days, 7))), minlength=30)
    np.testing.assert_allclose(counts, 4000, rtol=0.06)  # all days have the same probability


def test_days_with_many_items_or_none():
    """Items of one day are drawn together; empty days shorten a draw."""
    days = np.array([0, 0, 0, 5, 9, 9])
    for drawn in BlockBootstrap(n=30).draws(days, 2):
        counts = np.bincount(drawn, minlength=6)
        assert counts[0] == counts[1] == counts[2]
        assert counts[4] == counts[5]


def test_missing_values_have_a_reason():
    scores = xr.Dataset({"a": ((), np.nan, {"reason": "because", "long_name": "A"}), "b": ((), 1.0, {})})
    result = BlockBootstrap(block_days=2, n=20).add_intervals(scores, lambda i: {"a": np.nan, "b": 1.0}, np.arange(20))
    assert "more than a tenth" in result.a_low.attrs["reason"]
    assert "reason" not in result.b_low.attrs
    assert float(result.b_high) == 1.0
    assert scores.a.attrs == {"reason": "because", "long_name": "A"}


def test_sums_by_day():
    rng = np.random.default_rng(0)
    times, values, table = rng.uniform(3, 9, 200), rng.normal(size=200), rng.normal(size=(200, 3))
    sums = DailySums.of(times, v=values, w=iter(table.T))
    for i, day in enumerate(sums.days):
        assert sums.sums["n"][i] == (np.floor(times) == day).sum()
        assert sums.sums["v"][i] == pytest.approx(values[np.floor(times) == day].sum())
        np.testing.assert_allclose(sums.sums["w"][i], table[np.floor(times) == day].sum(0))
    np.testing.assert_allclose(sums.total(np.array([1, 1]))["w"], 2 * sums.sums["w"][1])


def test_days_of_points():
    time = np.array(["2020-01-01T12", "2020-01-03"], "datetime64[ns]")
    points = xr.DataArray([1.0, 2.0], dims="point", coords={"time": ("point", time)})
    np.testing.assert_allclose(days_of(points), [18262.5, 18264.0])
    assert days_of(points).dims == ("point",)
    with pytest.raises(ValueError, match=r"coordinates of dates \[\]: expected exactly one. Use da.assign_coords"):
        days_of(points.drop_vars("time"))


def test_errors_name_a_cure():
    with pytest.raises(ValueError, match="block_days=0, .*: expected at least 1 day"):
        BlockBootstrap(block_days=0)
    with pytest.raises(ValueError, match="level=90: expected a probability between 0 and 1, such as 0.9"):
        BlockBootstrap(level=90)
    with pytest.raises(ValueError, match=r"span 15 steps: expected at least two blocks of 10. Score .*block_days=3"):
        next(BlockBootstrap().draws(np.arange(15), 10))
