"""Groupings of points: regions, seasons, and bands of a field, such as the distance to the nearest observation.

A grouping yields pairs of a label and the members, booleans on any of the dimensions. Groups may overlap or omit
points. Subclass ``AbstractGrouping`` for another grouping.
"""

from __future__ import annotations

import abc
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from xdvn.grid.axes import Axes

__all__ = ["AbstractGrouping", "Bands", "Regions", "Seasons"]


class AbstractGrouping(abc.ABC):
    """A grouping of the points of a field."""

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """Name of the dimension of groups in a result."""

    @abc.abstractmethod
    def groups(self, field: xr.DataArray, axes: Axes) -> Iterator[tuple[str | float, xr.DataArray]]:
        """Yield the label and the members of each group, booleans on any dimensions of ``field``."""

    def attrs(self) -> dict[str, str]:
        """Return the attributes of the coordinate of labels."""
        return {"long_name": self.name}


@dataclass(frozen=True)
class Regions(AbstractGrouping):
    """Regions as boxes by name.

    Parameters
    ----------
    boxes : mapping
        Slices of coordinate values (ends included) by dimension, by region:
        ``{"north": {"lat": slice(38, None)}, "south": {"lat": slice(None, 38)}}``.
    """

    boxes: Mapping[str, Mapping[str, slice]]

    @property
    def name(self) -> str:
        """Name of the dimension, ``region``."""
        return "region"

    def groups(self, field: xr.DataArray, axes: Axes) -> Iterator[tuple[str | float, xr.DataArray]]:
        """Yield the cells of each box.

        Raises
        ------
        ValueError
            If a box names a dimension without a coordinate.
        """
        for region, box in self.boxes.items():
            inside = xr.DataArray(True)
            for dim, limits in box.items():
                if dim not in field.coords:
                    raise ValueError(
                        f"the region {region!r} is bounded along {dim!r}: expected one of the coordinates "
                        f"{sorted(map(str, field.coords))}. Rename it"
                    )
                values = field[dim]
                low, high = _bounds(limits)
                inside = inside & (values >= low if low is not None else True)
                inside = inside & (values <= high if high is not None else True)
            yield region, inside


def _bounds(limits: slice) -> tuple[float | None, float | None]:
    """Return the lower and upper end of a slice in either order; an open end is None."""
    if limits.start is not None and limits.stop is not None and limits.start > limits.stop:
        return limits.stop, limits.start
    return limits.start, limits.stop


@dataclass(frozen=True)
class Seasons(AbstractGrouping):
    """Seasons of three months: DJF, MAM, JJA, SON. Seasons without data are skipped."""

    @property
    def name(self) -> str:
        """Name of the dimension, ``season``."""
        return "season"

    def groups(self, field: xr.DataArray, axes: Axes) -> Iterator[tuple[str | float, xr.DataArray]]:
        """Yield the times of each season.

        Raises
        ------
        ValueError
            If the times are not dates.
        """
        time = field[axes.time]
        if not (np.issubdtype(time.dtype, np.datetime64) or time.dtype == object):
            raise ValueError(f"{axes.time!r} has dtype {time.dtype}: expected dates. Decode them with xr.decode_cf(ds)")
        for season in ("DJF", "MAM", "JJA", "SON"):
            members = time.dt.season == season
            if bool(members.any()):
                yield season, members


@dataclass(frozen=True)
class Bands(AbstractGrouping):
    """Intervals of the values of a field, such as distance to the nearest observation, depth or predicted spread.

    Parameters
    ----------
    field : xr.DataArray
        Field on any of the dimensions of the grouped data; NaN belongs to no band. Its name is that of the groups.
    edges : sequence of float
        Increasing; band i contains edges[i] <= value < edges[i + 1], the last band also its upper edge.

    Raises
    ------
    ValueError
        If the field has no name or the edges do not increase.
    """

    field: xr.DataArray
    edges: Sequence[float]

    def __post_init__(self) -> None:
        if self.field.name is None:
            raise ValueError("the field of Bands has no name: expected one for the groups. Use da.rename('distance')")
        if len(self.edges) < 2 or not (np.diff(self.edges) > 0).all():
            raise ValueError(f"edges={list(self.edges)}: expected at least two increasing values")

    @property
    def name(self) -> str:
        """Name of the field."""
        return str(self.field.name)

    def groups(self, field: xr.DataArray, axes: Axes) -> Iterator[tuple[str | float, xr.DataArray]]:
        """Yield the points of each band, labelled by its middle."""
        for low, high in zip(self.edges[:-1], self.edges[1:], strict=True):
            below = self.field <= high if high == self.edges[-1] else self.field < high
            yield 0.5 * (low + high), (self.field >= low) & below

    def attrs(self) -> dict[str, str]:
        """Return the unit and the description of the field; labels are the middles of the bands."""
        described = {k: str(v) for k, v in self.field.attrs.items() if k in ("units", "long_name")}
        return {"long_name": self.name} | described | {"comment": "middle of each band"}
