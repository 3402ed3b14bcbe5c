"""The cure in an error message, applied as it is written: the call then works, and no observation is lost."""

import datetime
import re

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from seas import sea, tiny

import xdvn
from xdvn import Training
from xdvn.api import fit, reconstruct
from xdvn.baselines import LinearInTime

FIT = {
    "truth": "ssh", "validation": 0, "network": tiny, "progress": False, "windows": {"time": 5, "lat": 8, "lon": 8},
    "training": Training(epochs=1),
}  # fmt: skip
NAMES = {"np": np, "pd": pd, "xr": xr, "xdvn": xdvn, "datetime": datetime}


@pytest.fixture(scope="module")
def ds():
    return sea((20, 10, 12), step=0.25, share=0.2)


def dates(values):
    return lambda ds: ds.assign_coords(time=values)


def as_coord(ds, dim, values):
    return ds.assign_coords({dim: (dim, values, ds[dim].attrs)})


def days(n=20):
    return pd.date_range("2012-10-01T12:00", periods=n)


# How the data are spoilt, and the cure in the message.
CURES = {
    "days are missing": (
        lambda ds: ds.isel(time=[0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 13, 14, 15, 16]),
        "ds.reindex(time=xr.date_range(ds.time.values[0], ds.time.values[-1], freq='D'), method='nearest', "
        "tolerance='6h')",
    ),
    "hours are missing": (
        lambda ds: dates(pd.date_range("2012-10-01", periods=20, freq="3h"))(ds).isel(time=[0, 1, 2, 3, 6, 7, 8, 9]),
        "ds.reindex(time=xr.date_range(ds.time.values[0], ds.time.values[-1], freq='3h'), method='nearest', "
        "tolerance='0.75h')",
    ),
    "days of another calendar are missing": (
        lambda ds: dates(xr.date_range("2012-02-20", periods=20, calendar="360_day", use_cftime=True))(ds).isel(
            time=[0, 1, 2, 3, 6, 7, 8, 9]
        ),
        "ds.reindex(time=xr.date_range('2012-02-20T00:00:00', '2012-02-29T00:00:00', freq='D', calendar='360_day', "
        "use_cftime=True))",
    ),
    "numbered days are missing": (
        lambda ds: dates(np.arange(20.0))(ds).isel(time=[0, 1, 2, 3, 4, 6, 7, 8, 11, 12]),
        "ds.reindex(time=np.arange(ds.time.values[0], ds.time.values[-1] + 0.5, 1))",
    ),
    "unsorted": (lambda ds: ds.isel(time=[3, 0, 1, 2, *range(4, 20)]), "ds.sortby('time')"),
    "irregular": (
        lambda ds: dates(days() + pd.to_timedelta((np.arange(20) % 4) * 3, "h"))(ds),
        "ds.resample(time='",
    ),
    "rows are missing": (lambda ds: ds.isel(lat=[0, 1, 2, 3, 5, 6, 7, 8, 9]), "ds.reindex(lat=np.arange("),
    "columns are missing": (
        lambda ds: ds.isel(lon=[11, 10, 9, 8, 7, 5, 4, 3, 2, 0]), "ds.reindex(lon=np.arange(",
    ),
    "stretched": (
        lambda ds: as_coord(ds, "lat", 30 + np.cumsum(0.25 * 1.1 ** np.arange(10))), "ds.reindex(lat=np.arange(",
    ),
    "rows out of order": (lambda ds: ds.isel(lat=[1, 0, *range(2, 10)]), "ds.sortby('lat')"),
    "datetime.date": (
        lambda ds: dates(("time", np.array([d.date() for d in days()], object)))(ds),
        "ds.assign_coords(time=pd.to_datetime(ds['time'].values))",
    ),
    "dates as text": (
        lambda ds: dates(days().strftime("%Y-%m-%d").values.astype(str))(ds),
        "ds.assign_coords(time=pd.to_datetime(ds['time'].values))",
    ),
    "undecoded times": (
        lambda ds: ds.assign_coords(time=("time", np.arange(20.0), {"units": "days since 2012-10-01"})),
        "xr.decode_cf(ds)",
    ),
    "stacked": (lambda ds: ds.stack(z=("lat", "lon")), "ds.unstack('z')"),
    "members": (lambda ds: xr.concat([ds, ds.assign(ssh_obs=np.nan * ds.ssh_obs)], "member"), "ds.isel(member=0)"),
    "infinite": (
        lambda ds: ds.assign(ssh_obs=ds.ssh_obs.fillna(np.inf)),
        "ds.assign(ssh_obs=ds['ssh_obs'].where(np.isfinite(ds['ssh_obs'])))",
    ),
    "fill values": (
        lambda ds: ds.assign(ssh_obs=ds.ssh_obs.fillna(-999.0)),
        "ds.assign(ssh_obs=ds['ssh_obs'].where(ds['ssh_obs'] != -999))",
    ),
}  # fmt: skip


