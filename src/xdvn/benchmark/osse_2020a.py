"""The SSH mapping data challenge 2020a: NATL60 in the Gulf Stream, four nadir altimeters, with or without SWOT.

Truth and observations are fetched (``xdvn.datasets``): the truth daily on 1/20 degree, on which the starter of 4DVarNet
scores; along-track truth of the four nadirs, averaged here in the truth's cells by calendar day; nadirs with SWOT as
gridded by the source. The challenge itself scores on NATL60's own 1/60 degree: give the folder of its unpacked hourly
files (``dc_ref.tar.gz``, 11 GB) as ``reference``. doi:10.24400/527896/a01-2020.002.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from xdvn import datasets
from xdvn.benchmark.challenge import Challenge, check_observations
from xdvn.benchmark.evaluation import AgainstTruth
from xdvn.benchmark.published import OSSE_2020A
from xdvn.benchmark.setting import Setting
from xdvn.osse import BOX, Split, grid_stream
from xdvn.readers import read

__all__ = ["osse_2020a"]

_TRUTH = "osse_2020a/gf_mod_ssh_daily.nc"
_NADIRS = tuple(f"osse_2020a/nadirs/{mission}.nc" for mission in ("tpn", "j1", "g2", "en"))
_WITH_SWOT = "osse_2020a/gf_obs_nadirswot.nc"


def osse_2020a(
    observations: str = "nadir4",
    *,
    reference: str | Path | None = None,
    split: Split | None = None,
    box: Mapping[str, slice] | None = None,
) -> Challenge:
    """Make the challenge from its files, fetched on first use.

    Parameters
    ----------
    observations : str
        ``"nadir4"`` or ``"nadir4swot"``.
    reference : path-like, optional
        Folder of the hourly truth at 1/60 degree, one NetCDF file a day, to score on its grid, as the challenge does;
        by default the daily truth at 1/20 degree.
    split : Split, optional
        Which days train and are scored, counted from the truth's first; the challenge's by default.
    box : mapping, optional
        Where to score; the challenge's by default.

    Raises
    ------
    ConnectionError
        If a file cannot be downloaded; the message tells how to put it in place by hand.
    FileNotFoundError
        If ``reference`` has no file of a scored day.
    ValueError
        If there are no such observations, or if they do not lie on the truth's grid.
    """
    check_observations(observations, tuple(OSSE_2020A), "2020a")
    split, box = split or Split(), box or BOX
    truth = read(datasets.fetch(_TRUTH))["ssh"].load()
    if observations == "nadir4":
        observed = _by_calendar_day(truth)
    else:
        observed = _on_grid(read(datasets.fetch(_WITH_SWOT))[["ssh_obs"]], truth)
    setting = Setting.of_split(observed.assign(ssh=truth), split)
    scored = truth.isel(time=split.evaluation).sel(box)
    if reference is not None:
        scored = _daily_reference(Path(reference), scored["time"].values).sel(box)
    mean = xr.DataArray(
        setting.mean.on([scored["lat"].values, scored["lon"].values]),
        coords={d: scored[d] for d in ("lat", "lon")},
        dims=("lat", "lon"),
    )
    grid = "1/20 degree, as in 4dvarnet-starter" if reference is None else "NATL60's own grid, as in the challenge"
    return Challenge(
        f"SSH mapping data challenge 2020a, {observations}",
        setting,
        AgainstTruth(scored, mean),
        OSSE_2020A[observations],
        f"Published rows are scored at 1/60 degree; rows measured here on {grid}.",
    )


def _by_calendar_day(truth: xr.DataArray) -> xr.Dataset:
    """Average the nadirs' measurements in the truth's cells; days that are stamped 0:00 last until midnight."""
    stamps = truth["time"]
    noon = stamps.values.astype("datetime64[D]") + np.timedelta64(12, "h")
    grid = truth.assign_coords(time=("time", noon.astype("datetime64[ns]"), stamps.attrs))
    parts = (read(datasets.fetch(name))["ssh"].rename("ssh_obs") for name in _NADIRS)
    cells = grid_stream(parts, grid).drop_vars(["ssh_obs_count", "ssh_obs_error_variance"])
    return cells.assign_coords(time=stamps)


def _on_grid(observed: xr.Dataset, truth: xr.DataArray) -> xr.Dataset:
    """Give observations the truth's own coordinates, from which theirs may differ by rounding and time of day."""
    before = int(observed["ssh_obs"].notnull().sum())
    for dim in ("lat", "lon"):
        step = float(abs(truth[dim].diff(dim)).min())
        observed = observed.reindex({dim: truth[dim]}, method="nearest", tolerance=0.1 * step)
    observed = observed.assign_coords(time=observed["time"].values.astype("datetime64[D]").astype("datetime64[ns]"))
    stamps = truth["time"]
    days = stamps.values.astype("datetime64[D]").astype("datetime64[ns]")
    observed = observed.reindex(time=days).assign_coords(time=stamps)
    after = int(observed["ssh_obs"].notnull().sum())
    if after < before:
        raise ValueError(
            f"{before - after} of {before} observations of {_WITH_SWOT} do not lie on the days and cells of {_TRUTH}; "
            "are both files whole, and of the same region?"
        )
    return observed


def _daily_reference(folder: Path, stamps: np.ndarray) -> xr.DataArray:
    """Average the hourly files of the scored days."""
    maps = []
    for stamp in stamps:
        day = stamp.astype("datetime64[D]").item()
        found = sorted(folder.glob(f"*y{day:%Y}m{day:%m}d{day:%d}*.nc"))
        if len(found) != 1:
            raise FileNotFoundError(
                f"{folder} holds {len(found)} files *y{day:%Y}m{day:%m}d{day:%d}*.nc, expected one: unpack "
                "dc_ref.tar.gz there (datasets.fetch('osse_2020a/dc_ref.tar.gz', unverified=True), 11 GB)"
            )
        maps.append(read(found[0])["ssh"].mean("time", keep_attrs=True))
    daily = xr.concat(maps, xr.Variable("time", stamps))
    return daily.transpose("time", "lat", "lon")
