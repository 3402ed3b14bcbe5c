"""What a method of a challenge is given, and nothing more: observations, days to learn from, and what is known before.

The truth of the scored days and the track held out are not in it; they belong to the ``evaluation``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import xarray as xr

from xdvn.baselines import OptimalInterpolation
from xdvn.grid.axes import find_axes
from xdvn.grid.mean import MeanField
from xdvn.osse import Split

__all__ = ["Setting"]


@dataclass(frozen=True, eq=False)
class Setting:
    """The input of every method: the observed variable is ``ssh_obs``, the complete one ``ssh``.

    Parameters
    ----------
    observed : xr.Dataset
        ``ssh_obs`` [m] on (time, lat, lon), with its offsets where they are known: all that may be used to map the
        scored days.
    mean : MeanField
        What all methods know of the sea before they see an observation [m].
    training : xr.Dataset, optional
        Days to learn from, ``ssh_obs`` and ``ssh``; None where the challenge has none.
    validation : slice, optional
        Labels of the last of these days, to choose by.
    """

    observed: xr.Dataset
    mean: MeanField
    training: xr.Dataset | None = None
    validation: slice | None = None

    @classmethod
    def of_split(cls, ds: xr.Dataset, split: Split) -> Setting:
        """Cut a Dataset of ``ssh_obs`` and ``ssh`` in days; the mean is that of the training days.

        Raises
        ------
        ValueError
            If the Dataset has fewer days than the split.
        """
        if ds.sizes["time"] < split.days:
            raise ValueError(f"the data have {ds.sizes['time']} days, but the split needs {split.days}; give them all")
        training = ds.isel(time=slice(split.train.start, split.validation.stop))
        validation = slice(*(ds["time"].values[i] for i in (split.validation.start, split.validation.stop - 1)))
        mean = MeanField.from_data(ds["ssh"].isel(time=split.train), find_axes(ds["ssh"]))
        return cls(ds.isel(time=split.observations).drop_vars("ssh"), mean, training, validation)

    @property
    def learning(self) -> xr.Dataset | None:
        """The days to learn from without those to choose by."""
        if self.training is None or self.validation is None:
            return self.training
        return self.training.sel(time=self.training["time"] < self.validation.start)

    @cached_property
    def interpolation(self) -> OptimalInterpolation:
        """Optimal interpolation, tuned on the days to learn from, or else with the challenges' scales."""
        if self.learning is None:
            return OptimalInterpolation("ssh_obs", name="ssh", mean=self.mean)
        return OptimalInterpolation.tune(self.learning, "ssh_obs", "ssh", mean=self.mean)
