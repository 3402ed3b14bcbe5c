"""The first guess of the recipe; the tests of the demo and the benchmark include its training."""

import dataclasses

import pytest

from xdvn.baselines import OptimalInterpolation
from xdvn.recipe import widen_scales


def test_the_first_guess_has_wider_scales_and_less_noise():
    tuned = OptimalInterpolation("ssh_obs", scales=(6.0, 0.8, 1.0), noise_ratio=0.2)
    start = widen_scales(tuned)
    assert start.scales == pytest.approx((12.0, 1.2, 1.5))
    assert start.noise_ratio == 0.1
    assert dataclasses.replace(start, scales=tuned.scales, noise_ratio=0.2, analysis=tuned.analysis) == tuned
