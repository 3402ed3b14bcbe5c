"""Ways to divide a record: regions, seasons, and bands of any field, such as the distance to the nearest observation.

A grouping yields (label, members) pairs, members being booleans on any of the dimensions; groups may overlap or leave
points out. Subclass ``AbstractGrouping`` for another division. Used by ``errors_by_group``.
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
    """A division of the points of a field."""

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """Name of the dimension along which groups are laid out in a result."""

    @abc.abstractmethod
    def groups(self, field: xr.DataArray, axes: Axes) -> Iterator[tuple[str | float, xr.DataArray]]:
        """Yield a label and booleans, on any dimensions of ``field``, for each group."""

    def attrs(self) -> dict[str, str]:
        """Return attributes of the coordinate of labels."""
        return {"long_name": self.name}


@dataclass(frozen=True)
class Regions(AbstractGrouping):
    """Boxes by name.

    Parameters
    ----------
    boxes : mapping
        Slices of coordinate values by dimension, ends included, by region:
        ``{"north": {"lat": slice(38, None)}, "south": {"lat": slice(None, 38)}}``.
    """

    boxes: Mapping[str, Mapping[str, slice]]

    @property
    def name(self) -> str:
        """``region``."""
        return "region"

    def groups(self, field: xr.DataArray, axes: Axes) -> Iterator[tuple[str | float, xr.DataArray]]:
        """Yield the cells of each box.

        Raises
        ------
        ValueError
            When a box names no dimension with a coordinate.
        """
        for region, box in self.boxes.items():
            inside = xr.DataArray(True)
            for dim, limits in box.items():
                if dim not in field.coords:
                    raise ValueError(
                        f"the region {region!r} is bounded along {dim!r}; the field has the coordinates "
                        f"{sorted(map(str, field.coords))}"
                    )
                at = field[dim]
                low, high = _bounds(limits)
                inside = inside & (at >= low if low is not None else True) & (at <= high if high is not None else True)
            yield region, inside


def _bounds(limits: slice) -> tuple[float | None, float | None]:
    """Lower and upper end of a slice, whichever way it was written; an open end is None."""
    if limits.start is not None and limits.stop is not None and limits.start > limits.stop:
        return limits.stop, limits.start
    return limits.start, limits.stop


@dataclass(frozen=True)
class Seasons(AbstractGrouping):
    """Three months each: DJF, MAM, JJA, SON, as far as the record holds them."""

    @property
    def name(self) -> str:
        """``season``."""
        return "season"

    def groups(self, field: xr.DataArray, axes: Axes) -> Iterator[tuple[str | float, xr.DataArray]]:
        """Yield the times of each season.

        Raises
        ------
        ValueError
            When the times are no dates.
        """
        time = field[axes.time]
        if not (np.issubdtype(time.dtype, np.datetime64) or time.dtype == object):
            raise ValueError(f"{axes.time!r} holds {time.dtype}, no dates, so seasons are unknown; see xr.decode_cf")
        for season in ("DJF", "MAM", "JJA", "SON"):
            members = time.dt.season == season
            if bool(members.any()):
                yield season, members


@dataclass(frozen=True)
class Bands(AbstractGrouping):
    """Intervals of a field's values: distance to the nearest observation, depth, latitude, predicted spread.

    Parameters
    ----------
    field : xr.DataArray
        On any of the dimensions of what is grouped; NaN belongs to no band. Its name names the groups.
    edges : sequence of float
        Growing; band i holds edges[i] <= value < edges[i + 1], the last one its upper edge too.

    Raises
    ------
    ValueError
        When the field has no name or the edges do not grow.
    """

    field: xr.DataArray
    edges: Sequence[float]

    def __post_init__(self) -> None:
        if self.field.name is None:
            raise ValueError("the field of Bands has no name to call the groups by; give it one: da.rename('distance')")
        if len(self.edges) < 2 or not (np.diff(self.edges) > 0).all():
            raise ValueError(f"edges={list(self.edges)}: expected at least two, each larger than the one before")

    @property
    def name(self) -> str:
        """The field's name."""
        return str(self.field.name)

    def groups(self, field: xr.DataArray, axes: Axes) -> Iterator[tuple[str | float, xr.DataArray]]:
        """Yield the points of each band, labelled by its middle."""
        for low, high in zip(self.edges[:-1], self.edges[1:], strict=True):
            below = self.field <= high if high == self.edges[-1] else self.field < high
            yield 0.5 * (low + high), (self.field >= low) & below

    def attrs(self) -> dict[str, str]:
        """Return the field's unit and description; labels are the middles of the bands."""
        kept = {k: str(v) for k, v in self.field.attrs.items() if k in ("units", "long_name")}
        return {"long_name": self.name} | kept | {"comment": "middle of each band"}
