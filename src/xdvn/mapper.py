"""The interface of trained models and baselines, which turn a Dataset with gaps into one of complete maps.

``ds.dvn.reconstruct(mapper)`` accepts any mapper, and the map of one can be the first guess of another. To add a
mapper, subclass ``AbstractMapper`` and implement ``reconstruct``.
"""

from __future__ import annotations

import abc
from collections.abc import Hashable
from typing import Any

import xarray as xr

__all__ = ["AbstractMapper", "AbstractPosterior", "variable_named"]


class AbstractMapper(abc.ABC):
    """Interface of a method that turns gappy observations into complete maps."""

    @abc.abstractmethod
    def reconstruct(self, ds: xr.Dataset, *, progress: bool = True) -> xr.Dataset:
        """Map ``ds``.

        Parameters
        ----------
        ds : xr.Dataset
            Contains the observed variables of the mapper; never changed.
        progress : bool
            Show a progress bar, if the method is slow.

        Returns
        -------
        xr.Dataset
            Complete maps with the dimensions, order, coordinates and units of the observations.
        """


class AbstractPosterior(abc.ABC):
    """A method that adds a standard deviation to every cell of a mapper's map."""

    @abc.abstractmethod
    def reconstruct(
        self, ds: xr.Dataset, mapper: AbstractMapper, *, samples: bool = False, **options: Any
    ) -> xr.Dataset:
        """Map ``ds`` with its uncertainty.

        Parameters
        ----------
        ds : xr.Dataset
            Observations; never changed.
        mapper : AbstractMapper
            Mapper whose uncertainty is estimated.
        samples : bool
            Add equally likely maps. Default: False.
        **options
            Options of ``mapper.reconstruct``.

        Returns
        -------
        xr.Dataset
            Maps, and for each map ``<name>_std``, its standard error in the same unit, named in
            ``ancillary_variables``. If ``samples``, ``<name>_sample`` along a dimension ``sample``.
        """


def variable_named(maps: xr.Dataset, name: Hashable | None) -> xr.DataArray:
    """Return the map named ``name``, or else the only one; ancillary variables (CF) are not maps.

    Raises
    ------
    ValueError
        There are several, and none has this name.
    """
    ancillary = {a for v in maps.data_vars.values() for a in str(v.attrs.get("ancillary_variables", "")).split()}
    candidates = [str(v) for v in maps.data_vars if v not in ancillary]
    if str(name) in candidates:
        return maps[str(name)]
    if len(candidates) != 1:
        raise ValueError(f"expected one map, got {candidates}. Choose one with name=")
    return maps[candidates[0]]
