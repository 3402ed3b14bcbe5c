"""What a trained model and every baseline have in common: a Dataset with gaps in, a Dataset of complete maps out.

``ds.dvn.reconstruct(mapper)`` accepts any of them, a mapper's map can be another's first guess, and one table can
compare them all. Write your own by subclassing and implementing one method.
"""

from __future__ import annotations

import abc
from collections.abc import Hashable
from typing import Any

import xarray as xr

__all__ = ["AbstractMapper", "AbstractPosterior", "variable_named"]


class AbstractMapper(abc.ABC):
    """Anything that turns gappy observations into complete maps."""

    @abc.abstractmethod
    def reconstruct(self, ds: xr.Dataset) -> xr.Dataset:
        """Map ``ds`` whole.

        Parameters
        ----------
        ds : xr.Dataset
            Holds the observed variables the mapper was made for; never changed.

        Returns
        -------
        xr.Dataset
            Complete maps with the dimensions, order, coordinates and units of the observations.
        """


class AbstractPosterior(abc.ABC):
    """How sure a mapper's map is: the map, and a standard deviation for every cell."""

    @abc.abstractmethod
    def reconstruct(
        self, ds: xr.Dataset, mapper: AbstractMapper, *, samples: bool = False, **options: Any
    ) -> xr.Dataset:
        """Map ``ds`` whole, with its uncertainty.

        Parameters
        ----------
        ds : xr.Dataset
            Observations; never changed.
        mapper : AbstractMapper
            What maps them.
        samples : bool
            Add equally likely maps as well.
        **options
            For ``mapper.reconstruct``.

        Returns
        -------
        xr.Dataset
            As the mapper's, and for each map ``<name>_std``, its standard error in the same unit, named in
            ``ancillary_variables``; on request ``<name>_sample`` along a dimension ``sample``.
        """


def variable_named(maps: xr.Dataset, name: Hashable | None) -> xr.DataArray:
    """Return the map called ``name``, or else the only one; what CF attributes call ancillary is no map.

    Raises
    ------
    ValueError
        There are several, and none is called so.
    """
    ancillary = {a for v in maps.data_vars.values() for a in str(v.attrs.get("ancillary_variables", "")).split()}
    candidates = [str(v) for v in maps.data_vars if v not in ancillary]
    if str(name) in candidates:
        return maps[str(name)]
    if len(candidates) != 1:
        raise ValueError(f"the Dataset holds {candidates}; say which is to be scored with name=")
    return maps[candidates[0]]
