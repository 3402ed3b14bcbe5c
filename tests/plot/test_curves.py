import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from xdvn import plot


@pytest.fixture
def history():
    return xr.Dataset(
        {"loss": ("epoch", [4.0, 2.0, 1.0, 0.9]), "validation_loss": ("epoch", [4.4, np.nan, 1.3, 1.6])},
        {"epoch": [1, 2, 3, 4]},
    )


def test_draws_what_was_measured_and_marks_the_best(history):
    ax = plot.training(history)
    training, validation, best = ax.get_lines()
    np.testing.assert_array_equal(training.get_xydata(), [[1, 4], [2, 2], [3, 1], [4, 0.9]])
    np.testing.assert_array_equal(validation.get_xydata(), [[1, 4.4], [3, 1.3], [4, 1.6]])
    np.testing.assert_array_equal(best.get_xydata(), [[3, 1.3]])
    assert ax.get_yscale() == "log"
    assert ax.get_xlabel() == "epoch"


def test_steps_and_epochs_share_an_axis():
    history = xr.Dataset({"loss": ("step", np.linspace(3, 1, 100)), "validation_loss": ("epoch", [2.5, 2.0, 1.5, 1.2])})
    training, validation, _ = plot.training(history).get_lines()
    assert validation.get_xdata().tolist() == [25, 50, 75, 100]
    assert training.get_xdata()[-1] == 100


def test_without_validation_there_is_one_curve(history):
    own = plt.figure().add_subplot()
    assert plot.training(history.assign(validation_loss=history.validation_loss * np.nan), own) is own
    assert plot.training(history[["loss"]]).get_lines()[0].get_label() == "training"


def test_negative_losses_are_drawn_linearly(history):
    assert plot.training(history - 2).get_yscale() == "linear"


def test_other_datasets_are_refused():
    with pytest.raises(ValueError, match=r"neither 'loss' nor 'validation_loss', only \['ssh'\]"):
        plot.training(xr.Dataset({"ssh": ("x", [1.0])}))
