"""The data challenge 2020a on the built-in sea: the same days, box, satellites and scores, and no download.

The sea is quasi-geostrophic and not NATL60, so that rows published for NATL60 stand beside it for orientation only.
"""

from __future__ import annotations

from typing import Any

from xdvn import datasets
from xdvn.benchmark.challenge import Challenge, check_observations
from xdvn.benchmark.evaluation import AgainstTruth
from xdvn.benchmark.published import OSSE_2020A
from xdvn.benchmark.setting import Setting
from xdvn.osse import BOX, Split

__all__ = ["twin"]


def twin(
    observations: str = "nadir4",
    *,
    seed: int = 0,
    split: Split | None = None,
    box: dict[str, slice] | None = None,
    **settings: Any,
) -> Challenge:
    """Make the challenge on the simulated sea.

    Parameters
    ----------
    observations : str
        ``"nadir4"``, the challenge's four nadir altimeters, or ``"nadir4swot"``, SWOT beside them.
    seed : int
        Seed of the sea and of the orbits.
    split : Split, optional
        Which days train and are scored; the challenge's by default.
    box : dict, optional
        Where to score; the challenge's by default.
    **settings
        Any other of ``xdvn.datasets.eddies``, such as ``noise=0.02``.

    Raises
    ------
    ValueError
        If there are no such observations.
    """
    check_observations(observations, ("nadir4", "nadir4swot"), "twin")
    split, box = split or Split(), box or BOX
    ds = datasets.eddies(seed, swot=observations == "nadir4swot", **settings)
    truth = ds["ssh"].isel(time=split.evaluation).sel(box)
    return Challenge(
        f"Twin experiment, {observations}",
        Setting.of_split(ds.drop_vars("ssh_front"), split),
        AgainstTruth(truth, ds["ssh_front"].sel(box)),
        OSSE_2020A[observations],
        "The published rows are of another sea (NATL60, challenge 2020a), scored at 1/60 degree: for orientation.",
    )
