"""The variance that a mapper predicts: a network with a Gaussian head, or optimal interpolation."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import xarray as xr

from xdvn.mapper import AbstractMapper, AbstractPosterior

__all__ = ["MapperVariance"]


@dataclass(frozen=True)
class MapperVariance(AbstractPosterior):
    """The variance that a mapper predicts, as a posterior; ``Calibrated`` can correct it."""

    def reconstruct(
        self, ds: xr.Dataset, mapper: AbstractMapper, *, samples: bool = False, **options: Any
    ) -> xr.Dataset:
        """Map ``ds``.

        Raises
        ------
        ValueError
            The mapper predicts no standard deviation, or samples are requested.
        """
        if samples:
            raise ValueError("samples=True: expected a posterior with a spatial covariance. Use Ensemble() instead.")
        if "error" in inspect.signature(mapper.reconstruct).parameters:
            options.setdefault("error", True)
        maps = mapper.reconstruct(ds, **options)
        if not any(str(name).endswith("_std") for name in maps.data_vars):
            raise ValueError(
                f"{type(mapper).__name__} predicts no standard deviation. Use Ensemble(), or fit a head with "
                "network=functools.partial(GaussianHead, model.network), loss=GaussianNLL."
            )
        return maps
