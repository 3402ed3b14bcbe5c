"""What no mapper maps: every baseline refuses the values and coordinates that `fit` refuses, in memory and lazily."""

import dataclasses
import inspect

import numpy as np
import pytest
import xarray as xr
from seas import sea

import xdvn
from xdvn.baselines import CholeskyAnalysis, Climatology, Dineof, LinearInTime, OptimalInterpolation, Persistence
from xdvn.grid.axes import find_axes
from xdvn.grid.mean import MeanField
from xdvn.mapper import AbstractMapper
from xdvn.model import Model

DS = sea((12, 6, 7), step=0.2, share=0.3)
MAPPERS = {
    "oi": OptimalInterpolation("ssh_obs", name="ssh", analysis=CholeskyAnalysis()),
    "linear": LinearInTime("ssh_obs", name="ssh"),
    "persistence": Persistence("ssh_obs", name="ssh"),
    "dineof": Dineof("ssh_obs", name="ssh", modes=1),
    "climatology": Climatology("ssh_obs", MeanField.from_data(DS.ssh, find_axes(DS.ssh)), name="ssh"),
}


def changed(change):
    return DS.assign(ssh_obs=change(DS.ssh_obs))


def packed(da):
    return (da.fillna(0) * 1e4).astype("i2").assign_attrs(scale_factor=1e-4)


def one(da, value):
    return da.copy(data=np.where(np.arange(da.size).reshape(da.shape) == 40, value, da.values.astype(type(value))))


def numbers_of_time(ds):
    return ds.assign_coords(time=("time", np.arange(12), {"units": "days since 2012-10-01"}))


VALUES = {
    "-999 in gaps": (lambda da: da.fillna(-999.0), "contains the fill value -999: expected NaN in gaps"),
    "9.97e36": (lambda da: one(da, 9.969209968386869e36), r"contains the fill value 9.96921e\+36: expected NaN"),
    "infinite": (lambda da: one(da, np.inf), "has 1 infinite values: expected NaN in gaps"),
}
KINDS = {
    "packed": (packed, r"has the attributes \['scale_factor'\]: expected unpacked values.*xr.decode_cf"),
    "boolean": (lambda da: da.notnull(), "has dtype bool: expected numbers"),
    "complex": (lambda da: da + 1j, "has dtype complex.*: expected numbers"),
    "objects": (lambda da: da.astype(object), "has dtype object: expected numbers"),
}
COORDINATES = {
    "repeated day": (lambda ds: ds.isel(time=[0, 0, *range(1, 12)]), "'time' repeats 1 values, such as 2012-10-01T12"),
    "repeated latitude": (lambda ds: ds.isel(lat=[0, 1, 1]), r"'lat' repeats 1 values, such as 33\.2: expected each"),
    "missing longitude": (
        lambda ds: ds.assign_coords(lon=ds.lon.where(ds.lon > ds.lon[0])),
        r"'lon' has missing values in 1 steps: .* Use ds\.sel\(lon=ds\['lon'\]\.notnull\(\)\)",
    ),
    "undecoded time": (numbers_of_time, "'time' has numbers in 'days since 2012-10-01': expected dates"),
}  # fmt: skip


@pytest.mark.parametrize("name", MAPPERS)
@pytest.mark.parametrize(("change", "message"), [*VALUES.values(), *KINDS.values()], ids=[*VALUES, *KINDS])
def test_values_are_refused(name, change, message):
    with pytest.raises(ValueError, match=message):
        MAPPERS[name].reconstruct(changed(change))
    with pytest.raises(ValueError, match=message):
        xdvn.reconstruct(changed(change), MAPPERS[name], progress=False)


@pytest.mark.parametrize("name", MAPPERS)
@pytest.mark.parametrize(("change", "message"), COORDINATES.values(), ids=COORDINATES)
def test_coordinates_are_refused(name, change, message):
    with pytest.raises(ValueError, match=message):
        MAPPERS[name].reconstruct(change(DS))


@pytest.mark.parametrize("name", [n for n in MAPPERS if n != "climatology"])
def test_lazy_values_are_refused_when_they_are_read(name):
    for change, message in [*VALUES.values(), *KINDS.values()]:
        with pytest.raises(ValueError, match=message):
            MAPPERS[name].reconstruct(changed(change).chunk(time=3))
    maps = MAPPERS[name].reconstruct(DS.chunk(time=3)).ssh
    np.testing.assert_array_equal(maps.values, MAPPERS[name].reconstruct(DS).ssh.values)


@pytest.mark.parametrize("name", MAPPERS)
def test_days_in_any_order_give_the_map_of_each_day(name):
    order = np.random.default_rng(0).permutation(12)
    expected = MAPPERS[name].reconstruct(DS).ssh
    for days in (order, np.arange(12)[::-1]):
        maps = MAPPERS[name].reconstruct(DS.isel(time=days)).ssh
        np.testing.assert_array_equal(maps.time, DS.time[days])
        np.testing.assert_allclose(maps.sortby("time").values, expected.values, atol=2e-5)


def test_comparisons_first_guesses_and_tuning_check_too():
    bad, message = changed(lambda da: da.fillna(-999.0)), "contains the fill value -999"
    with pytest.raises(ValueError, match=message):
        xdvn.compare(bad, "ssh", [MAPPERS["linear"]], progress=False)
    with pytest.raises(ValueError, match=message):
        xdvn.fit(bad, "ssh_obs", truth="ssh", first_guess=MAPPERS["oi"], progress=False)
    with pytest.raises(ValueError, match=message):
        OptimalInterpolation.tune(bad, "ssh_obs", "ssh", progress=False)
    with pytest.raises(ValueError, match=message.replace("-999", "999")):
        OptimalInterpolation.tune(DS.assign(ssh=DS.ssh.where(DS.lat > 33.1, 999.0)), "ssh_obs", "ssh", progress=False)
    offsets = (DS.ssh_obs * 0 + 0.1).fillna(-999.0)
    with pytest.raises(ValueError, match="the offset variable 'ssh_obs_offset_lat' contains the fill value -999"):
        MAPPERS["oi"].reconstruct(DS.assign(ssh_obs_offset_lat=offsets))


def test_undecoded_times_are_refused_by_fit():
    with pytest.raises(ValueError, match="'time' has numbers in 'days since 2012-10-01': expected dates"):
        xdvn.fit(numbers_of_time(DS), "ssh_obs", truth="ssh", windows={"time": 5}, validation=0, progress=False)


def mapper_classes():
    from xdvn.benchmark.methods import PrecomputedMaps

    return [*(type(m) for m in MAPPERS.values()), PrecomputedMaps, Model, AbstractMapper]


@pytest.mark.parametrize("cls", mapper_classes())
def test_every_mapper_has_the_argument_progress(cls):
    parameter = inspect.signature(cls.reconstruct).parameters["progress"]
    assert parameter.default is True
    assert parameter.kind is inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize("name", MAPPERS)
def test_progress_does_not_change_the_map(name):
    mapper = MAPPERS[name]
    assert dataclasses.is_dataclass(mapper)
    shown, hidden = (xdvn.reconstruct(DS, mapper, progress=p).ssh for p in (True, False))
    xr.testing.assert_identical(shown, hidden)
