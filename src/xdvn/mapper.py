"""What a trained model and every baseline have in common: a Dataset with gaps in, a Dataset of complete maps out.

``ds.dvn.reconstruct(mapper)`` accepts any of them, a mapper's map can be another's first guess, and one table can
compare them all. Write your own by subclassing and implementing one method.
"""

from __future__ import annotations

import abc

import xarray as xr

__all__ = ["AbstractMapper"]


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
