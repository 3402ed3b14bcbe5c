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


def test_losses_are_drawn_and_the_best_is_marked(history):
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
    with pytest.raises(ValueError, match=r"neither 'loss' nor 'validation_loss', only \['ssh'\]. Pass model.history"):
        plot.training(xr.Dataset({"ssh": ("x", [1.0])}))


@pytest.fixture
def scores():
    time = np.datetime64("2012-10-22T12:00", "ns") + np.arange(5) * np.timedelta64(1, "D")
    rmse = (
        "time",
        [0.03, 0.04, np.nan, 0.03, 0.05],
        {"units": "m", "long_name": "root mean square error at each time"},
    )
    return xr.Dataset({"rmse_by_time": rmse, "mu": 0.9}, {"time": time})


def test_every_method_has_a_curve_and_its_mean_in_the_legend(scores):
    ax = plot.time_series({"OI": scores, "xdvn": 0.5 * scores})
    first, second = ax.get_lines()
    np.testing.assert_array_equal(first.get_ydata(), scores.rmse_by_time)
    np.testing.assert_array_equal(second.get_ydata(), 0.5 * scores.rmse_by_time)
    rms = np.sqrt(np.mean(np.array([3, 4, 3, 5]) ** 2)) / 100
    assert [t.get_text() for t in ax.get_legend().get_texts()] == [f"OI: {rms:.3g}", f"xdvn: {rms / 2:.3g}"]
    assert ax.get_ylabel().replace("\n", " ") == "Root mean square error at each time [m]"
    assert ax.get_ylim()[0] == 0


def test_methods_along_a_dimension(scores):
    together = xr.concat([scores, 0.5 * scores], xr.Variable("method", ["OI", "xdvn"]))
    own = plt.figure().add_subplot()
    assert plot.time_series(together, own) is own
    assert [t.get_text().split(":")[0] for t in own.get_legend().get_texts()] == ["OI", "xdvn"]
    daily = xr.Dataset({"score_by_day": ("day", [0.8, 0.9])})
    (line,) = plot.time_series(daily, name="score_by_day").get_lines()
    assert line.get_xydata().tolist() == [[0, 0.8], [1, 0.9]]


def test_other_scores_are_refused(scores):
    with pytest.raises(KeyError, match="the scores of 'OI' have no 'rmse_by_time', only mu. Pass the complete result"):
        plot.time_series({"OI": scores[["mu"]]})
    with pytest.raises(ValueError, match=r"name='mu' has the dimensions \(\): expected one, time. Choose another"):
        plot.time_series(scores, name="mu")
    with pytest.raises(ValueError, match="scores={}: expected at least one method. Pass"):
        plot.time_series({})


def test_a_training_without_validation_has_one_curve_over_whole_epochs():
    history = xr.Dataset({"loss": ("epoch", [1.0, 0.5, 0.4]), "validation_loss": ("epoch", [np.nan] * 3)})
    ax = plot.training(history)
    ax.figure.canvas.draw()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["training"]
    assert all(float(tick).is_integer() for tick in ax.get_xticks())
    plt.close(ax.figure)


def test_long_names_leave_the_axes_wide():
    days = np.datetime64("2012-10-01", "ns") + np.arange(30) * np.timedelta64(1, "D")
    curve = xr.Dataset({"mu": ("time", np.linspace(0.9, 1, 30))}, {"time": days})
    ax = plot.time_series({f"optimal interpolation number {n} of the challenge": curve for n in range(4)}, name="mu")
    ax.figure.canvas.draw()
    assert ax.get_position().width > 0.7
    plt.close(ax.figure)


def test_scores_of_a_calendar_of_a_model_are_drawn_at_its_dates():
    days = xr.date_range("2000-02-28", periods=3, calendar="noleap", use_cftime=True)
    rmse = xr.Dataset({"rmse_by_time": ("time", [0.1, 0.2, 0.3], {"units": "m"})}, {"time": days})
    ax = plot.time_series(rmse)
    expected = np.array(["2000-02-28", "2000-03-01", "2000-03-02"], "datetime64[s]")
    np.testing.assert_array_equal(ax.get_lines()[0].get_xdata(orig=True), expected)
