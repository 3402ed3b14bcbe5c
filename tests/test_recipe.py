"""The recipe's first guess; its training is tested with the demo and the benchmark."""

import dataclasses

import pytest

from xdvn.baselines import OptimalInterpolation
from xdvn.recipe import longer_memory


def test_the_first_guess_remembers_longer_and_follows_closer():
    tuned = OptimalInterpolation("ssh_obs", scales=(6.0, 0.8, 1.0), noise=0.2)
    start = longer_memory(tuned)
    assert start.scales == pytest.approx((12.0, 1.2, 1.5))
    assert start.noise == 0.1
    assert dataclasses.replace(start, scales=tuned.scales, noise=0.2, analysis=tuned.analysis) == tuned
