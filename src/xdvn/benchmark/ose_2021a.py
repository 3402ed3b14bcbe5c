"""The SSH mapping data challenge 2021a: real altimeters of 2017 in the Gulf Stream, CryoSat-2 withheld.

Heights are sla_unfiltered + mdt - lwe, averaged by day in cells of 0.2 degrees. The mean of all methods is the mean
dynamic topography in the files of the input altimeters. There is no truth: as the challenge allows, networks train on
its DUACS map, which does not use CryoSat-2. doi:10.24400/527896/a01-2021.005.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from xdvn import datasets
from xdvn.benchmark.challenge import Challenge, check_observations
from xdvn.benchmark.evaluation import AlongTrackEvaluation
from xdvn.benchmark.inputs import ChallengeInputs
from xdvn.benchmark.published import OSE_2021A
from xdvn.grid.axes import find_axes
from xdvn.grid.mean import MeanField
from xdvn.metrics import TrackSegments
from xdvn.readers import read, read_along_track_l3
from xdvn.tracks import bin_files

__all__ = ["ose_2021a", "ose_2021a_sample"]

_NAME = "ose_2021a/dt_gulfstream_{}_phy_l3_20161201-20180131_285-315_23-53.nc"
_INPUT = tuple(_NAME.format(mission) for mission in ("alg", "h2g", "j2g", "j2n", "j3", "s3a"))
_WITHHELD = _NAME.format("c2")
_DUACS = "ose_2021a/maps/OSE_ssh_mapping_DUACS.nc"
_BOX = {"lat": slice(33.0, 43.0), "lon": slice(-65.0, -55.0)}
_SPACING = 0.2
_MARGIN = 1.0  # degrees around the box, with further observations
_VALIDATION = 40  # days


def ose_2021a(
    observations: str = "nadir5",
    *,
    observed: tuple[str, str] = ("2016-12-01", "2018-01-31"),
    scored: tuple[str, str] = ("2017-01-01", "2017-12-31"),
) -> Challenge:
    """Make the challenge from its files, downloaded on first use.

    Parameters
    ----------
    observations : str
        ``"nadir5"``: SARAL/AltiKa, Jason-2 (both orbits of that year), Jason-3, Sentinel-3A and HY-2A.
    observed : (str, str)
        First and last day of the observations. Default: those of the challenge.
    scored : (str, str)
        First and last scored day. Default: those of the challenge.

    Raises
    ------
    ConnectionError
        A file cannot be downloaded; the message explains the manual download.
    ValueError
        The challenge has no such observations.
    """
    check_observations(observations, ("nadir5",), "2021a")
    grid = _grid(pd.date_range(*observed), _BOX, _MARGIN)
    cells, mean = _observed(_INPUT, grid)
    duacs = read(datasets.fetch(_DUACS))["ssh"]
    truth = duacs.interp(time=grid["time"], lat=grid["lat"], lon=grid["lon"]).astype(np.float32)
    training = cells.assign(ssh=truth.assign_attrs(units="m", long_name="map of DUACS"))
    training = training.isel(time=truth.notnull().any(["lat", "lon"]).values)
    validation = slice(training["time"].values[-_VALIDATION], training["time"].values[-1])
    return Challenge(
        f"SSH mapping data challenge 2021a, {observations}",
        ChallengeInputs(cells, mean, training, validation),
        AlongTrackEvaluation(_track(_WITHHELD, *scored), _BOX),
        OSE_2021A,
        "Methods measured here are trained and tuned on the challenge's map of DUACS of the same year.",
    )


def ose_2021a_sample(observations: str = "nadir1") -> Challenge:
    """Make a challenge from two small extracts of the real files: two weeks of AltiKa, evaluated with CryoSat-2.

    It runs in a second and demonstrates the procedure. The input of 194 measurements is too small to rank methods.

    Parameters
    ----------
    observations : str
        ``"nadir1"``: SARAL/AltiKa.
    """
    check_observations(observations, ("nadir1",), "2021a-sample")
    box = {"lat": slice(36.0, 39.0), "lon": slice(-60.0, -56.0)}
    first, last = "2016-12-21", "2017-01-04"
    observed, mean = _observed(("tracks/l3_alg_subset.nc",), _grid(pd.date_range(first, last), box, 0.0))
    return Challenge(
        f"Sample of the SSH mapping data challenge 2021a, {observations}",
        ChallengeInputs(observed, mean),
        AlongTrackEvaluation(_track("tracks/l3_c2_subset.nc", first, last), box, TrackSegments(length=200.0)),
        remark="One altimeter, two weeks and a small box: too few data to rank methods.",
    )


def _grid(days: pd.DatetimeIndex, box: dict[str, slice], margin: float) -> xr.Dataset:
    noon = (days + pd.Timedelta("12h")).values.astype("datetime64[ns]")
    coords: dict[str, tuple[str, np.ndarray, dict[str, str]]] = {"time": ("time", noon, {"standard_name": "time"})}
    for dim, name, unit in (("lat", "latitude", "degrees_north"), ("lon", "longitude", "degrees_east")):
        low, high = box[dim].start - margin, box[dim].stop + margin
        values = np.round(low + _SPACING * np.arange(round((high - low) / _SPACING) + 1), 9)
        coords[dim] = (dim, values, {"standard_name": name, "units": unit})
    return xr.Dataset(coords=coords)


def _observed(names: Sequence[str], grid: xr.Dataset) -> tuple[xr.Dataset, MeanField]:
    """Bin the heights of the input altimeters and their mean dynamic topography."""
    paths = [datasets.fetch(name) for name in names]
    heights = (read_along_track_l3(path)["ssh"].rename("ssh_obs") for path in paths)
    cells = bin_files(heights, grid).drop_vars(["ssh_obs_count", "ssh_obs_error_variance"])
    topographies = (
        (read_along_track_l3(path)["ssh"] - read_along_track_l3(path, with_mdt=False)["sla"]).rename("mdt")
        for path in paths
    )
    mdt = bin_files(topographies, grid)["mdt"]
    return cells, MeanField.from_data(mdt, find_axes(mdt))


def _track(name: str, first: str, last: str) -> xr.DataArray:
    track = read_along_track_l3(datasets.fetch(name))["ssh"].dropna("point")
    days = track["time"].values.astype("datetime64[D]")
    return track.isel(point=np.flatnonzero((days >= np.datetime64(first)) & (days <= np.datetime64(last))))
