"""What a long training tells of itself: that it compiles, and how long it will take, once and only if it is long."""

import pytest

from xdvn.inference.blocks import SolvingBar
from xdvn.training import progress
from xdvn.training.progress import TrainingBar


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that stands still unless it is told to go on."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def run(clock, total, compiling, each, show=True):
    """Train for ten updates."""
    bar = TrainingBar(total, show)
    clock[0] += compiling
    for _ in range(10):
        bar.after_step(0.1)
        clock[0] += each
    bar.close()


def test_a_long_run_says_once_how_long_it_takes(clock, capsys):
    # The first update, which compiles for 20 s, is left out: 994 more of 0.5 s.
    run(clock, 1000, compiling=20, each=0.5)
    told = capsys.readouterr().out
    assert told.count("about 8 min for 1000 updates of 0.50 s each; Ctrl-C keeps the best epoch") == 1


def test_a_short_or_silent_run_does_not(clock, capsys):
    run(clock, 50, compiling=20, each=0.5)
    run(clock, 1000, compiling=20, each=0.5, show=False)
    assert capsys.readouterr().out == ""


def test_it_is_compiling_until_the_first_update_is_made(capsys):
    bar = TrainingBar(10, show=True)
    assert "compiling" in capsys.readouterr().err
    bar.after_step(0.1)
    bar.close()
    assert "training" in capsys.readouterr().err


def test_so_is_a_reconstruction_until_the_first_windows_are_solved(capsys):
    with SolvingBar(3, show=True) as bar:
        assert "compiling" in capsys.readouterr().err
        bar.update(3)
        bar._bar.refresh()
        assert "reconstruct" in capsys.readouterr().err
    capsys.readouterr()
    with SolvingBar(3, show=False) as bar:
        bar.update(3)
    assert capsys.readouterr().err == ""
