"""Hold-outs: a subset of the observations, of the requested size, with the shape of natural gaps."""

import numpy as np
import pytest

from xdvn.training import RandomPoints, SpaceTimeBoxes, TransplantedCloudMasks, WholeTimeSteps, WholeTracks


def clouds(seed=0, shape=(20, 24, 24)):
    """Return smooth random clouds that cover about half of the field, more on some days than on others."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(seed)
    field = gaussian_filter(rng.normal(size=shape), (0, 3, 3))
    return field / field.std() + rng.normal(0, 0.5, (shape[0], 1, 1)) > 0


@pytest.mark.parametrize("how", [RandomPoints(0.1), TransplantedCloudMasks(0.1)])
def test_the_seed_selects_a_share_of_the_observations(how):
    seen = clouds()
    hidden = how.choose(seen, 0)
    assert not (hidden & ~seen).any()
    assert 0.05 <= hidden.sum() / seen.sum() <= 0.15
    assert np.array_equal(hidden, how.choose(seen, 0))
    assert not np.array_equal(hidden, how.choose(seen, 1))


def test_clouds_are_those_of_another_time():
    seen = clouds()
    hidden = TransplantedCloudMasks(0.1).choose(seen, 3)
    for day in np.flatnonzero(hidden.any((1, 2))):
        gaps = [seen[day] & ~other for other in seen]
        sums = [a | b for a in gaps for b in gaps]
        assert any(np.array_equal(hidden[day], candidate) for candidate in sums)


def test_disjoint_tracks_are_withheld_whole():
    """Observe a different row each day, so that the gaps of a day hide all of another."""
    seen = np.zeros((10, 10, 5), bool)
    seen[np.arange(10), np.arange(10)] = True
    hidden = TransplantedCloudMasks(0.3).choose(seen, 0)
    assert sorted(hidden.sum((1, 2)).tolist()) == [0] * 7 + [5] * 3


def test_wrong_fractions_raise_an_error():
    for how in (RandomPoints, TransplantedCloudMasks):
        with pytest.raises(
            ValueError, match=r"fraction=1\.0: expected a share of the observations between 0 and 1, such"
        ):
            how(1.0)
    with pytest.raises(ValueError, match=r"fraction=0.1: expected gaps .* at most 15% .*Use .* or RandomPoints"):
        TransplantedCloudMasks(0.1).choose(np.ones((4, 5), bool), 0)


def tracks(seed=0, shape=(30, 20, 24)):
    """Return two oblique tracks a day, one cell wide, at random positions."""
    rng = np.random.default_rng(seed)
    seen = np.zeros(shape, bool)
    for day in seen:
        # Far enough apart not to touch.
        first = int(rng.integers(0, 6))
        for column in (first, first + 12):
            day[np.arange(shape[1]), np.minimum(column + np.arange(shape[1]) // 4, shape[2] - 1)] = True
    return seen


def test_tracks_are_withheld_whole():
    seen = tracks()
    hidden = WholeTracks(0.2).choose(seen, 0)
    assert 0.1 < hidden.sum() / seen.sum() < 0.3
    per_day = hidden.sum((1, 2))
    assert set(per_day.tolist()) <= {0, 20, 40}
    assert not np.array_equal(hidden, WholeTracks(0.2).choose(seen, 1))
    # Tracks of different days are not connected, even at the same position.
    repeated = np.repeat(seen[:1], 5, axis=0)
    assert 0 < WholeTracks(0.3).choose(repeated, 0).sum() < repeated.sum()


def test_time_steps_are_withheld_whole():
    seen = tracks()
    hidden = WholeTimeSteps(0.25).choose(seen, 0)
    share = hidden.sum((1, 2)) / seen.sum((1, 2))
    assert set(share.tolist()) == {0.0, 1.0}
    assert 0.2 < share.mean() < 0.4


def test_boxes_cover_edges_as_often_as_the_centre():
    seen = np.ones((10, 12, 14), bool)
    hidden = SpaceTimeBoxes((2, 3, 4), 0.3).choose(seen, 0)
    assert 0.3 <= hidden.mean() < 0.4
    frequency = np.mean([SpaceTimeBoxes((2, 3, 4), 0.3).choose(seen, s) for s in range(200)], 0)
    assert np.isclose(frequency[0, 0].mean(), frequency[5, 6].mean(), atol=0.08)


def test_impossible_holdouts_raise_an_error():
    with pytest.raises(
        ValueError, match="fraction=0.2: every time step contains more than 30% of the observations. Use"
    ):
        WholeTimeSteps(0.2).choose(np.ones((3, 4), bool), 0)
    with pytest.raises(ValueError, match="fraction=0.2: every track contains more than 30% of the observations. Use"):
        WholeTracks(0.2).choose(np.ones((2, 4, 4), bool), 0)
    with pytest.raises(ValueError, match=r"size=\(2, 3\): expected one number per dimension, at most \(3, 4, 4\). Use"):
        SpaceTimeBoxes((2, 3)).choose(np.ones((3, 4, 4), bool), 0)
    with pytest.raises(ValueError, match=r"size=\(0, 3\): expected 1 or more"):
        SpaceTimeBoxes((0, 3))
