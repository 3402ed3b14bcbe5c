"""The uncertainty that a mapper tells by itself: a network with a Gaussian head, or optimal interpolation."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import xarray as xr

from xdvn.mapper import AbstractMapper, AbstractPosterior

__all__ = ["Predicted"]


@dataclass(frozen=True)
class Predicted(AbstractPosterior):
    """What the mapper itself says; for ``Recalibrated``, or where any posterior is asked for."""

    def reconstruct(
        self, ds: xr.Dataset, mapper: AbstractMapper, *, samples: bool = False, **options: Any
    ) -> xr.Dataset:
        """Map ``ds``.

        Raises
        ------
        ValueError
            The mapper tells no standard deviation, or samples are wanted.
        """
        if samples:
            raise ValueError("a predicted variance says nothing of how cells err together; for samples take Ensemble()")
        if "error" in inspect.signature(mapper.reconstruct).parameters:
            options.setdefault("error", True)
        maps = mapper.reconstruct(ds, **options)
        if not any(str(name).endswith("_std") for name in maps.data_vars):
            raise ValueError(
                f"this {type(mapper).__name__} predicts no standard deviation; train one that does, as in "
                "fit(..., model=model, net=functools.partial(GaussianHead, model.net), loss=GaussianNLL), or take "
                "Ensemble()"
            )
        return maps
