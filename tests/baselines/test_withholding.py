"""What is left out: part of what was seen, as much as asked for, and shaped as nature's gaps."""

import numpy as np
import pytest

from xdvn.baselines import CloudsOfOtherTimes, RandomPoints


def clouds(seed=0, shape=(20, 24, 24)):
    """Smooth random clouds that cover about half of the scene, more on some days than on others."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(seed)
    field = gaussian_filter(rng.normal(size=shape), (0, 3, 3))
    return field / field.std() + rng.normal(0, 0.5, (shape[0], 1, 1)) > 0


@pytest.mark.parametrize("how", [RandomPoints(0.1), CloudsOfOtherTimes(0.1)])
def test_a_part_of_what_was_seen_by_the_seed(how):
    seen = clouds()
    hidden = how.choose(seen, 0)
    assert not (hidden & ~seen).any()
    assert 0.05 <= hidden.sum() / seen.sum() <= 0.15
    assert np.array_equal(hidden, how.choose(seen, 0))
    assert not np.array_equal(hidden, how.choose(seen, 1))


def test_clouds_are_those_of_another_time():
    seen = clouds()
    hidden = CloudsOfOtherTimes(0.1).choose(seen, 3)
    for day in np.flatnonzero(hidden.any((1, 2))):
        gaps = [seen[day] & ~other for other in seen]
        sums = [a | b for a in gaps for b in gaps]
        assert any(np.array_equal(hidden[day], candidate) for candidate in sums)


def test_tracks_are_hidden_whole():
    """Days that see different rows hide each other completely."""
    seen = np.zeros((10, 10, 5), bool)
    seen[np.arange(10), np.arange(10)] = True
    hidden = CloudsOfOtherTimes(0.3).choose(seen, 0)
    assert sorted(hidden.sum((1, 2)).tolist()) == [0] * 7 + [5] * 3


def test_refusals_teach():
    for how in (RandomPoints, CloudsOfOtherTimes):
        with pytest.raises(ValueError, match=r"share=1\.0: expected a part of the observations between 0 and 1"):
            how(1.0)
    with pytest.raises(ValueError, match=r"no time has gaps.* to hide 10% .* or RandomPoints"):
        CloudsOfOtherTimes(0.1).choose(np.ones((4, 5), bool), 0)
