"""The SSH mapping data challenge 2020a: NATL60 in the Gulf Stream, four nadir altimeters, with or without SWOT.

``xdvn.datasets`` downloads the daily truth at 1/20 degree, on which 4dvarnet-starter scores, the along-track truth of
the four nadirs, averaged here in the truth's cells by calendar day, and gridded nadirs with SWOT. The challenge itself
scores on the grid of NATL60 at 1/60 degree: pass the folder of its unpacked hourly files (``dc_ref.tar.gz``, 11 GB) as
``reference``. doi:10.24400/527896/a01-2020.002.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from xdvn import datasets
from xdvn.benchmark.challenge import Challenge, check_observations
from xdvn.benchmark.evaluation import GriddedEvaluation
from xdvn.benchmark.inputs import ChallengeInputs
from xdvn.benchmark.published import OSSE_2020A
from xdvn.osse import BOX, Split
from xdvn.readers import read
from xdvn.tracks import bin_files

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
    """Make the challenge from its files, downloaded on first use.

    Parameters
    ----------
    observations : str
        ``"nadir4"`` or ``"nadir4swot"``.
    reference : path-like, optional
        Folder of the hourly truth at 1/60 degree, one NetCDF file per day, for scores on its grid as in the challenge.
        If None, the daily truth at 1/20 degree.
    split : Split, optional
        Training and scored days, counted from the first day of the truth. If None, those of the challenge.
    box : mapping, optional
        Scored region. If None, that of the challenge.

    Raises
    ------
    ConnectionError
        A file cannot be downloaded; the message explains the manual download.
    FileNotFoundError
        ``reference`` has no file of a scored day.
    ValueError
        The challenge has no such observations, or they are not on the truth's grid.
    """
    check_observations(observations, tuple(OSSE_2020A), "2020a")
    split, box = split or Split(), box or BOX
    truth = read(datasets.fetch(_TRUTH))["ssh"].load()
    if observations == "nadir4":
        observed = _by_calendar_day(truth)
    else:
        observed = _on_grid(read(datasets.fetch(_WITH_SWOT))[["ssh_obs"]], truth)
    inputs = ChallengeInputs.of_split(observed.assign(ssh=truth), split)
    scored = truth.isel(time=split.evaluation).sel(box)
    if reference is not None:
        scored = _daily_reference(Path(reference), scored["time"].values).sel(box)
    mean = xr.DataArray(
        inputs.mean.on([scored["lat"].values, scored["lon"].values]),
        coords={d: scored[d] for d in ("lat", "lon")},
        dims=("lat", "lon"),
    )
    grid = "1/20 degree, as in 4dvarnet-starter" if reference is None else "NATL60's grid, as in the challenge"
    return Challenge(
        f"SSH mapping data challenge 2020a, {observations}",
        inputs,
        GriddedEvaluation(scored, mean),
        OSSE_2020A[observations],
        f"Published methods are scored at 1/60 degree, methods measured here on {grid}.",
    )


def _by_calendar_day(truth: xr.DataArray) -> xr.Dataset:
    """Average the nadirs' measurements in the truth's cells; a day with the time stamp 0:00 lasts until midnight."""
    stamps = truth["time"]
    noon = stamps.values.astype("datetime64[D]") + np.timedelta64(12, "h")
    grid = truth.assign_coords(time=("time", noon.astype("datetime64[ns]"), stamps.attrs))
    parts = (read(datasets.fetch(name))["ssh"].rename("ssh_obs") for name in _NADIRS)
    cells = bin_files(parts, grid).drop_vars(["ssh_obs_count", "ssh_obs_error_variance"])
    return cells.assign_coords(time=stamps)


def _on_grid(observed: xr.Dataset, truth: xr.DataArray) -> xr.Dataset:
    """Assign the truth's coordinates to observations, whose own differ by rounding and time of day."""
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
            f"{before - after} of {before} observations of {_WITH_SWOT} are not on the days and cells of {_TRUTH}: "
            "expected the same region and period. Download both files again."
        )
    return observed


def _daily_reference(folder: Path, stamps: np.ndarray) -> xr.DataArray:
    """Average the hourly files of the scored days."""
    maps = []
    for stamp in stamps:
        day = stamp.astype("datetime64[D]").item()
        files = sorted(folder.glob(f"*y{day:%Y}m{day:%m}d{day:%d}*.nc"))
        if len(files) != 1:
            raise FileNotFoundError(
                f"{folder} contains {len(files)} files *y{day:%Y}m{day:%m}d{day:%d}*.nc: expected one. Unpack "
                "dc_ref.tar.gz there (datasets.fetch('osse_2020a/dc_ref.tar.gz', allow_unverified=True), 11 GB)."
            )
        maps.append(read(files[0])["ssh"].mean("time", keep_attrs=True))
    daily = xr.concat(maps, xr.Variable("time", stamps))
    return daily.transpose("time", "lat", "lon")
