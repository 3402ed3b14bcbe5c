"""The table of docs/reliability.md, row by row: what is wrong with a Dataset, and what a user is told."""

import re
import subprocess
import sys
import warnings

import numpy as np
import pytest
import xarray as xr
from seas import sea, tiny

from xdvn import Training
from xdvn.api import fit, reconstruct

FIT = {
    "truth": "ssh", "validation": 0, "network": tiny, "progress": False, "windows": {"time": 5, "lat": 8, "lon": 8},
    "training": Training(epochs=1),
}  # fmt: skip


@pytest.fixture(scope="module")
def small_twin():
    """In place of the twin: the same names, in a moment."""
    return sea((40, 16, 16), step=0.2, share=0.1)


@pytest.fixture(scope="module")
def small_model(small_twin):
    return fit(small_twin.isel(lon=slice(0, 12)), "ssh_obs", **FIT)


def with_coord(ds, dim, values):
    return ds.assign_coords({dim: ds[dim].copy(data=values)})


def with_values(ds, name, change):
    return ds.assign({name: change(ds[name]).assign_attrs(ds[name].attrs)})


def repeated(ds, dim):
    return ds.isel({dim: [0, 0, *range(1, ds.sizes[dim] - 1)]})


REFUSED_BY_BOTH = {
    "misspelt variable": (
        lambda ds: ds.rename(ssh_obs="ssh_osb"), KeyError,
        "observed variable 'ssh_obs' is not in the Dataset; did you mean 'ssh_osb'",
    ),
    "irregular time": (
        lambda ds: ds.isel(time=[*range(10), *range(12, 20), *range(23, 33)]), ValueError,
        "'time' has steps of 1 to 4 days, .* missing: expected even steps. Insert gaps with ds.reindex",
    ),
    "descending time": (
        lambda ds: ds.isel(time=slice(None, None, -1)), ValueError,
        r"'time' does not increase from step to step: expected increasing times. Use ds.sortby\('time'\)",
    ),
    "duplicated time": (lambda ds: repeated(ds, "time"), ValueError, "'time' has .* repeated times: expected each"),
    "duplicated latitude": (lambda ds: repeated(ds, "lat"), ValueError, "'lat' is not in order .* repeated"),
    "irregular latitude": (
        lambda ds: with_coord(ds, "lat", ds.lat**3), ValueError, "'lat' has steps of .*: expected even .*ds.reindex",
    ),
    "infinite observations": (
        lambda ds: with_values(ds, "ssh_obs", lambda da: da.where(da < 0.5, np.inf)), ValueError,
        "observed variable 'ssh_obs' has .* infinite values: expected NaN in gaps",
    ),
    "undeclared fill values": (
        lambda ds: with_values(ds, "ssh_obs", lambda da: da.fillna(9999.0)), ValueError,
        "observed variable 'ssh_obs' contains the fill value 9999: expected NaN in gaps. Use",
    ),
    "NetCDF's default fill value": (
        lambda ds: with_values(ds, "ssh_obs", lambda da: da.fillna(np.float32(9.969209968386869e36))), ValueError,
        r"contains the fill value 9.96921e\+36: expected NaN in gaps",
    ),
    "packed and not decoded": (
        lambda ds: ds.assign(ssh_obs=(ds.ssh_obs.fillna(-3) * 1e4).astype("int16").assign_attrs(scale_factor=1e-4)),
        ValueError, r"has the attributes \['scale_factor'\]: expected unpacked values.*xr.decode_cf",
    ),
    "strings": (
        lambda ds: ds.assign(ssh_obs=ds.ssh_obs.astype(str)), ValueError, "'ssh_obs' has dtype <U.*: expected numbers",
    ),
    "durations": (
        lambda ds: ds.assign(ssh_obs=ds.ssh_obs.fillna(0).astype("timedelta64[s]")), ValueError,
        "has dtype timedelta64.*, because its units are a time: expected numbers.*decode_timedelta=False",
    ),
    "an empty selection": (
        lambda ds: ds.isel(lat=slice(0, 0)), ValueError, "'ssh_obs' has 0 steps along 'lat': expected 1 or more. Check",
    ),
    "an empty Dataset": (lambda ds: xr.Dataset(), KeyError, "is not in the Dataset. It has: no variables"),
    "nothing observed": (
        lambda ds: with_values(ds, "ssh_obs", lambda da: da * np.nan), ValueError, "'ssh_obs': every value is missing",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "error", "match"), REFUSED_BY_BOTH.values(), ids=REFUSED_BY_BOTH)
def test_refused_by_fit_and_by_reconstruct(small_twin, small_model, change, error, match):
    ds = change(small_twin)
    with pytest.raises(error, match=match):
        reconstruct(ds, small_model, progress=False)
    said = match.replace("observed variable 'ssh_obs'", ".*").replace("'ssh_obs'", ".*") if not ds.sizes else match
    with pytest.raises(error, match=said):
        fit(ds, "ssh_obs", **FIT)