def read_cure(message: str, start: str) -> str:
    """Return the expression of a message that starts with ``start``, up to its closing bracket."""
    assert start in message, message
    text = message[message.index(start) :]
    depth = 0
    for i, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == ")" and depth == 0 and not re.match(r"\.\w|\[", text[i + 1 :]):
            return text[: i + 1]
    raise AssertionError(message)


def values(ds):
    return np.sort(ds.ssh_obs.values[np.isfinite(ds.ssh_obs.values)])


@pytest.mark.parametrize(("spoil", "cure"), CURES.values(), ids=CURES)
@pytest.mark.filterwarnings("ignore:cells are .* wide")
def test_fit_works_after_the_cure_and_keeps_every_observation(ds, spoil, cure):
    spoilt = spoil(ds)
    with pytest.raises(ValueError, match="expected") as error:
        fit(spoilt, "ssh_obs", **FIT)
    cured = eval(read_cure(str(error.value), cure), {**NAMES, "ds": spoilt})
    if "member" in spoilt.dims or not np.isfinite(spoilt.ssh_obs.values).any():
        spoilt = ds
    np.testing.assert_allclose(values(cured), values(ds if spoilt.ssh_obs.notnull().all() else spoilt), atol=1e-6)
    model = fit(cured, "ssh_obs", **{**FIT, "windows": {"time": 5, cured.ssh_obs.dims[1]: 8}})
    assert bool(np.isfinite(reconstruct(cured, model, progress=False).ssh).any())


def test_repeated_days_are_averaged(ds):
    """Two passes of a day in two records: both remain."""
    halves = [ds.where(mask)[["ssh_obs"]] for mask in (ds.lat < 31, ds.lat >= 31)]
    spoilt = xr.concat(halves, "time").sortby("time").assign(ssh=xr.concat([ds.ssh] * 2, "time").sortby("time"))
    with pytest.raises(ValueError, match="'time' has 20 repeated times: expected each once") as error:
        fit(spoilt, "ssh_obs", **FIT)
    cured = eval(read_cure(str(error.value), "ds.groupby('time').mean("), {"ds": spoilt})
    np.testing.assert_allclose(values(cured), values(ds), atol=1e-6)
    assert cured.ssh_obs.attrs == ds.ssh_obs.attrs
    fit(cured, "ssh_obs", **FIT)


def test_axes_that_differ_by_rounding(ds):
    a, b = ds[["ssh_obs"]], ds[["ssh"]].assign_coords(lon=(ds.lon + 0.01).astype("f4").astype("f8") - 0.01)
    b = b.assign_coords(lon=ds.lon.copy(data=b.lon.values))
    with pytest.raises(ValueError, match=r"'lon' has steps of .*: two axes that differ by rounding were merged"):
        fit(xr.merge([a, b], join="outer"), "ssh_obs", **FIT)
    for cured in (xr.merge([a, b], join="override"), xr.merge([a.assign_coords(lon=b["lon"]), b], join="outer")):
        np.testing.assert_array_equal(values(cured), values(ds))
        fit(cured, "ssh_obs", **FIT)


