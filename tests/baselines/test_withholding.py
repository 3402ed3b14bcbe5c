"""What is left out: part of what was seen, as much as asked for, and shaped as nature's gaps."""

import numpy as np
import pytest

from xdvn.baselines import Blocks, CloudsOfOtherTimes, Pieces, RandomPoints, WholeTimes


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


def tracks(seed=0, shape=(30, 20, 24)):
    """Two slanted lines a day, at places that vary, one cell wide."""
    rng = np.random.default_rng(seed)
    seen = np.zeros(shape, bool)
    for day in seen:
        # Far enough apart not to touch.
        first = int(rng.integers(0, 6))
        for column in (first, first + 12):
            day[np.arange(shape[1]), np.minimum(column + np.arange(shape[1]) // 4, shape[2] - 1)] = True
    return seen


def test_pieces_are_withheld_whole():
    seen = tracks()
    hidden = Pieces(0.2).choose(seen, 0)
    assert 0.1 < hidden.sum() / seen.sum() < 0.3
    per_day = hidden.sum((1, 2))
    assert set(per_day.tolist()) <= {0, 20, 40}
    assert not np.array_equal(hidden, Pieces(0.2).choose(seen, 1))
    # Days do not touch: yesterday's track at the same place stays.
    still = np.repeat(seen[:1], 5, axis=0)
    assert 0 < Pieces(0.3).choose(still, 0).sum() < still.sum()


def test_whole_times():
    seen = tracks()
    hidden = WholeTimes(0.25).choose(seen, 0)
    share = hidden.sum((1, 2)) / seen.sum((1, 2))
    assert set(share.tolist()) == {0.0, 1.0}
    assert 0.2 < share.mean() < 0.4


def test_blocks_hide_boxes_and_the_rim_as_often_as_the_middle():
    seen = np.ones((10, 12, 14), bool)
    hidden = Blocks((2, 3, 4), 0.3).choose(seen, 0)
    assert 0.3 <= hidden.mean() < 0.4
    often = np.mean([Blocks((2, 3, 4), 0.3).choose(seen, s) for s in range(200)], 0)
    assert np.isclose(often[0, 0].mean(), often[5, 6].mean(), atol=0.08)


def test_what_cannot_be_withheld_is_told():
    with pytest.raises(ValueError, match="every time holds more than 30% of the observations"):
        WholeTimes(0.2).choose(np.ones((3, 4), bool), 0)
    with pytest.raises(ValueError, match="every connected piece holds more than"):
        Pieces(0.2).choose(np.ones((2, 4, 4), bool), 0)
    with pytest.raises(ValueError, match=r"size=\(2, 3\) does not fit what was seen"):
        Blocks((2, 3)).choose(np.ones((3, 4, 4), bool), 0)
    with pytest.raises(ValueError, match=r"size=\(0, 3\): expected 1 or more"):
        Blocks((0, 3))