REFUSED_BY_RECONSTRUCT = {
    "units of another kind": (
        lambda ds: ds.assign(ssh_obs=ds.ssh_obs.assign_attrs(units="K")),
        "cannot convert 'ssh_obs' from 'K' to 'm', the unit of the training data. Convert the values",
    ),
    "other dimensions": (
        lambda ds: ds.rename(lat="y"), r"has the dimensions \('time', 'y', 'lon'\); the model was trained on",
    ),
    "another time step": (
        lambda ds: ds.isel(time=slice(None, None, 2)), "time steps are 2 days apart; the model was trained on 1",
    ),
    "a field smaller than a window": (
        lambda ds: ds.isel(lat=slice(0, 5)), "the field has 5 steps along 'lat', the model's windows have 8",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "match"), REFUSED_BY_RECONSTRUCT.values(), ids=REFUSED_BY_RECONSTRUCT)
def test_refused_by_reconstruct(small_twin, small_model, change, match):
    with pytest.raises(ValueError, match=match):
        reconstruct(change(small_twin), small_model, progress=False)


REFUSED_BY_FIT = {
    "no time axis": (lambda ds: ds.isel(time=0, drop=True), {}, "no time axis among the dimensions lat"),
    "a window larger than the field": (
        lambda ds: ds, {"windows": {"lat": 99}}, "windows={'lat': 99} is larger than the field",
    ),
    "an infinite truth": (
        lambda ds: with_values(ds, "ssh", lambda da: da.where(da < da.mean(), -np.inf)), {},
        "truth variable 'ssh' has .* infinite values: expected NaN in gaps",
    ),
    "fill values in the truth": (
        lambda ds: with_values(ds, "ssh", lambda da: da.where(ds.lat > 33.5, -999.0)), {},
        "truth variable 'ssh' contains the fill value -999: expected NaN in gaps",
    ),
    "a truth without a value": (
        lambda ds: with_values(ds, "ssh", lambda da: da * np.nan), {}, "'ssh' has no finite value: nothing to average",
    ),
    "a truth that never changes": (
        lambda ds: with_values(ds, "ssh", lambda da: da * 0 + 1), {}, "'ssh' does not vary around its time mean",
    ),
    "other units than the truth's": (
        lambda ds: ds.assign(ssh=(100 * ds.ssh).assign_attrs(units="cm")), {}, "'ssh_obs' is in 'm', 'ssh' in 'cm'",
    ),
    "the truth as observations": (
        lambda ds: ds.assign(ssh_obs=ds.ssh), {},
        "obs='ssh_obs' equals the truth 'ssh': expected observations with gaps. Mask",
    ),
    "the truth as a covariate": (
        lambda ds: ds.assign(model=ds.ssh + 0), {"covariates": ["model"]},
        "covariates='model' equals the truth 'ssh', which the network would copy. Omit it",
    ),
    "a mask of numbers": (
        lambda ds: ds, {"ocean_mask": lambda ds: ds.ssh[0].drop_vars("time")}, "dtype float32; expected booleans",
    ),
    "a mask of another shape": (
        lambda ds: ds, {"ocean_mask": lambda ds: ds.ssh[0, 1:].drop_vars("time") > -9},
        "ocean_mask= has the sizes .* the field",
    ),
    "a mask of another place": (
        lambda ds: ds, {"ocean_mask": lambda ds: with_coord(ds, "lat", ds.lat + 5).ssh[0].drop_vars("time") > -9},
        "ocean_mask and ds share no coordinates along 'lat': got 16 .*Select the same cells of both",
    ),
    "too few days for validation": (
        lambda ds: ds.isel(time=slice(0, 6)), {"validation": 0.2}, "6 steps are too few for windows of 5",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "options", "match"), REFUSED_BY_FIT.values(), ids=REFUSED_BY_FIT)
def test_refused_by_fit(small_twin, change, options, match):
    ds = change(small_twin)
    options = {k: v(ds) if callable(v) else v for k, v in options.items()}
    with pytest.raises(ValueError, match=match):
        fit(ds, "ssh_obs", **{**FIT, **options})