# Axes that are even within a tenth of a cell, or have a step of their own.
ACCEPTED = {
    "two digits": lambda ds: as_coord(ds, "lat", np.round(33 + np.arange(10) / 12, 2)),
    "float32": lambda ds: as_coord(ds, "lon", (285 + np.arange(12) / 12).astype("f4")),
    "noise of less than a tenth": lambda ds: as_coord(
        ds, "lat", 33 + 0.25 * (np.arange(10) + 0.08 * (-1.0) ** np.arange(10))
    ),
    "first of the month": dates(pd.date_range("2000-01-01", periods=20, freq="MS")),
    "last of the month": dates(pd.date_range("2000-01-31", periods=20, freq="ME")),
    "middle of the month": dates(pd.date_range("2000-01-01", periods=20, freq="MS") + pd.Timedelta("14.5D")),
    "months of a calendar without leap years": dates(
        xr.date_range("2000-01-01", periods=20, freq="MS", calendar="noleap", use_cftime=True)
    ),
    "8 days, from 1 January": dates(
        pd.DatetimeIndex(
            [pd.Timestamp(f"{y}-01-01") + pd.Timedelta(days=8 * i) for y in (2001, 2002) for i in range(46)]
        )[34:54]
    ),
    "5 days, from 1 January": dates(
        pd.DatetimeIndex(
            [pd.Timestamp(f"{y}-01-01") + pd.Timedelta(days=5 * i) for y in (2003, 2004) for i in range(73)]
        )[64:84]
    ),
    "10 days of each month": dates(
        pd.DatetimeIndex([pd.Timestamp(2001, m, d) for m in range(1, 8) for d in (1, 11, 21)])[:20]
    ),
    "years": dates(pd.date_range("1990-07-01", periods=20, freq="YS")),
    "hours with jitter": dates(pd.date_range("2000", periods=20, freq="h") + pd.to_timedelta(np.arange(20) % 3, "min")),
    "days with an hour of jitter": dates(days() + pd.to_timedelta(np.arange(20) % 3, "h")),
    "a depth": lambda ds: ds.expand_dims(depth=[0.5]),
}


@pytest.mark.parametrize("change", ACCEPTED.values(), ids=ACCEPTED)
@pytest.mark.filterwarnings("ignore:cells are .* wide", "ignore:.*of the days are in another season")
def test_such_axes_are_mapped_as_even_ones(ds, change):
    """Windows count cells: the network and its maps equal those of the even axis, on the caller's coordinates."""
    other = change(ds)
    expected = reconstruct(ds, fit(ds, "ssh_obs", **FIT), progress=False)
    maps = reconstruct(other, fit(other, "ssh_obs", **FIT), progress=False)
    np.testing.assert_allclose(maps.ssh, expected.ssh, rtol=0, atol=2e-3)
    for dim in ("time", "lat", "lon"):
        assert np.array_equal(maps[dim].values, other[dim].values)
        assert maps[dim].dtype == other[dim].dtype
    assert LinearInTime("ssh_obs").reconstruct(other).ssh_obs.notnull().all()


def test_a_model_of_months_refuses_days_and_names_what_to_do(ds):
    months = ACCEPTED["first of the month"](ds)
    with pytest.raises(ValueError, match=r"time steps are 1 days apart; .* on 30\.\d+\. Average, as in ds.resample"):
        reconstruct(ds, fit(months, "ssh_obs", **FIT))
    with pytest.raises(ValueError, match=r"time steps are 30\.\d+ days apart; .* on 1\. Train another model"):
        reconstruct(months, fit(ds, "ssh_obs", **FIT))
