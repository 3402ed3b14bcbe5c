"""Takes of a record take turns, and what validates is never what trains."""

from functools import partial

import numpy as np

from xdvn.grid.axes import find_axes
from xdvn.grid.holdout import Holdout
from xdvn.grid.survey import survey
from xdvn.retakes import Noise, Withheld
from xdvn.turns import Turns

PAIRS = [("ssh_obs", "ssh")]


def turns_of(retake, ds, n=3, target=True):
    axes = find_axes(ds)
    split = Holdout(slice(0, 20), slice(30, 40))
    spec = survey(ds, PAIRS, axes, split.train, (5, 16, 16))
    takes = retake.takes(ds, PAIRS, axes, n, 0)
    complete = spec.normalised(ds, ["ssh"]) if target else None
    return Turns(takes, partial(spec.pack, valid=None), complete, None, spec, split, batch_size=4)


def seen(batches):
    return [int(batch.obs.mask.sum()) for batch in batches]


def test_epochs_go_round_the_takes(small_twin):
    turns = turns_of(Withheld(), small_twin)
    rng = np.random.default_rng(0)
    totals = [sum(seen(batches)) for batches in turns.training(6, rng)]
    assert len(set(totals[:3])) == 3
    # The last batch repeats whichever window came last, so totals of equal takes differ a little.
    assert totals[3] != totals[4]
    assert turns.updates(6) == sum(len(list(batches)) for batches in turns.training(6, rng))
    assert turns.default_epochs(8) == 2


def test_withheld_observations_of_all_takes_validate(small_twin):
    batches = list(turns_of(Withheld(), small_twin, target=False).validation())
    held = [np.asarray(b.held.mask) for b in batches]
    assert len({h.sum() for h in held}) > 1
    assert not any((np.asarray(b.obs.mask) & h).any() for b, h in zip(batches, held, strict=True))
    assert not any(np.asarray(b.scored).any() for b in batches)


def test_else_the_record_as_it_is_validates(small_twin):
    plain, noisy = (list(turns_of(Noise(std), small_twin).validation()) for std in (0.0, 5.0))
    for a, b in zip(plain, noisy, strict=True):
        assert np.array_equal(a.obs.values, b.obs.values)
        assert a.held is None
