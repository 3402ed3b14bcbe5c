"""The command line on few windows, and its table."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks.lorenz import Comparison, Errors, lorenz63
from benchmarks.lorenz import __main__ as command


@pytest.fixture(scope="module")
def experiment():
    return lorenz63(n_training=40, n_validation=4, n_test=6)


@pytest.fixture
def small(monkeypatch, experiment):
    """Replace the experiments by Lorenz-63 with few windows and few iterations."""
    plan = command._plans()["lorenz63"]
    short = replace(
        plan, make=lambda seed: experiment, batch_size=4, variational_windows=2,
        variational=replace(plan.variational, n_iterations=2),
    )  # fmt: skip
    monkeypatch.setattr(command, "_plans", lambda: {"lorenz63": short})


def test_the_table_has_measured_and_published_rows(small, capsys, experiment):
    comparison = command.main(["lorenz63", "--steps", "2", "--quiet"])
    table = comparison.to_dataframe()
    measured = table[table.source.str.startswith("measured here")]
    assert measured[["All", "R", "I", "interior", "median", "minutes"]].notna().all(axis=None)
    assert measured.windows.tolist() == [6, 6, 2, 6]
    published = table[table.source.str.startswith("published: github.com")]
    assert published.loc["4DVarNet with LSTM solver", ["All", "R", "I"]].tolist() == [0.893, 0.5, 0.942]
    assert published.interior.isna().all()
    linear = measured.loc["linear in time, edges held"]
    assert linear.All == Errors.of(experiment.test.first_guess, experiment.test).everywhere
    text = capsys.readouterr().out
    assert "Lorenz-63" in text
    assert f"{linear.interior:.3f}" in text
    assert "4DVarNet, prior and solver learned, 2 steps" in text


def test_other_formulations_are_trained_with_the_same_call(small, experiment):
    comparison = command.main(
        ["lorenz63", "--steps", "1", "--quiet", "--formulations", "explicit", "conditional", "implicit"]
    )
    errors = comparison.to_dataframe().loc[[f"{name}, 1 steps" for name in ("explicit", "conditional", "implicit")]]
    assert errors.windows.tolist() == [6, 6, 6]
    # After one step they are still close to the first guess, which is better than zero.
    assert errors.All.nunique() == 3
    assert (errors.All < (experiment.test.truth**2).mean()).all()


def test_a_table_without_measured_rows_has_the_published_ones(experiment):
    text = str(Comparison(experiment))
    assert "0.746" in text
    assert "measured here" not in text


def test_steps_must_be_positive(small, capsys):
    with pytest.raises(SystemExit):
        command.main(["lorenz63", "--steps", "0"])
    assert "--steps 0: expected a positive number. Omit it for the default" in capsys.readouterr().err


def test_a_row_contains_the_errors_of_the_states(experiment):
    comparison = Comparison(experiment, date="2000-01-01")
    x = comparison.measure("the truth", experiment.test, lambda: experiment.test.truth)
    np.testing.assert_array_equal(x, experiment.test.truth)
    row = comparison.to_dataframe().loc["the truth"]
    assert row.All == row.interior == 0
    assert row.source == "measured here, 2000-01-01"
    assert not pd.isna(row.minutes)