LEGAL = {
    "integers": lambda ds: with_values(ds, "ssh_obs", lambda da: (100 * da).fillna(0).round().astype("int16") // 100),
    "float64": lambda ds: with_values(ds, "ssh_obs", lambda da: da.astype("float64")),
    "big endian": lambda ds: with_values(ds, "ssh_obs", lambda da: da.astype(">f4")),
    "chunks smaller than a window": lambda ds: ds.chunk(time=2, lat=3, lon=5),
    "latitude downwards": lambda ds: ds.isel(lat=slice(None, None, -1)),
    "a day without observations": lambda ds: with_values(ds, "ssh_obs", lambda da: da.where(da.time != da.time[9])),
    "longitudes from 0 to 360": lambda ds: with_coord(ds, "lon", ds.lon + 360),
    "units by another name": lambda ds: with_values(ds, "ssh_obs", lambda da: da.assign_attrs(units="metres")),
}


@pytest.mark.filterwarnings("ignore:100 % of the sea is observed")  # integers have no NaN: all of them count
@pytest.mark.parametrize("change", LEGAL.values(), ids=LEGAL)
def test_mapped_and_right(small_twin, small_model, change):
    """What is the same sea gives the same maps; all of them are complete."""
    ds = change(small_twin)
    maps = reconstruct(ds, small_model, progress=False).ssh
    assert bool(np.isfinite(maps).all())
    if change is LEGAL["integers"] or change is LEGAL["a day without observations"]:
        return
    expected = reconstruct(small_twin, small_model, progress=False).ssh
    assert np.array_equal(maps.lon, ds.lon)
    assert np.abs(maps.sortby("lat").values - expected.values).max() < 1e-6


def test_read_only_arrays_are_enough(small_twin, small_model):
    frozen = small_twin.copy(deep=True)
    for name in frozen.variables:
        frozen[name].values.flags.writeable = False
    reconstruct(frozen, small_model, progress=False)
    fit(frozen, "ssh_obs", **FIT)


def test_units_that_can_be_converted_are_and_it_is_said(small_twin, small_model):
    centimetres = with_values(small_twin, "ssh_obs", lambda da: 100 * da)
    centimetres.ssh_obs.attrs["units"] = "cm"
    with pytest.warns(UserWarning, match="'ssh_obs' is in 'cm' and was converted to 'm'"):
        maps = reconstruct(centimetres, small_model, progress=False)
    assert maps.ssh.attrs["units"] == "m"
    np.testing.assert_allclose(maps.ssh, reconstruct(small_twin, small_model, progress=False).ssh, atol=1e-5)


def test_another_calendar(small_twin, small_model):
    """The 360-day calendar has its own days; windows follow each other all the same."""
    days = xr.date_range("2012-10-01T12:00", periods=40, calendar="360_day", use_cftime=True)
    ds = small_twin.assign_coords(time=("time", days))
    maps = reconstruct(ds, small_model, progress=False)
    assert np.array_equal(maps.time, ds.time)
    np.testing.assert_array_equal(maps.ssh, reconstruct(small_twin, small_model, progress=False).ssh)
    assert fit(ds, "ssh_obs", **FIT).training_domain.season.sum() == 40


def test_two_dimensional_coordinates(small_twin):
    """Dimensions without coordinates of their own are counted; latitude and longitude come back."""
    ds = small_twin.rename(lat="j", lon="i").drop_vars(["i", "j"])
    lon, lat = np.meshgrid(small_twin.lon, small_twin.lat)
    ds = ds.assign_coords(nav_lat=(("j", "i"), lat), nav_lon=(("j", "i"), lon))
    model = fit(ds, "ssh_obs", **{**FIT, "windows": {"time": 5, "j": 8, "i": 8}})
    maps = reconstruct(ds, model, progress=False)
    assert np.array_equal(maps.nav_lon, lon)
    assert bool(maps.ssh.notnull().all())


def test_a_window_of_land_alone(small_twin):
    """A region of 8 x 8 cells that no truth ever knows: nothing of it reaches the sea's windows."""
    sea = (small_twin.lat > small_twin.lat[8]) | (small_twin.lon > small_twin.lon[8])
    ds = small_twin.where(sea).transpose("time", "lat", "lon")
    model = fit(ds, "ssh_obs", **FIT)
    maps = reconstruct(ds, model, progress=False)
    assert np.array_equal(maps.ssh.notnull()[0], sea)
    assert np.isfinite(model.history.loss).all()


DOUBTFUL = {
    "values": (
        lambda ds: with_values(ds, "ssh_obs", lambda da: 50 * da),
        "% of the observations of 'ssh_obs' lie outside the values that the model was trained on",
    ),
    "coverage": (
        lambda ds: with_values(ds, "ssh_obs", lambda da: ds.ssh), "100 % of the sea is observed in 'ssh_obs'",
    ),
    "season": (
        lambda ds: with_coord(ds, "time", ds.time + np.timedelta64(180, "D")), "Train the model on this season",
    ),
    "region": (
        lambda ds: with_coord(ds, "lat", ds.lat + 1.5), "% of the cells lie outside the region",
    ),
    "fit": (
        lambda ds: with_values(ds, "ssh_obs", lambda da: da + 2 * (-1.0) ** np.arange(40)[:, None, None]),
        "at the solution is .* in the median window; in training 95 % of windows were below",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "match"), DOUBTFUL.values(), ids=DOUBTFUL)
def test_legal_but_doubtful(small_twin, small_model, change, match):
    """Mapped, with a warning that says why it may be wrong."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        maps = reconstruct(change(small_twin), small_model, progress=False)
    assert bool(maps.ssh.notnull().all())
    assert [w for w in told if re.search(match, str(w.message))], [str(w.message) for w in told]


def test_a_dataset_given_as_something_else_is_told():
    """In a process of its own: the tests' own type checks would speak first."""
    script = "import xarray as xr, xdvn; xr.Dataset().dvn.reconstruct('model.xdvn')"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "TypeError: mapper=str: expected a Model or another mapper. Train one with ds.dvn.fit(...)" in run.stderr
