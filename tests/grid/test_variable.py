"""Observation errors: a number or a field for each variable, positive wherever there is an observation."""

import numpy as np
import pytest
import xarray as xr

from xdvn.grid.land import LandMask
from xdvn.grid.mean import MeanField
from xdvn.grid.variable import Normaliser, Variable, errors_by_variable

AT = (np.arange(3.0),)


def variable(obs_error):
    normaliser = Normaliser(MeanField(np.zeros(3), AT), 2.0)
    return Variable("y", "x", normaliser, {"units": "m"}, LandMask(np.ones(3, bool), AT), obs_error)


def dataset():
    y = ("time", "x"), np.array([[1.0, np.nan, 3.0], [np.nan, 2.0, 1.0]])
    return xr.Dataset({"y": y, "by_place": ("x", [0.2, 0.4, 0.6]), "unknown": ("x", [0.1, np.nan, 0.0])})


def test_a_field_of_errors_is_broadcast():
    ds = dataset()
    variance = variable("by_place").error_variance(ds, ds["y"])
    assert variance.dims == ("time", "x")
    assert np.allclose(variance, np.array([[0.01, 0.04, 0.09]] * 2))
    assert np.allclose(variable(0.2).error_variance(ds, ds["y"]), 0.01)
    assert variable(None).error_variance(ds, ds["y"]) is None


def test_errors_that_are_not_standard_deviations_raise_an_error():
    ds = dataset()
    with pytest.raises(ValueError, match="'unknown' of 'y' is not positive at 3 of its observations: expected"):
        variable("unknown").error_variance(ds, ds["y"])
    with pytest.raises(ValueError, match="0.0 of 'y' is not positive at 4 of its observations: expected"):
        variable(0.0).error_variance(ds, ds["y"])
    with pytest.raises(ValueError, match=r"'wide' has the dimensions \('depth',\): expected some of those of 'y'"):
        variable("wide").error_variance(ds.assign(wide=("depth", [1.0])), ds["y"])
    with pytest.raises(ValueError, match="'by_place' is in 'cm'; the model was trained in 'm'"):
        variable("by_place").error_variance(ds.assign(by_place=ds.by_place.assign_attrs(units="cm")), ds["y"])


def test_one_error_for_each_variable():
    assert errors_by_variable(None, ["a", "b"]) == [None, None]
    assert errors_by_variable(0.1, ["a"]) == [0.1]
    assert errors_by_variable(["noise", 2], ["a", "b"]) == ["noise", 2.0]
    with pytest.raises(ValueError, match=r"obs_error=\[0.1\]: expected one .* for each of \['a', 'b'\]"):
        errors_by_variable(0.1, ["a", "b"])
