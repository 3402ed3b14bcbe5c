"""The two kinds of sea surface height, absolute dynamic topography and sea level anomaly.

    ADT (above the geoid) = SLA (above mean sea level) + MDT

They have the same unit; the CF ``standard_name`` distinguishes them. To mix them introduces an error as large as the
mean dynamic topography.
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
    """Return whether attributes are those of an absolute dynamic topography or a sea level anomaly."""
    return attrs.get("standard_name") in (ABSOLUTE, *ANOMALIES)


def check_same_height(name: str, attrs: Mapping[Any, Any], other: str, other_attrs: Mapping[Any, Any]) -> None:
    """Raise an error if one variable is an absolute height and the other an anomaly.

    Parameters
    ----------
    name, attrs
        Name and attributes of a variable.
    other, other_attrs
        Description and attributes of the data that it is compared with.

    Raises
    ------
    ValueError
        One is absolute, the other an anomaly.

    Examples
    --------
    >>> check_same_height("sla", {"standard_name": ANOMALIES[0]}, "'truth'", {"standard_name": ANOMALIES[1]})
    """
    kinds = attrs.get("standard_name"), other_attrs.get("standard_name")
    if ABSOLUTE not in kinds or not set(kinds) & set(ANOMALIES):
        return
    heights = ("a height above the geoid", "sea_level_anomaly"), ("a sea level anomaly", "absolute_topography")
    (got, conversion), (expected, _) = heights if kinds[0] == ABSOLUTE else heights[::-1]
    raise ValueError(
        f"{name!r} is {got} ({kinds[0]}): expected {expected} ({kinds[1]}), as {other}. "
        f"Use ds.assign({name}=xdvn.ocean.{conversion}(ds[{name!r}], mdt))."
    )
