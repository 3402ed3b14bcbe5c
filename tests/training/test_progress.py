"""The progress bar: its labels, and the expected duration of a long run."""

import pytest

from xdvn.inference.blocks import SolvingBar
from xdvn.training import progress
from xdvn.training.progress import TrainingBar


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that only the test advances."""
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


def test_a_long_run_prints_its_duration_once(clock, capsys):
    # Without the first update, which compiles for 20 s: 994 more of 0.5 s.
    run(clock, 1000, compiling=20, each=0.5)
    printed = capsys.readouterr().out
    assert printed.count("about 8 min for 1000 updates of 0.50 s each; Ctrl-C keeps the best epoch") == 1


def test_a_short_or_hidden_run_prints_nothing(clock, capsys):
    run(clock, 50, compiling=20, each=0.5)
    run(clock, 1000, compiling=20, each=0.5, show=False)
    assert capsys.readouterr().out == ""


def test_label_is_compiling_until_the_first_update(capsys):
    bar = TrainingBar(10, show=True)
    assert "compiling" in capsys.readouterr().err
    bar.after_step(0.1)
    bar.close()
    assert "training" in capsys.readouterr().err


def test_label_of_a_reconstruction_is_compiling_until_the_first_windows(capsys):
    with SolvingBar(3, show=True) as bar:
        assert "compiling" in capsys.readouterr().err
        bar.update(3)
        bar._bar.refresh()
        assert "reconstruct" in capsys.readouterr().err
    capsys.readouterr()
    with SolvingBar(3, show=False) as bar:
        bar.update(3)
    assert capsys.readouterr().err == ""
