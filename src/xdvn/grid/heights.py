"""Two kinds of sea surface height that share a unit and must not be mixed: absolute, and departures from a mean.

    ADT (above the geoid) = SLA (above mean sea level) + MDT

Which of them a variable is, its CF standard_name says. A model that learns one from the other, or maps one with the
statistics of the other, is wrong by the mean dynamic topography and nothing else would tell. Called when variables are
paired (``survey``), when a Dataset meets a model (``GridSpec.check``) and by ``xdvn.topography``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["ABSOLUTE", "ANOMALIES", "check_same_height", "is_height"]

ABSOLUTE = "sea_surface_height_above_geoid"
"""CF standard name of absolute dynamic topography."""

ANOMALIES = ("sea_surface_height_above_sea_level", "sea_surface_height_above_mean_sea_level")
"""CF standard names of sea level anomalies."""


def is_height(attrs: Mapping[Any, Any]) -> bool:
    """Whether attributes are those of an absolute or an anomalous sea surface height."""
    return attrs.get("standard_name") in (ABSOLUTE, *ANOMALIES)


def check_same_height(name: str, attrs: Mapping[Any, Any], other: str, other_attrs: Mapping[Any, Any]) -> None:
    """Refuse a pair of which one is an absolute height and the other an anomaly.

    Parameters
    ----------
    name, attrs
        A variable of the caller's Dataset and its attributes.
    other, other_attrs
        What it is compared with, in words, and its attributes.

    Raises
    ------
    ValueError
        One is absolute, the other an anomaly; the message tells how to turn one into the other.

    Examples
    --------
    >>> check_same_height("sla", {"standard_name": ANOMALIES[0]}, "'truth'", {"standard_name": ANOMALIES[1]})
    """
    kinds = attrs.get("standard_name"), other_attrs.get("standard_name")
    if ABSOLUTE not in kinds or not set(kinds) & set(ANOMALIES):
        return
    above = ("a height above the geoid", "sea_level_anomaly"), ("a sea level anomaly", "absolute_topography")
    mine, theirs = above if kinds[0] == ABSOLUTE else above[::-1]
    cure = f"ds.assign({name}=xdvn.topography.{mine[1]}(ds[{name!r}], mdt))"
    raise ValueError(
        f"{name!r} is {mine[0]} ({kinds[0]}), {other} is {theirs[0]} ({kinds[1]}): they differ by the mean dynamic "
        f"topography. Bring one to the other first, as in {cure}"
    )
