"""The data challenge 2020a on the simulated sea: the same days, box, satellites and scores, without a download.

The sea is quasi-geostrophic and not NATL60: published results for NATL60 are for orientation only.
"""

from __future__ import annotations

from typing import Any

from xdvn import datasets
from xdvn.benchmark.challenge import Challenge, check_observations
from xdvn.benchmark.evaluation import GriddedEvaluation
from xdvn.benchmark.inputs import ChallengeInputs
from xdvn.benchmark.published import OSSE_2020A
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
        ``"nadir4"``, the challenge's four nadir altimeters, or ``"nadir4swot"``, with SWOT in addition.
    seed : int
        Seed of the sea and of the orbits.
    split : Split, optional
        Training and scored days. If None, those of the challenge.
    box : dict, optional
        Scored region. If None, that of the challenge.
    **settings
        Other arguments of ``xdvn.datasets.eddies``, such as ``noise=0.02``.

    Raises
    ------
    ValueError
        The challenge has no such observations.
    """
    check_observations(observations, ("nadir4", "nadir4swot"), "twin")
    split, box = split or Split(), box or BOX
    ds = datasets.eddies(seed, swot=observations == "nadir4swot", **settings)
    truth = ds["ssh"].isel(time=split.evaluation).sel(box)
    return Challenge(
        f"Twin experiment, {observations}",
        ChallengeInputs.of_split(ds.drop_vars("ssh_front"), split),
        GriddedEvaluation(truth, ds["ssh_front"].sel(box)),
        OSSE_2020A[observations],
        "Published results are of another sea (NATL60, challenge 2020a), scored at 1/60 degree: for orientation.",
    )
